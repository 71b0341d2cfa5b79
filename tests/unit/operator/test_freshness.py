"""What the data of a Symbol and the feed of an Exchange say, and what of it is news."""

from datetime import UTC, datetime, timedelta

import pytest

from tickloom.settings.resources import ExchangeSpec, SymbolSpec
from tickloom.store.observing import Observation
from tickloom.wire.messages import Health
from tickloom_operator.conditions import Condition
from tickloom_operator.freshness import Age, exchange_feed, is_news, longest_age, symbol_data
from tickloom_operator.market_hours import Hours

NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
AGE = Age(timedelta(seconds=50), timedelta(seconds=150))
BINANCE = ExchangeSpec.model_validate({"driver": "binance"})


def observed(verdict: str | None = "complete") -> Observation:
    last = NOW if verdict else None
    return Observation(last, last, verdict, open_gaps=2)


def fresh(seen: Observation, age: Age = AGE, *, collecting: bool = True, market_open: bool = True) -> tuple[str, str]:
    _, conditions = symbol_data(seen, 0.98765, age, collecting=collecting, market_open=market_open)
    return conditions[0].status, conditions[0].reason


def test_bars_that_arrive_are_fresh() -> None:
    assert fresh(observed()) == ("True", "BarsArrive")


def test_a_feed_that_is_down_and_bars_that_stopped_are_not_fresh() -> None:
    assert fresh(observed("feed_down")) == ("False", "FeedDown")
    assert fresh(observed(), Age(timedelta(seconds=151), timedelta(seconds=150))) == ("False", "Stale")


def test_what_nobody_expects_is_neither_fresh_nor_stale() -> None:
    old = Age(timedelta(days=1), timedelta(seconds=150))
    assert fresh(observed(), old, market_open=False) == ("Unknown", "MarketClosed")
    assert fresh(observed(), old, collecting=False) == ("Unknown", "NotCollecting")
    assert fresh(observed(None)) == ("Unknown", "NoBarsYet")


def test_the_fields_tell_times_in_utc_and_the_score_to_three_places() -> None:
    fields, _ = symbol_data(observed(), 0.98765, AGE, collecting=True, market_open=True)
    assert fields == {
        "lastBarTime": "2026-03-02T15:00:00Z",
        "lastTradeTime": "2026-03-02T15:00:00Z",
        "qualityScore": 0.988,
        "openGaps": 2,
    }


def test_a_venue_that_is_polled_may_be_later() -> None:
    symbol = SymbolSpec.model_validate({"exchange": "x", "symbol": "S"})
    yahoo = ExchangeSpec.model_validate({"driver": "yahoo", "pollInterval": "5m"})
    assert longest_age(BINANCE, symbol) == timedelta(seconds=150)
    assert longest_age(yahoo, symbol) == timedelta(seconds=750)


def health(state: str, exchange: str = "binance", age: float = 1.0) -> Health:
    return Health("collector", "c", state, "reconnecting", NOW.timestamp() - age, exchange=exchange)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wanted", "reports", "expected"),
    [
        pytest.param(1, [health("ready")], ("True", "Connected"), id="ready"),
        pytest.param(1, [health("ready", "kraken,binance")], ("True", "Connected"), id="one of several"),
        pytest.param(2, [health("ready"), health("degraded")], ("False", "Degraded"), id="one is in trouble"),
        pytest.param(1, [health("ready", age=11)], ("False", "NotConnected"), id="gone"),
        pytest.param(1, [health("ready", "kraken")], ("False", "NotConnected"), id="another's"),
        pytest.param(0, [], ("False", "NoCollector"), id="none wanted"),
        pytest.param(1, None, ("Unknown", "RedisUnavailable"), id="nobody to ask"),
    ],
)
def test_an_exchange_is_connected_when_its_collectors_say_so(
    wanted: int, reports: list[Health] | None, expected: tuple[str, str]
) -> None:
    connected, _ = exchange_feed("binance", BINANCE, wanted, reports, NOW, None)
    assert (connected.status, connected.reason) == expected


def test_a_market_is_open_by_its_calendar() -> None:
    spec = ExchangeSpec.model_validate({"driver": "yahoo", "calendar": "XIST"})
    noon = int(NOW.timestamp() * 1e6)
    sessions = Hours((noon - 10,), (noon + 10,))

    def told(found: Hours | None, at: datetime, of: ExchangeSpec = spec) -> str:
        return exchange_feed("x", of, 1, [], at, found)[1].status

    assert told(sessions, NOW) == "True"
    assert told(sessions, NOW + timedelta(seconds=1)) == "False"
    assert told(None, NOW) == "Unknown"
    assert told(None, NOW, BINANCE) == "True"


def test_a_new_gap_or_another_reason_is_news_and_a_later_bar_is_not() -> None:
    current = {"openGaps": 1, "lastBarTime": "x", "conditions": [{"type": "Fresh", "status": "True", "reason": "R"}]}
    same = [Condition("Fresh", "True", "R", "another message")]
    assert not is_news(current, {"openGaps": 1, "lastBarTime": "y"}, same)
    assert is_news(current, {"openGaps": 2}, same)
    assert is_news(current, {}, [Condition("Fresh", "False", "R")])
    assert is_news(current, {}, [Condition("Fresh", "True", "S")])
