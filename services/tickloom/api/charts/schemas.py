"""Shapes of `/charts`."""

from pydantic import BaseModel, Field

from tickloom.settings.resources import TimeframeLabel
from tickloom.wire.messages import VerdictLabel


class ChartBar(BaseModel):
    """One bar; prices are null where the feed was down."""

    time: int = Field(description="Start of the bar, Unix seconds UTC", examples=[1723075200])
    open: float | None
    high: float | None
    low: float | None
    close: float | None
    volume: float
    trades: int
    vwap: float | None
    verdict: VerdictLabel
    revision: int = Field(description="0, and one more for each later change of a closed bar")
    closed: bool = Field(description="False for the last bar while it still forms")


class BarColumns(BaseModel):
    """Bars as columns of equal length; see `ChartBar`."""

    time: list[int]
    open: list[float | None]
    high: list[float | None]
    low: list[float | None]
    close: list[float | None]
    volume: list[float]
    trades: list[int]
    vwap: list[float | None]
    verdict: list[VerdictLabel]
    revision: list[int]
    closed: list[bool]


class Chart(BaseModel):
    """Bars of a symbol, oldest first."""

    symbol: str = Field(examples=["binance:BTCUSDT"])
    timeframe: TimeframeLabel
    bars: list[ChartBar]
    indicators: dict[str, list[float | None]] = Field(
        description="Columns of the length of `bars`, null where the history is too short"
    )
    next_before: int | None = Field(description="`before` of the next older page; null where there is none")


class ColumnarChart(BaseModel):
    """Bars of a symbol as columns, oldest first."""

    symbol: str = Field(examples=["binance:BTCUSDT"])
    timeframe: TimeframeLabel
    columns: BarColumns
    indicators: dict[str, list[float | None]]
    next_before: int | None
