"""All indicators of the catalog, their places in the arrays, and one kernel made of all their updates.

The kernel is written out as source, because a compiler cannot loop over functions of different records.
"""

import importlib
import pkgutil
from types import ModuleType
from typing import Any, Final

import numpy as np

from tickloom.processor.compiled import compiled
from tickloom.processor.indicators import catalog
from tickloom.processor.indicators.definition import Indicator, Output, Update


def _modules() -> dict[str, ModuleType]:
    names = sorted(module.name for module in pkgutil.iter_modules(catalog.__path__))
    return {name: importlib.import_module(f"{catalog.__name__}.{name}") for name in names}


INDICATORS: Final[dict[str, Indicator]] = {name: module.INDICATOR for name, module in _modules().items()}
"""Every indicator by the name of its module, in the order of their outputs."""
OUTPUTS: Final[tuple[Output, ...]] = tuple(output for indicator in INDICATORS.values() for output in indicator.outputs)
NAMES: Final = tuple(output.name for output in OUTPUTS)
"""The names of all values of a bar, in the order in which arrays hold them."""
PLACES: Final = {name: place for place, name in enumerate(NAMES)}
SERIES_DTYPE: Final = np.dtype(
    [
        ("count", "<i8"),  # bars with prices so far
        ("time", "<i8"),  # start of the latest of them
        *((name, np.dtype(indicator.state)) for name, indicator in INDICATORS.items()),
        ("latest", "<f8", (len(NAMES),)),  # the values of the latest bar
    ]
)
"""The state of a series: everything but the rings of its past."""


def _all_updates() -> Update:
    lines, begin = [], 0
    for name, indicator in INDICATORS.items():
        end = begin + len(indicator.outputs)
        lines.append(f"{name}(state.{name}, past, n, bar, out[{begin}:{end}])")
        begin = end
    source = "\n    ".join(["def update_all(state, past, n, bar, out):", *lines])
    scope: dict[str, Any] = {name: indicator.update for name, indicator in INDICATORS.items()}
    scope["__name__"] = __name__
    # The file name lets the compiled code be cached with that of this module.
    exec(compile(source, __file__, "exec"), scope)  # noqa: S102 - made of the catalog's own names only
    kernel: Update = compiled(scope["update_all"])
    return kernel


update_all: Final[Update] = _all_updates()
"""Update every indicator of a series with a bar."""
