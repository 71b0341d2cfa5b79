"""A short private directory for Unix sockets, whose paths may not be longer than 107 bytes; data paths may."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tickloom.local.accounts import Account
from tickloom.local.errors import NotSupported

_LONGEST: Final = 107 - len("/tickloom-abcdefgh/postgres/.s.PGSQL.5432.lock")


@contextmanager
def runtime_directory() -> Iterator[Path]:
    """Make the directory, and remove it at the end; raises NotSupported where no place is short and writable."""
    base = next((place for place in _places() if _suits(place)), None)
    if base is None:
        raise NotSupported("no writable directory with a short path for sockets: set TMPDIR to one, such as /tmp")
    directory = Path(tempfile.mkdtemp(prefix="tickloom-", dir=base))
    if os.geteuid() == 0:
        # PostgreSQL's user must get to its own subdirectory; each subdirectory is closed to everybody else.
        directory.chmod(0o711)
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def socket_directory(runtime: Path, name: str, account: Account | None) -> Path:
    """Make and return a subdirectory that only the account (and root) can use."""
    directory = runtime / name
    directory.mkdir(mode=0o700)
    if account is not None:
        os.chown(directory, account.uid, account.gid)
    return directory


def _places() -> Iterator[Path]:
    if os.geteuid() == 0:
        yield Path("/run")
    elif own := os.environ.get("XDG_RUNTIME_DIR"):
        yield Path(own)
    yield Path(tempfile.gettempdir())
    yield Path("/tmp")  # noqa: S108 - mkdtemp makes a private directory in it


def _suits(place: Path) -> bool:
    return place.is_dir() and os.access(place, os.W_OK | os.X_OK) and len(os.fsencode(place)) <= _LONGEST
