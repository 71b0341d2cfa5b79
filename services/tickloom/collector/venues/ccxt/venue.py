"""ccxt behind the collector's seam. What an exchange's history is worth is tried, not believed.

Histories differ: some begin where they are asked to, some tell the latest trades only, some name trades by other ids
than the stream. So an answer counts only if it reaches back far enough, and names a trade that the stream told as
the stream did; else what was missed is a hole.
"""

import asyncio
from collections.abc import Collection
from typing import Any, Final
from urllib.parse import urlsplit

import numpy as np

from tickloom.collector.clock import Clock
from tickloom.collector.intake import Intake
from tickloom.collector.venue import Page, Steps, VenueRefused, VenueUnavailable
from tickloom.collector.venues.ccxt.client import make_exchange, translated
from tickloom.collector.venues.ccxt.parse import to_row
from tickloom.collector.venues.ccxt.stream import FULL_ANSWER, CcxtSocket
from tickloom.settings.resources import ExchangeSpec
from tickloom.wire.batches import RECORD_DTYPE, Records

LOAD_SECONDS: Final = 60.0
LOOK_BACK_US: Final = 60_000_000
"""History is asked from before the time that is needed: who honours that shows trades of then."""
LIMIT: Final = 1000


class Ccxt:
    """One exchange through ccxt."""

    symbols_per_socket = 100
    socket_lifetime_seconds = 23 * 3600.0
    quiet_seconds = 600.0
    """Nothing is known of an exchange's pings, and markets may be quiet."""

    def __init__(self, spec: ExchangeSpec, clock: Clock) -> None:
        self._id = spec.ccxt_id or ""
        self._spec = spec
        self.host = urlsplit(str(spec.endpoints.rest)).netloc if spec.endpoints.rest else self._id
        self._clock = clock
        self._exchange: Any = None
        self._markets: dict[str, str] = {}
        self._sockets: list[tuple[CcxtSocket, Any]] = []
        self._loading = asyncio.Lock()

    async def connect(self, intake: Intake) -> CcxtSocket:
        """Open a connection that follows no symbol yet; raises VenueError."""
        await self._loaded()
        await self._close_gone()
        exchange = make_exchange(self._id, self._spec.endpoints)
        exchange.set_markets(self._exchange.markets, self._exchange.currencies)
        socket = CcxtSocket(exchange, self._markets, intake, self._clock)
        self._sockets.append((socket, exchange))
        return socket

    async def server_time_us(self) -> int:
        """Return the venue's clock in microseconds since 1970, or ours where it tells none; raises VenueError."""
        exchange = await self._loaded()
        if not exchange.has.get("fetchTime"):
            return self._clock.time_us()
        return int(await self._asked(exchange.fetch_time())) * 1000

    async def trades_since(self, symbol: str, symbol_no: int, from_us: int, page: str | None) -> Page:
        """Return a page of trades from an exchange time on, oldest first, flagged HEALED; raises VenueError."""
        exchange = await self._loaded()
        if symbol not in self._markets:
            raise VenueRefused(f"the exchange does not have {symbol}")
        since_us = int(page) if page else from_us - LOOK_BACK_US
        answer = await self._asked(exchange.fetch_trades(self._markets[symbol], since_us // 1000, LIMIT))
        records = _records(answer, symbol_no)
        if page is None:
            self._try_answer(records, symbol_no, from_us)
        if not len(records):
            return Page(records, None)
        latest_us = int(records["exchange_us"][-1])
        more = len(records) >= FULL_ANSWER and latest_us > since_us
        return Page(records[records["exchange_us"] >= from_us], str(latest_us) if more else None)

    def _try_answer(self, records: Records, number: int, from_us: int) -> None:
        if len(records) >= FULL_ANSWER and records["exchange_us"][0] > from_us:
            raise VenueRefused("the exchange's history does not reach back so far")
        told = {trade for socket, _ in self._sockets for trade in socket.latest.get(number, ())}
        times, ids = records["exchange_us"].tolist(), records["trade_id"].tolist()
        if not times or told & set(zip(times, ids, strict=True)):
            return
        if any(times[0] <= time_us <= times[-1] for time_us, _ in told):
            raise VenueRefused("the exchange's history names its trades otherwise than its stream")
        raise VenueUnavailable("the exchange's history and its stream have no trade in common yet")

    async def steps(self, symbols: Collection[str]) -> dict[str, Steps]:
        """Return the steps of those of the symbols that the exchange has; raises VenueError."""
        exchange = await self._loaded()
        return {symbol: _steps(exchange, self._markets[symbol]) for symbol in symbols if symbol in self._markets}

    async def aclose(self) -> None:
        """Close all connections."""
        for socket, _ in self._sockets:
            socket.close()
        await self._close_gone()
        if self._exchange is not None:
            await self._exchange.close()

    async def _loaded(self) -> Any:
        """Return the exchange that answers questions, with its markets by their own ids and by ccxt's names."""
        async with self._loading:
            if self._exchange is None:
                exchange = make_exchange(self._id, self._spec.endpoints)
                try:
                    async with asyncio.timeout(LOAD_SECONDS):
                        markets = await self._asked(exchange.load_markets())
                except BaseException:
                    await exchange.close()
                    raise
                for name, market in markets.items():
                    if market.get("spot", True):
                        self._markets[str(market["id"])] = name
                    self._markets[name] = name
                self._exchange = exchange
        return self._exchange

    async def _asked(self, question: Any) -> Any:
        try:
            return await question
        except Exception as error:
            raise translated(error) from error

    async def _close_gone(self) -> None:
        gone = [pair for pair in self._sockets if pair[0].closed.is_set()]
        # One is kept: its trades are what a history is compared with.
        self._sockets = [pair for pair in self._sockets if pair not in gone[:-1]]
        for _, exchange in gone:
            await exchange.close()


def _records(answer: Any, number: int) -> Records:
    rows = []
    for trade in answer if isinstance(answer, list) else []:
        try:
            rows.append(to_row(trade, number, healed=True))
        except (ValueError, OverflowError, AttributeError):
            continue
    records = np.array(rows, RECORD_DTYPE)
    return records[np.argsort(records["exchange_us"], kind="stable")]


def _steps(exchange: Any, name: str) -> Steps:
    precision = exchange.markets[name].get("precision") or {}
    if exchange.precisionMode != 4:  # noqa: PLR2004 - ccxt's TICK_SIZE: the others count digits
        return Steps(0.0, 0.0)
    return Steps(float(precision.get("price") or 0.0), float(precision.get("amount") or 0.0))
