"""What the API answers, as typed structures; times of bars are Unix seconds UTC, as on the wire."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped]
    import polars as pl

Timeframe = Literal["1m", "5m", "15m", "1h", "4h", "1d"]
Verdict = Literal["complete", "healed", "revised", "partial", "suspect", "feed_down"]


class Bar(msgspec.Struct, frozen=True):
    """One bar; prices are None where the feed was down, `indicators` holds those that were asked for."""

    time: int
    open: float | None
    high: float | None
    low: float | None
    close: float | None
    volume: float
    trades: int
    vwap: float | None
    verdict: str
    revision: int
    closed: bool = True
    indicators: dict[str, float | None] = {}

    @property
    def starts_at(self) -> datetime:
        """The start of the bar."""
        return datetime.fromtimestamp(self.time, UTC)


class Bars(list[Bar]):
    """Bars of one symbol, oldest first."""

    def __init__(self, bars: Iterable[Bar], symbol: str, timeframe: str) -> None:
        super().__init__(bars)
        self.symbol, self.timeframe = symbol, timeframe

    def to_pandas(self) -> "pd.DataFrame":
        """Return a frame indexed by time (UTC), a column for each value and indicator. Raises ImportError."""
        from tickloom.client import frames  # noqa: PLC0415 - pandas is optional

        return frames.to_pandas(self)

    def to_polars(self) -> "pl.DataFrame":
        """Return a frame with a column `time` (UTC) and one for each value and indicator. Raises ImportError."""
        from tickloom.client import frames  # noqa: PLC0415 - polars is optional

        return frames.to_polars(self)


class Symbol(msgspec.Struct, frozen=True):
    """A symbol that is collected."""

    id: str
    symbol: str
    timeframes: list[str]
    price_step: float | None = None
    size_step: float | None = None
    fresh: bool = False
    quality_score: float | None = None


class Exchange(msgspec.Struct, frozen=True):
    """An exchange and its symbols."""

    exchange: str
    market_open: bool
    simulated: bool
    symbols: list[Symbol]


class Stretch(msgspec.Struct, frozen=True):
    """What the checks found in one stretch of the timeline of quality."""

    time: int
    score: float
    lowest: float
    checked: int
    failed: dict[str, int]


class Quality(msgspec.Struct, frozen=True):
    """The score of a symbol now, None where it is not known, and its timeline, oldest first."""

    symbol: str
    timeframe: str
    score: float | None
    timeline: list[Stretch]
    next_before: int | None


class Gap(msgspec.Struct, frozen=True):
    """A hole in the trades of a symbol, or a stretch without coverage."""

    symbol: str
    gap_no: int
    state: str
    reason: str
    first_trade_id: int | None
    last_trade_id: int | None
    from_at: datetime
    to_at: datetime | None
    missing: int
    healed: int
    detected_at: datetime
    closed_at: datetime | None


class Version(msgspec.Struct, frozen=True):
    """What a bar said from one time to another; `replaced_at` is None for what it says now."""

    time: int
    revision: int
    open: float | None
    high: float | None
    low: float | None
    close: float | None
    volume: float
    trades: int
    vwap: float | None
    verdict: str
    known_at: datetime
    replaced_at: datetime | None


class FeatureRow(msgspec.Struct, frozen=True):
    """The features of one closed bar; None where a feature cannot be known."""

    time: int
    version: str
    hash: str
    features: dict[str, float | None]


class ChartPage(msgspec.Struct, frozen=True):
    """A page of `/charts` as it travels: indicators are columns of the length of `bars`."""

    symbol: str
    timeframe: str
    bars: list[Bar]
    indicators: dict[str, list[float | None]]
    next_before: int | None = None

    def joined(self) -> list[Bar]:
        """Return the bars with their indicators."""
        return join_indicators(self.bars, self.indicators)


def join_indicators(bars: list[Bar], columns: dict[str, list[float | None]]) -> list[Bar]:
    """Return bars with the values of columns that are aligned with them."""
    if not columns:
        return bars
    return [
        msgspec.structs.replace(bar, indicators={name: column[at] for name, column in columns.items()})
        for at, bar in enumerate(bars)
    ]
