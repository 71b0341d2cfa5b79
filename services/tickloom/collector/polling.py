"""The life of a venue that is asked again and again: its own candles, from the last complete minute on.

Symbols are asked one after another, often in a session and seldom while the market is closed. A failure is said as a
loss of coverage, and what was missed comes with the next answer, as the venue tells whole days. What is known is told
late, and how late is measured.
"""

import asyncio
from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from tickloom.collector.backoff import Backoff
from tickloom.collector.clock import Clock
from tickloom.collector.flow import Flow
from tickloom.collector.venue import Candles, PolledVenue, VenueError, VenueRefused, VenueThrottled
from tickloom.market.sessions import Sessions
from tickloom.market.timeframes import MICROSECONDS_PER_MINUTE
from tickloom.telemetry import metrics
from tickloom.telemetry.logging import logger
from tickloom.wire.batches import CandleFlag, Control

LEAD_SECONDS: Final = 20 * 60.0
"""Before the open: auctions, and the first look whether the venue answers."""
LINGER_SECONDS: Final = 10 * 60.0
"""After the close, and the venue's delay besides."""
LONGEST_LINGER_SECONDS: Final = 3600.0
SLOWER: Final = 12
"""Times the interval while the market is closed."""
REMEMBERED: Final = 2000
"""Minutes of one symbol that were sent and need not be sent again."""
_log = logger(__name__)
CandleArray = npt.NDArray[np.void]


class Polling:
    """Asks for the candles of its symbols for as long as `run` runs."""

    def __init__(self, exchange: str, venue: PolledVenue, flow: Flow, clock: Clock, sessions: Sessions | None) -> None:
        self.symbols: dict[str, int] = {}
        """The venue's names of the symbols, and their numbers."""
        self.problem: str | None = None
        self.refused: dict[str, str] = {}
        """Symbols that the venue does not have, and what it said."""
        self.connected = False
        self.delay_seconds = 0.0
        """How late the venue told its latest data."""
        self._exchange = exchange
        self._venue = venue
        self._flow = flow
        self._clock = clock
        self._sessions = sessions
        self._changed = asyncio.Event()
        self._sent: dict[int, dict[int, bytes]] = {}
        self._backoff = Backoff()

    def want(self, symbols: Mapping[str, int]) -> None:
        """Ask for these symbols from now on."""
        gone = {name: number for name, number in self.symbols.items() if symbols.get(name) != number}
        self._flow.say_down(gone.values())
        for name, number in gone.items():
            self.refused.pop(name, None)
            self._sent.pop(number, None)
        for number in symbols.values():
            # The watermark follows what is known, never the clock.
            self._flow.coverage.held[number] = True
        self.symbols = dict(symbols)
        self._changed.set()

    async def run(self) -> None:
        """Ask until cancelled."""
        while True:
            self._changed.clear()
            try:
                await self._ask_all()
            except VenueError as error:
                wait = self._fail(error)
            else:
                self.problem, self.connected = None, True
                self._backoff.reset()
                wait = self.seconds_to_next()
            await self._clock.wait(self._changed, wait)

    async def _ask_all(self) -> None:
        for name, number in list(self.symbols.items()):
            try:
                await self._ask(name, number)
            except VenueRefused as error:
                self.refused[name] = str(error)
            else:
                self.refused.pop(name, None)

    async def _ask(self, name: str, number: int) -> None:
        from_us = self._begin_of_question(number)
        candles = await self._venue.candles_since(name, number, from_us)
        if self.symbols.get(name) != number:
            return
        self._note_delay(candles)
        self._append(number, candles)

    def _begin_of_question(self, number: int) -> int:
        """Return where the session begins that holds the last complete minute; of a new symbol, the latest session."""
        now_us, last_us = self._clock.time_us(), int(self._flow.coverage.last_us[number])
        earliest_us = now_us - self._venue.longest_history_us
        if last_us < earliest_us and last_us:
            # Nobody has the minutes between: collection begins anew.
            self._flow.say_down([number])
            self._flow.coverage.last_us[number] = last_us = 0
        begin_us = self._opening(last_us or now_us)
        return max(begin_us, earliest_us)

    def _opening(self, time_us: int) -> int:
        day = 1440 * MICROSECONDS_PER_MINUTE
        if self._sessions is None:
            return time_us - time_us % day
        return self._sessions.last_open(time_us) or time_us - time_us % day

    def _note_delay(self, candles: Candles) -> None:
        now_us = self._clock.time_us()
        if candles.known_us and (self._sessions is None or self._sessions.is_open(now_us)):
            self.delay_seconds = max(0.0, (now_us - candles.known_us) / 1e6)
            metrics.feed_lag_seconds.labels(self._exchange).set(self.delay_seconds)
        if candles.known_us:
            self._flow.feed_clock.observe_answer(candles.known_us)

    def _append(self, number: int, candles: Candles) -> None:
        coverage, known_us = self._flow.coverage, self._known_to(candles)
        if not known_us:
            return
        if not coverage.live[number] and coverage.last_us[number] == 0:
            begins = candles.records["start_us"][:1].tolist() or [known_us]
            self._flow.say(Control.STARTED, number, exchange_us=min(begins[0], known_us), trade_id=-1)
        self._flow.append_candles(number, self._unsent(number, candles.records), known_us)
        if not coverage.live[number]:
            self._flow.say(Control.RESUMED, number, exchange_us=known_us, trade_id=-1)

    def _known_to(self, candles: Candles) -> int:
        """Return up to when all minutes are over: after the close and its delay, all of the session."""
        known_us, now_us = candles.known_us, self._clock.time_us()
        if self._sessions is not None and not self._sessions.is_open(now_us):
            closed = self._sessions.last_close(now_us) or 0
            if now_us - closed > LONGEST_LINGER_SECONDS * 1e6:
                known_us = max(known_us, closed)
        return known_us - known_us % MICROSECONDS_PER_MINUTE

    def _unsent(self, number: int, candles: CandleArray) -> CandleArray:
        """Return the candles that differ from what was sent of their minutes."""
        sent = self._sent.setdefault(number, {})
        fresh = np.zeros(len(candles), bool)
        for index, candle in enumerate(candles):
            start, values = int(candle["start_us"]), _values(candle)
            fresh[index] = sent.get(start) != values
            sent[start] = values
        for start in sorted(sent)[:-REMEMBERED]:
            del sent[start]
        unsent: CandleArray = candles[fresh]
        return unsent

    def _fail(self, error: VenueError) -> float:
        self.problem, self.connected = str(error), False
        metrics.collector_errors_total.labels(self._exchange, "connection").inc()
        self._flow.say_down(self.symbols.values())
        wait = self._backoff.next_wait()
        if isinstance(error, VenueThrottled):
            wait = max(wait, error.retry_seconds)
        _log.warning("the venue does not answer", exchange=self._exchange, problem=self.problem, retry_seconds=wait)
        return wait

    def seconds_to_next(self) -> float:
        """Return when to ask again: soon in a session and around it, else seldom, but before the next open."""
        interval = self._venue.poll_seconds
        if self._sessions is None:
            return interval
        now_us = self._clock.time_us()
        opens, closed = self._sessions.next_open(now_us), self._sessions.last_close(now_us)
        linger = min(LINGER_SECONDS + self.delay_seconds, LONGEST_LINGER_SECONDS) + interval
        to_open = float("inf") if opens is None else (opens - now_us) / 1e6
        since_close = float("inf") if closed is None else (now_us - closed) / 1e6
        if self._sessions.is_open(now_us) or to_open <= LEAD_SECONDS or since_close < linger:
            return interval
        return min(SLOWER * interval, max(to_open - LEAD_SECONDS, interval))


def _values(candle: np.void) -> bytes:
    forming = bool(candle["flags"] & CandleFlag.FORMING)
    return repr([candle[name].item() for name in ("open", "high", "low", "close", "volume")] + [forming]).encode()
