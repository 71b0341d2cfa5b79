"""The life of connections to one venue: connect, subscribe, watch, replace in time, connect again.

What a new connection must catch up with is `catching_up`'s affair; here it is only decided when it begins.
"""

import asyncio
from collections.abc import Mapping
from typing import Final

from tickloom.collector.backoff import Backoff
from tickloom.collector.catching_up import CatchingUp
from tickloom.collector.clock import Clock
from tickloom.collector.flow import Flow, Held
from tickloom.collector.venue import Socket, Venue, VenueError, VenueUnavailable
from tickloom.telemetry import metrics
from tickloom.telemetry.logging import logger

WATCH_SECONDS: Final = 1.0
WARNING_SECONDS: Final = 60.0
_log = logger(__name__)


class Connection:
    """One place of a venue's sockets: the symbols it serves are kept covered for as long as `run` runs."""

    def __init__(
        self, exchange: str, venue: Venue, flow: Flow, catching_up: CatchingUp, clock: Clock, silence_seconds: float
    ) -> None:
        self.symbols: dict[str, int] = {}
        """The venue's names of the symbols, and their numbers."""
        self.problem: str | None = "not connected yet"
        self._exchange = exchange
        self._venue = venue
        self._flow = flow
        self._catching_up = catching_up
        self._clock = clock
        self._silence_seconds = silence_seconds
        self._changed = asyncio.Event()
        self._subscribed: dict[str, int] = {}
        self._quiet_until = clock.monotonic()
        self._backoff = Backoff()

    def want(self, symbols: Mapping[str, int]) -> None:
        """Serve these symbols from now on, without a new connection for the others."""
        if symbols != self.symbols:
            self.symbols = dict(symbols)
            self._changed.set()

    async def run(self) -> None:
        """Stay connected until cancelled."""
        connected_before = False
        while True:
            try:
                socket = await self._venue.connect(self._flow.intake)
                if connected_before:
                    metrics.websocket_reconnections_total.labels(self._exchange).inc()
                connected_before = True
                await self._serve(socket)
            except VenueError as error:
                self._fail(error)
            wait = self._backoff.next_wait()
            self._warn(wait)
            await self._clock.sleep(wait)

    def _fail(self, error: VenueError) -> None:
        self.problem = str(error)
        metrics.collector_errors_total.labels(self._exchange, "connection").inc()

    def _warn(self, wait: float) -> None:
        now = self._clock.monotonic()
        if now >= self._quiet_until:
            self._quiet_until = now + WARNING_SECONDS
            _log.warning(
                "the exchange is not connected; trying again",
                exchange=self._exchange,
                host=self._venue.host,
                problem=self.problem,
                retry_seconds=round(wait, 1),
            )

    async def _serve(self, socket: Socket) -> None:
        try:
            await self._subscribe(socket, self.symbols)
            self.problem = None
            began = self._clock.monotonic()
            while True:
                await self._watch(socket, began)
                if socket.closed.is_set():
                    raise VenueUnavailable("the exchange closed the connection")
                if self._changed.is_set():
                    await self._follow_changes(socket)
                elif self._should_replace(socket, began):
                    socket, began = await self._replace(socket), self._clock.monotonic()
        finally:
            socket.close()
            self._lose()

    async def _watch(self, socket: Socket, began: float) -> None:
        """Wait until there is something to do; raises VenueUnavailable for a socket that went silent."""
        while not (socket.closed.is_set() or self._changed.is_set() or self._should_replace(socket, began)):
            await self._clock.wait(socket.closed, WATCH_SECONDS)
            if socket.delivered:
                self._backoff.reset()
            silent = self._clock.monotonic() - socket.last_frame
            if silent > self._silence_seconds:
                raise VenueUnavailable(f"nothing arrived for {silent:.0f} s")

    def _should_replace(self, socket: Socket, began: float) -> bool:
        old = self._clock.monotonic() - began > self._venue.socket_lifetime_seconds
        return old or socket.retiring.is_set()

    async def _replace(self, old: Socket) -> Socket:
        """Open the next socket before the old one is left: trades that come through both are dropped by their ids."""
        _log.info("replaces its connection in time", exchange=self._exchange)
        new = await self._venue.connect(self._flow.intake)
        try:
            await new.subscribe(self._subscribed)
        except BaseException:
            new.close()
            raise
        old.close()
        return new

    async def _subscribe(self, socket: Socket, symbols: Mapping[str, int]) -> None:
        if not symbols:
            return
        held: dict[int, Held] = {number: self._flow.hold(number) for number in symbols.values()}
        self._subscribed |= symbols
        await socket.subscribe(symbols)
        for number, waiting in held.items():
            self._catching_up.begin(number, waiting)

    async def _follow_changes(self, socket: Socket) -> None:
        self._changed.clear()
        removed = {name: number for name, number in self._subscribed.items() if name not in self.symbols}
        added = {name: number for name, number in self.symbols.items() if name not in self._subscribed}
        if removed:
            self._lose(removed)
            await socket.unsubscribe(removed)
        await self._subscribe(socket, added)

    def _lose(self, symbols: Mapping[str, int] | None = None) -> None:
        """Say that symbols (all, where not given) are not covered any more."""
        lost = dict(self._subscribed if symbols is None else symbols)
        for name, number in lost.items():
            del self._subscribed[name]
            self._catching_up.abandon(number)
        self._flow.say_down(lost.values())
