"""Yahoo behind the collector's seam: minutes by question, in the pace of the exchange's `pollInterval`."""

import asyncio
from collections.abc import Callable, Collection
from typing import Final, TypeVar
from urllib.parse import urlsplit

from tickloom.collector.clock import Clock
from tickloom.collector.venue import Candles, Steps, VenueUnavailable
from tickloom.collector.venues.yahoo.parse import to_candles
from tickloom.collector.venues.yahoo.reading import HOME, Reader
from tickloom.settings.resources import ExchangeSpec

_Answer = TypeVar("_Answer")
QUESTION_SECONDS: Final = 90.0
"""yfinance may ask for a cookie, a crumb and a time zone first."""
STEP: Final = 0.01


class Yahoo:
    """Yahoo Finance, or what speaks its protocol at the endpoint of the exchange's spec."""

    longest_history_us = 7 * 86_400_000_000
    """Yahoo has the minutes of eight days."""

    def __init__(self, spec: ExchangeSpec, clock: Clock) -> None:
        self._url = str(spec.endpoints.rest) if spec.endpoints.rest else None
        self.host = urlsplit(self._url or HOME).netloc
        self.poll_seconds = spec.poll_interval.total_seconds()
        self._clock = clock
        self._reader: Reader | None = None
        self._asking = asyncio.Lock()
        self._known = 0

    async def candles_since(self, symbol: str, symbol_no: int, from_us: int) -> Candles:
        """Return the minutes of a symbol from a time on; raises VenueError."""
        async with self._asking:
            answer = await self._ask(lambda reader: reader.minutes_since(symbol, from_us))
        # The latest price of any symbol says how far all are known: not each one trades in each minute.
        self._known = max(self._known, answer.known or 0, *(row.time for row in answer.rows[-1:]))
        return Candles(to_candles(answer.rows, symbol_no, self._known), self._known * 1_000_000)

    async def server_time_us(self) -> int:
        """Return the venue's clock in microseconds since 1970; raises VenueError."""
        async with self._asking:
            return await self._ask(lambda reader: reader.server_time_us())

    async def steps(self, symbols: Collection[str]) -> dict[str, Steps]:
        """Return the steps of symbols: Yahoo has no list of them, so that unknown ones show when they are asked for."""
        return {symbol: Steps(STEP, 1.0) for symbol in symbols}

    async def _ask(self, question: Callable[[Reader], _Answer]) -> _Answer:
        def ask() -> _Answer:
            self._reader = self._reader or Reader(self._url)
            return question(self._reader)

        try:
            async with asyncio.timeout(QUESTION_SECONDS):
                return await asyncio.to_thread(ask)
        except TimeoutError as error:
            raise VenueUnavailable(f"Yahoo did not answer in {QUESTION_SECONDS:.0f} s") from error

    async def aclose(self) -> None:
        """Let go of everything."""
        if self._reader is not None:
            await asyncio.to_thread(self._reader.close)
