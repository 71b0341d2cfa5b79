"""Shapes of `/features`."""

from pydantic import BaseModel, Field

from tickloom.settings.resources import TimeframeLabel


class BarFeatures(BaseModel):
    """The features of one closed bar, known from its end on."""

    time: int = Field(description="Start of the bar, Unix seconds UTC", examples=[1723075200])
    version: str = Field(examples=["v1"])
    hash: str = Field(description="Digest of the definitions: equal hashes mean equal features")
    features: dict[str, float | None] = Field(description="Null where a feature cannot be known")


class FeatureRange(BaseModel):
    """Features of bars, oldest first."""

    symbol: str = Field(examples=["binance:BTCUSDT"])
    timeframe: TimeframeLabel
    rows: list[BarFeatures]
    next_cursor: str | None = Field(description="`cursor` of the next page; null where there is none")


class LatestFeatures(BarFeatures):
    """The features of the latest closed bar."""

    symbol: str = Field(examples=["binance:BTCUSDT"])
    timeframe: TimeframeLabel
