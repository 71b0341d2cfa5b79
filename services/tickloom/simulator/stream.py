"""The WebSocket side: Binance's combined and raw streams (web-socket-streams.md)."""

import asyncio
import json
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec
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
from tickloom.simulator.ledger import Event

PING_SECONDS: Final = 20.0
PONG_SECONDS: Final = 60.0
MESSAGES_A_SECOND: Final = 5
STREAMS_A_CONNECTION: Final = 1024
NOTICE_SECONDS: Final = 10.0
"""Between the announcement of the end of a connection's 24 hours and the end."""
LARGEST_BACKLOG: Final = 64 * 1024 * 1024
_NO_REQUEST: Final = (ValueError, TypeError, AttributeError, RecursionError)
_encode: Final = msgspec.json.Encoder().encode


class Subscriber(WSListener):
    """One connection and its subscriptions; it is closed after `lifetime` seconds."""

    def __init__(self, exchange: Exchange, path: str, lifetime: float) -> None:
        url = urlsplit(path)
        self._exchange = exchange
        self._combined = url.path.startswith("/stream")
        named = unquote(
            parse_qs(url.query).get("streams", [""])[0] if self._combined else url.path.removeprefix("/ws").strip("/")
        )
        self._streams = {name for name in named.split("/") if name}
        self._lifetime = lifetime
        self._transport: WSTransport | None = None
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._said_at: list[float] = []
        self._heard_at = 0.0
        self._frozen = False

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Begin to listen to the streams of the address."""
        loop = asyncio.get_running_loop()
        self._transport = transport
        self._heard_at = loop.time()
        self._exchange.listeners.append(self)
        self._timers["end"] = loop.call_later(max(0.0, self._lifetime - NOTICE_SECONDS), self._announce_end)
        self._ping()
        self._exchange.listen()

    def on_ws_disconnected(self, transport: WSTransport) -> None:  # noqa: ARG002 - picows's signature
        """Listen no more."""
        self._transport = None
        for timer in self._timers.values():
            timer.cancel()
        self._exchange.listeners.remove(self)
        self._exchange.listen()

    def _announce_end(self) -> None:
        self._say_shutdown()
        notice = min(NOTICE_SECONDS, self._lifetime)
        self._timers["end"] = asyncio.get_running_loop().call_later(notice, self._close)

    def _ping(self) -> None:
        """Ping every 20 seconds; who has not answered for a minute is cut off."""
        loop = asyncio.get_running_loop()
        if self._transport is None:
            return
        self._timers["ping"] = loop.call_later(PING_SECONDS, self._ping)
        if loop.time() - self._heard_at > PONG_SECONDS:
            self.cut()
        elif not (self._frozen or self._exchange.disturbance.is_silent):
            self._transport.send_ping(str(self._exchange.time_ms()).encode())

    def wants(self, stream: str) -> bool:
        """Tell whether a stream is listened to."""
        return stream in self._streams

    def streams(self) -> Iterable[str]:
        """Return all streams that are listened to."""
        return self._streams

    def tell(self, event: Event) -> bool:
        """Send an event; tells whether it was sent."""
        if self._frozen or self._transport is None:
            return False
        payload = event.payload
        if self._combined:
            payload = b'{"stream":%b,"data":%b}' % (_encode(event.stream), payload)
        self._transport.send(WSMsgType.TEXT, payload)
        return True

    def _send(self, message: dict[str, Any]) -> None:
        if self._transport is not None and not self._frozen:
            self._transport.send(WSMsgType.TEXT, _encode(message))

    async def drained(self) -> None:
        """Wait until what was told has left for the network; a peer that never reads is cut off."""
        while self._transport is not None and (size := self._backlog()):
            if size > LARGEST_BACKLOG:
                self._transport.disconnect()
            await asyncio.sleep(0.001)

    def dismiss(self) -> None:
        """Announce the end as Binance does since May 2026, and close."""
        self._say_shutdown()
        self._close()

    def _say_shutdown(self) -> None:
        """Send `{"e":"serverShutdown","E":1770123456789}`."""
        event = {"e": "serverShutdown", "E": self._exchange.time_ms()}
        self._send({"stream": "!serverShutdown", "data": event} if self._combined else event)

    def _close(self) -> None:
        if self._transport is not None:
            if not self._frozen:
                self._transport.send_close(WSCloseCode.GOING_AWAY)
            self._transport.disconnect()

    def cut(self) -> None:
        """Break the connection without a word."""
        self._frozen = True
        if self._transport is not None:
            self._transport.disconnect(False)  # noqa: FBT003 - picows's signature: not graceful

    def freeze(self) -> None:
        """Keep the connection and say nothing more."""
        self._frozen = True

    def _backlog(self) -> int:
        return 0 if self._transport is None else int(self._transport.underlying_transport.get_write_buffer_size())

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Take a request of the peer; pings and pongs count as messages too."""
        if frame.msg_type == WSMsgType.CLOSE:
            transport.disconnect()
            return
        now = asyncio.get_running_loop().time()
        if frame.msg_type == WSMsgType.PONG:
            self._heard_at = now
        self._said_at = [at for at in self._said_at if at > now - 1] + [now]
        if len(self._said_at) > MESSAGES_A_SECOND:
            transport.disconnect()
        elif frame.msg_type == WSMsgType.TEXT:
            self._answer(frame.get_payload_as_bytes())

    def _answer(self, payload: bytes) -> None:
        try:
            request = json.loads(payload)
        except (ValueError, RecursionError):
            self._send({"error": {"code": 3, "msg": "Invalid JSON: expected value at line 1 column 1"}})
            return
        try:
            method, number, parameters = request["method"], request.get("id"), list(request.get("params") or [])
        except (KeyError, *_NO_REQUEST):
            self._send({"error": {"code": 2, "msg": "Invalid request: missing field `method` at line 1 column 1"}})
            return
        answer = self._do(str(method), parameters)
        if "error" not in answer and not isinstance(number, int | str | None):
            answer = _refusal(2, "Invalid request: request ID must be an unsigned integer")
        self._send({**answer, "id": number})
        self._exchange.listen()

    def _do(self, method: str, parameters: list[Any]) -> dict[str, Any]:
        """Return the answer to a request, after doing what it asks."""
        if method in {"SET_PROPERTY", "GET_PROPERTY"}:
            return self._property(method, parameters)
        if method == "LIST_SUBSCRIPTIONS":
            return {"result": sorted(self._streams)}
        if method not in {"SUBSCRIBE", "UNSUBSCRIBE"}:
            return _refusal(2, f"Invalid request: unknown variant `{method}`")
        if not all(isinstance(name, str) for name in parameters):
            return _refusal(1, "Invalid value type: expected String")
        if method == "UNSUBSCRIBE":
            self._streams -= set(parameters)
        elif len(self._streams | set(parameters)) > STREAMS_A_CONNECTION:
            return _refusal(2, f"Too many subscriptions: at most {STREAMS_A_CONNECTION} streams a connection")
        else:
            self._streams |= set(parameters)
        return {"result": None}

    def _property(self, method: str, parameters: list[Any]) -> dict[str, Any]:
        if parameters[:1] != ["combined"]:
            return _refusal(0, "Unknown property")
        if method == "GET_PROPERTY":
            return {"result": self._combined}
        if not isinstance(parameters[-1], bool):
            return _refusal(1, "Invalid value type: expected Boolean")
        self._combined = parameters[-1]
        return {"result": None}


def _refusal(code: int, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "msg": message}}


def subscriber(
    exchange: Exchange, request: WSUpgradeRequest, lifetime: float
) -> Subscriber | WSUpgradeResponseWithListener | None:
    """Return the handler of a new connection, a refusal while none is taken, None for an address without streams."""
    path = bytes(request.path).decode()
    if not exchange.takes_connections:
        refusal = WSUpgradeResponse.create_error_response(HTTPStatus.SERVICE_UNAVAILABLE, b"no stream is served now")
        return WSUpgradeResponseWithListener(refusal, None)
    return Subscriber(exchange, path, lifetime) if path.startswith(("/stream", "/ws")) else None
