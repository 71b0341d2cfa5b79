"""Version v1 of the features, and nothing but their definitions.

An expression sees: `time` (start of the bar, microseconds UTC), `open high low close volume` of the bar, `in_session`,
`closes` and `volumes` (rings up to the bar), `n` (the bar's number from 0), every indicator by name, and as
`{name}_before` its value one bar ago. A published version is never changed: what changes is a new version.
"""

from typing import Final

from tickloom.processor.features.definition import Feature, FeatureSet

V1: Final = FeatureSet(
    "v1",
    (
        Feature("return_1", "change(close, ago(closes, n, 1))", 1, "change of the close over 1 bar"),
        Feature("return_5", "change(close, ago(closes, n, 5))", 5, "change of the close over 5 bars"),
        Feature("return_10", "change(close, ago(closes, n, 10))", 10, "change of the close over 10 bars"),
        Feature("log_return_1", "log_change(close, ago(closes, n, 1))", 1, "logarithm of close / close 1 bar ago"),
        Feature("log_return_5", "log_change(close, ago(closes, n, 5))", 5, "logarithm of close / close 5 bars ago"),
        Feature("log_return_10", "log_change(close, ago(closes, n, 10))", 10, "logarithm of close / close 10 bars ago"),
        Feature("momentum_10", "close - ago(closes, n, 10)", 10, "close less the close 10 bars ago"),
        Feature("std_5", "deviation(closes, n, 5)", 5, "sample standard deviation of the last 5 returns"),
        Feature("std_10", "deviation(closes, n, 10)", 10, "sample standard deviation of the last 10 returns"),
        Feature("std_20", "deviation(closes, n, 20)", 20, "sample standard deviation of the last 20 returns"),
        Feature("high_low_ratio", "ratio(high, low)", 0, "high / low of the bar"),
        Feature("volume_change_1", "change(volume, ago(volumes, n, 1))", 1, "change of the volume over 1 bar"),
        Feature("volume_momentum_10", "volume - ago(volumes, n, 10)", 10, "volume less the volume 10 bars ago"),
        Feature("volume_ratio_20", "ratio(volume, volume_sma_20)", 19, "volume / mean volume of 20 bars"),
        Feature(
            "price_volume_trend_20",
            "price_volume_trend(closes, volumes, n, 20)",
            20,
            "mean of 20 returns, weighted with the volume",
        ),
        Feature("rsi_oversold", "above(30.0, rsi_14)", 14, "1 if RSI is below 30"),
        Feature("rsi_overbought", "above(rsi_14, 70.0)", 14, "1 if RSI is above 70"),
        Feature(
            "macd_cross_up",
            "crosses_above(macd_12_26_9, macd_signal, macd_12_26_9_before, macd_signal_before)",
            34,
            "1 if the MACD line rose above its signal with this bar",
        ),
        Feature(
            "macd_cross_down",
            "crosses_above(macd_signal, macd_12_26_9, macd_signal_before, macd_12_26_9_before)",
            34,
            "1 if the MACD line fell below its signal with this bar",
        ),
        Feature("macd_hist_ratio", "ratio(macd_hist, close)", 33, "MACD histogram / close"),
        Feature(
            "bb_position",
            "ratio(close - bb_lower, bb_upper - bb_lower)",
            19,
            "where the close lies between the bands: 0 lower, 1 upper; null where they meet",
        ),
        Feature("bb_width", "ratio(bb_upper - bb_lower, bb_middle)", 19, "distance of the bands / their middle"),
        Feature(
            "bb_squeeze",
            "above(1.5 * atr_14, bb_upper - bb_middle)",
            19,
            "1 if the bands lie within 1.5 average true ranges of their middle",
        ),
        Feature("hour", "hour_of(time)", 0, "hour of the UTC day at which the bar begins, 0 to 23"),
        Feature("day_of_week", "weekday_of(time)", 0, "day of the UTC week on which the bar begins, 0 is Monday"),
        Feature("market_open", "in_session", 0, "1 if the venue trades when the bar begins; null if that is unknown"),
        Feature("distance_sma_20", "change(close, sma_20)", 19, "close / SMA 20 - 1"),
        Feature("distance_sma_50", "change(close, sma_50)", 49, "close / SMA 50 - 1"),
        Feature("distance_sma_200", "change(close, sma_200)", 199, "close / SMA 200 - 1"),
        Feature("above_sma_20", "above(close, sma_20)", 19, "1 if the close is above SMA 20"),
        Feature("above_sma_50", "above(close, sma_50)", 49, "1 if the close is above SMA 50"),
        Feature("above_sma_200", "above(close, sma_200)", 199, "1 if the close is above SMA 200"),
    ),
)
