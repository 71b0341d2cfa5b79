"""An answer that is made while it is sent, and ends when whoever asked goes away.

Whatever goes wrong before the first bytes becomes a problem document. Afterwards the connection is closed without the
end of the body, so that a client cannot take a part for the whole.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractContextManager, aclosing
from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from tickloom.store.errors import StoreUnavailable
from tickloom.telemetry.logging import logger

SEND_SECONDS: Final = 60.0
"""A client that takes nothing for so long is given up."""
_log = logger(__name__)


class StreamedFile(Response):
    """A file to be saved, from an asynchronous generator of its bytes; `held` is held while it is sent."""

    def __init__(
        self,
        pieces: Callable[[], AsyncGenerator[bytes, None]],
        *,
        held: Callable[[], AbstractContextManager[None]],
        media_type: str,
        name: str,
    ) -> None:
        self.status_code = 200
        self.background = None
        self._pieces = pieces
        self._held = held
        headers = {
            "Content-Type": media_type,
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        }
        self.body = b""
        self.init_headers(headers)
        del self.headers["content-length"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file; raises what its first piece raises."""
        del scope
        with self._held():
            async with aclosing(self._pieces()) as pieces:
                first = await anext(pieces)
                await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
                try:
                    await _until_left(self._send(first, pieces, send), receive)
                except* (StoreUnavailable, TimeoutError, OSError) as errors:
                    _log.warning("an export broke off", problem=str(errors.exceptions[0]))

    async def _send(self, piece: bytes, pieces: AsyncGenerator[bytes, None], send: Send) -> None:
        await _send_piece(send, piece, is_more=True)
        async for following in pieces:
            await _send_piece(send, following, is_more=True)
        await _send_piece(send, b"", is_more=False)


async def _send_piece(send: Send, piece: bytes, *, is_more: bool) -> None:
    async with asyncio.timeout(SEND_SECONDS):
        await send({"type": "http.response.body", "body": piece, "more_body": is_more})


async def _until_left(sending: "asyncio._CoroutineLike[None]", receive: Receive) -> None:
    """Send until the end, or until the client has left."""
    async with asyncio.TaskGroup() as group:
        tasks = {group.create_task(sending), group.create_task(_left(receive))}
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
