"""Shapes of `/symbols`."""

from pydantic import BaseModel, Field

from tickloom.settings.resources import TimeframeLabel


class ListedSymbol(BaseModel):
    """A symbol that is collected."""

    id: str = Field(examples=["binance:BTCUSDT"])
    symbol: str = Field(examples=["BTCUSDT"])
    timeframes: list[TimeframeLabel]
    price_step: float | None = Field(description="Smallest change of a price; null where the exchange names none")
    size_step: float | None
    fresh: bool = Field(description="Its data moves: it is collected, and changed within the age its manifest allows")
    quality_score: float | None = Field(description="0 to 1; null where nothing was checked yet")


class ListedExchange(BaseModel):
    """An exchange and its symbols."""

    exchange: str = Field(examples=["binance"])
    market_open: bool
    simulated: bool = Field(description="Data of a simulator or a recording, not of the real exchange")
    symbols: list[ListedSymbol]


class SymbolList(BaseModel):
    """All symbols that are collected."""

    exchanges: list[ListedExchange]
