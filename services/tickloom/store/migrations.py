"""The schema's history: `sql/NNNN_*.sql` applied in order, each once, each in its own transaction.

`schema_migrations` records what was applied and the SHA-256 of its text, so that a database of a newer release, or one
made from other text, is refused before anything is written to it. Only the runner is here; the SQL is in `sql/`.
"""

import hashlib
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, NamedTuple

from tickloom.settings.paths import asset
from tickloom.store.connection import Connection, translate_errors
from tickloom.store.errors import SchemaMismatch

_FILE_NAME = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")
_LOCK: Final = 0x7469636B6C6F6F6D
"""Advisory lock held while migrating: 'tickloom' in ASCII, so that it is recognised in pg_locks."""
_CREATE_HISTORY: Final = """
    CREATE TABLE IF NOT EXISTS schema_migrations (
        version integer PRIMARY KEY,
        name text NOT NULL,
        sha256 text NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT now()
    )
"""


class Migration(NamedTuple):
    """One file of `sql/`."""

    version: int
    name: str
    sha256: str
    text: str


def read_migrations(directory: Path | None = None) -> list[Migration]:
    """Read all migrations of a directory (this release's own if None), oldest first; raises SchemaMismatch."""
    folder = asset("sql") if directory is None else directory
    found = [_read(path) for path in sorted(folder.glob("*.sql"))]
    versions = [migration.version for migration in found]
    if not versions or len(set(versions)) < len(versions):
        raise SchemaMismatch(f"{folder} must hold migrations with a number of its own each; found {versions}")
    return found


def _read(path: Path) -> Migration:
    match = _FILE_NAME.fullmatch(path.name)
    if not match:
        raise SchemaMismatch(f"{path} is no migration: name it NNNN_what_it_does.sql")
    text = path.read_text(encoding="utf-8")
    return Migration(int(match[1]), match[2], hashlib.sha256(text.encode()).hexdigest(), text)


async def migrate(connection: Connection, migrations: Sequence[Migration] | None = None) -> list[str]:
    """Bring the schema up to this release and return the names of what was applied, oldest first.

    Raises SchemaMismatch when the database is newer than this release or was made from other files, and
    StoreUnavailable. Safe to run from several processes at once: they wait for each other.
    """
    known = read_migrations() if migrations is None else migrations
    async with translate_errors("migrating"), _only_one(connection):
        await connection.execute(_CREATE_HISTORY)
        applied = await _check(connection, known)
        pending = [migration for migration in known if migration.version not in applied]
        for migration in pending:
            await _apply(connection, migration)
    return [f"{migration.version:04} {migration.name}" for migration in pending]


async def check_schema(connection: Connection) -> None:
    """Raise SchemaMismatch unless the database has exactly this release's schema; changes nothing."""
    known = read_migrations()
    async with translate_errors("checking the schema"):
        exists = await connection.fetchval("SELECT to_regclass('schema_migrations') IS NOT NULL")
        applied = await _check(connection, known) if exists else set()
    missing = [migration.version for migration in known if migration.version not in applied]
    if missing:
        raise SchemaMismatch(
            f"the database lacks schema version {missing[-1]}, which this release needs: run tickloom migrate"
        )


@asynccontextmanager
async def _only_one(connection: Connection) -> AsyncIterator[None]:
    await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
    try:
        yield
    finally:
        if not connection.is_closed():
            await connection.execute("SELECT pg_advisory_unlock($1)", _LOCK)


async def _check(connection: Connection, known: Sequence[Migration]) -> set[int]:
    rows = await connection.fetch("SELECT version, name, sha256 FROM schema_migrations ORDER BY version")
    by_version = {migration.version: migration for migration in known}
    for row in rows:
        if row["version"] not in by_version:
            raise SchemaMismatch(
                f"the database has schema version {row['version']}, this release knows {known[-1].version}: "
                "use the Tickloom release that made it or a newer one, or give another database or --data directory"
            )
        if by_version[row["version"]].sha256 != row["sha256"]:
            raise SchemaMismatch(
                f"migration {row['version']:04} {row['name']} was applied to this database with other text: "
                "put the file back as it was and make the change in a new migration, or start with an empty database"
            )
    return {row["version"] for row in rows}


async def _apply(connection: Connection, migration: Migration) -> None:
    async with connection.transaction():
        await connection.execute(migration.text)
        await connection.execute(
            "INSERT INTO schema_migrations (version, name, sha256) VALUES ($1, $2, $3)",
            migration.version,
            migration.name,
            migration.sha256,
        )
