"""What the database server is: its version, and the edition of TimescaleDB that decides what the schema can use."""

from typing import NamedTuple

from tickloom.store.connection import Connection, translate_errors


class DatabaseServer(NamedTuple):
    """A server's own words."""

    postgresql: str
    """Such as `18.6`."""
    timescaledb: str | None
    """Its version in this database, None where it is plain PostgreSQL."""
    community: bool
    """Whether TimescaleDB has the Community edition's compression, continuous aggregates and retention."""


async def describe_server(connection: Connection) -> DatabaseServer:
    """Ask the server what it is; raises StoreUnavailable."""
    async with translate_errors("asking what the server is"):
        row = await connection.fetchrow(
            "SELECT current_setting('server_version') AS postgresql, "
            "(SELECT extversion FROM pg_extension WHERE extname = 'timescaledb') AS timescaledb, "
            "current_setting('timescaledb.license', true) AS edition"
        )
    assert row is not None  # noqa: S101 - a SELECT of values has one row
    return DatabaseServer(row["postgresql"].split(" ")[0], row["timescaledb"], row["edition"] == "timescale")


class ServerSize(NamedTuple):
    """How much this database holds, and how many are connected to it."""

    size_bytes: int
    connections: int


async def measure_server(connection: Connection) -> ServerSize:
    """Ask the server how much there is; raises StoreUnavailable."""
    async with translate_errors("asking how large the database is"):
        row = await connection.fetchrow(
            "SELECT pg_database_size(current_database()),"
            " (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database())"
        )
    assert row is not None  # noqa: S101 - a SELECT of values has one row
    return ServerSize(*row.values())
