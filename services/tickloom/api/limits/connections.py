"""Connections that are opened and then left to wait: uvicorn's protocol for HTTP/1.1, with an end to its patience.

Without it a client that sends a header a minute, or never reads its answer, holds a connection for ever (slow loris).
"""

import asyncio
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from tickloom.telemetry import metrics

HEAD_SECONDS: Final = 10.0
"""From the opening of a connection, or the first byte of a later request, to the end of its headers."""
LARGEST_HEAD: Final = 64 * 1024
STUCK_SECONDS: Final = 30.0
"""How long a client may read nothing of what is written for it."""
_TOO_LARGE: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class PatientProtocol(HttpToolsProtocol):
    """Serves a connection, and ends it where a request's head takes too long or an answer is not read."""

    _in_head = True
    _head_bytes = 0
    _head_timer: asyncio.TimerHandle | None = None
    _stuck_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._head_timer = self.loop.call_later(HEAD_SECONDS, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop_timers()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes in; those of a head are counted."""
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > LARGEST_HEAD and not self._head_ends(data):
                metrics.rate_limit_exceeded_total.labels("size").inc()
                self.transport.write(_TOO_LARGE)
                self.transport.close()
                return
        super().data_received(data)

    def on_message_begin(self) -> None:
        """Begin the head of a request."""
        self._in_head = True
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(HEAD_SECONDS, self._give_up)
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """End the head of a request."""
        self._in_head, self._head_bytes = False, 0
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
        super().on_headers_complete()

    def pause_writing(self) -> None:
        """Note that the client does not read."""
        super().pause_writing()
        self._stuck_timer = self.loop.call_later(STUCK_SECONDS, self._give_up)

    def resume_writing(self) -> None:
        """Note that the client reads again."""
        super().resume_writing()
        if self._stuck_timer is not None:
            self._stuck_timer.cancel()
            self._stuck_timer = None

    def _head_ends(self, data: bytes) -> bool:
        # A large body that comes in the same piece as its head is no large head.
        return b"\r\n\r\n" in data

    def _give_up(self) -> None:
        metrics.rate_limit_exceeded_total.labels("time").inc()
        self._stop_timers()
        self.transport.abort()

    def _stop_timers(self) -> None:
        for timer in (self._head_timer, self._stuck_timer):
            if timer is not None:
                timer.cancel()
        self._head_timer = self._stuck_timer = None
