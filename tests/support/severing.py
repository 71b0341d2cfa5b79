"""A line to a server on a Unix socket that tests can cut and mend, to see what happens while the server is away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path


class SeverableLine:
    """Forwards connections from one Unix socket to another while it is whole."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._whole = True
        self._writers: set[asyncio.StreamWriter] = set()

    def cut(self) -> None:
        """Drop every connection, and every new one at once."""
        self._whole = False
        for writer in list(self._writers):
            writer.transport.abort()

    def mend(self) -> None:
        self._whole = True

    async def forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._whole:
            writer.transport.abort()
            return
        inner_reader, inner_writer = await asyncio.open_unix_connection(self._target)
        self._writers |= {writer, inner_writer}
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_pump(reader, inner_writer))
                group.create_task(_pump(inner_reader, writer))
        finally:
            self._writers -= {writer, inner_writer}


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.transport.abort()


@asynccontextmanager
async def severable(target: Path, listening: Path) -> AsyncIterator[SeverableLine]:
    """Listen at `listening` (its directory is made) on behalf of `target`."""
    line = SeverableLine(target)
    listening.parent.mkdir(parents=True, exist_ok=True)
    server = await asyncio.start_unix_server(line.forward, listening)
    try:
        yield line
    finally:
        line.cut()
        server.close()
        await server.wait_closed()
