"""Shapes of `/quality`."""

from pydantic import BaseModel, Field

from tickloom.settings.resources import TimeframeLabel


class FailedChecks(BaseModel):
    """Trades that failed, by check; `docs/QUALITY.md` says what each one means."""

    price: int
    freshness: int
    validity: int
    volume: int


class QualityStretch(BaseModel):
    """What the checks found in one stretch of the timeline."""

    time: int = Field(description="Start of the stretch, Unix seconds UTC", examples=[1723075200])
    score: float = Field(description="Mean of its minutes, 0 to 1; 1 where nothing was wrong")
    lowest: float = Field(description="Score of its worst minute")
    checked: int = Field(description="Trades that were checked")
    failed: FailedChecks


class Quality(BaseModel):
    """The score of a symbol now, and its timeline, oldest first."""

    symbol: str = Field(examples=["binance:BTCUSDT"])
    timeframe: TimeframeLabel = Field(description="Length of a stretch")
    score: float | None = Field(description="Over about the last hour, 0 to 1; null where it is not known now")
    timeline: list[QualityStretch] = Field(description="Stretches in which nothing was checked are absent")
    next_before: int | None = Field(description="`before` of the next older page; null where there is none")
