"""TA-Lib over the full history: what carried indicators are compared with."""

from typing import Any

import numpy as np
import numpy.typing as npt
import talib

from tickloom.processor.derivation import ANCHOR_BARS, derive
from tickloom.processor.features.v1 import V1
from tickloom.processor.indicators.definition import BAR_INPUT_DTYPE, PAST_DTYPE
from tickloom.processor.indicators.registry import NAMES, SERIES_DTYPE, fresh_series

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[Any]
MINUTE_US = 60_000_000
DAY_US = 1440 * MINUTE_US
START_US = 1_700_000_000_000_000 // DAY_US * DAY_US


def bars_of(close: Floats, rng: np.random.Generator, *, minutes: int = 1) -> Rows:
    """Return bars with given closes, and everything else made up around them."""
    bars = np.zeros(len(close), BAR_INPUT_DTYPE)
    bars["time"] = START_US + np.arange(len(close)) * minutes * MINUTE_US
    bars["session"] = bars["time"] - bars["time"] % DAY_US
    bars["close"] = close
    bars["open"] = np.concatenate([close[:1], close[:-1]])
    spread = np.abs(rng.normal(0, 0.001, (2, len(close))))
    bars["high"] = np.maximum(bars["open"], close) * (1 + spread[0])
    bars["low"] = np.minimum(bars["open"], close) * (1 - spread[1])
    bars["volume"] = rng.uniform(1, 100, len(close)).round(3)
    bars["in_session"] = 1.0
    bars["quote_volume"] = bars["volume"] * (bars["high"] + bars["low"]) / 2
    return bars


def advance_series(bars: Rows, series: Rows, pasts: Rows, values: Floats) -> Floats:
    """Take bars into their series and write their indicators into `values`; returns their features."""
    features = np.zeros((len(bars), len(V1.features)))
    anchors = np.zeros(len(bars) // ANCHOR_BARS + len(series), SERIES_DTYPE)
    derive(bars, series, pasts, values, features, anchors)
    return features


def carried(bars: Rows, batch: int = 10**9) -> Floats:
    """Return the product's values of bars of one series, taken in batches."""
    series, pasts, values = fresh_series(1), np.zeros(1, PAST_DTYPE), np.zeros((len(bars), len(NAMES)))
    for begin in range(0, len(bars), batch):
        advance_series(bars[begin : begin + batch], series, pasts, values[begin : begin + batch])
    return values


def recomputed(bars: Rows) -> dict[str, Floats]:
    """Return TA-Lib's values of all indicators over all bars; VWAP as plain sums for each session."""
    high, low, close, volume = (np.ascontiguousarray(bars[name]) for name in ("high", "low", "close", "volume"))
    if not len(bars):
        return {name: np.zeros(0) for name in NAMES}
    line, signal, rest = talib.MACD(close, 12, 26, 9)
    upper, middle, lower = talib.BBANDS(close, 20, 2, 2)
    slow_k, slow_d = talib.STOCH(high, low, close, fastk_period=14, slowk_period=3, slowd_period=3)
    return {
        "rsi_14": talib.RSI(close, 14),
        "macd_12_26_9": line,
        "macd_signal": signal,
        "macd_hist": rest,
        "bb_upper": upper,
        "bb_middle": middle,
        "bb_lower": lower,
        **{f"sma_{n}": talib.SMA(close, n) for n in (20, 50, 100, 200)},
        **{f"ema_{n}": talib.EMA(close, n) for n in (12, 26, 50)},
        "vwap": _session_vwap(bars),
        "stoch_k": slow_k,
        "stoch_d": slow_d,
        "atr_14": talib.ATR(high, low, close, 14),
        "adx_14": talib.ADX(high, low, close, 14),
        "volume_sma_20": talib.SMA(volume, 20),
    }


def _session_vwap(bars: Rows) -> Floats:
    turnover = np.where(
        bars["quote_volume"] > 0,
        bars["quote_volume"],
        (bars["high"] + bars["low"] + bars["close"]) / 3 * bars["volume"],
    )
    values = np.full(len(bars), np.nan)
    for session in np.unique(bars["session"]):
        inside = bars["session"] == session
        with np.errstate(invalid="ignore", divide="ignore"):
            values[inside] = np.cumsum(turnover[inside]) / np.cumsum(bars["volume"][inside])
    values[~np.isfinite(values)] = np.nan
    return values


def errors(bars: Rows, values: Floats, expected: dict[str, Floats]) -> dict[str, float]:
    """Return the largest relative error of each indicator; infinite where one of both has no value.

    Differences of prices (MACD) are measured against the price they are differences of, oscillators against 100:
    near their zero a relative error says nothing.
    """
    found = {}
    price = bars["close"]
    for place, name in enumerate(NAMES):
        mine, theirs = values[:, place], expected[name]
        if not np.array_equal(np.isnan(mine), np.isnan(theirs)):
            found[name] = np.inf
            continue
        scale = np.abs(theirs)
        if name.startswith("macd"):
            scale = price
        if name in {"rsi_14", "stoch_k", "stoch_d", "adx_14"}:
            scale = np.full(len(bars), 100.0)
        known = ~np.isnan(mine) & (mine != theirs)
        found[name] = float(np.max(np.abs(mine - theirs)[known] / scale[known], initial=0.0))
    return found
