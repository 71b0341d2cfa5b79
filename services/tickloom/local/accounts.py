"""Which user runs PostgreSQL when we are root, which PostgreSQL refuses to be.

Nobody's directories are opened up for that user. Where it cannot walk through one (a checkout or data directory below
root's home), it gets the one capability for walking and reading, and nothing else of root's power.
"""

import os
import pwd
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from tickloom.local.errors import NotSupported

CAP_DAC_OVERRIDE: Final = 1
CAP_DAC_READ_SEARCH: Final = 2
CAP_SETPCAP: Final = 8
"""Lets the launcher keep one of the others across the change of user."""
_NO_CAPABILITY: Final = -1
_CANDIDATES: Final = ("tickloom", "postgres", "nobody")
_NOBODY: Final = 65534


class Account(NamedTuple):
    """The user, group and capability (-1: none) that a program runs with."""

    uid: int
    gid: int
    capability: int


def account_for(cluster: Path, reach: Sequence[Path]) -> Account | None:
    """Choose who runs PostgreSQL on the directory `cluster`; None means ourselves, when we are not root.

    `reach` are the paths that the account must be able to walk to. Raises NotSupported where it cannot.
    """
    if os.geteuid() != 0:
        return None
    uid, gid = _owner(cluster) or _unprivileged_user()
    closed = next((place for path in reach for place in _closed(path, uid, gid)), None)
    if closed is None:
        return Account(uid, gid, _NO_CAPABILITY)
    held = _permitted_capabilities()
    for capability in (CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE):
        if held >> capability & held >> CAP_SETPCAP & 1:
            return Account(uid, gid, capability)
    raise NotSupported(
        f"PostgreSQL cannot run as root, and the user with id {uid} may not enter {closed}: "
        "start tickloom as an ordinary user, use directories that are open to that user, or set TICKLOOM_DATABASE_URL"
    )


def _owner(cluster: Path) -> tuple[int, int] | None:
    """Return the user of an existing cluster: it stays the same when the machine gets a better candidate."""
    if not cluster.is_dir() or cluster.stat().st_uid == 0:
        return None
    return cluster.stat().st_uid, cluster.stat().st_gid


def _unprivileged_user() -> tuple[int, int]:
    for name in _CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return entry.pw_uid, entry.pw_gid
    return _NOBODY, _NOBODY


def _closed(path: Path, uid: int, gid: int) -> Iterator[Path]:
    """Yield the directories on the way to `path` that the user may not search, by their permission bits."""
    for place in (*reversed(path.resolve().parents), path.resolve()):
        if not place.is_dir():
            continue
        status = place.stat()
        shift = 6 if status.st_uid == uid else 3 if status.st_gid == gid else 0
        if not status.st_mode >> shift & 1:
            yield place


def _permitted_capabilities() -> int:
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return 0
    line = next((line for line in status.splitlines() if line.startswith("CapPrm:")), "CapPrm: 0")
    return int(line.split()[1], 16)
