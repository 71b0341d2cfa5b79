"""What ccxt hands over, good and bad, and that nothing of it is lost on the way."""

from typing import Any

import pytest
from ccxt.async_support.base.ws.cache import ArrayCache
from hypothesis import given
from hypothesis import strategies as st

from tickloom.collector.venue import VenueRefused
from tickloom.collector.venues.ccxt.client import make_exchange
from tickloom.collector.venues.ccxt.parse import identity, to_row
from tickloom.collector.venues.ccxt.stream import CcxtSocket, Tapped
from tickloom.settings.resources import Endpoints
from tickloom.wire.batches import TradeFlag
from unit.collector.collecting import Flowing

TRADE = {
    "id": "12345",
    "timestamp": 1723161255343,
    "price": 61837.63,
    "amount": 0.02,
    "side": "buy",
    "symbol": "BTC/USDT",
}


class Exchange:
    """As much of a ccxt exchange as a socket touches."""

    has = {"watchTrades": True}  # noqa: RUF012 - as ccxt has it
    trades: Any = None


def listening() -> tuple[Flowing, Exchange]:
    flowing, exchange = Flowing(), Exchange()
    socket = CcxtSocket(exchange, {"BTCUSDT": "BTC/USDT"}, flowing.intake, flowing.clock)
    socket._numbers = {"BTC/USDT": 1}
    return flowing, exchange


def test_a_trade_becomes_a_record() -> None:
    assert to_row(TRADE, 7, healed=False) == (1723161255343000, 12345, 61837.63, 0.02, 7, TradeFlag.BUY)
    assert to_row({**TRADE, "side": "sell"}, 7, healed=True)[5] == TradeFlag.HEALED


@given(st.text() | st.integers() | st.none())
def test_any_id_becomes_a_number_that_a_record_can_hold(trade_id: Any) -> None:
    assert 0 <= identity(trade_id, "fallback") < 2**63


def test_ids_that_are_numbers_stay_what_they_are_and_others_differ() -> None:
    assert identity("987654321", "") == 987654321
    assert identity("ab-1", "") != identity("ab-2", "")


values = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.lists(st.integers(), max_size=2)
)


@given(st.sampled_from(sorted(TRADE)), values)
def test_any_value_in_any_field_makes_a_possible_record_or_none(field: str, value: Any) -> None:
    flowing, exchange = listening()
    cache = ArrayCache(10)
    exchange.trades["BTC/USDT"] = cache
    cache.append({"symbol": "BTC/USDT", **TRADE})
    exchange.trades._tell({**TRADE, field: value})
    exchange.trades._tell(value)
    for time_us, _, price, size, number, _ in flowing.intake.take().tolist():
        assert 0 < time_us < 4_102_444_800_000_000
        assert 0 < price < 1e300
        assert 0 <= size < 1e300
        assert number == 1


@pytest.mark.parametrize("limit", [1, 7, 1000])
def test_a_burst_that_overflows_ccxts_cache_is_whole(limit: int) -> None:
    flowing, exchange = listening()
    cache = ArrayCache(limit)
    # Some exchanges put the first trade into a cache before they keep it, and keep it anew each time.
    cache.append({**TRADE, "id": "1"})
    for number in range(2, 5001):
        exchange.trades["BTC/USDT"] = cache
        cache.append({**TRADE, "id": str(number)})
    assert flowing.intake.take()["trade_id"].tolist() == list(range(1, 5001))


def test_a_cache_that_is_kept_is_a_dictionary_still() -> None:
    told: list[Any] = []
    caches = Tapped(told.append)
    caches["A"] = ArrayCache(3)
    assert list(caches) == ["A"]
    assert told == []


def test_addresses_are_replaced_in_all_of_ccxts_tree() -> None:
    endpoints = Endpoints.model_validate({"rest": "http://127.0.0.1:9", "websocket": "ws://127.0.0.1:8/ws/stream"})
    kraken = make_exchange("kraken", endpoints).urls["api"]
    assert kraken["public"].startswith("http://127.0.0.1:9")
    assert kraken["ws"]["publicV2"] == "ws://127.0.0.1:8/ws/stream"


def test_an_id_that_ccxt_does_not_have_is_refused() -> None:
    with pytest.raises(VenueRefused, match="nosuchexchange"):
        make_exchange("nosuchexchange", Endpoints())
