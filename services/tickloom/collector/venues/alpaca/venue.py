"""Alpaca behind the collector's seam: one connection for all symbols, history by time, US stocks by their tapes."""

import asyncio
from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit

import picows

from tickloom.collector.clock import Clock
from tickloom.collector.intake import Intake
from tickloom.collector.venue import Page, Steps, VenueRefused, VenueUnavailable
from tickloom.collector.venues.alpaca.rest import Rest
from tickloom.collector.venues.alpaca.stream import SIGN_OF_LIFE, AlpacaSocket
from tickloom.settings.credentials import Credentials, credential_variables
from tickloom.settings.resources import ExchangeSpec

WEBSOCKET: Final = "wss://stream.data.alpaca.markets/v2"
REST: Final = "https://data.alpaca.markets"
CONNECT_SECONDS: Final = 10.0
PING_SECONDS: Final = 10.0
"""A connection that is quiet this long is asked for a pong, and given up when none comes as long again."""
HARD_FRAME_LIMIT: Final = 16 * 1024 * 1024
TICK: Final = 0.01
"""Regulation NMS, rule 612: stocks of a dollar and more are priced in cents."""


class Alpaca:
    """Alpaca's stock data, or what speaks its protocol at the endpoints of the exchange's spec."""

    symbols_per_socket = 100_000
    socket_lifetime_seconds = float("inf")
    quiet_seconds = 150.0

    def __init__(self, name: str, spec: ExchangeSpec, clock: Clock, credentials: Credentials | None) -> None:
        self._url = f"{str(spec.endpoints.websocket or WEBSOCKET).rstrip('/')}/{spec.feed}"
        self.host = urlsplit(self._url).netloc
        self._name = name
        self._clock = clock
        self._credentials = credentials
        # Delayed trades are those of the consolidated tapes, of which REST tells only what is old enough.
        feed = "iex" if spec.feed == "iex" else "sip"
        self._rest = Rest(str(spec.endpoints.rest or REST), feed, credentials, clock) if credentials else None

    async def connect(self, intake: Intake) -> AlpacaSocket:
        """Open a connection and say who we are; nothing is subscribed yet. Raises VenueError."""
        if self._credentials is None:
            raise self._without_credentials()
        socket = AlpacaSocket(intake, self._clock)
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await picows.ws_connect(
                    lambda: socket,
                    self._url,
                    extra_headers={"Content-Type": "application/msgpack"},
                    enable_auto_ping=True,
                    auto_ping_idle_timeout=PING_SECONDS,
                    auto_ping_reply_timeout=PING_SECONDS,
                    max_frame_size=HARD_FRAME_LIMIT,
                )
        except (OSError, TimeoutError, picows.WSError, ValueError) as error:
            raise VenueUnavailable(f"{self.host} cannot be reached: {error or type(error).__name__}") from error
        try:
            await socket.authenticate(self._credentials)
        except BaseException:
            socket.close()
            raise
        return socket

    async def server_time_us(self) -> int:
        """Return the venue's clock in microseconds since 1970; raises VenueError."""
        return await self._history().server_time_us(SIGN_OF_LIFE)

    async def trades_since(self, symbol: str, symbol_no: int, from_us: int, page: str | None) -> Page:
        """Return a page of trades from an exchange time on, oldest first, flagged HEALED; raises VenueError."""
        return await self._history().trades_since(symbol, symbol_no, from_us, page)

    async def steps(self, symbols: Collection[str]) -> dict[str, Steps]:
        """Return the steps of those of the symbols that there are; sizes can be fractions of a share."""
        return {symbol: Steps(TICK, 0.0) for symbol in await self._history().existing(symbols)}

    async def aclose(self) -> None:
        """Close the connections of REST; sockets are closed by whoever opened them."""
        if self._rest is not None:
            await self._rest.aclose()

    def _history(self) -> Rest:
        if self._rest is None:
            raise self._without_credentials()
        return self._rest

    def _without_credentials(self) -> VenueRefused:
        return VenueRefused(f"Alpaca needs an account: set {' and '.join(credential_variables(self._name))}")
