"""Carried indicators against TA-Lib over the full history."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.indicator_oracle import DAY_US, Floats, advance_series, bars_of, carried, errors, recomputed
from support.oracle import build_bars, recorded_trades
from tickloom.processor.indicators.definition import BAR_INPUT_DTYPE, PAST_DTYPE
from tickloom.processor.indicators.kernel import peek_series
from tickloom.processor.indicators.registry import INDICATORS, NAMES, OUTPUTS, SERIES_DTYPE, fresh_series

PUBLIC = (
    "rsi_14 macd_12_26_9 macd_signal macd_hist bb_upper bb_middle bb_lower sma_20 sma_50 sma_100 sma_200 ema_12 ema_26"
    " ema_50 vwap stoch_k stoch_d atr_14 adx_14 volume_sma_20"
)
WINDOWED = ("bb_upper", "bb_middle", "bb_lower", "sma_20", "sma_50", "sma_100", "sma_200", "volume_sma_20")
LIMIT = 1e-9


def walk(count: int, seed: int, *, step: float = 0.001, price: float = 60_000.0) -> Floats:
    rng = np.random.default_rng(seed)
    return price * np.exp(np.cumsum(rng.normal(0, step, count)) * 0.3)


def test_every_documented_indicator_is_in_the_registry_and_nothing_else() -> None:
    assert sorted(NAMES) == sorted(PUBLIC.split())
    assert len(INDICATORS) == len({id(indicator.update) for indicator in INDICATORS.values()})


def test_an_indicator_is_null_for_as_many_bars_as_it_says_and_no_longer() -> None:
    values = carried(bars_of(walk(300, 1), np.random.default_rng(1)))
    for place, described in enumerate(OUTPUTS):
        nulls = np.isnan(values[:, place])
        assert nulls[: described.null_bars].all()
        assert not nulls[described.null_bars :].any()


factors = st.one_of(st.floats(1, 1000), st.sampled_from([1.0, 1.0, 1.1, 3.0]), st.integers(100, 10**5).map(float))
scales = st.sampled_from([1e-10, 1e-6, 0.01, 1.0, 97.3, 1e5])


@settings(deadline=None)
@given(st.lists(factors, max_size=120), scales, st.integers(0, 2**31), st.sampled_from([1, 5, 60, 1440]))
def test_any_prices_give_the_values_of_ta_lib(closes: list[float], scale: float, seed: int, minutes: int) -> None:
    bars = bars_of(np.array(closes, float) * scale, np.random.default_rng(seed), minutes=minutes)
    found = errors(bars, carried(bars), recomputed(bars))
    assert max(found.values()) < LIMIT, found


@settings(deadline=None)
@given(st.lists(st.sampled_from([10.0, 10.5]), min_size=30, max_size=80), st.booleans())
def test_flat_and_nearly_flat_markets_give_the_values_of_ta_lib(closes: list[float], flat: bool) -> None:
    bars = bars_of(np.array(closes), np.random.default_rng(0))
    if flat:
        for name in ("open", "high", "low", "close"):
            bars[name] = 10.0
    found = errors(bars, carried(bars), recomputed(bars))
    assert max(found.values()) < LIMIT, found


@pytest.mark.parametrize("fall", [1, 10, 100, 1000])
def test_200_000_bars_with_a_crash_and_a_recovery_equal_ta_lib_over_the_full_history(fall: int) -> None:
    closes = walk(200_000, 7)
    closes[80_000:140_000] /= fall
    bars = bars_of(closes, np.random.default_rng(8))
    found = errors(bars, carried(bars, 4096), recomputed(bars))
    assert max(found.values()) < LIMIT, found


def test_after_a_fall_by_a_million_averages_and_bands_equal_ta_lib_where_it_did_not_see_the_fall() -> None:
    """TA-Lib's own running sums are off by 7e-9 there over the full history, so it begins after the fall."""
    closes = walk(20_000, 7)
    closes[8_000:] /= 1e6
    bars = bars_of(closes, np.random.default_rng(8))
    after = bars[8_000:]
    values, expected = carried(bars)[8_000:], recomputed(after)
    for name in WINDOWED:
        mine, theirs = values[200:, NAMES.index(name)], expected[name][200:]
        assert np.max(np.abs(mine / theirs - 1)) < 1e-11, name


def test_bands_are_as_exact_as_the_window_itself_after_a_fall_by_a_million() -> None:
    closes = walk(3_000, 7)
    closes[1_000:] /= 1e6
    values = carried(bars_of(closes, np.random.default_rng(8)))
    window = closes[-20:]
    half = 2 * window.std()
    upper, lower = values[-1, NAMES.index("bb_upper")], values[-1, NAMES.index("bb_lower")]
    assert (upper - lower) / 2 == pytest.approx(half, rel=1e-9)


def test_recorded_minutes_equal_ta_lib() -> None:
    made = sorted(build_bars(recorded_trades(), 1).items())
    bars = np.zeros(len(made), BAR_INPUT_DTYPE)
    for row, (time, bar) in zip(bars, made, strict=True):
        row["time"], row["session"] = time, time - time % DAY_US
        for name in ("open", "high", "low", "close", "volume"):
            row[name] = float(getattr(bar, name))
    # The recordings hold a few minutes; repeated they are long enough for every indicator.
    bars = np.tile(bars, 40)
    bars["time"] = bars["time"][0] + np.arange(len(bars)) * 60_000_000
    bars["session"] = bars["time"] - bars["time"] % DAY_US
    found = errors(bars, carried(bars), recomputed(bars))
    assert max(found.values()) < LIMIT, found


@settings(deadline=None)
@given(st.integers(1, 400), st.integers(1, 50), st.integers(0, 2**31))
def test_batches_of_any_size_give_bit_for_bit_the_same(count: int, batch: int, seed: int) -> None:
    bars = bars_of(walk(count, seed), np.random.default_rng(seed))
    assert carried(bars, batch).tobytes() == carried(bars).tobytes()


def test_600_series_in_one_call_do_not_touch_each_other() -> None:
    rng = np.random.default_rng(1)
    histories = [bars_of(walk(260, seed), rng) for seed in range(600)]
    series, pasts = fresh_series(600), np.zeros(600, PAST_DTYPE)
    values = np.zeros((600, len(NAMES)))
    for moment in range(260):
        bars = np.concatenate([history[moment : moment + 1] for history in histories])
        bars["slot"] = np.arange(600)
        advance_series(bars, series, pasts, values)
    for place in (0, 299, 599):
        assert values[place].tobytes() == carried(histories[place])[-1].tobytes()


@settings(deadline=None)
@given(st.integers(0, 300), st.integers(1, 2), st.integers(0, 2**31))
def test_a_peek_shows_what_closing_would_give_and_leaves_no_trace(count: int, ahead: int, seed: int) -> None:
    bars = bars_of(walk(count + ahead, seed), np.random.default_rng(seed))
    series, pasts, scratch = fresh_series(1), np.zeros(1, PAST_DTYPE), np.zeros(1, SERIES_DTYPE)
    advance_series(bars[:count], series, pasts, np.zeros((count, len(NAMES))))
    before = series.tobytes() + pasts.tobytes()
    peeked, closed = np.zeros((ahead, len(NAMES))), np.zeros((ahead, len(NAMES)))
    peek_series(bars[count:], series, pasts, scratch, peeked)
    assert series.tobytes() + pasts.tobytes() == before
    advance_series(bars[count:], series, pasts, closed)
    assert peeked.tobytes() == closed.tobytes()


def test_bars_without_prices_have_no_values_and_leave_the_series_alone() -> None:
    bars = bars_of(walk(250, 3), np.random.default_rng(3))
    holes = np.sort(np.concatenate([bars, bars[100:103]]), order="time")
    holes["close"][[101, 103, 105]] = np.nan
    values, whole = carried(holes), carried(bars)
    gone = np.isnan(holes["close"])
    assert np.isnan(values[gone]).all()
    assert values[~gone].tobytes() == whole.tobytes()


def test_vwap_begins_anew_with_each_session_and_is_null_until_something_is_traded() -> None:
    bars = bars_of(walk(4, 3), np.random.default_rng(3))
    bars["session"] = [1, 1, 2, 2]
    bars["volume"], bars["quote_volume"] = [2, 2, 0, 4], [20, 60, 0, 100]
    assert carried(bars)[:, NAMES.index("vwap")].tolist() == pytest.approx([10, 20, np.nan, 25], nan_ok=True)
