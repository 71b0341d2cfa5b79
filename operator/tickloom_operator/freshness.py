"""What the data of a Symbol and the feed of an Exchange say in their statuses, and what of it is worth a write: pure.

Times of bars are no measure of freshness, as a replay's are years old: a feed that lives closes a minute each minute,
quiet ones too, so what counts is when the latest bar was last seen to change.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from tickloom.settings.resources import ExchangeSpec, SymbolSpec
from tickloom.store.observing import Observation
from tickloom.wire.messages import Health
from tickloom_operator.conditions import Condition, rfc3339
from tickloom_operator.market_hours import Hours

SLACK: Final = timedelta(seconds=30)
"""How late a minute may close before it is missed."""
_MINUTE: Final = timedelta(minutes=1)
GONE_SECONDS: Final = 10.0
"""A process that has not reported for this long is gone."""
_AT_ONCE: Final = ("openGaps",)


class Age(NamedTuple):
    """How long the latest bar has not changed, and how long it may not."""

    since_change: timedelta
    limit: timedelta


def longest_age(exchange: ExchangeSpec, symbol: SymbolSpec) -> timedelta:
    """Return how long the latest bar of a symbol may stay the same."""
    polled = exchange.poll_interval * 2 if exchange.driver == "yahoo" else timedelta()
    return max(symbol.quality.max_age, _MINUTE) + _MINUTE + SLACK + polled


def symbol_data(
    observed: Observation, score: float | None, age: Age, *, collecting: bool, market_open: bool
) -> tuple[dict[str, Any], list[Condition]]:
    """Return the fields and conditions that tell of a Symbol's data; `score` from 0 to 1."""
    fields = {
        "lastBarTime": rfc3339(observed.last_bar) if observed.last_bar else None,
        "lastTradeTime": rfc3339(observed.last_trade) if observed.last_trade else None,
        "qualityScore": None if score is None else round(score, 3),
        "openGaps": observed.open_gaps,
    }
    return fields, [_fresh(observed, age, collecting=collecting, market_open=market_open)]


def _fresh(observed: Observation, age: Age, *, collecting: bool, market_open: bool) -> Condition:
    if not collecting:
        return Condition("Fresh", "Unknown", "NotCollecting", "nothing is collected")
    if not market_open:
        return Condition("Fresh", "Unknown", "MarketClosed", "the market is closed")
    if observed.last_bar is None:
        return Condition("Fresh", "Unknown", "NoBarsYet", "no minute was closed yet")
    if observed.verdict == "feed_down":
        return Condition("Fresh", "False", "FeedDown", "the exchange's feed is down")
    if age.since_change > age.limit:
        message = f"no minute was closed for more than {age.limit.total_seconds():.0f} s"
        return Condition("Fresh", "False", "Stale", message)
    return Condition("Fresh", "True", "BarsArrive", "minutes close in time")


def exchange_feed(
    name: str,
    spec: ExchangeSpec,
    wanted: int,
    health: Sequence[Health] | None,
    now: datetime,
    sessions: Hours | None,
) -> list[Condition]:
    """Return the conditions that tell of an Exchange's feed.

    `wanted` is the number of collectors, `health` None where Redis is away, `sessions` None where they are not known.
    """
    return [_connected(name, wanted, health, now), _market_open(spec, now, sessions)]


def _connected(name: str, wanted: int, health: Sequence[Health] | None, now: datetime) -> Condition:
    if wanted == 0:
        return Condition("Connected", "False", "NoCollector", "no collector is wanted")
    if health is None:
        return Condition("Connected", "Unknown", "RedisUnavailable", "Redis, where collectors report, cannot be read")
    reports = [one for one in health if one.role == "collector" and name in one.exchange.split(",")]
    states = {one.state: one.detail for one in reports if one.at > now.timestamp() - GONE_SECONDS}
    if "degraded" in states:
        return Condition("Connected", "False", "Degraded", states["degraded"][:500])
    if "ready" in states:
        return Condition("Connected", "True", "Connected", "collectors are connected")
    return Condition("Connected", "False", "NotConnected", "no collector says that it is connected")


def _market_open(spec: ExchangeSpec, now: datetime, sessions: Hours | None) -> Condition:
    if spec.calendar is None:
        return Condition("MarketOpen", "True", "AroundTheClock", "the market never closes")
    if sessions is None:
        message = f"the sessions of {spec.calendar} are not known: is it a calendar of exchange_calendars?"
        return Condition("MarketOpen", "Unknown", "CalendarUnknown", message)
    if sessions.is_open(int(now.timestamp() * 1_000_000)):
        return Condition("MarketOpen", "True", "InSession", f"by the calendar {spec.calendar}")
    return Condition("MarketOpen", "False", "OutOfSession", f"by the calendar {spec.calendar}")


def is_news(current: Mapping[str, Any], fields: Mapping[str, Any], conditions: Sequence[Condition]) -> bool:
    """Tell whether a difference is told at once; what merely went on may wait."""
    if any(current.get(name) != fields[name] for name in _AT_ONCE if name in fields):
        return True
    told = {one["type"]: (one["status"], one["reason"]) for one in current.get("conditions", [])}
    return any(told.get(one.type) != (one.status, one.reason) for one in conditions)
