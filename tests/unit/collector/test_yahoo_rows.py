"""Yahoo's rows: what is no minute is left out, and what is unfinished is marked."""

import math

from hypothesis import given
from hypothesis import strategies as st

from tickloom.collector.venues.yahoo.parse import Row, complete_to, is_possible, to_candles
from tickloom.wire.batches import CandleFlag

START = 1_723_100_400
numbers = st.floats() | st.floats(1, 1000) | st.just(math.nan)
rows = st.builds(
    Row,
    st.integers(START, START + 600) | st.integers(-(2**63), 2**63 - 1),
    numbers, numbers, numbers, numbers, numbers,
)  # fmt: skip


def minute(index: int, seconds: int = 0) -> Row:
    return Row(START + 60 * index + seconds, 2.0, 3.0, 1.0, 2.5, 100.0)


def test_a_minute_that_ends_later_than_yahoo_knows_is_forming() -> None:
    candles = to_candles([minute(0), minute(1)], 7, START + 119)
    assert candles["flags"].tolist() == [CandleFlag.DELAYED, CandleFlag.DELAYED | CandleFlag.FORMING]
    assert candles["symbol_no"].tolist() == [7, 7]
    assert complete_to(START + 119) == (START + 60) * 1_000_000


def test_the_price_of_the_moment_belongs_to_its_minute() -> None:
    live = Row(START + 25, 9.0, 9.0, 9.0, 9.0, 0.0)
    (candle,) = to_candles([live, minute(0)], 1, START + 25)
    assert [candle[name] for name in ("start_us", "open", "high", "low", "close", "volume")] == [
        START * 1_000_000, 2.0, 9.0, 1.0, 9.0, 100.0,
    ]  # fmt: skip


@given(st.lists(rows, max_size=12), st.integers(START, START + 600))
def test_any_rows_make_possible_candles_in_order_each_minute_once(given_rows: list[Row], known: int) -> None:
    candles = to_candles(given_rows, 1, known)
    starts = candles["start_us"].tolist()
    assert starts == sorted(set(starts))
    assert all(start % 60_000_000 == 0 for start in starts)
    assert (candles["low"] <= candles["open"]).all()
    assert (candles["open"] <= candles["high"]).all()
    assert (candles["low"] > 0).all()
    assert len(starts) == len({row.time // 60 for row in given_rows if is_possible(row)})
