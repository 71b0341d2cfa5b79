"""What every route needs: connections, and the catalog as it is now."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

from fastapi import Request

from tickloom.api.accounts.tokens import Keys
from tickloom.api.problems import Ambiguous, NotFound
from tickloom.api.symbols.freshness import Freshness
from tickloom.bus.connection import Redis
from tickloom.settings.environment import Settings
from tickloom.store.catalog import Catalog, CatalogSymbol
from tickloom.store.connection import Connection, Pool, translate_errors

_BORROW_SECONDS = 5.0


@dataclass
class Context:
    """The open connections of the process, and what it follows."""

    settings: Settings
    pool: Pool
    redis: Redis
    keys: Keys
    catalog: Catalog = field(default_factory=lambda: Catalog({}, {}))
    catalog_was_read: bool = False
    freshness: Freshness = field(default_factory=Freshness)
    indicator_names: frozenset[str] = frozenset()
    """Those that the database was last seen to hold; asked again when a request names another."""

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Borrow a database connection; raises StoreUnavailable."""
        async with translate_errors("answering a request"), self.pool.acquire(timeout=_BORROW_SECONDS) as connection:
            yield cast("Connection", connection)

    def find_symbol(self, name: str) -> CatalogSymbol:
        """Return a symbol by its id, or by its bare name where that is unique; raises NotFound and Ambiguous."""
        found = [
            symbol
            for symbol in self.catalog.symbols.values()
            if not symbol.deleted and name in {symbol.symbol, str(symbol.symbol_id)}
        ]
        if not found:
            raise NotFound(f"symbol {name[:100]!r} is unknown: GET /api/v1/symbols lists those there are")
        if len(found) > 1:
            ids = ", ".join(str(symbol.symbol_id) for symbol in found)
            raise Ambiguous(f"symbol {name!r} is traded at several exchanges: ask for one of {ids}")
        return found[0]


def context_of(request: Request) -> Context:
    """Return the context of the application that serves a request."""
    context: Context = request.app.state.context
    return context
