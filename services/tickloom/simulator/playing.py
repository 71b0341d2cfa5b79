"""What happens next on the simulated exchange: a recording at its pace or at once, or a generated market.

A recording ends as an exchange ends a feed: its streams are shut down, and REST goes on answering.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Final

from tickloom.simulator.archive import Archive
from tickloom.simulator.exchange import Exchange
from tickloom.simulator.faults import Fault, read_faults
from tickloom.simulator.generator import FIRST_ID, OTHER_PRICE, PRICES, TICK_SECONDS, Market
from tickloom.simulator.options import SimulatorConfig
from tickloom.simulator.past import AGGREGATES_FROM
from tickloom.simulator.recordings import read_recordings
from tickloom.simulator.trades import Trade, group_by_symbol, moments

BURST: Final = 200
"""Trades sent between two looks at the listeners, when a recording runs as fast as it can."""
AFTERWARDS_MS: Final = 30_000
"""How far into the minute after the recording the exchange's clock goes on."""
_MINUTE_MS: Final = 60_000


class Player:
    """One run. Raises NotARecording and NotFaults where it is made."""

    def __init__(
        self, config: SimulatorConfig, now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000
    ) -> None:
        self._config = config
        self._now_ms = now_ms
        recorded: list[Trade] = []
        self.skipped: dict[str, int] = {}
        if config.recordings:
            recorded, counts = read_recordings(config.recordings)
            self.skipped = dict(counts)
        faults: list[Fault] = [fault for path in config.fault_files for fault in read_faults(path)]
        self.exchange = Exchange(
            list(group_by_symbol(recorded)) if recorded else config.symbols,
            [*faults, *config.faults],
            stands_still=bool(recorded),
            began_ms=recorded[0].time_ms if recorded else 0,
            now_ms=now_ms,
        )
        self._moments = list(moments(recorded))
        self._fill_archives(recorded)

    def _fill_archives(self, recorded: list[Trade]) -> None:
        """Give each symbol a past that ends with the minute before the run."""
        if not self._config.history_days:
            return
        firsts = {symbol: trades[0] for symbol, trades in group_by_symbol(recorded).items()}
        for symbol, history in self.exchange.history.items():
            first = firsts.get(symbol)
            began_ms = first.time_ms if first else self._now_ms()
            history.archive = Archive(
                symbol,
                self._config.seed,
                price=float(first.price) if first else PRICES.get(symbol, OTHER_PRICE),
                minutes=self._config.history_days * 1440,
                end_ms=began_ms - began_ms % _MINUTE_MS,
                trade_id=first.trade_id if first else FIRST_ID + 1,
                aggregate_id=AGGREGATES_FROM,
            )

    @property
    def source(self) -> str:
        """Return what is played: `recording` or `generator`."""
        return "recording" if self._moments else "generator"

    async def run(self) -> None:
        """Play until the recording is over; a generated market never is."""
        if not self._moments:
            await self._generate()
        elif self._config.speed is None:
            await self._replay_at_once()
        else:
            await self._replay(self._config.speed)
        await self._end()

    async def _end(self) -> None:
        """Shut the streams down as the exchange does; the clock then goes on to the middle of the next minute.

        Nothing can be told of that minute, but the one before it is seen to be over. REST answers as before.
        """
        exchange = self.exchange
        exchange.disturbance.end()
        exchange.closed = True
        for listener in list(exchange.listeners):
            await listener.drained()
            listener.dismiss()
        await asyncio.sleep(self._config.end_seconds)
        latest_ms = exchange.true_time_ms()
        exchange.pass_time(latest_ms + AFTERWARDS_MS + _MINUTE_MS - latest_ms % _MINUTE_MS)
        exchange.finished.set()

    async def _generate(self) -> None:
        self.exchange.started = True
        market = Market(self._config.symbols, self._config.seed)
        while True:
            if moment := list(market.tick(self._now_ms())):
                self.exchange.happen(moment)
            await asyncio.sleep(TICK_SECONDS)

    async def _until_heard(self) -> None:
        """Wait for a listener, but not while nobody can connect."""
        if not self.exchange.disturbance.refuses_connections:
            await self.exchange.listened.wait()
        self.exchange.started = True

    async def _replay_at_once(self) -> None:
        exchange, sent = self.exchange, -BURST
        for moment in self._moments:
            if exchange.sent - sent >= BURST:
                sent = exchange.sent
                for listener in list(exchange.listeners):
                    await listener.drained()
                await asyncio.sleep(0)
                await self._until_heard()
            exchange.happen(moment)

    async def _replay(self, speed: float) -> None:
        await self._until_heard()
        began, first_ms = time.monotonic(), self._moments[0][0].time_ms
        for moment in self._moments:
            wait = (moment[0].time_ms - first_ms) / 1000 / speed - (time.monotonic() - began)
            if wait > 0:
                await asyncio.sleep(wait)
            self.exchange.happen(moment)
