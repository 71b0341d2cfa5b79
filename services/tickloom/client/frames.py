"""Bars as data frames, by libraries that need not be there."""

from typing import TYPE_CHECKING, Any, Final

from tickloom.client.shapes import Bars

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped]
    import polars as pl

_COLUMNS: Final = ("open", "high", "low", "close", "volume", "trades", "vwap", "verdict", "revision", "closed")


def columns_of(bars: Bars) -> dict[str, list[Any]]:
    """Return the values of bars as columns, `time` in Unix seconds first, indicators last."""
    columns: dict[str, list[Any]] = {"time": [bar.time for bar in bars]}
    columns |= {name: [getattr(bar, name) for bar in bars] for name in _COLUMNS}
    names = list(dict.fromkeys(name for bar in bars for name in bar.indicators))
    return columns | {name: [bar.indicators.get(name) for bar in bars] for name in names}


def to_pandas(bars: Bars) -> "pd.DataFrame":
    """Return a frame indexed by time; what is not known is NaN."""
    import pandas as pd  # noqa: PLC0415 - optional

    columns = columns_of(bars)
    index = pd.to_datetime(columns.pop("time"), unit="s", utc=True).rename("time")
    kinds = {name: "float64" for name in columns if name not in {"trades", "verdict", "revision", "closed"}}
    return pd.DataFrame(columns, index=index).astype(kinds)


def to_polars(bars: Bars) -> "pl.DataFrame":
    """Return a frame with a column `time`; what is not known is null."""
    import polars as pl  # noqa: PLC0415 - optional

    columns = columns_of(bars)
    whole = {"time": pl.Int64, "trades": pl.Int64, "revision": pl.Int32, "verdict": pl.String, "closed": pl.Boolean}
    frame = pl.DataFrame(columns, schema={name: whole.get(name, pl.Float64) for name in columns})
    return frame.with_columns(pl.from_epoch("time", time_unit="s").dt.replace_time_zone("UTC"))
