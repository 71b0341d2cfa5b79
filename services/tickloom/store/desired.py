"""Writing what is wanted of one exchange into the catalog, as the operator does: other exchanges are not looked at.

Only rows that differ are written, each kind of change by one statement, because every statement wakes all watchers.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

import asyncpg

from tickloom.market.identity import partition_of
from tickloom.settings.resources import ExchangeSpec, SymbolSpec
from tickloom.store.applying import CATALOG_LOCK, Applied, apply_exchange, spec_json
from tickloom.store.connection import Connection, translate_errors

Row: TypeAlias = asyncpg.Record
_CREATE: Final = """
    INSERT INTO symbols (exchange, symbol, name, partition, suspended, spec)
    SELECT $1, * FROM unnest($2::text[], $3::text[], $4::int[], $5::bool[], $6::text[]::jsonb[])
"""
_UPDATE: Final = """
    UPDATE symbols s SET name = n.name, suspended = n.suspended, spec = n.spec, deleted = false, updated_at = now()
    FROM unnest($2::text[], $3::text[], $4::bool[], $5::text[]::jsonb[]) n (symbol, name, suspended, spec)
    WHERE s.exchange = $1 AND s.symbol = n.symbol
"""
_DELETE: Final = """
    UPDATE symbols SET deleted = true, name = NULL, updated_at = now() WHERE symbol_no = ANY ($1)
"""
_ACTIVE: Final = "SELECT count(*) FROM symbols WHERE exchange = $1 AND NOT deleted AND NOT suspended"
_HELD: Final = """
    SELECT name, exchange || ':' || symbol AS symbol_id FROM symbols WHERE exchange <> $1 AND name = ANY ($2::text[])
"""


class WantedExchange(NamedTuple):
    """What is wanted of an exchange: its spec (None where there is no such exchange) and its symbols by resource name.

    Symbols of `untouched` stay as they are, whether they are wanted or not.
    """

    name: str
    spec: ExchangeSpec | None
    symbols: Mapping[str, SymbolSpec]
    untouched: Collection[str] = ()


class AppliedExchange(NamedTuple):
    """What was written, and how many symbols are to be collected now.

    `held` maps names of resources to the symbol id of another exchange that has the name; such symbols are not written.
    """

    applied: Applied
    active: int
    held: dict[str, str]


async def apply_wanted(connection: Connection, wanted: WantedExchange) -> AppliedExchange:
    """Make the catalog say what is wanted of one exchange, all or nothing; symbols that are not wanted are deleted.

    Raises CatalogConflict where the exchange has another driver already, and StoreUnavailable.
    """
    applied = Applied([], [], [])
    async with translate_errors("writing the catalog"), connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", CATALOG_LOCK)
        if wanted.spec is not None:
            await apply_exchange(connection, wanted.name, wanted.spec, applied)
        held = await _held(connection, wanted)
        rows = await connection.fetch("SELECT * FROM symbols WHERE exchange = $1", wanted.name)
        symbols = {spec.symbol: (name, spec) for name, spec in wanted.symbols.items() if name not in held}
        await _delete(connection, rows, symbols, wanted, applied)
        if wanted.spec is not None and symbols:
            await _write(connection, rows, symbols, wanted, applied)
        active = await connection.fetchval(_ACTIVE, wanted.name)
    return AppliedExchange(applied, active, held)


async def exchanges_with_symbols(connection: Connection) -> list[str]:
    """Return the exchanges that have symbols which are not deleted. Raises StoreUnavailable."""
    async with translate_errors("reading the catalog"):
        rows = await connection.fetch("SELECT DISTINCT exchange FROM symbols WHERE NOT deleted")
    return [row["exchange"] for row in rows]


async def _held(connection: Connection, wanted: WantedExchange) -> dict[str, str]:
    rows = await connection.fetch(_HELD, wanted.name, list(wanted.symbols))
    return {row["name"]: row["symbol_id"] for row in rows}


async def _delete(
    connection: Connection, rows: Sequence[Row], symbols: Collection[str], wanted: WantedExchange, applied: Applied
) -> None:
    gone = [
        row for row in rows if not (row["deleted"] or row["symbol"] in symbols or row["symbol"] in wanted.untouched)
    ]
    if gone:
        await connection.execute(_DELETE, [row["symbol_no"] for row in gone])
        applied.deleted.extend(f"{wanted.name}:{row['symbol']}" for row in gone)


async def _write(
    connection: Connection,
    rows: Sequence[Row],
    symbols: Mapping[str, tuple[str, SymbolSpec]],
    wanted: WantedExchange,
    applied: Applied,
) -> None:
    existing = {row["symbol"]: row for row in rows}
    touched = {symbol: pair for symbol, pair in symbols.items() if symbol not in wanted.untouched}
    new = {symbol: pair for symbol, pair in touched.items() if symbol not in existing}
    changed = {
        symbol: (name, spec)
        for symbol, (name, spec) in touched.items()
        if symbol in existing and _differs(existing[symbol], name, spec)
    }
    if new:
        partitions = await connection.fetchval("SELECT partitions FROM exchanges WHERE name = $1", wanted.name)
        numbers = [partition_of(symbol, partitions) for symbol in new]
        names, suspended, specs = _columns(new)
        await connection.execute(_CREATE, wanted.name, list(new), names, numbers, suspended, specs)
    if changed:
        await connection.execute(_UPDATE, wanted.name, list(changed), *_columns(changed))
    returned = [symbol for symbol in changed if existing[symbol]["deleted"]]
    applied.created.extend(f"{wanted.name}:{symbol}" for symbol in [*new, *returned])
    applied.updated.extend(f"{wanted.name}:{symbol}" for symbol in changed if symbol not in returned)


def _columns(symbols: Mapping[str, tuple[str, SymbolSpec]]) -> tuple[list[str], list[bool], list[str]]:
    pairs = list(symbols.values())
    return [name for name, _ in pairs], [spec.suspend for _, spec in pairs], [spec_json(spec) for _, spec in pairs]


def _differs(row: Row, name: str, spec: SymbolSpec) -> bool:
    return bool(row["deleted"] or row["name"] != name or json.loads(row["spec"]) != json.loads(spec_json(spec)))
