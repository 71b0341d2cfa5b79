"""Conditions keep the time of their last transition, and only what changed is patched."""

from datetime import UTC, datetime
from typing import Any

from tickloom_operator.conditions import Condition, difference, in_order, merge

THEN, NOW = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)


def stored(*conditions: Condition) -> list[dict[str, Any]]:
    return merge([], conditions, 1, THEN)


def test_the_time_of_transition_stays_while_the_status_does() -> None:
    before = stored(Condition("Ready", "False", "Missing"))
    (same,) = merge(before, [Condition("Ready", "False", "Broken", "why")], 2, NOW)
    assert (same["lastTransitionTime"], same["reason"], same["observedGeneration"]) == (
        "2026-01-01T00:00:00Z",
        "Broken",
        2,
    )
    (changed,) = merge(before, [Condition("Ready", "True", "Fine")], 2, NOW)
    assert changed["lastTransitionTime"] == "2026-01-02T03:04:05Z"


def test_nothing_is_patched_where_nothing_changed() -> None:
    status = {"conditions": stored(Condition("Ready", "True", "Fine")), "openGaps": 0, "theirs": 1}
    assert difference(status, {"conditions": stored(Condition("Ready", "True", "Fine")), "openGaps": 0}) == {}
    assert difference(status, {"collector": None}) == {}


def test_a_field_that_is_to_go_is_patched_to_none_once() -> None:
    assert difference({"collector": "x"}, {"collector": None, "openGaps": 1}) == {"collector": None, "openGaps": 1}


def test_conditions_have_one_order_and_those_of_others_come_last() -> None:
    listed = [{"type": "Theirs"}, {"type": "Fresh"}, {"type": "Ready"}]
    assert [one["type"] for one in in_order(listed)] == ["Ready", "Fresh", "Theirs"]
