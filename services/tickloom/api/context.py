"""What every route needs: connections, the catalog as it is now, and whom a request speaks for."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

from fastapi import Request

from tickloom.api.problems import Ambiguous, NotAuthenticated, NotFound
from tickloom.api.tokens import Identity, InvalidToken, verify_access_token
from tickloom.bus.connection import Redis
from tickloom.store.catalog import Catalog, CatalogSymbol
from tickloom.store.connection import Connection, Pool, translate_errors


@dataclass
class Context:
    """The open connections of the process, and what it follows."""

    pool: Pool
    redis: Redis
    secret: str
    catalog: Catalog = field(default_factory=lambda: Catalog({}, {}))

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Borrow a database connection; raises StoreUnavailable."""
        async with translate_errors("answering a request"), self.pool.acquire(timeout=5) as connection:
            yield cast("Connection", connection)

    def find_symbol(self, name: str) -> CatalogSymbol:
        """Return a symbol by its id, or by its bare name where that is unique; raises NotFound and Ambiguous."""
        found = [
            symbol
            for symbol in self.catalog.symbols.values()
            if not symbol.deleted and name in {symbol.symbol, str(symbol.symbol_id)}
        ]
        if not found:
            raise NotFound(f"symbol {name!r} is unknown: GET /api/v1/symbols lists those there are")
        if len(found) > 1:
            ids = ", ".join(str(symbol.symbol_id) for symbol in found)
            raise Ambiguous(f"symbol {name!r} is traded at several exchanges: ask for one of {ids}")
        return found[0]


def context_of(request: Request) -> Context:
    """Return the context of the application that serves a request."""
    context: Context = request.app.state.context
    return context


def identify(request: Request) -> Identity:
    """Return whom a request speaks for; raises NotAuthenticated."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise NotAuthenticated("send an access token: Authorization: Bearer …")
    try:
        return verify_access_token(context_of(request).secret, token)
    except InvalidToken as error:
        raise NotAuthenticated(str(error)) from error
