"""`tickloom up`: everything on this machine, in the order in which it can work, until it is asked to stop."""

import asyncio
import json
import os
import signal
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

from tickloom.local.children import Child
from tickloom.local.data_directory import announce, default_data_directory, open_data_directory, signing_key
from tickloom.local.errors import LocalError
from tickloom.local.options import UpOptions
from tickloom.local.probing import free_port, refuse_taken_port, request, wait_until_ready
from tickloom.local.reachability import watch_reachability
from tickloom.local.runnable import Runnable
from tickloom.local.runtime import runtime_directory
from tickloom.local.servers import Addresses, start_servers
from tickloom.local.services import service
from tickloom.local.simulated_venue import Venue, plan_venue
from tickloom.local.supervisor import Supervisor, supervising
from tickloom.local.terminal import Terminal
from tickloom.local.wanted import Transform, Wanted
from tickloom.settings.environment import Settings
from tickloom.settings.paths import asset
from tickloom.store.connection import connect
from tickloom.store.login_links import create_login_link, ensure_account
from tickloom.store.migrations import migrate

_STAGES: Final = (("api", "collector"), ("processor", "simulator"), ("valkey", "postgres"))
"""The order of stopping: first what takes in and gives out, then what commits, then what it commits to."""
_READY_SECONDS: Final = 300.0
"""The first start compiles the kernels, which takes a minute or more on a busy machine."""
_LINK_SECONDS: Final = 24 * 3600.0
_LOOPBACK: Final = "127.0.0.1"


class _Ready(NamedTuple):
    url: str
    login_url: str
    access_token: str


async def run_up(options: UpOptions, settings: Settings) -> None:
    """Run everything until SIGTERM, SIGINT or SIGHUP.

    Raises LocalError, StoreError and InvalidManifests, after whatever was started has been stopped.
    """
    terminal = Terminal()
    wanted, venue = _plan(options, terminal)
    refuse_taken_port(options.host, options.port)
    stopped = _stop_on_signals()
    with ExitStack() as stack:
        directory = options.data or default_data_directory(options.mode)
        data = stack.enter_context(open_data_directory(directory, options.mode))
        runtime = stack.enter_context(runtime_directory())
        async with supervising(data / "logs", terminal, _STAGES) as supervisor:
            run = _Run(options, settings, terminal, supervisor, data, runtime)
            await _until_stopped(run, wanted, venue, stopped)
            terminal.say("stopping …")


def _plan(options: UpOptions, terminal: Terminal) -> tuple[Wanted, Venue | None]:
    """Read everything that can be wrong before anything is started."""
    paths = options.files or (asset("manifests"),)
    venue = None if options.mode == "live" else plan_venue(options)
    live: Transform = list if options.files else Runnable(os.environ, terminal.say)
    wanted = Wanted(paths, prune=bool(options.files), transform=venue.transform if venue else live)
    wanted.check()
    return wanted, venue


def _stop_on_signals() -> asyncio.Event:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    return stopped


async def _until_stopped(run: "_Run", wanted: Wanted, venue: Venue | None, stopped: asyncio.Event) -> None:
    """Run until stopped or until a child is given up; raises what went wrong."""
    working = asyncio.create_task(run.work(wanted, venue))
    stopping = asyncio.create_task(stopped.wait())
    try:
        waiting: set[asyncio.Future[Any]] = {working, stopping, run.supervisor.failure}
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
        working.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.wait([working])
    if run.supervisor.failure.done():
        raise run.supervisor.failure.result()
    if not working.cancelled() and (error := working.exception()):
        raise error


class _Run:
    """One run, after its plan has been checked and its directories are held."""

    def __init__(
        self,
        options: UpOptions,
        settings: Settings,
        terminal: Terminal,
        supervisor: Supervisor,
        data: Path,
        runtime: Path,
    ) -> None:
        self.supervisor = supervisor
        self._options = options
        self._settings = settings
        self._terminal = terminal
        self._data = data
        self._runtime = runtime
        self._port = options.port or free_port(options.host)

    async def work(self, wanted: Wanted, venue: Venue | None) -> None:
        """Start everything, say where it is, and follow the manifests and the exchanges; never ends by itself."""
        self._terminal.say(f"data is in {self._data}")
        addresses = await start_servers(self.supervisor, self._settings, self._data, self._runtime)
        await self._prepare_database(addresses, wanted)
        ready = await self._start_services(addresses, venue)
        self._announce(addresses, ready)
        async with asyncio.TaskGroup() as group:
            group.create_task(wanted.follow(addresses.database_url, self._terminal))
            group.create_task(watch_reachability(addresses.redis_url, self._terminal, self._options.mode))

    async def _prepare_database(self, addresses: Addresses, wanted: Wanted) -> None:
        connection = await connect(addresses.database_url, "up")
        try:
            await migrate(connection)
            await ensure_account(connection, user="owner", role="admin")
        finally:
            connection.terminate()
        await wanted.apply(addresses.database_url)

    async def _start_services(self, addresses: Addresses, venue: Venue | None) -> _Ready:
        common = {
            "database_url": addresses.database_url,
            "redis_url": addresses.redis_url,
            "log_level": self._settings.log_level,
            "probe_host": _LOOPBACK,
        }
        if venue is not None:
            self.supervisor.start(venue.program)
        api = self.supervisor.start(
            service(
                "api",
                {
                    **common,
                    "host": self._options.host,
                    "port": self._port,
                    "jwt_secret": signing_key(self._data),
                    "instance": "api",
                },
            )
        )
        processor_port = free_port(_LOOPBACK)
        processor = self.supervisor.start(
            service("processor", {**common, "probe_port": processor_port, "instance": "processor"})
        )
        await wait_until_ready("processor", _LOOPBACK, processor_port, _READY_SECONDS)
        # Only now: a collector that subscribes before the kernels are compiled fills the stream for nothing.
        self.supervisor.start(
            service("collector", {**common, "probe_port": free_port(_LOOPBACK), "instance": "collector"})
        )
        await wait_until_ready("API", self._reached_host, self._port, _READY_SECONDS)
        _prove(api, processor)
        return await self._open_the_door(addresses)

    @property
    def _reached_host(self) -> str:
        """The address under which this machine reaches the API."""
        return {"0.0.0.0": _LOOPBACK, "::": "::1"}.get(self._options.host, self._options.host)  # noqa: S104

    async def _open_the_door(self, addresses: Addresses) -> _Ready:
        connection = await connect(addresses.database_url, "up")
        try:
            mine = await create_login_link(connection, user="owner", role="admin", seconds=60)
            link = await create_login_link(connection, user="owner", role="admin", seconds=_LINK_SECONDS)
        finally:
            connection.terminate()
        status, tokens = await request(
            self._reached_host, self._port, "/api/v1/auth/link", method="POST", body={"code": mine}
        )
        if "access_token" not in tokens:
            raise LocalError(f"the API does not let us in (status {status}); its log is in {self._data / 'logs'}")
        host = f"[{self._reached_host}]" if ":" in self._reached_host else self._reached_host
        url = f"http://{host}:{self._port}"
        return _Ready(url, f"{url}/#login={link}", tokens["access_token"])

    def _announce(self, addresses: Addresses, ready: _Ready) -> None:
        announce(self._data, {"pid": os.getpid(), "url": ready.url, **addresses._asdict()})
        if self._options.json:
            print(json.dumps(ready._asdict()), file=sys.stdout, flush=True)
            return
        label = "" if self._options.mode == "live" else f" with simulated data (--{self._options.mode})"
        self._terminal.say(f"tickloom is running{label}: {ready.url}")
        print(ready.login_url, file=sys.stdout, flush=True)
        self._terminal.say("the link above lets one browser in, once; Ctrl-C stops everything")


def _prove(*children: Child) -> None:
    for child in children:
        child.proven = True
