"""The cluster's programs: started detached, with enough on record to end them or to start them again."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from cluster.places import STATE


class Program(NamedTuple):
    """A program that was started."""

    pid: int
    command: list[str]


def launch(name: str, command: Sequence[str]) -> int:
    """Start a program with its output in STATE/log and return its process id."""
    for folder in ("log", "programs"):
        (STATE / folder).mkdir(parents=True, exist_ok=True)
    with (STATE / "log" / f"{name}.log").open("ab") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
    (STATE / "programs" / name).write_text(json.dumps({"pid": process.pid, "command": list(command)}))
    return process.pid


def program(name: str) -> Program:
    """Return a program by name; ends the process with the known names where there is none."""
    try:
        record = json.loads((STATE / "programs" / name).read_text())
    except FileNotFoundError:
        sys.exit(f"no program {name}; there are: {', '.join(programs()) or 'none, the cluster is not up'}")
    return Program(record["pid"], record["command"])


def programs() -> list[str]:
    """Return the names of all programs that were started."""
    return sorted(path.name for path in (STATE / "programs").glob("*"))


def alive(pid: int) -> bool:
    """Tell whether a process runs; one that only waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0] != "Z"
    except FileNotFoundError:
        return False


def kill(name: str) -> None:
    """SIGKILL a program."""
    with suppress(ProcessLookupError):
        os.kill(program(name).pid, signal.SIGKILL)


def end_all(holders: Collection[int]) -> None:
    """SIGKILL all that runs in the mount namespaces of these processes, and its descendants: containers have others."""
    for pid in _inhabitants({str(Path(f"/proc/{pid}/ns/mnt").readlink()) for pid in holders if alive(pid)}):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _inhabitants(namespaces: Collection[str]) -> set[int]:
    found: set[int] = set()
    children: dict[int, list[int]] = {}
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            pid = int(process.name)
            parent = int((process / "stat").read_text().rsplit(") ", 1)[1].split()[1])
            children.setdefault(parent, []).append(pid)
            if str((process / "ns" / "mnt").readlink()) in namespaces:
                found.add(pid)
    queue = list(found)
    while queue:
        new = [pid for pid in children.get(queue.pop(), []) if pid not in found]
        found.update(new)
        queue += new
    return found
