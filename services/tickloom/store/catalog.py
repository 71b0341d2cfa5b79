"""The catalog: which exchanges and symbols are wanted, as typed rows.

The operator or `tickloom up -f` writes it, collectors, processors and the API read it. A symbol's number is never given
to another symbol, so that bars of a deleted symbol that comes back are its own.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import Final, NamedTuple

import asyncpg
import structlog
from pydantic import ValidationError

from tickloom.market.identity import SymbolId
from tickloom.settings.resources import ExchangeSpec, SymbolSpec
from tickloom.store.applying import apply_resources
from tickloom.store.connection import Connection, connect, translate_errors
from tickloom.store.errors import SchemaMismatch, StoreUnavailable

__all__ = [
    "Catalog",
    "CatalogExchange",
    "CatalogSymbol",
    "apply_resources",
    "read_catalog",
    "save_steps",
    "watch_catalog",
]

CHANNEL: Final = "catalog"
_STEPS_DIFFER: Final = """
    SELECT EXISTS (
        SELECT FROM symbols s JOIN unnest($1::int[], $2::float8[], $3::float8[]) n (no, price, size)
            ON s.symbol_no = n.no
        WHERE (s.price_step, s.size_step) IS DISTINCT FROM (n.price, n.size)
    )
"""
_SAVE_STEPS: Final = """
    UPDATE symbols s SET price_step = n.price, size_step = n.size, updated_at = now()
    FROM unnest($1::int[], $2::float8[], $3::float8[]) n (no, price, size)
    WHERE s.symbol_no = n.no AND (s.price_step, s.size_step) IS DISTINCT FROM (n.price, n.size)
"""
_log = structlog.stdlib.get_logger(__name__)


class CatalogExchange(NamedTuple):
    """A row of `exchanges`."""

    name: str
    driver: str
    partitions: int
    simulated: bool
    suspended: bool
    spec: ExchangeSpec


class CatalogSymbol(NamedTuple):
    """A row of `symbols`; deleted symbols stay, because their bars do."""

    symbol_no: int
    exchange: str
    symbol: str
    partition: int
    price_step: float | None
    size_step: float | None
    suspended: bool
    deleted: bool
    spec: SymbolSpec

    @property
    def symbol_id(self) -> SymbolId:
        """The symbol's id inside the product."""
        return SymbolId(self.exchange, self.symbol)


class Catalog(NamedTuple):
    """Everything that is, or once was, wanted: exchanges by name, symbols by number."""

    exchanges: dict[str, CatalogExchange]
    symbols: dict[int, CatalogSymbol]

    def active_symbols(self, exchange: str) -> list[CatalogSymbol]:
        """Return what is to be collected from an exchange now, ordered by number."""
        row = self.exchanges.get(exchange)
        if row is None or row.suspended:
            return []
        return [s for s in self.symbols.values() if s.exchange == exchange and not s.suspended and not s.deleted]


async def read_catalog(connection: Connection) -> Catalog:
    """Read the whole catalog in one snapshot.

    Raises StoreUnavailable, and SchemaMismatch for a row that this release cannot read.
    """
    async with (
        translate_errors("reading the catalog"),
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        exchanges = await connection.fetch(
            "SELECT name, driver, partitions, simulated, suspended, spec FROM exchanges ORDER BY name"
        )
        symbols = await connection.fetch(
            "SELECT symbol_no, exchange, symbol, partition, price_step, size_step, suspended, deleted, spec"
            " FROM symbols ORDER BY symbol_no"
        )
    return Catalog(
        {row["name"]: _exchange(row) for row in exchanges},
        {row["symbol_no"]: _symbol(row) for row in symbols},
    )


def _exchange(row: asyncpg.Record) -> CatalogExchange:
    try:
        spec = ExchangeSpec.model_validate_json(row["spec"])
    except ValidationError as error:
        raise _unreadable(f"exchange {row['name']}", error) from error
    return CatalogExchange(row["name"], row["driver"], row["partitions"], row["simulated"], row["suspended"], spec)


def _symbol(row: asyncpg.Record) -> CatalogSymbol:
    try:
        spec = SymbolSpec.model_validate_json(row["spec"])
    except ValidationError as error:
        raise _unreadable(f"symbol {row['exchange']}:{row['symbol']}", error) from error
    return CatalogSymbol(
        symbol_no=row["symbol_no"],
        exchange=row["exchange"],
        symbol=row["symbol"],
        partition=row["partition"],
        price_step=row["price_step"],
        size_step=row["size_step"],
        suspended=row["suspended"],
        deleted=row["deleted"],
        spec=spec,
    )


def _unreadable(what: str, error: ValidationError) -> SchemaMismatch:
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    return SchemaMismatch(
        f"the catalog's spec of {what} does not suit this release ({where}: {first['msg']}): apply its manifest again"
    )


async def save_steps(connection: Connection, steps: Mapping[int, tuple[float | None, float | None]]) -> None:
    """Store the price step and size step of symbols by number, where they differ; raises StoreUnavailable."""
    numbers = list(steps)
    price_steps, size_steps = [steps[n][0] for n in numbers], [steps[n][1] for n in numbers]
    async with translate_errors("saving price and size steps"):
        # The trigger tells every watcher of each statement, even of one that changes no row.
        if await connection.fetchval(_STEPS_DIFFER, numbers, price_steps, size_steps):
            await connection.execute(_SAVE_STEPS, numbers, price_steps, size_steps)


async def watch_catalog(
    url: str, name: str, *, poll_seconds: float = 30.0, retry_seconds: float = 1.0
) -> AsyncGenerator[Catalog, None]:
    """Yield the catalog at once, and again whenever it has changed; never ends.

    Changes come by NOTIFY, and by reading every `poll_seconds` should a notification get lost. While the database is
    away it tries again every `retry_seconds`. Wrap it in `contextlib.aclosing`. Raises SchemaMismatch.
    """
    previous: Catalog | None = None
    while True:
        try:
            async with aclosing(_snapshots(url, name, poll_seconds)) as snapshots:
                async for catalog in snapshots:
                    if catalog != previous:
                        previous = catalog
                        yield catalog
        except StoreUnavailable as error:
            _log.warning("the catalog cannot be read", problem=str(error), retry_seconds=retry_seconds)
            await asyncio.sleep(retry_seconds)


async def _snapshots(url: str, name: str, poll_seconds: float) -> AsyncGenerator[Catalog, None]:
    async with _listening(url, name) as (connection, changed):
        while True:
            changed.clear()
            yield await read_catalog(connection)
            try:
                async with asyncio.timeout(poll_seconds):
                    await changed.wait()
            except TimeoutError:
                continue


@asynccontextmanager
async def _listening(url: str, name: str) -> AsyncGenerator[tuple[Connection, asyncio.Event], None]:
    connection = await connect(url, name)
    changed = asyncio.Event()
    try:
        connection.add_termination_listener(lambda *_: changed.set())
        async with translate_errors("listening for catalog changes"):
            await connection.add_listener(CHANNEL, lambda *_: changed.set())
        yield connection, changed
    finally:
        connection.terminate()
