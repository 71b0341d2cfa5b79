"""All indicators of the catalog, their places in the arrays, and one kernel made of all their updates."""

import hashlib
import importlib
import pkgutil
from types import ModuleType
from typing import Final

import numpy as np

from tickloom.processor.generation import generated
from tickloom.processor.indicators import catalog
from tickloom.processor.indicators.definition import Indicator, Output, Update
from tickloom.processor.state import Array


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
        ("slot", "<i8"),  # index of the series
        ("count", "<i8"),  # bars with prices so far
        ("time", "<i8"),  # start of the latest of them
        *((name, np.dtype(indicator.state)) for name, indicator in INDICATORS.items()),
        ("latest", "<f8", (len(NAMES),)),  # the values of the latest bar
    ]
)
"""The state of a series: everything but the rings of its past."""


REVISION: Final = 1
"""To be raised when a formula changes: stored states of another revision are not gone on from."""
STATE_HASH: Final = hashlib.sha256(repr((SERIES_DTYPE.descr, REVISION)).encode()).hexdigest()
"""Tells stored states and values that are this release's own."""


def fresh_series(count: int) -> Array:
    """Return series without any bar."""
    series = np.zeros(count, SERIES_DTYPE)
    series["slot"] = np.arange(count)
    series["latest"] = np.nan
    return series


def _all_updates() -> Update:
    lines, begin = [], 0
    for name, indicator in INDICATORS.items():
        end = begin + len(indicator.outputs)
        lines.append(f"{name}(state.{name}, past, n, bar, out[{begin}:{end}])")
        begin = end
    updates = {name: indicator.update for name, indicator in INDICATORS.items()}
    return generated("update_all", ("state", "past", "n", "bar", "out"), lines, updates, module=__name__)


update_all: Final[Update] = _all_updates()
"""Update every indicator of a series with a bar."""
