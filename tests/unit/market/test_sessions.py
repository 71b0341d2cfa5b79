"""Sessions over ten years against `exchange_calendars` itself, and the kernels against the plain Python."""

import itertools

import exchange_calendars  # type: ignore[import-untyped]
import numpy as np
import pandas as pd  # type: ignore[import-untyped]
import pytest

from tickloom.market.sessions import UnknownCalendar, load_sessions
from tickloom.market.timeframes import MICROSECONDS_PER_MINUTE, Timeframe
from tickloom.processor.session_bars import longer_bar, next_minute, trades_at
from tickloom.processor.state import fresh_symbols

LONGER = [Timeframe.HOUR_1, Timeframe.HOUR_4, Timeframe.DAY_1]


@pytest.mark.parametrize("code", ["XNYS", "XIST"])
def test_every_minute_of_ten_years_is_open_exactly_when_the_calendar_says_so(code: str) -> None:
    calendar, sessions = exchange_calendars.get_calendar(code, start="2010-01-01"), load_sessions(code)
    minutes = pd.date_range("2014-01-01", "2024-01-01", freq="min", tz="UTC").as_unit("us").asi8
    inside = np.searchsorted(sessions.opens, minutes, side="right") - 1
    ours = (inside >= 0) & (minutes < sessions.closes[np.maximum(inside, 0)])
    theirs = np.isin(minutes, calendar.minutes.as_unit("us").asi8)
    assert (ours == theirs).all()
    assert [sessions.is_open(int(t)) for t in minutes[::100_003]] == theirs[::100_003].tolist()


@pytest.mark.parametrize("timeframe", LONGER)
@pytest.mark.parametrize("code", ["XNYS", "XIST"])
def test_bars_cover_each_session_without_a_hole_and_nothing_else(code: str, timeframe: Timeframe) -> None:
    sessions = load_sessions(code)
    symbol = fresh_symbols(1)[0]
    symbol["sessions_to"] = len(sessions.opens)
    table = np.stack([sessions.opens, sessions.closes], 1)
    for opens, closes in table[1000:3500:7].tolist():
        bars = list(sessions.bars_between(timeframe, opens, opens + 1))
        assert (bars[0].begin, bars[-1].end) == (opens, closes)
        assert all(a.end == b.begin for a, b in itertools.pairwise(bars))
        for bar in bars:
            assert longer_bar(symbol, table, bar.end - MICROSECONDS_PER_MINUTE, timeframe.minutes) == bar
            assert sessions.bar_at(timeframe, bar.begin) == bar
        assert not trades_at(symbol, table, closes)
        assert next_minute(symbol, table, closes) == sessions.next_open(closes)


def test_a_half_day_ends_early_and_clocks_that_change_move_the_open() -> None:
    sessions = load_sessions("XNYS")
    half = int(pd.Timestamp("2023-11-24 15:00", tz="UTC").value // 1000)
    bars = sessions.bar_at(Timeframe.DAY_1, half)
    assert bars is not None
    assert bars.end - bars.begin == 210 * MICROSECONDS_PER_MINUTE
    winter, summer = (
        int(pd.Timestamp(day, tz="UTC").value // 1000) for day in ("2023-03-10 13:45", "2023-03-13 13:45")
    )
    assert (sessions.is_open(winter), sessions.is_open(summer)) == (False, True)


def test_an_unknown_calendar_is_refused_by_name() -> None:
    with pytest.raises(UnknownCalendar, match="NOPE"):
        load_sessions("NOPE")
