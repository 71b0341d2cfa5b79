"""Everything that collects one exchange, wired together: sockets, order, healing, heartbeats, delivery."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, Final

from tickloom.bus.connection import open_redis
from tickloom.collector.catching_up import CatchingUp
from tickloom.collector.catching_up_by_time import CatchingUpByTime
from tickloom.collector.clock import Clock
from tickloom.collector.connection import Connection
from tickloom.collector.coverage import Coverage
from tickloom.collector.delivery import Delivery
from tickloom.collector.feed_clock import FeedClock
from tickloom.collector.fetching import Fetcher
from tickloom.collector.filling import Filling
from tickloom.collector.flow import Flow
from tickloom.collector.hours import Hours
from tickloom.collector.intake import Intake
from tickloom.collector.known import Known
from tickloom.collector.polling import Polling
from tickloom.collector.rejections import Rejections
from tickloom.collector.sharing import SharesBudget
from tickloom.collector.venue import PolledVenue, TimedVenue
from tickloom.collector.venues.drivers import DRIVERS
from tickloom.market.sessions import load_sessions
from tickloom.market.timeframes import MICROSECONDS_PER_MINUTE
from tickloom.settings.environment import Settings
from tickloom.store.catalog import CatalogExchange, CatalogSymbol
from tickloom.telemetry.logging import logger

_log = logger(__name__)
FLUSH_SECONDS: Final = 3.0
SHORTEST_BEAT: Final = 0.005


class ExchangeLine:
    """Collects one exchange for as long as `run` runs; made inside the event loop."""

    def __init__(self, exchange: CatalogExchange, settings: Settings, clock: Clock) -> None:
        self.exchange = exchange
        self._settings = settings
        self._clock = clock
        self._grace_us = int(exchange.spec.close_grace.total_seconds() * 1_000_000)
        self.venue = DRIVERS[exchange.driver](exchange.name, exchange.spec, clock)
        self.sequenced = not isinstance(self.venue, TimedVenue | PolledVenue)
        calendar = exchange.spec.calendar if exchange.spec.clock == "wall" else None
        self._sessions = load_sessions(calendar) if calendar else None
        rejections = Rejections(exchange.name, clock)
        self.coverage = Coverage()
        intake = Intake(FeedClock(clock, exchange.spec.clock), rejections)
        self.flow = Flow(
            exchange.name,
            self.coverage,
            intake,
            clock,
            maximum_bytes=settings.spill_maximum_bytes,
            grace_us=self._grace_us,
            sequenced=self.sequenced,
        )
        self.delivery = Delivery(self.flow, clock)
        self._make_healing()
        self.connections: list[Connection | Polling] = []
        self._group: asyncio.TaskGroup | None = None
        self._numbers: dict[str, int] = {}

    def _make_healing(self) -> None:
        self.filling: Filling | None = None
        self._names: dict[int, str] = {}
        maximum_trades = self._settings.heal_maximum_trades
        maximum_bytes = self._settings.spill_maximum_bytes // 4
        if isinstance(self.venue, PolledVenue):
            # The next answer tells all that was missed.
            return
        self.catching_up: CatchingUp | CatchingUpByTime
        if isinstance(self.venue, TimedVenue):
            self.catching_up = CatchingUpByTime(
                self.flow,
                self.venue,
                self._clock,
                self._spawn,
                self._sessions,
                maximum_trades=maximum_trades,
                maximum_waiting_bytes=maximum_bytes,
            )
            self._names = self.catching_up.symbols
            self.delivery.on_room = self.catching_up.begin_again
            return
        fetcher = Fetcher(
            self.flow,
            self.venue,
            self._clock,
            maximum_trades=maximum_trades,
            maximum_waiting_bytes=maximum_bytes,
        )
        self.filling = Filling(fetcher, self._spawn)
        self.catching_up = CatchingUp(fetcher, self._spawn)
        self._names = fetcher.symbols
        self.delivery.on_room = self.catching_up.begin_again

    def _spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        if self._group is None:
            raise RuntimeError("a line spawns tasks only while it runs")
        return self._group.create_task(self._guarded(work))

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        """Do work; its failure ends the line, and then nothing may be started any more: nobody would end it."""
        try:
            await work
        except Exception:
            self.flow.on_jump = self.delivery.on_room = self._leave_to_next_start
            raise

    def _leave_to_next_start(self, missing: object) -> None:
        _log.debug("is missed by a line that ends", exchange=self.exchange.name, missing=missing)

    def problem(self) -> str | None:
        """Return what keeps trades from flowing now."""
        if self.delivery.problem:
            return self.delivery.problem
        problem = next((connection.problem for connection in self.connections if connection.problem), None)
        return problem or self._refusal()

    def _refusal(self) -> str | None:
        refused = {name: why for connection in self.connections for name, why in connection.refused.items()}
        if not refused:
            return None
        return f"{', '.join(sorted(refused))} cannot be collected: {next(iter(refused.values()))}"

    def connected(self) -> bool:
        """Tell whether every connection stands."""
        return all(connection.connected for connection in self.connections)

    def apply(self, symbols: Sequence[CatalogSymbol], known: Known) -> None:
        """Collect exactly these symbols; of new ones, from what is `known` on."""
        wanted = {symbol.symbol: symbol for symbol in symbols}
        for name in [name for name in self._numbers if name not in wanted]:
            self._remove(name)
        for name in [name for name in wanted if name not in self._numbers]:
            self._add(wanted[name], known)

    def _remove(self, name: str) -> None:
        number = self._numbers.pop(name)
        place = next(connection for connection in self.connections if name in connection.symbols)
        place.want({n: no for n, no in place.symbols.items() if n != name})
        if self.filling is not None:
            self.filling.forget(number)
        self.coverage.uncover(number)

    def _add(self, symbol: CatalogSymbol, known: Known) -> None:
        number = symbol.symbol_no
        self._numbers[symbol.symbol] = number
        self._names[number] = symbol.symbol
        self.coverage.cover(
            number,
            symbol.partition,
            last_id=known.last_ids.get(number, -1),
            last_us=known.covered_us.get(number, 0),
        )
        place = next((c for c in self.connections if len(c.symbols) < self._symbols_of_place()), None)
        place = place or self._connection()
        place.want({**place.symbols, symbol.symbol: number})
        if self.filling is not None:
            for gap in known.gaps.get(number, []):
                self.filling.fill(gap)

    def _symbols_of_place(self) -> float:
        return float("inf") if isinstance(self.venue, PolledVenue) else self.venue.symbols_per_socket

    def delay_seconds(self) -> float:
        """Return how late the venue told its latest data; 0 where it tells at once."""
        return max((place.delay_seconds for place in self.connections if isinstance(place, Polling)), default=0.0)

    def _connection(self) -> Connection | Polling:
        made = self._made_place()
        self.connections.append(made)
        self._spawn(made.run())
        return made

    def _made_place(self) -> Connection | Polling:
        if isinstance(self.venue, PolledVenue):
            return Polling(self.exchange.name, self.venue, self.flow, self._clock, self._sessions)
        return Connection(
            self.exchange.name,
            self.venue,
            self.flow,
            self.catching_up,
            self._clock,
            self._settings.silence_seconds,
            Hours(self._sessions, self._clock),
        )

    async def run(self, redis_url: str, started: asyncio.Event, stopped: asyncio.Event) -> None:
        """Collect until `stopped`; then everything decoded is appended, and the loss of coverage said."""
        async with open_redis(redis_url, f"budget-{self.exchange.name}") as redis, asyncio.TaskGroup() as delivering:
            if isinstance(self.venue, SharesBudget):
                self.venue.share(redis)
            delivery = delivering.create_task(self.delivery.run(redis_url, f"collector-{self.exchange.name}"))
            try:
                async with asyncio.TaskGroup() as group:
                    self._group = group
                    started.set()
                    self._spawn(self._beat())
                    await self._spawn(self._stop(stopped))
            except* _Stopped:
                pass
            finally:
                self._group = None
                self.flow.say_down(self.coverage.numbers().tolist())
                if not await self.delivery.flush(FLUSH_SECONDS):
                    _log.warning(
                        "ends with trades that could not be appended; the next start fetches them",
                        exchange=self.exchange.name,
                        waiting_bytes=self.flow.outbox.size,
                    )
                await self.venue.aclose()
                delivery.cancel()

    async def _stop(self, stopped: asyncio.Event) -> None:
        await stopped.wait()
        raise _Stopped

    async def _beat(self) -> None:
        """Say how far everything has arrived: each second, and as soon as a minute's bars may close."""
        while True:
            await self._clock.sleep(self._seconds_to_beat())
            # While Redis is away heartbeats would only pile up; the next one says all that they would have said.
            if self.delivery.problem is None:
                self.flow.heartbeat()

    def _seconds_to_beat(self) -> float:
        longest, now_us = self._settings.heartbeat_seconds, self.flow.feed_clock.now_us()
        if now_us is None or self.flow.feed_clock.stands_still:
            return longest
        to_close = MICROSECONDS_PER_MINUTE - (now_us - self._grace_us) % MICROSECONDS_PER_MINUTE
        return min(longest, to_close / 1e6 + SHORTEST_BEAT)


class _Stopped(Exception):
    """The line was asked to end."""
