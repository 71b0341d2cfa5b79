"""Changing a user as a whole, and looking at every part."""

from importlib.metadata import version

from tickloom.api.accounts.proving import hash_password
from tickloom.api.admin import schemas
from tickloom.api.context import Context
from tickloom.api.health.routes import report
from tickloom.api.problems import Conflict, NotFound
from tickloom.bus.errors import BusUnavailable
from tickloom.bus.health import describe_redis, read_health
from tickloom.store import users
from tickloom.store.audit import Actor
from tickloom.store.errors import StoreUnavailable
from tickloom.store.server import describe_server, measure_server


async def change_user(context: Context, actor: Actor, name: str, change: schemas.UserChange) -> schemas.User:
    """Change a user, all of it or nothing; raises NotFound, Conflict and Unavailable."""
    password_hash = await hash_password(context, change.password) if change.password else None
    try:
        async with context.connection() as connection, connection.transaction():
            if change.role is not None:
                await users.set_role(connection, actor, name, change.role)
            if change.disabled is not None:
                await users.set_disabled(connection, actor, name, disabled=change.disabled)
            if password_hash is not None:
                await users.set_password(connection, actor, name, password_hash)
            row = await users.find_user(connection, name)
    except users.LastAdmin as error:
        raise Conflict(str(error)) from error
    if row is None:
        raise NotFound(f"there is no user {name!r}: GET /api/v1/admin/users lists those there are")
    return schemas.User.of(row)


async def describe_system(context: Context) -> schemas.SystemReport:
    """Look at every part; one that is away is left out."""
    health = await report(context)
    symbols = [symbol for symbol in context.catalog.symbols.values() if not symbol.deleted]
    return schemas.SystemReport(
        version=version("tickloom"),
        components=health.components,
        processes=await _processes(context),
        database=await _database(context),
        redis=await _redis(context),
        catalog=schemas.Catalog(exchanges=len(context.catalog.exchanges), symbols=len(symbols)),
    )


async def _processes(context: Context) -> list[schemas.Process]:
    try:
        records = await read_health(context.redis)
    except BusUnavailable:
        return []
    shown = schemas.Process.model_fields
    described = [schemas.Process(**{name: getattr(record, name) for name in shown}) for record in records]
    return sorted(described, key=lambda process: (process.role, process.instance))


async def _database(context: Context) -> schemas.Database | None:
    try:
        async with context.connection() as connection:
            server, size = await describe_server(connection), await measure_server(connection)
    except StoreUnavailable:
        return None
    return schemas.Database(
        postgresql=server.postgresql,
        timescaledb=server.timescaledb,
        size_bytes=size.size_bytes,
        connections=size.connections,
    )


async def _redis(context: Context) -> schemas.Redis | None:
    try:
        server = await describe_redis(context.redis)
    except BusUnavailable:
        return None
    return schemas.Redis(version=server.version, used_memory_bytes=server.used_memory_bytes, clients=server.clients)
