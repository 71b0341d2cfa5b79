"""What the API's tests do to a running API: ask it, and play the processor and the collectors beside it."""

import asyncio
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import aiohttp

from support.catalog import apply_binance
from support.severing import SeverableLine
from tickloom.api.accounts.tokens import Keys, create_access_token
from tickloom.bus.connection import Redis
from tickloom.bus.health import write_health
from tickloom.bus.publishing import cache_forming_bars, publish_updates
from tickloom.settings.environment import Settings
from tickloom.store.candles import CandleColumns, upsert_candles
from tickloom.store.catalog import CatalogSymbol
from tickloom.store.connection import Connection
from tickloom.wire import messages, names
from tickloom.wire.messages import Bar

SECONDS = 20
START = 1_700_000_040
"""Unix seconds of the first minute."""


class Answer(NamedTuple):
    """An answer over HTTP; `body` is the parsed JSON, None where it is none."""

    status: int
    headers: Mapping[str, str]
    body: Any
    data: bytes


def minute(index: int, **changes: Any) -> Bar:
    """Return the closed bar of a minute."""
    price = 100.0 + index % 50
    values = {
        "time": START + 60 * index, "open": price, "high": price + 2, "low": price - 1, "close": price + 1,
        "volume": 1.5, "trades": 3, "vwap": price + 0.5, "verdict": "complete", "revision": 0, "closed": True,
    }  # fmt: skip
    return Bar(**{**values, **changes})


async def fill_catalog(connection: Connection) -> dict[str, CatalogSymbol]:
    await connection.execute("INSERT INTO users (name, role) VALUES ('vera', 'viewer'), ('tom', 'trader')")
    await connection.execute("INSERT INTO users (name, role) VALUES ('ada', 'admin')")
    return await apply_binance(connection, "BTCUSDT", "ETHUSDT")


async def store_bars(connection: Connection, symbol_no: int, bars: Iterable[Bar], minutes: int = 1) -> None:
    """Store closed bars."""
    rows = list(bars)
    await upsert_candles(
        connection,
        CandleColumns(
            symbol_no=[symbol_no] * len(rows),
            timeframe=[minutes] * len(rows),
            time_us=[bar.time * 1_000_000 for bar in rows],
            open=[bar.open for bar in rows],
            high=[bar.high for bar in rows],
            low=[bar.low for bar in rows],
            close=[bar.close for bar in rows],
            volume=[bar.volume for bar in rows],
            quote_volume=[bar.volume * (bar.vwap or 0) for bar in rows],
            buy_volume=[0.5] * len(rows),
            trades=[bar.trades for bar in rows],
            first_trade_id=[None] * len(rows),
            last_trade_id=[None] * len(rows),
            verdict=[bar.verdict for bar in rows],
        ),
    )


class Product:
    """A running API and the servers behind it."""

    def __init__(
        self,
        settings: Settings,
        connection: Connection,
        redis: Redis,
        symbols: dict[str, CatalogSymbol],
        database_line: SeverableLine,
        redis_line: SeverableLine,
    ) -> None:
        self.settings, self.connection, self.redis, self.symbols = settings, connection, redis, symbols
        self.database_line, self.redis_line = database_line, redis_line
        self.stopped = asyncio.Event()
        self.origin = f"http://127.0.0.1:{settings.port}"
        self.session = aiohttp.ClientSession()

    async def close(self) -> None:
        await self.session.close()

    def token(self, user: str = "vera", role: str = "viewer") -> str:
        assert self.settings.jwt_secret
        keys = Keys(self.settings.jwt_secret.get_secret_value())
        return create_access_token(keys, user, role, datetime.now(UTC))

    async def ask(
        self, path: str, *, method: str = "GET", token: str | None = "", json: Any = None, **more: Any
    ) -> Answer:
        """Ask the API as `vera` unless another token, or None for no token, is given."""
        headers = dict(more.pop("headers", {}))
        if token is not None:
            headers["Authorization"] = f"Bearer {token or self.token()}"
        url = self.origin + (path if path.startswith("/") else f"/api/v1/{path}")
        async with (
            asyncio.timeout(SECONDS),
            self.session.request(method, url, headers=headers, json=json, **more) as response,
        ):
            data = await response.read()
            is_json = response.content_type in {"application/json", "application/problem+json"}
            body = await response.json(content_type=None) if is_json and data else None
            return Answer(response.status, response.headers, body, data)

    async def ready(self) -> None:
        """Wait until the API has read the catalog."""
        async with asyncio.timeout(SECONDS):
            while True:
                try:
                    if (await self.ask("/readyz", token=None)).status == 200:
                        return
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.02)

    async def until(self, path: str, status: int, **more: Any) -> Answer:
        """Ask again until the answer has a status."""
        async with asyncio.timeout(SECONDS):
            while (answer := await self.ask(path, **more)).status != status:  # noqa: ASYNC110 - the API tells nobody
                await asyncio.sleep(0.05)
            return answer

    async def report_collector(self, state: str = "ready") -> None:
        """Let the exchange's collector say that it lives."""
        record = messages.Health("collector", "c1", state, "", time.time(), exchange="binance")  # type: ignore[arg-type]
        await write_health(self.redis, record)

    async def store(self, bars: Iterable[Bar], symbol: str = "BTCUSDT") -> None:
        await store_bars(self.connection, self.symbols[symbol].symbol_no, bars)

    async def form(self, bar: Bar, symbol: str = "BTCUSDT", timeframe: str = "1m") -> None:
        """Put a forming bar into the cache."""
        await cache_forming_bars(self.redis, {self.symbols[symbol].symbol_id: {timeframe: messages.encode_json(bar)}})

    async def publish(self, *bars: Bar, symbol: str = "BTCUSDT", feed: str = "live", timeframe: str = "1m") -> None:
        """Publish changed bars, as the processor does after its commit."""
        symbol_id, now = self.symbols[symbol].symbol_id, int(time.time() * 1e6)
        update = messages.ChartUpdate(str(symbol_id), {timeframe: list(bars)}, feed, now, now)  # type: ignore[arg-type]
        await publish_updates(self.redis, {names.chart_updates(symbol_id): messages.encode_json(update)})

    async def watched(self, symbol: str = "BTCUSDT", count: int = 1) -> None:
        """Wait until so many APIs listen to a symbol."""
        channel = names.chart_updates(self.symbols[symbol].symbol_id)
        async with asyncio.timeout(SECONDS):
            while (await self.redis.pubsub_numsub(channel))[0][1] < count:  # noqa: ASYNC110 - Redis tells nobody
                await asyncio.sleep(0.01)

    def connect(self, symbol: str = "binance:BTCUSDT", *, token: str | None = "", **parameters: Any) -> Any:
        """Open a WebSocket; an async context manager."""
        headers = {} if token is None else {"Authorization": f"Bearer {token or self.token()}"}
        return self.session.ws_connect(
            f"{self.origin}/ws/{symbol}", params={k: str(v) for k, v in parameters.items()}, headers=headers
        )


async def receive(socket: aiohttp.ClientWebSocketResponse, kind: str) -> dict[str, Any]:
    """Return the next message of a kind, passing over others."""
    async with asyncio.timeout(SECONDS):
        while True:
            message: dict[str, Any] = await socket.receive_json()
            if message["type"] == kind:
                return message


async def closed_with(socket: aiohttp.ClientWebSocketResponse) -> int | None:
    """Read until the server closes; returns its code."""
    async with asyncio.timeout(SECONDS):
        while (await socket.receive()).type not in {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED}:
            pass
    return socket.close_code
