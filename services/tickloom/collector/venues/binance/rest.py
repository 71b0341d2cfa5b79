"""Questions to Binance over REST: its clock, old trades by id, and the steps of symbols.

rest-api.md, "General endpoints" and "Market Data endpoints". Weights of the request budget stand beside each call.
"""

import json
from collections.abc import Collection, Mapping
from typing import Final
from urllib.parse import urlsplit

import aiohttp

from tickloom.bus.budgets import SharedBudget
from tickloom.bus.connection import Redis
from tickloom.collector.breaker import Breaker
from tickloom.collector.cancellation import end_if_cancelled
from tickloom.collector.clock import Clock
from tickloom.collector.venue import Steps, VenueRefused, VenueUnavailable
from tickloom.collector.venues.binance import parse
from tickloom.collector.venues.binance.budget import POINTS, WINDOW_SECONDS, Budget
from tickloom.wire.batches import Records

PAGE: Final = 1000
ANSWER_SECONDS: Final = 15.0
MAXIMUM_ANSWER: Final = 32 * 1024 * 1024
SYMBOLS_TOGETHER: Final = 100
_OK: Final = 200
_THROTTLED: Final = frozenset({403, 418, 429})
"""403 is the web application firewall: it lets us in again after a while, so nothing is given up for it."""
_REFUSED: Final = frozenset(range(400, 500)) - _THROTTLED - {408}


class Rest:
    """Asks one Binance endpoint; `url` has no path."""

    def __init__(self, exchange: str, url: str, clock: Clock) -> None:
        self._url = url.rstrip("/")
        self._budget = Budget(clock)
        self._breaker = Breaker(exchange, clock)
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_SECONDS))

    def share(self, redis: Redis) -> None:
        """Spend from the budget of all processes that use this Redis."""
        host = urlsplit(self._url).netloc
        self._budget.share(SharedBudget(redis, host, limit=POINTS, window_seconds=WINDOW_SECONDS))

    async def server_time_us(self) -> int:
        """`GET /api/v3/time`, weight 1: the exchange's clock in microseconds. Raises VenueError."""
        answer = await self._get("/api/v3/time", 1)
        try:
            return parse.decode_time(answer).serverTime * 1000
        except parse.UNREADABLE as error:
            raise _unreadable("its time", error) from error

    async def latest_trades(self, symbol: str, symbol_no: int, *, aggregate: bool) -> Records:
        """`GET /api/v3/trades` (weight 25) or `/aggTrades` (4), limit 1: the latest. Raises VenueError."""
        if aggregate:
            return await self._aggregates(symbol_no, symbol=symbol, limit="1")
        return await self._raw_trades("/api/v3/trades", symbol_no, symbol=symbol, limit="1")

    async def trades_from(self, symbol: str, symbol_no: int, first_id: int, *, aggregate: bool) -> Records:
        """`GET /api/v3/historicalTrades` (weight 25) or `/aggTrades` (4): a page from an id on. Raises VenueError."""
        if aggregate:
            return await self._aggregates(symbol_no, symbol=symbol, fromId=str(first_id), limit=str(PAGE))
        return await self._raw_trades(
            "/api/v3/historicalTrades", symbol_no, symbol=symbol, fromId=str(first_id), limit=str(PAGE)
        )

    async def klines(self, symbol: str, from_us: int, to_us: int) -> Records:
        """`GET /api/v3/klines`, weight 2: minutes that begin in [from_us, to_us), at most a page. Raises VenueError."""
        answer = await self._get(
            "/api/v3/klines",
            2,
            symbol=symbol,
            interval="1m",
            startTime=str(-(-from_us // 1000)),
            endTime=str(to_us // 1000 - 1),
            limit=str(PAGE),
        )
        try:
            return parse.read_klines(answer)
        except parse.UNREADABLE as error:
            raise _unreadable(f"the candles of {symbol}", error) from error

    async def trades_between(self, symbol: str, symbol_no: int, from_us: int, to_us: int) -> Records:
        """`GET /api/v3/aggTrades`, weight 4: the first page of aggregates in [from_us, to_us). Raises VenueError."""
        window = {"startTime": str(-(-from_us // 1000)), "endTime": str(to_us // 1000 - 1)}
        return await self._aggregates(symbol_no, symbol=symbol, limit=str(PAGE), **window)

    async def steps(self, symbols: Collection[str]) -> dict[str, Steps]:
        """`GET /api/v3/exchangeInfo`, weight 20: the steps of the symbols that exist. Raises VenueError."""
        wanted, found = sorted(symbols), dict[str, Steps]()
        for begin in range(0, len(wanted), SYMBOLS_TOGETHER):
            found |= await self._steps_of(wanted[begin : begin + SYMBOLS_TOGETHER])
        return found

    async def aclose(self) -> None:
        """Close the connections."""
        await self._session.close()

    async def _steps_of(self, symbols: list[str]) -> dict[str, Steps]:
        listed = json.dumps(symbols, ensure_ascii=False, separators=(",", ":"))
        try:
            answer = await self._get("/api/v3/exchangeInfo", 20, symbols=listed)
        except VenueRefused:
            # One unknown symbol makes Binance refuse them all ({"code":-1121,"msg":"Invalid symbol."}).
            if len(symbols) <= 1:
                return {}
            half = len(symbols) // 2
            return await self._steps_of(symbols[:half]) | await self._steps_of(symbols[half:])
        try:
            information = parse.decode_information(answer)
        except parse.UNREADABLE as error:
            raise _unreadable("its symbols", error) from error
        return {i.symbol: parse.steps_of(i) for i in information.symbols if i.symbol in symbols}

    async def _raw_trades(self, path: str, symbol_no: int, **parameters: str) -> Records:
        answer = await self._get(path, 25, **parameters)
        try:
            return parse.read_old_trades(answer, symbol_no)
        except parse.UNREADABLE as error:
            raise _unreadable(f"the trades of {parameters['symbol']}", error) from error

    async def _aggregates(self, symbol_no: int, **parameters: str) -> Records:
        answer = await self._get("/api/v3/aggTrades", 4, **parameters)
        try:
            return parse.read_old_aggregates(answer, symbol_no)
        except parse.UNREADABLE as error:
            raise _unreadable(f"the trades of {parameters['symbol']}", error) from error

    async def _get(self, path: str, weight: int, **parameters: str) -> bytes:
        async with self._breaker.guard():
            await self._budget.spend(weight)
            return await self._ask(path, parameters)

    async def _ask(self, path: str, parameters: Mapping[str, str]) -> bytes:
        try:
            async with self._session.get(self._url + path, params=parameters) as response:
                body = await _read(response)
                await self._budget.observe(response.headers.get("X-MBX-USED-WEIGHT-1M"))
                if response.status in _THROTTLED:
                    raise await self._budget.ban(response.headers.get("Retry-After"))
                return self._judge(response.status, body, path)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            end_if_cancelled(error)
            raise VenueUnavailable(f"{self._url} cannot be reached: {error or type(error).__name__}") from error

    def _judge(self, status: int, body: bytes, path: str) -> bytes:
        if status == _OK:
            return body
        if status in _REFUSED:
            raise VenueRefused(f"the exchange refused {path} with status {status}: {_reason(body)}")
        raise VenueUnavailable(f"{self._url} answered {path} with status {status}")


async def _read(response: aiohttp.ClientResponse) -> bytes:
    parts, size = [], 0
    async for part in response.content.iter_chunked(1 << 18):
        size += len(part)
        if size > MAXIMUM_ANSWER:
            raise VenueUnavailable(f"the exchange answered with more than {MAXIMUM_ANSWER} bytes")
        parts.append(part)
    return b"".join(parts)


def _reason(body: bytes) -> str:
    try:
        return parse.decode_refusal(body).msg
    except parse.UNREADABLE:
        return body[:200].decode(errors="backslashreplace")


def _unreadable(what: str, error: Exception) -> VenueUnavailable:
    return VenueUnavailable(f"the exchange's answer about {what} makes no sense: {error}")
