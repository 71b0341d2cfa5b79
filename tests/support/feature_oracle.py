"""Features v1 computed slowly and plainly, bar by bar over the whole history: what derived ones are compared with."""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from statistics import stdev
from typing import Any

import numpy as np

from support.indicator_oracle import Floats, Rows

Number = float | None
Indicators = Mapping[str, Sequence[float]]


class Bars:
    """The history up to one bar, and nothing after it."""

    def __init__(self, bars: Rows, indicators: Indicators, at: int) -> None:
        self.time = int(bars["time"][at])
        self.bar = {name: float(bars[name][at]) for name in ("open", "high", "low", "close", "volume")}
        self.closes: list[float] = bars["close"][: at + 1].tolist()
        self.volumes: list[float] = bars["volume"][: at + 1].tolist()
        self._indicators, self._at = indicators, at

    def of(self, name: str, ago: int = 0) -> Number:
        value = self._indicators[name][self._at - ago] if self._at >= ago else math.nan
        return None if math.isnan(value) else float(value)


def change(values: list[float], bars: int) -> Number:
    if len(values) <= bars or values[-1 - bars] == 0:
        return None
    return (values[-1] - values[-1 - bars]) / values[-1 - bars]


def log_return(history: Bars, bars: int) -> Number:
    return math.log(history.closes[-1] / history.closes[-1 - bars]) if len(history.closes) > bars else None


def difference(values: list[float], bars: int) -> Number:
    return values[-1] - values[-1 - bars] if len(values) > bars else None


def returns(history: Bars, count: int) -> list[float] | None:
    if len(history.closes) <= count:
        return None
    pairs = zip(history.closes[-count - 1 :], history.closes[-count:], strict=False)
    return [(after - before) / before for before, after in pairs]


def deviation(history: Bars, count: int) -> Number:
    found = returns(history, count)
    return None if found is None else stdev(found)


def trend(history: Bars) -> Number:
    found, volumes = returns(history, 20), history.volumes[-20:]
    if found is None or sum(volumes) == 0:
        return None
    return sum(r * v for r, v in zip(found, volumes, strict=True)) / sum(volumes)


def ratio(value: Number, reference: Number) -> Number:
    return None if value is None or reference is None or reference == 0 else value / reference


def flag(value: Number, limit: Number) -> Number:
    return None if value is None or limit is None else float(value > limit)


def crossed(history: Bars, rising: str, other: str) -> Number:
    now, limit, before, limit_before = (
        history.of(rising), history.of(other), history.of(rising, 1), history.of(other, 1)
    )  # fmt: skip
    if now is None or limit is None or before is None or limit_before is None:
        return None
    return float(now > limit and before <= limit_before)


def distance(history: Bars, average: str) -> Number:
    mean = history.of(average)
    return None if mean is None else history.bar["close"] / mean - 1


def position(history: Bars) -> Number:
    upper, lower = history.of("bb_upper"), history.of("bb_lower")
    if upper is None or lower is None or upper == lower:
        return None
    return (history.bar["close"] - lower) / (upper - lower)


def width(history: Bars) -> Number:
    upper, lower = history.of("bb_upper"), history.of("bb_lower")
    return None if upper is None or lower is None else ratio(upper - lower, history.of("bb_middle"))


def squeeze(history: Bars) -> Number:
    upper, middle, reach = history.of("bb_upper"), history.of("bb_middle"), history.of("atr_14")
    if upper is None or middle is None or reach is None:
        return None
    return float(upper - middle < 1.5 * reach)


def moment(history: Bars) -> datetime:
    return datetime.fromtimestamp(history.time / 1e6, UTC)


V1: dict[str, Callable[[Bars], Number]] = {
    **{f"return_{n}": lambda h, n=n: change(h.closes, n) for n in (1, 5, 10)},  # type: ignore[misc]
    **{f"log_return_{n}": lambda h, n=n: log_return(h, n) for n in (1, 5, 10)},  # type: ignore[misc]
    "momentum_10": lambda h: difference(h.closes, 10),
    **{f"std_{n}": lambda h, n=n: deviation(h, n) for n in (5, 10, 20)},  # type: ignore[misc]
    "high_low_ratio": lambda h: h.bar["high"] / h.bar["low"],
    "volume_change_1": lambda h: change(h.volumes, 1),
    "volume_momentum_10": lambda h: difference(h.volumes, 10),
    "volume_ratio_20": lambda h: ratio(h.bar["volume"], h.of("volume_sma_20")),
    "price_volume_trend_20": trend,
    "rsi_oversold": lambda h: flag(30.0, h.of("rsi_14")),
    "rsi_overbought": lambda h: flag(h.of("rsi_14"), 70.0),
    "macd_cross_up": lambda h: crossed(h, "macd_12_26_9", "macd_signal"),
    "macd_cross_down": lambda h: crossed(h, "macd_signal", "macd_12_26_9"),
    "macd_hist_ratio": lambda h: ratio(h.of("macd_hist"), h.bar["close"]),
    "bb_position": position,
    "bb_width": width,
    "bb_squeeze": squeeze,
    "hour": lambda h: float(moment(h).hour),
    "day_of_week": lambda h: float(moment(h).weekday()),
    "market_open": lambda _: 1.0,
    **{f"distance_sma_{n}": lambda h, n=n: distance(h, f"sma_{n}") for n in (20, 50, 200)},  # type: ignore[misc]
    **{f"above_sma_{n}": lambda h, n=n: flag(h.bar["close"], h.of(f"sma_{n}")) for n in (20, 50, 200)},  # type: ignore[misc]
}


def described(bars: Rows, indicators: Indicators, begin: int = 0) -> dict[str, Floats]:
    """Return all features of bars from number `begin` on, nan where one cannot be known."""
    histories = [Bars(bars, indicators, at) for at in range(begin, len(bars))]
    return {
        name: np.array([np.nan if (value := feature(h)) is None else value for h in histories])
        for name, feature in V1.items()
    }


def feature_errors(bars: Rows, values: Mapping[str, Any], expected: Mapping[str, Floats]) -> dict[str, float]:
    """Return the largest error of each feature; infinite where one of both has no value.

    Relative to the feature, and to what it is a difference of where that is larger: near zero a relative error says
    nothing.
    """
    found = {}
    for name, theirs in expected.items():
        mine = np.asarray(values[name], float)
        if not np.array_equal(np.isnan(mine), np.isnan(theirs)):
            found[name] = np.inf
            continue
        scale = np.maximum(np.abs(theirs), 1.0)
        if name.startswith("momentum"):
            scale = np.maximum(scale, bars["close"][-len(theirs) :])
        known = ~np.isnan(mine)
        found[name] = float(np.max((np.abs(mine - theirs) / scale)[known], initial=0.0))
    return found
