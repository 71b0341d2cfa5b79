"""The data directory of `tickloom up`: one process at a time, one kind of data for ever, secrets that only we can read.

DIR/postgres  DIR/valkey   the servers' data
DIR/logs                   what each child wrote
DIR/lock                   held while `tickloom up` runs; holds its process id
DIR/mode                   live, demo or replay: simulated bars must never mix with real ones
DIR/jwt.key                signs access tokens
DIR/running.json           addresses of the servers, while it runs
"""

import fcntl
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal, TypeAlias

from tickloom.local.errors import DirectoryInUse, LocalError

Mode: TypeAlias = Literal["live", "demo", "replay"]
_KEY_BYTES: Final = 32


def default_data_directory(mode: Mode) -> Path:
    """Return where data goes when the user does not say: simulated runs have directories of their own."""
    if os.geteuid() == 0:
        return Path("/var/lib/tickloom") / mode
    home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(home) / "tickloom" / mode


@contextmanager
def open_data_directory(directory: Path, mode: Mode) -> Iterator[Path]:
    """Make the directory if need be and hold it while the block runs.

    Raises DirectoryInUse when another process holds it, LocalError when it cannot be written or holds other data.
    """
    directory = directory.absolute()
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(directory / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        reason = error.strerror or str(error)
        raise LocalError(f"the data directory {directory} cannot be used: {reason}; give another --data") from error
    try:
        _take(lock, directory)
        _check_mode(directory, mode)
        (directory / "logs").mkdir(mode=0o700, exist_ok=True)
        yield directory
    finally:
        (directory / "running.json").unlink(missing_ok=True)
        os.close(lock)


def _take(lock: int, directory: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = os.pread(lock, 32, 0).decode(errors="replace").strip() or "unknown"
        raise DirectoryInUse(
            f"tickloom is already running on {directory} (process {holder}): stop it, or give another --data"
        ) from error
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)


def _check_mode(directory: Path, mode: Mode) -> None:
    marker = directory / "mode"
    if marker.exists():
        found = marker.read_text(encoding="utf-8").strip()
        if found != mode:
            raise DirectoryInUse(
                f"{directory} holds {found} data, which must not mix with {mode} data: give another --data"
            )
        return
    strangers = [path.name for path in directory.iterdir() if path.name != "lock"]
    if strangers:
        raise LocalError(
            f"{directory} is not empty ({strangers[0]}) and was not made by tickloom up: give another --data"
        )
    _write_private(marker, f"{mode}\n")


def signing_key(directory: Path) -> str:
    """Return the key that signs access tokens, made at the first start."""
    path = directory / "jwt.key"
    if not path.exists():
        _write_private(path, secrets.token_hex(_KEY_BYTES))
    path.chmod(0o600)
    return path.read_text(encoding="ascii").strip()


def announce(directory: Path, addresses: Mapping[str, str | int]) -> None:
    """Tell other commands of this machine where the running servers are."""
    _write_private(directory / "running.json", json.dumps(dict(addresses)))


def running_addresses(directory: Path) -> dict[str, str]:
    """Return what the `tickloom up` of this directory announced; raises LocalError when none runs."""
    try:
        found: dict[str, str] = json.loads((directory / "running.json").read_text(encoding="utf-8"))
        os.kill(int(found["pid"]), 0)
    except (OSError, ValueError, KeyError) as error:
        raise LocalError(
            f"no tickloom is running on {directory}: start it by tickloom up, or set TICKLOOM_DATABASE_URL"
        ) from error
    return found


def _write_private(path: Path, text: str) -> None:
    """Write a file that is whole or absent, and that only we can read."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
