"""The life of connections to one venue: connect, subscribe, watch, replace in time, connect again.

What a new connection must catch up with is `catching_up`'s affair; here it is only decided when it begins.
"""

import asyncio
from collections.abc import Mapping
from typing import Final

from tickloom.collector.backoff import Backoff
from tickloom.collector.cancellation import end_if_cancelled
from tickloom.collector.catching_up import CatchingUp
from tickloom.collector.catching_up_by_time import CatchingUpByTime
from tickloom.collector.clock import Clock
from tickloom.collector.flow import Flow
from tickloom.collector.hours import Hours
from tickloom.collector.liveness import Liveness
from tickloom.collector.venue import Socket, StreamingVenue, VenueError, VenueThrottled, VenueUnavailable
from tickloom.telemetry import metrics
from tickloom.telemetry.logging import logger

WATCH_SECONDS: Final = 0.25
"""How often a healthy connection is looked at; its loss is noticed at once."""
OVERLAP_SECONDS: Final = 2.0
"""How long both connections stay when one replaces the other: what the old one still carries arrives."""
REPLACE_RETRY_SECONDS: Final = 30.0
WARNING_SECONDS: Final = 60.0
LONGEST_REST_SECONDS: Final = 3600.0
"""The clock is looked at again after this long, as it may have been set."""
_log = logger(__name__)


class Connection:
    """One place of a venue's sockets: the symbols it serves are kept covered for as long as `run` runs."""

    def __init__(
        self,
        exchange: str,
        venue: StreamingVenue,
        flow: Flow,
        catching_up: CatchingUp | CatchingUpByTime,
        clock: Clock,
        silence_seconds: float,
        hours: Hours | None = None,
    ) -> None:
        self.symbols: dict[str, int] = {}
        """The venue's names of the symbols, and their numbers."""
        self.problem: str | None = None
        """Why there is no connection, or why there was none until now."""
        self.refused: dict[str, str] = {}
        """Symbols that the venue does not let us have, and why."""
        self.connected = False
        self._exchange = exchange
        self._venue = venue
        self._flow = flow
        self._catching_up = catching_up
        self._clock = clock
        self._silence_seconds = max(silence_seconds, venue.quiet_seconds)
        self._hours = hours or Hours(None, clock)
        self._liveness = Liveness(venue, flow, clock, self._silence_seconds)
        self._changed = asyncio.Event()
        self._subscribed: dict[str, int] = {}
        self._leaving: set[str] = set()
        self._quiet_until = clock.monotonic()
        self._replace_after = 0.0
        self._backoff = Backoff()

    def want(self, symbols: Mapping[str, int]) -> None:
        """Serve these symbols from now on, without a new connection for the others."""
        removed = {name: number for name, number in self._subscribed.items() if symbols.get(name) != number}
        self._leaving |= removed.keys()
        self._lose(removed)
        self.symbols = dict(symbols)
        self._changed.set()

    async def run(self) -> None:
        """Stay connected until cancelled."""
        connected_before = False
        while True:
            await self._rest()
            wait = 0.0
            try:
                socket = await self._venue.connect(self._flow.intake)
            except VenueError as error:
                self._fail(error)
                wait = error.retry_seconds if isinstance(error, VenueThrottled) else 0.0
                await self._catching_up.without_socket(self.symbols.values())
            else:
                if connected_before:
                    metrics.websocket_reconnections_total.labels(self._exchange).inc()
                connected_before = True
                await self._serve_until_lost(socket)
            if self.problem is not None:
                wait = max(wait, self._backoff.next_wait())
                self._warn(wait)
                await self._clock.sleep(wait)

    async def _rest(self) -> None:
        """Wait while the market is closed; a break that was foreseen is no loss, and its end no failure."""
        while (seconds := self._hours.seconds_to_rest()) > 0:
            self.problem, self.connected = None, True
            _log.info("rests while the market is closed", exchange=self._exchange, seconds=round(seconds))
            await self._clock.sleep(min(seconds, LONGEST_REST_SECONDS))
        self.connected = False

    async def _serve_until_lost(self, socket: Socket) -> None:
        try:
            await self._serve(socket)
        except VenueError as error:
            self._fail(error)

    def _fail(self, error: VenueError) -> None:
        end_if_cancelled(error)
        self.problem = str(error)
        metrics.collector_errors_total.labels(self._exchange, "connection").inc()
        # Also of symbols that an earlier process covered and this one could not take over yet.
        self._flow.say_down(self.symbols.values())

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
        began = self._clock.monotonic()
        try:
            self._changed.clear()
            await self._subscribe(socket, self.symbols)
            self.problem, self.connected = None, True
            while True:
                await self._watch(socket, began)
                if self._hours.seconds_to_rest() > 0:
                    # What is covered stays so: nothing trades until we are back.
                    self._subscribed.clear()
                    return
                if self._changed.is_set():
                    await self._follow_changes(socket)
                elif self._should_replace(socket, began):
                    began, socket = self._clock.monotonic(), await self._replace(socket)
        finally:
            self.connected = False
            socket.close()
            self._leaving.clear()
            self._lose(self._subscribed)

    async def _watch(self, socket: Socket, began: float) -> None:
        """Wait until there is something to do; raises VenueUnavailable for a socket that was lost or went silent."""
        while not (self._changed.is_set() or self._should_replace(socket, began) or self._hours.seconds_to_rest() > 0):
            if await self._clock.wait(socket.closed, WATCH_SECONDS):
                raise VenueUnavailable(socket.farewell or "the exchange closed the connection")
            if socket.delivered:
                self._backoff.reset()
            silent = self._clock.monotonic() - socket.last_frame
            if silent > self._silence_seconds:
                raise VenueUnavailable(f"nothing arrived for {silent:.0f} s")
            await self._liveness.check(self._subscribed)

    def _should_replace(self, socket: Socket, began: float) -> bool:
        now = self._clock.monotonic()
        old = now - began > self._venue.socket_lifetime_seconds
        return now >= self._replace_after and (old or socket.retiring.is_set())

    async def _replace(self, old: Socket) -> Socket:
        """Open the next socket before the old one is left: trades that come through both are dropped by their ids.

        Returns the old one where the venue does not let us; it is tried again soon.
        """
        _log.info("replaces its connection in time", exchange=self._exchange)
        try:
            new = await self._venue.connect(self._flow.intake)
        except VenueError as error:
            return self._keep(old, error)
        try:
            await new.subscribe(self._subscribed)
            await self._clock.wait(old.closed, OVERLAP_SECONDS)
        except BaseException as error:
            new.close()
            if isinstance(error, VenueError):
                return self._keep(old, error)
            raise
        if old.closed.is_set():
            # It went before its time: what it may have taken along is asked for.
            self._lose(self._subscribed)
            await self._subscribe(new, self.symbols)
        old.close()
        return new

    def _keep(self, old: Socket, error: VenueError) -> Socket:
        self._replace_after = self._clock.monotonic() + REPLACE_RETRY_SECONDS
        _log.warning("keeps its old connection for now", exchange=self._exchange, problem=str(error))
        return old

    async def _subscribe(self, socket: Socket, symbols: Mapping[str, int]) -> None:
        if not symbols:
            return
        held = {number: self._flow.hold(number) for number in symbols.values()}
        self._subscribed |= symbols
        refused = await socket.subscribe(symbols)
        self.refused = {name: why for name, why in self.refused.items() if name in self.symbols} | dict(refused)
        self._lose({name: symbols[name] for name in refused if name in self._subscribed})
        for name, number in symbols.items():
            if name not in refused:
                self.refused.pop(name, None)
            # While the confirmation was awaited, the symbol may have been given up again.
            if self._subscribed.get(name) == number:
                self._catching_up.begin(number, held[number])

    async def _follow_changes(self, socket: Socket) -> None:
        self._changed.clear()
        leaving, self._leaving = self._leaving - self.symbols.keys(), set()
        if leaving:
            await socket.unsubscribe(leaving)
        await self._subscribe(socket, {n: no for n, no in self.symbols.items() if n not in self._subscribed})

    def _lose(self, symbols: Mapping[str, int]) -> None:
        """Say that symbols are not covered any more."""
        lost = dict(symbols)
        for name, number in lost.items():
            del self._subscribed[name]
            self._catching_up.abandon(number)
        self._flow.say_down(lost.values())
