"""Binance spot behind the collector's seam: where it is, what it allows, and which socket and REST speak for it."""

import asyncio
from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit

import picows

from tickloom.bus.connection import Redis
from tickloom.collector.cancellation import end_if_cancelled
from tickloom.collector.clock import Clock
from tickloom.collector.intake import Intake
from tickloom.collector.venue import Steps, VenueUnavailable
from tickloom.collector.venues.binance.rest import PAGE, Rest
from tickloom.collector.venues.binance.stream import AggregateTradeSocket, TradeSocket
from tickloom.settings.resources import ExchangeSpec
from tickloom.wire.batches import Records

WEBSOCKET: Final = "wss://stream.binance.com:9443"
REST: Final = "https://api.binance.com"
CONNECT_SECONDS: Final = 10.0
HARD_FRAME_LIMIT: Final = 16 * 1024 * 1024
"""A frame beyond this ends the connection: nobody sends such a thing by accident."""


class Binance:
    """Binance spot, or what speaks its protocol at the endpoints of the exchange's spec."""

    symbols_per_socket = 1024
    socket_lifetime_seconds = 23 * 3600.0
    quiet_seconds = 0.0
    page_size = PAGE
    candles_page = PAGE

    def __init__(self, name: str, spec: ExchangeSpec, clock: Clock) -> None:
        self._url = _stream_url(str(spec.endpoints.websocket or WEBSOCKET))
        self.host = urlsplit(self._url).netloc
        self._aggregate = spec.trade_stream == "aggTrade"
        self._clock = clock
        self._rest = Rest(name, str(spec.endpoints.rest or REST), clock)

    def share(self, redis: Redis) -> None:
        """Spend REST points from the budget of all processes that use this Redis."""
        self._rest.share(redis)

    async def connect(self, intake: Intake) -> TradeSocket:
        """Open a connection that has no stream yet; raises VenueUnavailable."""
        kind = AggregateTradeSocket if self._aggregate else TradeSocket
        socket = kind(intake, self._clock)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                # Pongs are sent by the socket itself: only then does it see that pings arrive.
                await picows.ws_connect(
                    lambda: socket, self._url, enable_auto_pong=False, max_frame_size=HARD_FRAME_LIMIT
                )
        except (OSError, TimeoutError, picows.WSError, ValueError) as error:
            end_if_cancelled(error)
            raise VenueUnavailable(f"{self.host} cannot be reached: {error or type(error).__name__}") from error
        return socket

    async def server_time_us(self) -> int:
        """Return the venue's clock in microseconds since 1970; raises VenueError."""
        return await self._rest.server_time_us()

    async def latest_trade_id(self, symbol: str) -> int:
        """Return the id of a symbol's latest trade, -1 if it never traded; raises VenueError."""
        latest = await self._rest.latest_trades(symbol, 0, aggregate=self._aggregate)
        return int(latest["trade_id"][-1]) if len(latest) else -1

    async def trades_from(self, symbol: str, symbol_no: int, first_id: int) -> Records:
        """Return a page of trades from an id on, in order of their ids, flagged HEALED; raises VenueError."""
        return await self._rest.trades_from(symbol, symbol_no, first_id, aggregate=self._aggregate)

    async def candles(self, symbol: str, from_us: int, to_us: int) -> Records:
        """Return minutes (CANDLE_DTYPE) that begin in [from_us, to_us), at most a page; raises VenueError."""
        return await self._rest.klines(symbol, from_us, to_us)

    async def traded(self, symbol: str, from_us: int, to_us: int) -> Records:
        """Return the first page of aggregates in [from_us, to_us), oldest first; raises VenueError."""
        return await self._rest.trades_between(symbol, 0, from_us, to_us)

    async def steps(self, symbols: Collection[str]) -> dict[str, Steps]:
        """Return the steps of those of the symbols that Binance knows; raises VenueError."""
        return await self._rest.steps(symbols)

    async def aclose(self) -> None:
        """Close the connections of REST; sockets are closed by whoever opened them."""
        await self._rest.aclose()


def _stream_url(url: str) -> str:
    """Return the address of combined streams, whose frames name their stream."""
    url = url.rstrip("/")
    return url if url.endswith("/stream") else url + "/stream"
