"""All indicators of the catalog, their places in the arrays, and one kernel made of all their updates.

The kernel is written out as source, because a compiler cannot loop over functions of different records. Its closure
holds a digest of every module it calls: without it a cached machine code would outlive a change of an indicator.
"""

import hashlib
import importlib
import pkgutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import numpy as np

from tickloom.processor.compiled import compiled
from tickloom.processor.indicators import catalog, definition, smoothing
from tickloom.processor.indicators.definition import Indicator, Output, Update


def _modules() -> dict[str, ModuleType]:
    names = sorted(module.name for module in pkgutil.iter_modules(catalog.__path__))
    return {name: importlib.import_module(f"{catalog.__name__}.{name}") for name in names}


_MODULES: Final = _modules()
INDICATORS: Final[dict[str, Indicator]] = {name: module.INDICATOR for name, module in _MODULES.items()}
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


def digest_of(*modules: ModuleType) -> str:
    """Return a digest of the source of modules, for kernels that are compiled from them."""
    digest = hashlib.sha256()
    for module in modules:
        digest.update(Path(str(module.__file__)).read_bytes())
    return digest.hexdigest()


def generated(source: str, names: dict[str, Any], name: str, *modules: ModuleType) -> Callable[..., Any]:
    """Compile a kernel from source that calls functions by `names`; cached as long as `modules` do not change."""
    lines = "\n".join(f"        {line}" for line in source.splitlines())
    factory = (
        f"def factory(digest):\n    def {name}(state, past, n, bar, out):\n        digest\n{lines}\n    return {name}"
    )
    scope = {**names, "__name__": __name__}
    # The file name lets the compiled code be cached beside this module.
    exec(compile(factory, __file__, "exec"), scope)  # noqa: S102 - made of the catalog's own names only
    kernel: Callable[..., Any] = compiled(scope["factory"](digest_of(*modules)))
    return kernel


SOURCES: Final = (definition, smoothing, *_MODULES.values())
"""The modules that the kernel is compiled from."""


def _all_updates() -> Update:
    lines, begin = [], 0
    for name, indicator in INDICATORS.items():
        end = begin + len(indicator.outputs)
        lines.append(f"{name}(state.{name}, past, n, bar, out[{begin}:{end}])")
        begin = end
    functions = {name: indicator.update for name, indicator in INDICATORS.items()}
    return generated("\n".join(lines), functions, "update_all", *SOURCES)


update_all: Final[Update] = _all_updates()
"""Update every indicator of a series with a bar."""
