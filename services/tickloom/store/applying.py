"""Writing `Exchange` and `Symbol` resources into the catalog: the one place where desired state enters the database.

Only rows that differ are written, because every statement wakes all watchers of the catalog.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

import asyncpg

from tickloom.market.identity import partition_of
from tickloom.settings.resources import Exchange, ExchangeSpec, Symbol, SymbolSpec
from tickloom.store.connection import Connection, translate_errors
from tickloom.store.errors import CatalogConflict

Row: TypeAlias = asyncpg.Record
CATALOG_LOCK: Final = 0x636174616C6F67
"""Advisory lock of the transaction that writes the catalog: 'catalog' in ASCII."""


class Applied(NamedTuple):
    """What apply_resources did, by symbol id or exchange name."""

    created: list[str]
    updated: list[str]
    deleted: list[str]

    @property
    def changed(self) -> bool:
        """Whether anything was written."""
        return bool(self.created or self.updated or self.deleted)


async def apply_resources(connection: Connection, resources: Sequence[Exchange | Symbol], *, prune: bool) -> Applied:
    """Make the catalog say what the resources say, all or nothing; with `prune`, delete symbols they do not name.

    Raises CatalogConflict for a change of what cannot be changed (an exchange's driver, a symbol's exchange or symbol),
    for two resources of one symbol and for an unknown exchange; and StoreUnavailable.
    """
    exchanges = [resource for resource in resources if isinstance(resource, Exchange)]
    symbols = [resource for resource in resources if isinstance(resource, Symbol)]
    applied = Applied([], [], [])
    async with translate_errors("writing the catalog"), connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", CATALOG_LOCK)
        partitions = await _apply_exchanges(connection, exchanges, applied)
        existing = await connection.fetch("SELECT * FROM symbols")
        _refuse_conflicts(symbols, existing, partitions)
        if prune:
            wanted = {str(symbol.spec.symbol_id) for symbol in symbols}
            await _delete(connection, [row for row in existing if _id(row) not in wanted], applied)
        await _apply_symbols(connection, symbols, existing, partitions, applied)
    return applied


async def delete_symbols(connection: Connection, symbol_ids: Sequence[str]) -> list[str]:
    """Mark symbols deleted and return the ids of those that were not yet; their bars stay. Raises StoreUnavailable."""
    applied = Applied([], [], [])
    async with translate_errors("deleting symbols"), connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", CATALOG_LOCK)
        rows = await connection.fetch("SELECT * FROM symbols WHERE exchange || ':' || symbol = ANY ($1)", symbol_ids)
        await _delete(connection, rows, applied)
    return applied.deleted


def _id(row: Row) -> str:
    return f"{row['exchange']}:{row['symbol']}"


def spec_json(spec: ExchangeSpec | SymbolSpec) -> str:
    """Return a spec as the catalog stores it."""
    # Only what was written: a default belongs to the release, not to the resource.
    return spec.model_dump_json(by_alias=True, exclude_unset=True)


def _differs(stored: str, spec: ExchangeSpec | SymbolSpec) -> bool:
    # jsonb has an order of keys and spaces of its own.
    return bool(json.loads(stored) != json.loads(spec_json(spec)))


async def _apply_exchanges(connection: Connection, exchanges: Sequence[Exchange], applied: Applied) -> dict[str, int]:
    rows = {row["name"]: row for row in await connection.fetch("SELECT * FROM exchanges")}
    partitions = {name: row["partitions"] for name, row in rows.items()}
    for exchange in exchanges:
        name = exchange.metadata.name
        partitions[name] = await _apply_row(connection, rows.get(name), name, exchange.spec, applied)
    return partitions


async def apply_exchange(connection: Connection, name: str, spec: ExchangeSpec, applied: Applied) -> None:
    """Make the row of one exchange say what its spec says, inside a transaction that holds CATALOG_LOCK.

    Raises CatalogConflict where it has another driver already.
    """
    row = await connection.fetchrow("SELECT * FROM exchanges WHERE name = $1", name)
    await _apply_row(connection, row, name, spec, applied)


async def _apply_row(connection: Connection, row: Row | None, name: str, spec: ExchangeSpec, applied: Applied) -> int:
    """Write the row where it differs and return its number of partitions."""
    if row is None:
        applied.created.append(name)
        return await _create_exchange(connection, name, spec)
    if _exchange_changes(row, spec):
        await _update_exchange(connection, name, spec)
        applied.updated.append(name)
    partitions: int = row["partitions"]
    return partitions


def _exchange_changes(row: Row, spec: ExchangeSpec) -> bool:
    if row["driver"] != spec.driver:
        raise CatalogConflict(
            f"exchange {row['name']}: spec.driver is {row['driver']} and cannot become {spec.driver}; "
            "give the exchange another metadata.name"
        )
    return _differs(row["spec"], spec)


async def _create_exchange(connection: Connection, name: str, spec: ExchangeSpec) -> int:
    partitions: int = await connection.fetchval(
        "INSERT INTO exchanges (name, driver, simulated, suspended, spec) VALUES ($1, $2, $3, $4, $5)"
        " RETURNING partitions",
        name,
        spec.driver,
        spec.simulated,
        spec.suspend,
        spec_json(spec),
    )
    return partitions


async def _update_exchange(connection: Connection, name: str, spec: ExchangeSpec) -> None:
    await connection.execute(
        "UPDATE exchanges SET simulated = $2, suspended = $3, spec = $4, updated_at = now() WHERE name = $1",
        name,
        spec.simulated,
        spec.suspend,
        spec_json(spec),
    )


def _refuse_conflicts(symbols: Sequence[Symbol], rows: Sequence[Row], exchanges: Mapping[str, int]) -> None:
    held = {row["name"]: row for row in rows if row["name"] is not None}
    seen: dict[str, str] = {}
    for symbol in symbols:
        name, spec = symbol.metadata.name, symbol.spec
        if spec.exchange not in exchanges:
            raise CatalogConflict(f"symbol {name}: there is no exchange {spec.exchange}; apply it first or together")
        other = seen.setdefault(str(spec.symbol_id), name)
        if other != name:
            raise CatalogConflict(f"symbols {other} and {name} are both {spec.symbol_id}; keep one of them")
        row = held.get(name)
        if row is not None and _id(row) != str(spec.symbol_id):
            raise CatalogConflict(
                f"symbol {name}: spec.exchange and spec.symbol are {_id(row)} and cannot become {spec.symbol_id}; "
                "give the symbol another metadata.name"
            )


async def _delete(connection: Connection, rows: Sequence[Row], applied: Applied) -> None:
    present = [row for row in rows if not row["deleted"]]
    if present:
        await connection.execute(
            "UPDATE symbols SET deleted = true, name = NULL, updated_at = now() WHERE symbol_no = ANY ($1)",
            [row["symbol_no"] for row in present],
        )
        applied.deleted.extend(_id(row) for row in present)


async def _apply_symbols(
    connection: Connection,
    symbols: Sequence[Symbol],
    rows: Sequence[Row],
    partitions: Mapping[str, int],
    applied: Applied,
) -> None:
    existing = {_id(row): row for row in rows}
    for symbol in symbols:
        symbol_id = str(symbol.spec.symbol_id)
        row = existing.get(symbol_id)
        if row is None:
            partition = partition_of(symbol.spec.symbol, partitions[symbol.spec.exchange])
            await _create_symbol(connection, symbol, partition)
            applied.created.append(symbol_id)
        elif row["deleted"] or row["name"] != symbol.metadata.name or _differs(row["spec"], symbol.spec):
            await _update_symbol(connection, row["symbol_no"], symbol)
            (applied.created if row["deleted"] else applied.updated).append(symbol_id)


async def _create_symbol(connection: Connection, symbol: Symbol, partition: int) -> None:
    await connection.execute(
        "INSERT INTO symbols (exchange, symbol, name, partition, suspended, spec) VALUES ($1, $2, $3, $4, $5, $6)",
        symbol.spec.exchange,
        symbol.spec.symbol,
        symbol.metadata.name,
        partition,
        symbol.spec.suspend,
        spec_json(symbol.spec),
    )


async def _update_symbol(connection: Connection, symbol_no: int, symbol: Symbol) -> None:
    await connection.execute(
        "UPDATE symbols SET name = $2, suspended = $3, spec = $4, deleted = false, updated_at = now()"
        " WHERE symbol_no = $1",
        symbol_no,
        symbol.metadata.name,
        symbol.spec.suspend,
        spec_json(symbol.spec),
    )
