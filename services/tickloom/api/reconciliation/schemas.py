"""Shapes of `/reconciliation`."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

ComparedField = Literal["bar", "open", "high", "low", "close", "volume", "quote_volume", "buy_volume", "trades"]


class ListedMismatch(BaseModel):
    """A value of a closed 1m bar that differs from the exchange's own candle."""

    time: int = Field(description="Start of the bar, Unix seconds UTC", examples=[1723075200])
    field: ComparedField = Field(description="bar: only one of both has such a bar; its close stands for the other")
    ours: float | None
    theirs: float | None
    verdict: str | None = Field(description="What our bar was called when it was compared; null where we had none")
    revision: int | None
    found_at: datetime
    resolved_at: datetime | None = Field(description="When a later comparison found both equal; null while they differ")


class Reconciliation(BaseModel):
    """What differs, latest first, and how much was compared by the continuous job."""

    symbol: str = Field(examples=["binance:BTCUSDT"])
    compared_to: datetime | None = Field(description="Exchange time up to which bars were compared; null: never")
    compared: int = Field(description="Bars compared so far")
    mismatched: int = Field(description="Bars of those that differed in any value")
    mismatches: list[ListedMismatch]
    next_cursor: str | None = Field(description="`cursor` of the next page; null where there is none")
