"""What every route needs: connections, and the catalog as it is now."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from fastapi import Request
from starlette.requests import HTTPConnection

from tickloom.api.accounts.passwords import Passwords
from tickloom.api.accounts.tokens import Keys
from tickloom.api.accounts.verifier import Verifier
from tickloom.api.delivery.feed import AlertFeed
from tickloom.api.limits.addresses import Network, client_address, parse_networks
from tickloom.api.limits.buckets import Limiter
from tickloom.api.limits.places import Places
from tickloom.api.problems import Ambiguous, NotFound
from tickloom.api.symbols.freshness import Freshness
from tickloom.bus.connection import Redis
from tickloom.settings.environment import Settings
from tickloom.store.catalog import Catalog, CatalogSymbol
from tickloom.store.connection import Connection, Pool, borrow


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
    alerts: AlertFeed = field(default_factory=AlertFeed)
    indicator_names: frozenset[str] = frozenset()
    """Those that the database was last seen to hold; asked again when a request names another."""
    passwords: Passwords = field(default_factory=Passwords)
    verifier: Verifier = field(init=False)
    proxies: list[Network] = field(init=False)
    limiter: Limiter = field(init=False)
    places: Places = field(init=False)

    def __post_init__(self) -> None:
        """Make what the settings tell how to make."""
        self.verifier = Verifier(self.keys, self.pool)
        self.proxies = parse_networks(self.settings.trusted_proxies)
        self.limiter = Limiter(self.redis)
        self.places = Places(self.settings.sockets_per_user)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Borrow a database connection; raises StoreUnavailable."""
        async with borrow(self.pool, "answering a request") as connection:
            yield connection

    def address_of(self, client: HTTPConnection) -> str:
        """Return the address that limits and the audit log know a client by."""
        peer = client.client.host if client.client else ""
        return client_address(peer, client.headers.getlist("X-Forwarded-For"), self.proxies)

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
