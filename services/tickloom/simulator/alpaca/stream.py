"""The stream: a welcome, authentication by message or headers, subscriptions, and then frames of messages.

"WebSocket Stream" of Alpaca's documentation has the errors: 400 syntax, 401 not authenticated, 402 auth failed, 403
already authenticated, 404 auth timeout, 405 symbol limit, 406 connection limit, 407 slow client.
"""

import asyncio
from typing import Any, Final

import msgspec
from aiohttp import WSCloseCode, WSMsgType, web

from tickloom.simulator.alpaca.trades import encode_frame
from tickloom.simulator.alpaca.venue import AlpacaVenue

ERRORS: Final = {
    400: "invalid syntax",
    401: "not authenticated",
    402: "auth failed",
    403: "already authenticated",
    404: "auth timeout",
    405: "symbol limit exceeded",
    406: "connection limit exceeded",
    407: "slow client",
}
CHANNELS: Final = (
    "trades", "quotes", "bars", "updatedBars", "dailyBars", "statuses", "lulds", "corrections", "cancelErrors",
)  # fmt: skip
LARGEST_BACKLOG: Final = 10_000
"""Frames that wait for a client before it is cut off as slow."""
SEND_SECONDS: Final = 5.0


class _Ended(Exception):
    """The server ends the connection; what it had to say was said."""


class Connection:
    """One client of the stream."""

    def __init__(self, venue: AlpacaVenue, request: web.Request) -> None:
        self._venue = venue
        self._binary = "msgpack" in request.headers.get("Content-Type", "")
        self._key, self._secret = (request.headers.get(f"APCA-API-{name}") for name in ("KEY-ID", "SECRET-KEY"))
        self._socket = web.WebSocketResponse(autoping=True)
        self._request = request
        self._authenticated = False
        self._subscribed: dict[str, set[str]] = {channel: set() for channel in CHANNELS}
        self._waiting: asyncio.Queue[list[dict[str, Any]]] = asyncio.Queue(LARGEST_BACKLOG)
        self._slow = False

    async def serve(self) -> web.WebSocketResponse:
        """Serve until either side ends it."""
        await self._socket.prepare(self._request)
        sending = asyncio.create_task(self._send_waiting())
        try:
            await self._say({"T": "success", "msg": "connected"})
            if self._key is not None:
                await self._authenticate(self._key, self._secret)
            await self._listen()
        except (_Ended, ConnectionError):
            pass
        finally:
            sending.cancel()
            self._leave()
        await self._socket.close()
        return self._socket

    def tell(self, channel: str, symbol: str, message: dict[str, Any]) -> None:
        """Queue a message for the client if it subscribed to it."""
        if not {symbol, "*"} & self._subscribed[channel]:
            return
        try:
            self._waiting.put_nowait([message])
        except asyncio.QueueFull:
            self._slow = True

    async def _send_waiting(self) -> None:
        try:
            while not self._socket.closed:
                async with asyncio.timeout(None) as patience:
                    messages = await self._waiting.get()
                    while not self._waiting.empty():
                        messages += self._waiting.get_nowait()
                    patience.reschedule(asyncio.get_running_loop().time() + SEND_SECONDS)
                    if self._slow:
                        await self._fail(407)
                    await self._send(messages)
        except (TimeoutError, ConnectionError, _Ended):
            # As at Alpaca the error may never arrive: a slow client does not read.
            await self._socket.close()

    async def _send(self, messages: list[dict[str, Any]]) -> None:
        data = encode_frame(messages, binary=self._binary)
        await (self._socket.send_bytes(data) if self._binary else self._socket.send_str(data.decode()))

    async def _say(self, message: dict[str, Any]) -> None:
        await self._send([message])

    async def _error(self, code: int) -> None:
        await self._say({"T": "error", "code": code, "msg": ERRORS[code]})

    async def _fail(self, code: int) -> None:
        await self._error(code)
        await self._socket.close()
        raise _Ended

    async def _listen(self) -> None:
        while True:
            limit = None if self._authenticated else self._venue.config.authentication_seconds
            try:
                async with asyncio.timeout(limit):
                    message = await self._socket.receive()
            except TimeoutError:
                await self._fail(404)
            if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                return
            await self._take(message.data if isinstance(message.data, bytes) else message.data.encode())

    async def _take(self, data: bytes) -> None:
        try:
            request = (msgspec.msgpack if self._binary else msgspec.json).decode(data, type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeDecodeError):
            await self._error(400)
            return
        match request.get("action"):
            case "auth" if self._authenticated:
                await self._error(403)
            case "auth":
                await self._authenticate(request.get("key"), request.get("secret"))
            case "subscribe" | "unsubscribe" if not self._authenticated:
                await self._fail(401)
            case "subscribe" | "unsubscribe" as action:
                await self._subscribe(action, request)
            case _:
                await self._error(400)

    async def _authenticate(self, key: Any, secret: Any) -> None:
        venue = self._venue
        if (key, secret) != (venue.config.key, venue.config.secret):
            await self._error(402)
            return
        if venue.listener is not None or venue.now_ns() < venue.occupied_until_ns:
            await self._fail(406)
        self._authenticated = True
        venue.listener = self
        await self._say({"T": "success", "msg": "authenticated"})

    async def _subscribe(self, action: str, request: dict[str, Any]) -> None:
        wanted = {channel: request.get(channel) or [] for channel in CHANNELS}
        if not all(isinstance(symbols, list) for symbols in wanted.values()):
            await self._error(400)
            return
        # Whoever wants trades gets what becomes of them.
        for follower in ("corrections", "cancelErrors"):
            wanted[follower] = wanted["trades"]
        changed = {
            channel: self._subscribed[channel] | set(symbols)
            if action == "subscribe"
            else self._subscribed[channel] - set(symbols)
            for channel, symbols in wanted.items()
        }
        if len(changed["trades"] | changed["quotes"]) > self._venue.config.symbol_limit:
            await self._error(405)
            return
        self._subscribed = changed
        await self._say({"T": "subscription", **{channel: sorted(names) for channel, names in changed.items()}})

    def _leave(self) -> None:
        if self._venue.listener is self:
            self._venue.listener = None
            broke_off = self._socket.close_code in (None, WSCloseCode.ABNORMAL_CLOSURE)
            lingering = self._venue.config.linger_seconds if broke_off else 0.0
            self._venue.occupied_until_ns = self._venue.now_ns() + int(lingering * 1e9)
