"""What works on this machine, what does not, and how to mend it: the checks of `tickloom doctor`.

Each check asks the real thing by the code that uses it in service, so that a diagnosis cannot differ from what
happens; it changes nothing.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Final, Literal, NamedTuple

from tickloom.bus.connection import open_redis
from tickloom.bus.errors import BusError
from tickloom.bus.health import read_health
from tickloom.bus.server import describe_server as describe_bus
from tickloom.collector.clock import SystemClock
from tickloom.collector.venue import VenueError
from tickloom.collector.venues.drivers import DRIVERS
from tickloom.settings.paths import web_root
from tickloom.settings.resources import ExchangeSpec
from tickloom.store.catalog import read_catalog
from tickloom.store.connection import connect
from tickloom.store.errors import SchemaMismatch, StoreError
from tickloom.store.migrations import check_schema
from tickloom.store.server import DatabaseServer, describe_server

State = Literal["ok", "warning", "failure"]
GONE_SECONDS: Final = 10.0
"""A process that has said nothing for so long is gone (wire.messages.Health)."""
_VENUE_SECONDS: Final = 15.0
_CLOCK_SECONDS: Final = 1.0
"""A clock that is further off shifts nothing in the bars, but makes ages and delays wrong."""


class Finding(NamedTuple):
    """One line of a diagnosis."""

    part: str
    state: State
    text: str
    remedy: str = ""


def check_page() -> Finding:
    """Tell whether the web page is built."""
    if (web_root() / "index.html").is_file():
        return Finding("web page", "ok", "built")
    return Finding("web page", "warning", "not built", "install Node 20 or newer and run scripts/build-page")


async def check_database(url: str) -> tuple[list[Finding], Mapping[str, ExchangeSpec]]:
    """Tell whether the database answers, what it is, and whether its schema is this release's; with its exchanges."""
    try:
        connection = await connect(url, "doctor")
    except StoreError as error:
        return [Finding("database", "failure", str(error), "start it, or mend TICKLOOM_DATABASE_URL")], {}
    found: list[Finding] = []
    try:
        server = await describe_server(connection)
        found += [Finding("database", "ok", f"PostgreSQL {server.postgresql}"), _timescale(server)]
        await check_schema(connection)
        found.append(Finding("schema", "ok", "of this release"))
        exchanges = (await read_catalog(connection)).exchanges
        return found, {name: exchange.spec for name, exchange in exchanges.items() if not exchange.suspended}
    except SchemaMismatch as error:
        return [*found, Finding("schema", "failure", str(error), "run tickloom migrate")], {}
    except StoreError as error:
        return [*found, Finding("database", "failure", str(error), "look into the server's log")], {}
    finally:
        connection.terminate()


def _timescale(server: DatabaseServer) -> Finding:
    if server.timescaledb is None:
        text = "not there: tables are neither partitioned nor compressed, which years of many symbols need"
        return Finding("timescaledb", "ok", text)
    edition = "Community" if server.community else "Apache"
    return Finding("timescaledb", "ok", f"{server.timescaledb}, {edition} edition")


async def check_bus(url: str, now: float) -> list[Finding]:
    """Tell whether Redis keeps what it acknowledged, and which processes report; `now` in Unix seconds."""
    try:
        async with open_redis(url, "doctor") as redis:
            server, records = await describe_bus(redis), await read_health(redis)
    except BusError as error:
        return [Finding("redis", "failure", str(error), "start it, or mend TICKLOOM_REDIS_URL")]
    found = [Finding("redis", "ok", server.name)]
    if not server.append_only:
        found.append(Finding("redis", "warning", "keeps nothing on disk", "set appendonly yes"))
    if server.evicts_streams:
        found.append(Finding("redis", "failure", "may evict streams", "set maxmemory-policy noeviction"))
    for role in ("collector", "processor", "api"):
        mine = [record for record in records if record.role == role]
        alive = [record for record in mine if now - record.at < GONE_SECONDS]
        for record in alive:
            state: State = "warning" if record.state == "degraded" else "ok"
            found.append(Finding(role, state, f"{record.instance}: {record.detail or record.state}"))
        if not alive:
            found.append(Finding(role, "warning", "none runs", f"start tickloom {role}, or tickloom up"))
    return found


async def check_exchange(name: str, spec: ExchangeSpec) -> Finding:
    """Ask an exchange for its time, and tell how far our clock is off."""
    part = f"exchange {name}"
    if spec.driver not in DRIVERS:
        return Finding(part, "warning", f"this release does not speak {spec.driver}")
    venue = DRIVERS[spec.driver](name, spec, SystemClock())
    try:
        async with asyncio.timeout(_VENUE_SECONDS):
            asked = time.time()
            theirs = await venue.server_time_us() / 1e6
            ours = (asked + time.time()) / 2
    except (VenueError, TimeoutError) as error:
        remedy = "check the way out of this network; --demo and --replay need none"
        return Finding(part, "failure", f"cannot be reached: {error or 'it does not answer'}", remedy)
    finally:
        await venue.aclose()
    if abs(ours - theirs) > _CLOCK_SECONDS:
        return Finding(part, "warning", f"reached; our clock differs by {ours - theirs:+.1f} s", "run an NTP client")
    return Finding(part, "ok", "reached; clocks agree")


async def diagnose(database_url: str, redis_url: str) -> Sequence[Finding]:
    """Make every check; the exchanges are those of the catalog."""
    (database, exchanges), bus = await asyncio.gather(check_database(database_url), check_bus(redis_url, time.time()))
    venues = await asyncio.gather(*(check_exchange(name, spec) for name, spec in exchanges.items()))
    return [check_page(), *database, *bus, *venues]
