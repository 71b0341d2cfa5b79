"""Compilation of kernels to machine code, typed so that a strict checker still sees their signatures.

Compiled code is cached on disk, so only the first start pays for it. numba looks a kernel up by the text of its own
module; code that holds an earlier version of another kernel it calls, or of a constant, would be taken for current.
So each state of all the sources has a cache of its own: a directory named by their digest, below `NUMBA_CACHE_DIR`,
else beside this module, else in the user's cache.
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final, ParamSpec, TypeVar, cast

import numba

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
_SOURCES: Final = ("market", "processor", "wire")
"""The packages that kernels, and the constants in them, come from."""


def _digest_of_sources() -> str:
    package, digest = Path(__file__).parents[1], hashlib.sha256()
    for path in sorted(path for name in _SOURCES for path in (package / name).rglob("*.py")):
        digest.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _cache_directory() -> Path:
    beside = Path(__file__).parent
    if named := os.environ.get("NUMBA_CACHE_DIR"):
        base = Path(named)
    elif os.access(beside, os.W_OK):
        base = beside / "__pycache__"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tickloom"
    return base / f"kernels-{_digest_of_sources()}"


numba.config.CACHE_DIR = str(_cache_directory())  # type: ignore[attr-defined] # made by name when numba loads


def compiled(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Compile a function of scalars and arrays; floating-point order is kept, so results are reproducible."""
    return cast(
        "Callable[Parameters, Result]",
        numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")(function),
    )


def inlined(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Like `compiled`, for a function of all arrays that compiled code calls: its body takes the call's place."""
    return cast(
        "Callable[Parameters, Result]",
        numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy", inline="always")(function),
    )
