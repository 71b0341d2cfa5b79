"""Conditions as Kubernetes has them, and what of a status has to be written: pure."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Literal, NamedTuple

Truth = Literal["True", "False", "Unknown"]
_ORDER: Final = ("Ready", "Collecting", "Connected", "Fresh", "MarketOpen", "Backfilled", "Paused")


class Condition(NamedTuple):
    """One thing that is true, false or not known; `reason` is a word for programs, `message` a sentence for people."""

    type: str
    status: Truth
    reason: str
    message: str = ""


def rfc3339(time: datetime) -> str:
    """Return a time as Kubernetes writes it, to the second."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def merge(
    current: Sequence[Mapping[str, Any]], wanted: Sequence[Condition], generation: int, now: datetime
) -> list[dict[str, Any]]:
    """Return the list of conditions to store; the time of transition stays while the status does."""
    known = {condition["type"]: condition for condition in current}
    merged = []
    for condition in wanted:
        before = known.get(condition.type, {})
        same = before.get("status") == condition.status
        merged.append(
            {
                "type": condition.type,
                "status": condition.status,
                "observedGeneration": generation,
                "lastTransitionTime": before["lastTransitionTime"] if same else rfc3339(now),
                "reason": condition.reason,
                "message": condition.message,
            }
        )
    return merged


def in_order(conditions: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return conditions in the order in which people look at them."""
    return sorted(conditions, key=lambda one: _ORDER.index(one["type"]) if one["type"] in _ORDER else len(_ORDER))


def difference(current: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return what has to be patched for a status to become the wanted one; None where a field is to go."""
    changed = {name: value for name, value in wanted.items() if current.get(name) != value}
    # Fields that nobody wants are another release's; those that are None must not be there.
    return {name: value for name, value in changed.items() if not (value is None and name not in current)}
