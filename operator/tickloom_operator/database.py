"""The one connection to the database: opened when first needed, and anew after it broke."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from tickloom.store.connection import Connection, connect
from tickloom.store.errors import StoreUnavailable


class Database:
    """A connection that may not be there."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: Connection | None = None
        self._lock = asyncio.Lock()
        self._check: Callable[[], None] = lambda: None

    def guard(self, check: Callable[[], None]) -> None:
        """Have `check` called before the connection is lent; what it raises keeps it back."""
        self._check = check

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Lend the connection to one at a time. Raises StoreUnavailable."""
        async with self._lock:
            self._check()
            if self._connection is None or self._connection.is_closed():
                self._connection = await connect(self._url, "operator")
            try:
                yield self._connection
            except StoreUnavailable:
                self.close()
                raise

    def close(self) -> None:
        """Cut the connection."""
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None
