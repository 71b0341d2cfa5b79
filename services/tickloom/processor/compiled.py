"""Compilation of kernels to machine code, typed so that a strict checker still sees their signatures.

Compiled code is cached on disk (`NUMBA_CACHE_DIR`, else beside the module), so only the first start pays for it.
"""

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import numba

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def compiled(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Compile a function of scalars and arrays; floating-point order is kept, so results are reproducible."""
    return cast(
        "Callable[Parameters, Result]",
        numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy")(function),
    )


def inlined(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Compile a function that other kernels call in their inner loop."""
    return cast(
        "Callable[Parameters, Result]",
        numba.njit(cache=True, nogil=True, fastmath=False, error_model="numpy", inline="never")(function),
    )
