"""The product's own services as programs: the same commands that run in a cluster, with this machine's settings."""

import sys
from collections.abc import Mapping, Sequence
from typing import Final

from tickloom.local.programs import Program

_STOP_SECONDS: Final = 10.0
_SMALL: Final[Mapping[str, str]] = {
    # glibc keeps an arena of freed memory for each thread; two are enough for processes with one busy thread.
    "MALLOC_ARENA_MAX": "2",
    # Numeric libraries would start a pool of threads that nothing here uses.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONUNBUFFERED": "1",
}


def service(name: str, settings: Mapping[str, str | int], arguments: Sequence[str] = ()) -> Program:
    """Return the program `tickloom NAME ARGUMENTS` with the given TICKLOOM_* settings (names in lower case)."""
    variables = {f"TICKLOOM_{key.upper()}": str(value) for key, value in settings.items()}
    return Program(
        name,
        (sys.executable, "-m", "tickloom.cli.entry", name, *arguments),
        {**_SMALL, **variables},
        stop_seconds=_STOP_SECONDS,
    )
