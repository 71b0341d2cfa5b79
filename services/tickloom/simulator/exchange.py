"""The simulated exchange itself: what has happened, who listens, and what happens next.

It knows nothing of sockets: listeners are told of trades, and history is asked by the REST routes.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final, Protocol

from tickloom.simulator.generator import TICK_SECONDS, Market
from tickloom.simulator.options import SimulatorConfig
from tickloom.simulator.recordings import read_recordings
from tickloom.simulator.trades import History, Trade, group_by_symbol

REMEMBERED: Final = 1_000_000
BURST: Final = 200
"""Trades sent between two looks at the listeners, when a recording runs as fast as it can."""
END_SECONDS: Final = 0.5
"""Between the last connection's end and the time after the recording: who still asks is told of the recording's end."""
AFTERWARDS_MS: Final = 30_000
"""How far into the minute after the recording the exchange's clock goes on."""
_MINUTE_MS: Final = 60_000


class Listener(Protocol):
    """Somebody who subscribed to symbols."""

    def tell(self, trade: Trade) -> None:
        """Hand over a trade that happened now."""
        ...

    def wants(self, symbol: str) -> bool:
        """Tell whether trades of a symbol are listened to."""
        ...

    async def drained(self) -> None:
        """Wait until what was told has left for the network."""
        ...

    def dismiss(self) -> None:
        """Say that the server shuts down, and close the connection."""
        ...


class Exchange:
    """One run of a recording or of a generated market. Raises NotARecording where it is made."""

    def __init__(
        self, config: SimulatorConfig, now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000
    ) -> None:
        self.listeners: list[Listener] = []
        self.listened = asyncio.Event()
        self.closed = False
        """No new stream is served: the recording is over."""
        self.finished = asyncio.Event()
        self.started = False
        self.sent = 0
        self.skipped: Counter[str] = Counter()
        self._config = config
        self._now_ms = now_ms
        self._latest_ms = 0
        self._recorded: list[Trade] = []
        if config.recordings:
            self._recorded, self.skipped = read_recordings(config.recordings)
        symbols = list(group_by_symbol(self._recorded)) if config.recordings else list(config.symbols)
        self.history = {symbol: History(REMEMBERED) for symbol in symbols}

    @property
    def source(self) -> str:
        """Return what is played: `recording` or `generator`."""
        return "recording" if self._config.recordings else "generator"

    def time_ms(self) -> int:
        """Return the exchange's clock: a recording's stands at its latest trade until it is over; else it is ours."""
        if not self._recorded:
            return self._now_ms()
        return self._latest_ms or self._recorded[0].time_ms

    def listen(self) -> None:
        """Note that subscriptions changed."""
        if any(listener.wants(symbol) for listener in self.listeners for symbol in self.history):
            self.listened.set()
        else:
            self.listened.clear()

    async def run(self) -> None:
        """Play until the recording is over; a generated market never is."""
        if not self._recorded:
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
        self.closed = True
        for listener in list(self.listeners):
            await listener.drained()
            listener.dismiss()
        await asyncio.sleep(END_SECONDS)
        self._latest_ms += AFTERWARDS_MS + _MINUTE_MS - self._latest_ms % _MINUTE_MS
        self.finished.set()

    def happen(self, trade: Trade) -> None:
        """Let a trade happen: it enters history and is told to whoever listens."""
        self.history[trade.symbol].add(trade)
        self._latest_ms = max(self._latest_ms, trade.time_ms)
        self.sent += 1
        for listener in self.listeners:
            if listener.wants(trade.symbol):
                listener.tell(trade)

    async def _generate(self) -> None:
        self.started = True
        market = Market(self._config.symbols, self._config.seed)
        while True:
            for trade in market.tick(self._now_ms()):
                self.happen(trade)
            await asyncio.sleep(TICK_SECONDS)

    async def _replay_at_once(self) -> None:
        for burst in self._bursts():
            await self.listened.wait()
            self.started = True
            for trade in burst:
                self.happen(trade)
            for listener in list(self.listeners):
                await listener.drained()
            await asyncio.sleep(0)

    def _bursts(self) -> Iterator[list[Trade]]:
        for begin in range(0, len(self._recorded), BURST):
            yield self._recorded[begin : begin + BURST]

    async def _replay(self, speed: float) -> None:
        await self.listened.wait()
        self.started = True
        began, first_ms = time.monotonic(), self._recorded[0].time_ms
        for trade in self._recorded:
            wait = (trade.time_ms - first_ms) / 1000 / speed - (time.monotonic() - began)
            if wait > 0:
                await asyncio.sleep(wait)
            self.happen(trade)
