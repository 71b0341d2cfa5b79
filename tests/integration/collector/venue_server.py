"""A small Binance on a loopback port whose every move is the test's: WebSocket and REST, as documented, with faults."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

PAGE = 1000


@dataclass
class Symbol:
    """A symbol's history: trade ids with their times in milliseconds."""

    times: dict[int, int] = field(default_factory=dict)
    first_id: int = 100

    def add(self, time_ms: int) -> int:
        trade_id = self.first_id + len(self.times)
        self.times[trade_id] = time_ms
        return trade_id


class VenueServer:
    """Symbols, connections and scripted faults."""

    def __init__(self, symbols: Iterable[str], kind: str = "trade") -> None:
        self.symbols = {name: Symbol() for name in symbols}
        self.kind = kind
        self.sockets: dict[web.WebSocketResponse, set[str]] = {}
        self.subscribed = asyncio.Condition()
        self.statuses: dict[str, tuple[int, dict[str, str]]] = {}
        """Answers instead of the true ones, by path."""
        self.asked: Counter[str] = Counter()
        self.url = ""
        self.mute = False

    @property
    def endpoints(self) -> dict[str, str]:
        return {"websocket": self.url.replace("http", "ws"), "rest": self.url}

    async def trade(self, name: str, count: int = 1, *, told: bool = True) -> list[int]:
        """Let trades happen; those not told are in the history only, as if the stream had lost them."""
        ids = []
        for _ in range(count):
            now_ms = time.time_ns() // 1_000_000
            ids.append(self.symbols[name].add(now_ms))
            if told:
                await self.tell(name, self.frame(name, ids[-1]))
        return ids

    def frame(self, name: str, trade_id: int) -> str:
        stream = f"{name.lower()}@{self.kind}"
        time_ms = self.symbols[name].times[trade_id]
        common = {"e": self.kind, "E": time_ms, "s": name, "p": "1.5", "q": "2.0", "T": time_ms, "m": True, "M": True}
        ids = {"t": trade_id} if self.kind == "trade" else {"a": trade_id, "f": 3 * trade_id, "l": 3 * trade_id + 2}
        return json.dumps({"stream": stream, "data": {**common, **ids}})

    async def tell(self, name: str, text: str) -> None:
        for socket, streams in list(self.sockets.items()):
            if f"{name.lower()}@{self.kind}" in streams and not self.mute:
                await socket.send_str(text)

    async def say(self, text: str | bytes) -> None:
        """Send any frame to everybody."""
        for socket in list(self.sockets):
            await (socket.send_str(text) if isinstance(text, str) else socket.send_bytes(text))

    def cut(self) -> None:
        """Break all connections without a word."""
        for socket in list(self.sockets):
            transport = socket._req.transport if socket._req is not None else None
            if transport is not None:
                transport.abort()

    async def until_subscribed(self, *names: str) -> None:
        """Wait until one connection has the streams of all these symbols."""
        wanted = {f"{name.lower()}@{self.kind}" for name in names}
        async with asyncio.timeout(20), self.subscribed:
            await self.subscribed.wait_for(lambda: any(wanted <= streams for streams in self.sockets.values()))

    async def until_lost(self) -> None:
        async with asyncio.timeout(20), self.subscribed:
            await self.subscribed.wait_for(lambda: not self.sockets)

    async def stream(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        streams: set[str] = set()
        self.sockets[socket] = streams
        try:
            async for message in socket:
                if message.type == WSMsgType.TEXT:
                    await self._answer(socket, streams, json.loads(message.data))
        finally:
            del self.sockets[socket]
            await self._tell_change()
        return socket

    async def _answer(self, socket: web.WebSocketResponse, streams: set[str], question: dict[str, Any]) -> None:
        if question["method"] == "SUBSCRIBE":
            streams.update(question["params"])
        else:
            streams.difference_update(question["params"])
        await socket.send_str(json.dumps({"result": None, "id": question["id"]}))
        await self._tell_change()

    async def _tell_change(self) -> None:
        async with self.subscribed:
            self.subscribed.notify_all()

    async def rest(self, request: web.Request) -> web.Response:
        self.asked[request.path] += 1
        if request.path in self.statuses:
            status, headers = self.statuses[request.path]
            return web.json_response({"code": -1, "msg": "scripted"}, status=status, headers=headers)
        symbol, query = self.symbols.get(request.query.get("symbol", "")), request.query
        if request.path == "/api/v3/time":
            return web.json_response({"serverTime": time.time_ns() // 1_000_000})
        if request.path == "/api/v3/exchangeInfo":
            return self._information(json.loads(query["symbols"]))
        if symbol is None:
            return web.json_response({"code": -1121, "msg": "Invalid symbol."}, status=400)
        limit = min(int(query.get("limit", 500)), PAGE)
        known = sorted(symbol.times)
        page = [i for i in known if i >= int(query["fromId"])][:limit] if "fromId" in query else known[-limit:]
        return web.json_response([self._old(i, symbol.times[i]) for i in page])

    def _old(self, trade_id: int, time_ms: int) -> dict[str, Any]:
        if self.kind == "aggTrade":
            ids = {"a": trade_id, "f": 3 * trade_id, "l": 3 * trade_id + 2}
            return {**ids, "p": "1.5", "q": "2.0", "T": time_ms, "m": True, "M": True}
        return {"id": trade_id, "price": "1.5", "qty": "2.0", "time": time_ms, "isBuyerMaker": True}

    def _information(self, names: list[str]) -> web.Response:
        if not set(names) <= self.symbols.keys():
            return web.json_response({"code": -1121, "msg": "Invalid symbol."}, status=400)
        filters = [
            {"filterType": "PRICE_FILTER", "tickSize": "0.01"},
            {"filterType": "LOT_SIZE", "stepSize": "0.001"},
        ]
        return web.json_response({"symbols": [{"symbol": name, "filters": filters} for name in names]})


@asynccontextmanager
async def serve_venue(*symbols: str, kind: str = "trade") -> AsyncIterator[VenueServer]:
    """Serve while the block runs."""
    venue = VenueServer(symbols, kind)
    app = web.Application()
    app.router.add_get("/stream", venue.stream)
    app.router.add_get("/api/v3/{route}", venue.rest)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        venue.url = "http://{}:{}".format(*runner.addresses[0][:2])
        yield venue
    finally:
        venue.cut()
        await runner.cleanup()
