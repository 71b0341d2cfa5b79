"""The WebSocket side: Binance's combined and raw streams (web-socket-streams.md)."""

import asyncio
import json
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from picows import (
    WSCloseCode,
    WSFrame,
    WSListener,
    WSMsgType,
    WSTransport,
    WSUpgradeRequest,
    WSUpgradeResponse,
    WSUpgradeResponseWithListener,
)

from tickloom.simulator.exchange import Exchange
from tickloom.simulator.trades import Trade

PING_SECONDS: Final = 20.0
MESSAGES_A_SECOND: Final = 5
STREAMS_A_CONNECTION: Final = 1024
LARGEST_BACKLOG: Final = 64 * 1024 * 1024
_SUFFIX: Final = "@trade"


class Subscriber(WSListener):
    """One connection and its subscriptions."""

    def __init__(self, exchange: Exchange, path: str) -> None:
        url = urlsplit(path)
        self._exchange = exchange
        self._combined = url.path.startswith("/stream")
        named = (
            parse_qs(url.query).get("streams", [""])[0] if self._combined else url.path.removeprefix("/ws").strip("/")
        )
        self._streams = {name for name in named.split("/") if name}
        self._symbols: frozenset[str] = frozenset()
        self._transport: WSTransport | None = None
        self._pinging: asyncio.TimerHandle | None = None
        self._said_at: list[float] = []

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Begin to listen to the streams of the address."""
        self._transport = transport
        self._exchange.listeners.append(self)
        self._ping()
        self._follow()

    def on_ws_disconnected(self, transport: WSTransport) -> None:  # noqa: ARG002 - picows's signature
        """Listen no more."""
        self._transport = None
        if self._pinging is not None:
            self._pinging.cancel()
        self._exchange.listeners.remove(self)
        self._exchange.listen()

    def _ping(self) -> None:
        loop = asyncio.get_running_loop()
        if self._transport is not None:
            self._pinging = loop.call_later(PING_SECONDS, self._ping)
            self._transport.send_ping(str(self._exchange.time_ms()).encode())

    def _follow(self) -> None:
        names = [stream.removesuffix(_SUFFIX) for stream in self._streams if stream.endswith(_SUFFIX)]
        self._symbols = frozenset(symbol for symbol in self._exchange.history if symbol.lower() in names)
        self._exchange.listen()

    def wants(self, symbol: str) -> bool:
        """Tell whether trades of a symbol are listened to."""
        return symbol in self._symbols

    def tell(self, trade: Trade) -> None:
        """Send a trade."""
        event = trade.as_event()
        self._send({"stream": trade.symbol.lower() + _SUFFIX, "data": event} if self._combined else event)

    def _send(self, message: dict[str, Any]) -> None:
        if self._transport is not None:
            self._transport.send(WSMsgType.TEXT, json.dumps(message, separators=(",", ":")).encode())

    async def drained(self) -> None:
        """Wait until what was told has left for the network; a peer that never reads is cut off."""
        while self._transport is not None and (size := self._backlog()):
            if size > LARGEST_BACKLOG:
                self._transport.disconnect()
            await asyncio.sleep(0.001)

    def dismiss(self) -> None:
        """Announce the end as Binance does since May 2026, and close: `{"e":"serverShutdown","E":1770123456789}`."""
        event = {"e": "serverShutdown", "E": self._exchange.time_ms()}
        self._send({"stream": "!serverShutdown", "data": event} if self._combined else event)
        if self._transport is not None:
            self._transport.send_close(WSCloseCode.GOING_AWAY)
            self._transport.disconnect()

    def _backlog(self) -> int:
        return 0 if self._transport is None else int(self._transport.underlying_transport.get_write_buffer_size())

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Take a request of the peer."""
        if frame.msg_type == WSMsgType.CLOSE:
            transport.disconnect()
            return
        if frame.msg_type != WSMsgType.TEXT:
            return
        now = asyncio.get_running_loop().time()
        self._said_at = [at for at in self._said_at if at > now - 1] + [now]
        if len(self._said_at) > MESSAGES_A_SECOND:
            transport.disconnect()
            return
        self._answer(frame.get_payload_as_bytes())

    def _answer(self, payload: bytes) -> None:
        try:
            request = json.loads(payload)
            method, number = request["method"], request.get("id")
            streams = [str(stream) for stream in request.get("params") or []]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            self._send({"error": {"code": 3, "msg": "Invalid JSON: expected value at line 1 column 1"}})
            return
        if method == "SUBSCRIBE" and len(self._streams | set(streams)) <= STREAMS_A_CONNECTION:
            self._streams |= set(streams)
            self._send({"result": None, "id": number})
        elif method == "UNSUBSCRIBE":
            self._streams -= set(streams)
            self._send({"result": None, "id": number})
        elif method == "LIST_SUBSCRIPTIONS":
            self._send({"result": sorted(self._streams), "id": number})
        else:
            self._send({"error": {"code": 2, "msg": f"Invalid request: unknown variant `{method}`"}, "id": number})
        self._follow()


def subscriber(exchange: Exchange, request: WSUpgradeRequest) -> Subscriber | WSUpgradeResponseWithListener | None:
    """Return the handler of a new connection, None for an address that has no streams; a refusal once all is over."""
    path = bytes(request.path).decode()
    if exchange.closed:
        refusal = WSUpgradeResponse.create_error_response(HTTPStatus.SERVICE_UNAVAILABLE, b"the recording is over")
        return WSUpgradeResponseWithListener(refusal, None)
    return Subscriber(exchange, path) if path.startswith(("/stream", "/ws")) else None
