"""Live charts over WebSocket: a snapshot, then updates without a hole between them.

A client's topics are subscribed before its snapshot is read, so what happens meanwhile is merged, never missed.
Updates are conflated by bar: a slow or slowly asked client gets the latest state of each, never a queue.
"""

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

from tickloom.api.accounts.tokens import InvalidToken
from tickloom.api.charts.indicators import columns_of, is_wanted, read_rows
from tickloom.api.charts.service import read_chart
from tickloom.api.context import Context
from tickloom.api.delivery.feed import AlertStream
from tickloom.api.fan_out import REMEMBERED, FanOut, Topic
from tickloom.api.limits.places import NoPlace
from tickloom.api.problems import Problem
from tickloom.bus.errors import BusUnavailable
from tickloom.bus.series_cache import Values
from tickloom.market.timeframes import Timeframe, UnknownTimeframe
from tickloom.store.catalog import CatalogSymbol
from tickloom.store.errors import StoreUnavailable
from tickloom.telemetry import metrics
from tickloom.wire.messages import Bar

NOT_AUTHENTICATED, NOT_ALLOWED, UNKNOWN_SYMBOL, TOO_SLOW, TOO_MANY = 4001, 4003, 4004, 4008, 4029
RESTARTING = 1012
SNAPSHOT_BARS: Final = 500
STATUS_SECONDS: Final = 5.0
SEND_SECONDS: Final = 10.0
MOST_TOPICS: Final = 50
FASTEST, DEFAULT_RATE = 1000.0, 1.0
LONGEST_MESSAGE: Final = 4096


def token_of(socket: WebSocket) -> tuple[str, str | None]:
    """Return a socket's access token, and the subprotocol to answer with."""
    offered = socket.scope.get("subprotocols", [])
    if len(offered) == 2 and offered[0] == "bearer":  # noqa: PLR2004 - the scheme and the token
        return offered[1], "bearer"
    scheme, _, token = socket.headers.get("Authorization", "").partition(" ")
    return (token if scheme.lower() == "bearer" else socket.query_params.get("token", "")), None


def rate_of(socket: WebSocket) -> float:
    """Return the updates a second that a client wants at most."""
    try:
        return min(max(float(socket.query_params.get("rate", DEFAULT_RATE)), 0.1), FASTEST)
    except ValueError:
        return DEFAULT_RATE


class Client:
    """One socket and its topics."""

    def __init__(self, socket: WebSocket, context: Context, fan_out: FanOut, rate: float, token: str) -> None:
        self._socket = socket
        self._token = token
        self._context = context
        self._fan_out = fan_out
        self._interval = 1.0 / rate
        self._user: str | None = None
        self._alerts: AlertStream | None = None
        self._topics: dict[Topic, CatalogSymbol] = {}
        self._fresh: set[Topic] = set()
        self._changed: dict[Topic, dict[int, Bar]] = {}
        self._rows: dict[Topic, dict[int, Values]] = {}
        self._wake = asyncio.Event()
        self._seq = 0
        self._last_update = time.monotonic()

    def take(self, topic: Topic, bars: list[Bar], rows: Mapping[int, Values]) -> None:
        """Note changed bars and their indicators; the latest state of each is sent."""
        known = self._rows.setdefault(topic, {})
        known.update({bar.time: rows[bar.time] for bar in bars if bar.time in rows})
        self._changed.setdefault(topic, {}).update({bar.time: bar for bar in bars})
        self._last_update = time.monotonic()
        self._wake.set()

    def ask_snapshot(self, topic: Topic | None = None) -> None:
        """Send whole snapshots next, of one topic or of all, as updates may have been missed."""
        for stale in list(self._topics) if topic is None else [topic]:
            self._fresh.add(stale)
            self._rows.pop(stale, None)
        self._wake.set()

    async def subscribe(self, name: str, timeframe: str) -> None:
        """Add a topic; raises Problem, UnknownTimeframe and BusUnavailable."""
        Timeframe.parse(timeframe)
        symbol = self._context.find_symbol(name)
        topic = Topic(symbol.symbol_id, timeframe)
        self._topics[topic] = symbol
        await self._fan_out.add(topic, self)
        self._fresh.add(topic)
        self._wake.set()

    async def unsubscribe(self, name: str, timeframe: str) -> None:
        """Remove a topic."""
        topic = Topic(self._context.find_symbol(name).symbol_id, timeframe)
        if self._topics.pop(topic, None) is not None:
            self._changed.pop(topic, None)
            self._rows.pop(topic, None)
            self._fresh.discard(topic)
            await self._fan_out.remove(topic, self)

    def show_alerts_of(self, user: str) -> None:
        """Send the alerts of a user too, once it runs."""
        self._user = user

    async def leave(self) -> None:
        """Remove all topics."""
        if self._alerts is not None:
            self._context.alerts.remove(self._alerts)
        for topic in list(self._topics):
            await self._fan_out.remove(topic, self)

    async def run(self) -> None:
        """Send and receive until the client leaves."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._send_updates())
            group.create_task(self._send_status())
            group.create_task(self._receive())
            if self._user is not None:
                self._alerts = self._context.alerts.add(self._user, self._context.connection)
                group.create_task(self._alerts.run(self._send))

    async def _send(self, message: dict[str, Any]) -> None:
        async with asyncio.timeout(SEND_SECONDS):
            await self._socket.send_text(msgspec.json.encode(message).decode())
        metrics.websocket_messages_sent_total.inc()

    async def _send_updates(self) -> None:
        sent = 0.0
        while True:
            await self._wake.wait()
            wait = sent + self._interval - time.monotonic()
            if wait > 0 and not self._fresh:
                await asyncio.sleep(wait)
            self._wake.clear()
            sent = time.monotonic()
            fresh, self._fresh = self._fresh, set()
            for topic in fresh & self._topics.keys():
                await self._send_snapshot(topic)
            changed, self._changed = self._changed, {}
            for topic, bars in changed.items():
                if symbol := self._topics.get(topic):
                    await self._send(self._message("update", topic, symbol, [bars[time] for time in sorted(bars)]))
                    known = self._rows.get(topic, {})
                    self._rows[topic] = {time: known[time] for time in sorted(known)[-REMEMBERED:]}

    def _message(self, kind: str, topic: Topic, symbol: CatalogSymbol, bars: list[Bar]) -> dict[str, Any]:
        self._seq += 1
        named = {"type": kind, "symbol": str(topic.symbol), "timeframe": topic.timeframe}
        rows = self._rows.get(topic, {})
        names = sorted({name for bar in bars for name in rows.get(bar.time, ()) if is_wanted(symbol, name)})
        return {**named, "bars": bars, "indicators": columns_of(rows, bars, names), "seq": self._seq}

    async def _send_snapshot(self, topic: Topic) -> None:
        symbol = self._topics[topic]
        bars = await read_chart(self._context, symbol, topic.timeframe, limit=SNAPSHOT_BARS, before=None)
        # What came meanwhile is newer than what was read.
        self._rows[topic] = await self._read_rows(topic, symbol, bars) | self._rows.get(topic, {})
        exchange = self._context.catalog.exchanges[symbol.exchange]
        steps = {"price_step": symbol.price_step, "size_step": symbol.size_step}
        await self._send({**self._message("initial", topic, symbol, bars), "simulated": exchange.simulated, **steps})

    async def _read_rows(self, topic: Topic, symbol: CatalogSymbol, bars: list[Bar]) -> dict[int, Values]:
        try:
            return await read_rows(self._context, symbol, topic.timeframe, bars)
        except StoreUnavailable:
            return {}

    async def _send_status(self) -> None:
        while True:
            await self._send(await self._status())
            await asyncio.sleep(STATUS_SECONDS)
            with suppress(StoreUnavailable):
                await self._context.verifier.verify(self._token)

    async def _status(self) -> dict[str, Any]:
        age = int((time.monotonic() - self._last_update) * 1000)
        collected = any(self._context.freshness.is_collected(topic.symbol.exchange) for topic in self._topics)
        feed = "live" if collected else "down"
        return {"type": "status", "feed": feed, "age_ms": age}

    async def _receive(self) -> None:
        while True:
            text = await self._socket.receive_text()
            try:
                await self._obey(text)
            except (Problem, UnknownTimeframe, ValueError) as error:
                await self._send({"type": "error", "code": "bad_message", "message": str(error)})

    async def _obey(self, text: str) -> None:
        message = json.loads(text) if len(text) <= LONGEST_MESSAGE else None
        if not isinstance(message, dict):
            raise ValueError("a message is a JSON object of at most 4096 characters")  # noqa: TRY004 - a client's mistake
        match message.get("type"):
            case "subscribe" if len(self._topics) < MOST_TOPICS:
                await self.subscribe(str(message.get("symbol")), str(message.get("timeframe", "1m")))
            case "unsubscribe":
                await self.unsubscribe(str(message.get("symbol")), str(message.get("timeframe", "1m")))
            case "resume":
                self.ask_snapshot()
            case other:
                raise ValueError(f"message type {other!r} is not one of subscribe, unsubscribe, resume")


async def _refuse(socket: WebSocket, code: int, reason: str, subprotocol: str | None) -> None:
    # Accepted first: a browser shows the code of a refused handshake to nobody.
    await socket.accept(subprotocol=subprotocol)
    await socket.close(code, reason[:120])


async def serve_socket(socket: WebSocket, name: str, context: Context, fan_out: FanOut) -> None:
    """Serve one socket until it closes."""
    token, subprotocol = token_of(socket)
    try:
        identity = await context.verifier.verify(token)
    except InvalidToken as error:
        await _refuse(socket, NOT_AUTHENTICATED, str(error), subprotocol)
        return
    except StoreUnavailable:
        await _refuse(socket, RESTARTING, "the token cannot be checked now: try again", subprotocol)
        return
    if "read" not in identity.scopes:
        await _refuse(socket, NOT_ALLOWED, "this needs an API token with the scope read", subprotocol)
        return
    try:
        with context.places.take(identity.user):
            client = Client(socket, context, fan_out, rate_of(socket), token)
            if "alerts" in identity.scopes:
                client.show_alerts_of(identity.user)
            await _serve(socket, name, client, subprotocol)
    except NoPlace as error:
        await _refuse(socket, TOO_MANY, str(error), subprotocol)


async def _serve(socket: WebSocket, name: str, client: Client, subprotocol: str | None) -> None:
    try:
        await client.subscribe(name, socket.query_params.get("timeframe", "1m"))
    except (Problem, UnknownTimeframe) as error:
        await _refuse(socket, UNKNOWN_SYMBOL, str(error), subprotocol)
        return
    await socket.accept(subprotocol=subprotocol)
    with metrics.websocket_connections.track_inprogress():
        await _run(client, socket.close)


async def _run(client: Client, close: Callable[..., Any]) -> None:
    try:
        await client.run()
    except* (WebSocketDisconnect, RuntimeError):
        pass
    except* TimeoutError:
        await close(TOO_SLOW)
    except* InvalidToken:
        await close(NOT_AUTHENTICATED)
    except* (StoreUnavailable, BusUnavailable):
        await close(RESTARTING)
    finally:
        await client.leave()
