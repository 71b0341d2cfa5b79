"""Shapes of `/charts/{symbol}/revisions`."""

from datetime import datetime

from pydantic import BaseModel, Field

from tickloom.settings.resources import TimeframeLabel
from tickloom.wire.messages import VerdictLabel


class BarVersion(BaseModel):
    """What a bar said from one time to another; prices are null where the feed was down."""

    time: int = Field(description="Start of the bar, Unix seconds UTC", examples=[1723075200])
    revision: int = Field(description="0 for what was said first")
    open: float | None
    high: float | None
    low: float | None
    close: float | None
    volume: float
    trades: int
    vwap: float | None
    verdict: VerdictLabel
    known_at: datetime = Field(description="When this version was stored")
    replaced_at: datetime | None = Field(description="When another took its place; null for what the bar says now")


class BarVersions(BaseModel):
    """Versions of bars, latest bar and latest revision first."""

    symbol: str = Field(examples=["binance:BTCUSDT"])
    timeframe: TimeframeLabel
    versions: list[BarVersion]
    next_cursor: str | None = Field(description="`cursor` of the next page; null where there is none")
