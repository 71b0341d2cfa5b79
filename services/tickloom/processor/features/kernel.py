"""One kernel made of all expressions of a version, each evaluated once for each bar."""

import ast
from collections.abc import Callable
from typing import Any, Final

from tickloom.processor.features import formulas
from tickloom.processor.features.definition import FeatureSet
from tickloom.processor.features.v1 import V1
from tickloom.processor.generation import generated
from tickloom.processor.indicators.registry import PLACES

INPUTS: Final = {
    **{name: f"bar.{name}" for name in ("time", "open", "high", "low", "close", "volume", "in_session")},
    "closes": "past.close",
    "volumes": "past.volume",
    **{name: f"values[{place}]" for name, place in PLACES.items()},
    **{f"{name}_before": f"before[{place}]" for name, place in PLACES.items()},
}
"""What an expression may name, besides `n` and the formulas, and where the kernel finds it."""
FORMULAS: Final[dict[str, Any]] = {
    name: value for name, value in vars(formulas).items() if hasattr(value, "py_func") and name != "compiled"
}


class UnknownInput(ValueError):
    """An expression names something that features may not see."""


def _names(expression: str) -> set[str]:
    return {node.id for node in ast.walk(ast.parse(expression, mode="eval")) if isinstance(node, ast.Name)}


def lines_of(features: FeatureSet) -> list[str]:
    """Return the kernel's body; raises UnknownInput."""
    used = sorted(set().union(*(_names(feature.expression) for feature in features.features)) - FORMULAS.keys() - {"n"})
    if unknown := [name for name in used if name not in INPUTS]:
        raise UnknownInput(f"features {features.version} name {', '.join(unknown)}: use an input of features.kernel")
    lines = [f"{name} = {INPUTS[name]}" for name in used]
    return lines + [f"out[{place}] = {feature.expression}" for place, feature in enumerate(features.features)]


def describe_with(features: FeatureSet) -> Callable[[Any, Any, int, Any, Any, Any], None]:
    """Return the compiled kernel `describe(before, past, n, bar, values, out)` of a version."""
    arguments = ("before", "past", "n", "bar", "values", "out")
    return generated("describe", arguments, lines_of(features), FORMULAS, module=__name__)


describe_v1: Final = describe_with(V1)
"""Write the v1 features of a bar: `before` and `values` are the indicators of the bar before it and of itself."""
