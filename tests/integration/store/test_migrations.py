"""Migrations against a real server: what is applied, what is refused, and that nothing is written then."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tickloom.store.connection import Connection, connect
from tickloom.store.errors import SchemaMismatch
from tickloom.store.migrations import check_schema, migrate, read_migrations


@pytest.fixture
async def connection(empty_postgres_url: str) -> AsyncIterator[Connection]:
    connection = await connect(empty_postgres_url, "tests")
    yield connection
    await connection.close()


async def test_an_empty_database_gets_every_migration_once(connection: Connection) -> None:
    applied = await migrate(connection)
    assert [name[:4] for name in applied] == [f"{m.version:04}" for m in read_migrations()]
    assert await migrate(connection) == []
    await check_schema(connection)


async def test_processes_that_migrate_at_once_wait_for_each_other(empty_postgres_url: str) -> None:
    connections = [await connect(empty_postgres_url, "tests") for _ in range(4)]
    results = await asyncio.gather(*(migrate(connection) for connection in connections))
    assert sorted(len(result) for result in results) == [0, 0, 0, len(read_migrations())]
    for connection in connections:
        await connection.close()


async def test_a_newer_schema_is_refused_and_the_message_says_what_to_do(connection: Connection) -> None:
    await migrate(connection)
    await connection.execute("INSERT INTO schema_migrations (version, name, sha256) VALUES (9999, 'later', 'x')")
    with pytest.raises(SchemaMismatch, match=r"schema version 9999.*newer"):
        await migrate(connection)
    with pytest.raises(SchemaMismatch, match="9999"):
        await check_schema(connection)


async def test_a_migration_changed_after_it_was_applied_is_refused(connection: Connection) -> None:
    migrations = read_migrations()
    await migrate(connection, migrations[:1])
    changed = [migrations[0]._replace(sha256="0" * 64), *migrations[1:]]
    with pytest.raises(SchemaMismatch, match="0001 market_data was applied to this database with other text"):
        await migrate(connection, changed)
    assert await connection.fetchval("SELECT count(*) FROM schema_migrations") == 1


async def test_a_migration_that_fails_leaves_nothing_of_itself(connection: Connection) -> None:
    migrations = read_migrations()
    broken = migrations[0]._replace(version=1, text="CREATE TABLE half (); SELECT 1 / 0;")
    with pytest.raises(Exception, match="division by zero"):
        await migrate(connection, [broken])
    assert await connection.fetchval("SELECT to_regclass('half')") is None
    assert await connection.fetchval("SELECT count(*) FROM schema_migrations") == 0
    assert await migrate(connection) != []


async def test_an_unmigrated_database_is_told_to_migrate(connection: Connection) -> None:
    with pytest.raises(SchemaMismatch, match="run tickloom migrate"):
        await check_schema(connection)
