"""The past before a run: the same whenever and however it is asked for."""

from decimal import Decimal
from itertools import pairwise

from tickloom.simulator.archive import TRADES_A_MINUTE, Archive
from tickloom.simulator.klines import MINUTE_MS

END = 1_723_161_240_000
MINUTES = 5000


def archive() -> Archive:
    return Archive("BTCUSDT", 7, price=61_000.0, minutes=MINUTES, end_ms=END, trade_id=10**9, aggregate_id=10**8)


def test_minutes_are_the_same_in_any_window_and_without_holes() -> None:
    rows = archive().minutes(0, END, MINUTES)
    assert [row[0] for row in rows] == list(range(END - MINUTES * MINUTE_MS, END, MINUTE_MS))
    begin = rows[1234][0]
    assert archive().minutes(begin - 1, begin + 3 * MINUTE_MS, 1000) == rows[1234:1238]
    assert archive().minutes(rows[-2][0], END + 10**9, 1000) == rows[-2:]


def test_minutes_are_those_of_their_trades() -> None:
    begin = END - 40 * MINUTE_MS
    rows, trades = archive().minutes(begin, END, 40), archive().aggregates(begin, END, 10_000)
    assert [trade.aggregate_id for trade in trades] == list(range(10**8 - 40 * TRADES_A_MINUTE, 10**8))
    for number, row in enumerate(rows):
        mine = trades[number * TRADES_A_MINUTE : (number + 1) * TRADES_A_MINUTE]
        prices = [Decimal(trade.price) for trade in mine]
        assert [Decimal(text) for text in row[1:5]] == [prices[0], max(prices), min(prices), prices[-1]]
        assert Decimal(row[5]) == sum(Decimal(trade.size) for trade in mine)
        assert Decimal(row[7]) == sum(Decimal(t.size) * Decimal(t.price) for t in mine)
        assert Decimal(row[9]) == sum(Decimal(t.size) for t in mine if not t.buyer_is_maker)
        assert all(row[0] <= trade.time_ms <= row[6] for trade in mine)


def test_prices_look_like_prices() -> None:
    closes = [float(row[4]) for row in archive().minutes(0, END, MINUTES)]
    steps = [abs(b / a - 1) for a, b in pairwise(closes)]
    assert max(steps) < 0.01
    assert len(set(closes)) > MINUTES / 2
