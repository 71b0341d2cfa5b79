"""Knowledge holds the newest version of each object, in whatever order news of it arrives."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from tickloom_operator.knowledge import Knowledge
from tickloom_operator.objects import Key, Seen, remember_event


def event(version: int, *, uid: str = "u", generation: int = 1, exchange: str = "one", **more: object) -> Seen:
    metadata = {"name": "s", "namespace": "ns", "uid": uid, "resourceVersion": str(version), "generation": generation}
    return remember_event("Symbol", {"metadata": metadata, "spec": {"exchange": exchange, "symbol": "S"}, **more})


KEY = Key("ns", "s")


@dataclass
class Changes:
    count: int = 0

    def note(self, _: str, __: Seen) -> None:
        self.count += 1


def test_what_only_writes_a_status_asks_for_no_look() -> None:
    changes = Changes()
    knowledge = Knowledge(changes.note)
    knowledge.note("Symbol", event(1))
    knowledge.note("Symbol", event(2, status={"openGaps": 1}))
    assert changes.count == 1
    knowledge.note("Symbol", event(3, generation=2))
    assert changes.count == 2


def test_an_object_made_anew_under_its_name_stays_when_the_old_one_goes() -> None:
    knowledge = Knowledge(Changes().note)
    knowledge.note("Symbol", event(1, uid="old"))
    knowledge.note("Symbol", event(5, uid="new"))
    knowledge.forget("Symbol", KEY, "old", 4)
    found = knowledge.get("Symbol", KEY)
    assert found is not None
    assert found.uid == "new"


@given(st.permutations([1, 2, 3, 4]), st.integers(1, 5))
def test_the_newest_news_counts_in_whatever_order_they_come(order: list[int], deleted_at: int) -> None:
    knowledge = Knowledge(Changes().note)
    for position, version in enumerate(order, 1):
        knowledge.note("Symbol", event(version))
        if position == deleted_at:
            knowledge.forget("Symbol", KEY, "u", 9)
    found = knowledge.get("Symbol", KEY)
    if deleted_at <= len(order):
        assert found is None
        assert knowledge.of_exchange("Symbol", Key("ns", "one")) == []
    else:
        assert found is not None
        assert found.version == 4
