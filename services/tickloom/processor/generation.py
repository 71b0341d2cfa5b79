"""Kernels that are written out as source, because a compiler cannot loop over functions of different records."""

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tickloom.processor.compiled import compiled


def generated(
    name: str, arguments: Sequence[str], lines: Sequence[str], names: Mapping[str, Any], *, module: str
) -> Callable[..., Any]:
    """Compile a function of some arguments and lines; `names` are what it may call, `module` is whose it is."""
    source = "\n    ".join([f"def {name}({', '.join(arguments)}):", *lines])
    scope = {**names, "__name__": module}
    # The file name lets the compiled code be cached with that of its module.
    exec(compile(source, str(sys.modules[module].__file__), "exec"), scope)  # noqa: S102 - of the product's own names
    kernel: Callable[..., Any] = compiled(scope[name])
    return kernel
