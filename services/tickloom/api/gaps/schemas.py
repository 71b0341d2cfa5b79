"""Shapes of `/gaps`."""

from datetime import datetime

from pydantic import BaseModel, Field

from tickloom.store.gaps import GapState


class ListedGap(BaseModel):
    """A hole in the trades of a symbol, or a stretch without coverage."""

    symbol: str = Field(examples=["binance:BTCUSDT"])
    gap_no: int = Field(description="Number within the symbol", examples=[1])
    state: GapState = Field(description="healed: all missing trades came; unhealable: they cannot be had any more")
    reason: str = Field(examples=["trade ids jumped"])
    first_trade_id: int | None = Field(description="First missing trade; null where it is not known")
    last_trade_id: int | None
    from_at: datetime = Field(description="Exchange time at which it begins")
    to_at: datetime | None = Field(description="Exchange time at which it ends; null while it goes on")
    missing: int = Field(description="Trades that were absent when it was found")
    healed: int = Field(description="Trades of those that came since")
    detected_at: datetime
    closed_at: datetime | None


class GapList(BaseModel):
    """Gaps, latest first."""

    gaps: list[ListedGap]
    next_cursor: str | None = Field(description="`cursor` of the next page; null where there is none")
