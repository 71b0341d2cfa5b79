"""Binance's answers, and its request budget."""

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.manual_clock import ManualClock
from tickloom.collector.venue import Steps, VenueThrottled
from tickloom.collector.venues.binance import parse
from tickloom.collector.venues.binance.budget import POINTS, Budget
from tickloom.wire.batches import TradeFlag

OLD = {
    "id": 28457,
    "price": "4.00000100",
    "qty": "12.00000000",
    "quoteQty": "48.000012",
    "time": 1499865549590,
    "isBuyerMaker": True,
    "isBestMatch": True,
}
AGGREGATE = {"a": 26129, "p": "0.01633102", "q": "4.70443515", "f": 27781, "l": 27783, "T": 1498793709153, "m": False}


def encoded(value: Any) -> bytes:
    return json.dumps(value).encode()


def test_old_trades_are_flagged_as_healed_and_in_order_of_their_ids() -> None:
    records = parse.read_old_trades(encoded([{**OLD, "id": 28458, "isBuyerMaker": False}, OLD]), 7)
    assert records.tolist() == [
        (1499865549590000, 28457, 4.000001, 12.0, 7, TradeFlag.HEALED),
        (1499865549590000, 28458, 4.000001, 12.0, 7, TradeFlag.HEALED | TradeFlag.BUY),
    ]


def test_old_aggregates_keep_their_number_of_trades() -> None:
    records = parse.read_old_aggregates(encoded([AGGREGATE]), 7)
    assert records["flags"].tolist() == [TradeFlag.HEALED | TradeFlag.BUY | 3 << 8]


@given(answer=st.binary(max_size=100) | st.lists(st.dictionaries(st.text(max_size=3), st.integers())).map(encoded))
def test_an_answer_that_makes_no_sense_is_an_error_of_its_own(answer: bytes) -> None:
    for read in (parse.read_old_trades, parse.read_old_aggregates):
        try:
            assert len(read(answer, 1)) == 0
        except parse.UNREADABLE:
            continue


def test_steps_come_from_the_filters_of_a_symbol() -> None:
    information = parse.decode_information(
        encoded(
            {
                "timezone": "UTC",
                "symbols": [
                    {
                        "symbol": "ETHBTC",
                        "status": "TRADING",
                        "filters": [
                            {"filterType": "PRICE_FILTER", "minPrice": "0.00001000", "tickSize": "0.00001000"},
                            {"filterType": "LOT_SIZE", "stepSize": "0.00010000", "minQty": "0.00010000"},
                            {"filterType": "ICEBERG_PARTS", "limit": 10},
                        ],
                    },
                    {"symbol": "ODD"},
                ],
            }
        )
    )
    assert [parse.steps_of(one) for one in information.symbols] == [Steps(0.00001, 0.0001), Steps(0.0, 0.0)]


async def test_the_budget_of_a_minute_is_not_exceeded() -> None:
    clock = ManualClock()
    budget = Budget(clock)
    for _ in range(POINTS // 25):
        await budget.spend(25)
    waiting = asyncio.ensure_future(budget.spend(25))
    await clock.advance(59)
    assert not waiting.done()
    await clock.advance(1)
    assert waiting.done()


async def test_what_others_behind_the_same_address_use_counts() -> None:
    clock = ManualClock()
    budget = Budget(clock)
    await budget.spend(1)
    await budget.observe("5390")
    waiting = asyncio.ensure_future(budget.spend(25))
    await clock.advance(1)
    assert not waiting.done()
    await clock.advance(60)
    assert waiting.done()


@pytest.mark.parametrize(("retry_after", "seconds"), [("7", 7.0), (None, 60.0), ("soon", 60.0)])
async def test_nothing_is_asked_while_the_exchange_wants_to_be_left_alone(
    retry_after: str | None, seconds: float
) -> None:
    clock = ManualClock()
    budget = Budget(clock)
    assert (await budget.ban(retry_after)).retry_seconds == seconds
    clock.tick(seconds - 1)
    with pytest.raises(VenueThrottled) as caught:
        await budget.spend(1)
    assert caught.value.retry_seconds == pytest.approx(1.0)
    clock.tick(1)
    await budget.spend(1)
