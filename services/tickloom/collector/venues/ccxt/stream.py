"""A connection through ccxt.pro that loses nothing, or trades that are asked for where ccxt has no stream.

ccxt hands out what is new of one symbol at a time from caches of a thousand trades, so that bursts are overwritten
before they are read. Here each trade is taken where ccxt puts it into its cache; what its calls return is not used.
"""

import asyncio
from collections import deque
from collections.abc import Collection, Mapping
from typing import Any, Final

from tickloom.collector.clock import Clock
from tickloom.collector.intake import CAPACITY, Intake
from tickloom.collector.venue import VenueUnavailable
from tickloom.collector.venues.ccxt.client import translated
from tickloom.collector.venues.ccxt.parse import to_row
from tickloom.wire.batches import RECORD

ASK_SECONDS: Final = 2.0
"""Between two questions about a symbol, where ccxt has no stream of the exchange."""
REMEMBERED: Final = 2000
FULL_ANSWER: Final = 50
"""An answer of so many trades may be only the latest of them."""


class Tapped(dict[str, Any]):
    """ccxt's caches by symbol; every trade that is put into one is told, once."""

    def __init__(self, tell: Any) -> None:
        super().__init__()
        self._tell = tell

    def __setitem__(self, symbol: str, cache: Any) -> None:
        super().__setitem__(symbol, cache)
        if getattr(cache, "tapped", False):
            return
        # Some exchanges fill a cache first and put it here then.
        for trade in list(cache):
            self._tell(trade)
        append = cache.append

        def tell_and_append(trade: Any) -> None:
            self._tell(trade)
            append(trade)

        cache.tapped, cache.append = True, tell_and_append


class CcxtSocket:
    """The trades of some symbols, through one ccxt exchange whose markets are loaded."""

    def __init__(self, exchange: Any, markets: Mapping[str, str], intake: Intake, clock: Clock) -> None:
        self.closed = asyncio.Event()
        self.retiring = asyncio.Event()
        self.last_frame = clock.monotonic()
        self.delivered = False
        self.farewell: str | None = None
        self.latest: dict[int, deque[tuple[int, int]]] = {}
        """The last trades of each symbol number: time in microseconds, and id."""
        self._exchange = exchange
        self._markets = markets
        self._intake = intake
        self._clock = clock
        self._numbers: dict[str, int] = {}
        self._watching: dict[str, asyncio.Task[None]] = {}
        exchange.trades = Tapped(self._take)

    async def subscribe(self, symbols: Mapping[str, int]) -> Mapping[str, str]:
        """Follow symbols; returns those that the exchange does not have."""
        refused = {name: "the exchange does not have it" for name in symbols if name not in self._markets}
        for name, number in symbols.items():
            if name in refused:
                continue
            self._numbers[self._markets[name]] = number
            self._watching[name] = asyncio.create_task(self._follow(name))
        await asyncio.sleep(0)
        if self.closed.is_set():
            raise VenueUnavailable(self.farewell or "the connection was lost")
        return refused

    async def unsubscribe(self, symbols: Collection[str]) -> None:
        """Follow symbols no more; what still arrives of them is passed over."""
        for name in symbols:
            self._numbers.pop(self._markets.get(name, ""), None)
            if task := self._watching.pop(name, None):
                task.cancel()

    def close(self) -> None:
        """Leave; what arrives later is passed over."""
        self._numbers.clear()
        for task in self._watching.values():
            task.cancel()
        self.closed.set()

    async def _follow(self, name: str) -> None:
        market = self._markets[name]
        streams = bool(self._exchange.has.get("watchTrades"))
        try:
            while True:
                if streams:
                    await self._exchange.watch_trades(market)
                else:
                    await self._ask(market)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - ccxt's parsers raise whatever an answer makes them raise
            self.farewell = str(translated(error))
            self.closed.set()

    async def _ask(self, market: str) -> None:
        """Ask for the latest trades and take those that are new; before an answer that is all new may be a hole."""
        known = {trade for trades in self.latest.values() for trade in trades}
        rows = [(row, trade) for trade in await self._exchange.fetch_trades(market) if (row := self._row(trade))]
        new = [trade for row, trade in rows if row[:2] not in known]
        if len(new) == len(rows) >= FULL_ANSWER and known:
            raise VenueUnavailable("more trades happened than one answer tells")
        for trade in new:
            self._take(trade)
        self.last_frame = self._clock.monotonic()
        await self._clock.sleep(ASK_SECONDS)

    def _row(self, trade: Any) -> Any:
        number = self._numbers.get(str(trade.get("symbol"))) if isinstance(trade, dict) else None
        if number is None:
            return None
        try:
            return to_row(trade, number, healed=False)
        except (ValueError, OverflowError) as error:
            self._intake.rejections.count("impossible_value", str(error))
            return None

    def _take(self, trade: Any) -> None:
        row = self._row(trade)
        if row is None:
            return
        intake = self._intake
        if intake.used + RECORD.size > CAPACITY:
            intake.full()
        RECORD.pack_into(intake.buffer, intake.used, *row)
        intake.used += RECORD.size
        self.latest.setdefault(row[4], deque(maxlen=REMEMBERED)).append(row[:2])
        self.last_frame = intake.clock.observe(row[0])
        self.delivered = True
        intake.wake()
