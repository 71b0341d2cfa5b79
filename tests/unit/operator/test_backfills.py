"""What a Symbol asks for of history, and the Job that fetches it."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickloom.market.identity import SymbolId
from tickloom.settings.resources import Backfill
from tickloom_operator.backfills import CHUNK, Stretch, job, job_name, stretch_of
from tickloom_operator.objects import Seen, remember_event

CREATED = "2026-03-01T12:00:30Z"
END = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
TEMPLATE = {"metadata": {}, "spec": {"containers": [{"name": "backfill", "image": "i", "args": ["no"]}]}}
BTC = SymbolId("binance", "BTCUSDT")


def seen(name: str = "binance-btcusdt") -> Seen:
    metadata = {"name": name, "namespace": "ns", "uid": "u", "resourceVersion": "1", "creationTimestamp": CREATED}
    return remember_event("Symbol", {"metadata": metadata, "spec": {"exchange": "binance", "symbol": "BTCUSDT"}})


def test_days_are_those_before_the_symbol_was_made() -> None:
    assert stretch_of(Backfill(days=2), CREATED) == Stretch(END - timedelta(days=2), END)


def test_a_time_is_where_it_begins_and_one_after_the_symbol_was_made_asks_for_nothing() -> None:
    begin = datetime(2026, 2, 1, tzinfo=UTC)
    assert stretch_of(Backfill.model_validate({"from": begin}), CREATED) == Stretch(begin, END)
    assert stretch_of(Backfill.model_validate({"from": "2026-03-02T00:00:00Z"}), CREATED) is None


@given(minutes=st.integers(1, 10 * 365 * 24 * 60))
def test_the_chunks_of_a_stretch_cover_it_without_a_hole(minutes: int) -> None:
    bounds = Stretch(END - timedelta(minutes=minutes), END).bounds()
    assert (bounds[0], bounds[-1]) == (END - timedelta(minutes=minutes), END)
    assert all(timedelta() < after - before <= CHUNK for before, after in pairwise(bounds))


def test_a_short_stretch_is_one_pod() -> None:
    made = job(seen(), BTC, Stretch(END - timedelta(days=1), END), TEMPLATE)
    (container,) = made["spec"]["template"]["spec"]["containers"]
    times = ["--from", "2026-02-28T12:00:00Z", "--to", "2026-03-01T12:00:00Z"]
    assert container == {
        "name": "backfill",
        "image": "i",
        "command": ["tickloom", "backfill", "binance:BTCUSDT", *times],
    }
    assert "completionMode" not in made["spec"]


def test_a_long_stretch_is_an_indexed_job() -> None:
    made = job(seen(), BTC, Stretch(END - timedelta(days=61), END), TEMPLATE)
    assert (made["spec"]["completionMode"], made["spec"]["completions"]) == ("Indexed", 3)
    (container,) = made["spec"]["template"]["spec"]["containers"]
    assert container["command"][3:5] == ["binance:BTCUSDT", "2025-12-30T12:00:00Z"]
    assert len(container["command"]) == 8


@pytest.mark.parametrize("length", [1, 28, 63])
def test_the_name_of_a_job_fits_a_label_and_tells_stretches_apart(length: int) -> None:
    one = job_name("s" * length, Stretch(END - CHUNK, END))
    assert len(one) <= 63
    assert one == job_name("s" * length, Stretch(END - CHUNK, END))
    assert one != job_name("s" * length, Stretch(END - CHUNK * 2, END))
