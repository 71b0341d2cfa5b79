"""Running programs in the foreground, and waiting for what they do."""

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from cluster.places import STATE


def run(
    *arguments: str | Path,
    check: bool = True,
    quiet: bool = False,
    given: str | None = None,
    environment: dict[str, str] | None = None,
    directory: Path | None = None,
) -> int:
    """Run a program to its end and return its exit code; `quiet` drops its output, `given` is its input."""
    output = subprocess.DEVNULL if quiet else None
    finished = subprocess.run(
        [str(argument) for argument in arguments],
        check=check,
        text=True,
        stdout=output,
        stderr=output,
        input=given,
        env=environment,
        cwd=directory,
    )
    return finished.returncode


def capture(arguments: Sequence[str | Path], environment: dict[str, str] | None = None) -> str:
    """Run a program and return what it printed."""
    command = [str(argument) for argument in arguments]
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE, env=environment).stdout.strip()


def wait_for(what: str, condition: Callable[[], bool], seconds: float = 90) -> None:
    """Ask until a condition holds; ends the process with a message where it does not."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.1)
    sys.exit(f"{what}: not there after {seconds:.0f} s; logs are in {STATE}/log")
