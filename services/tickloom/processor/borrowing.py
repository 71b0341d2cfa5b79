"""Arrays that compiled code may hand on without counting references.

Numba counts a reference, by a locked instruction, for each array that a function is called with or looks into; for
small kernels that is most of the time. The caller of a kernel keeps its arrays alive until the kernel returns, so a
kernel may borrow them: `borrowed` gives the same array without an owner, for which there is nothing to count. A
borrowed array must not leave the kernel.
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

from numba import types
from numba.core import cgutils
from numba.core.errors import TypingError
from numba.extending import intrinsic
from numba.np.arrayobj import make_array

T = TypeVar("T")
_null: Final[Any] = cgutils.get_null_value
_make_array: Final[Any] = make_array


def _borrow(context: Any, builder: Any, kind: Any, value: Any) -> Any:
    view = _make_array(kind)(context, builder, value)
    view.meminfo = _null(view.meminfo.type)
    view.parent = _null(view.parent.type)
    return view._getvalue()  # noqa: SLF001 - numba's own name for it


def _of_array(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    return _borrow(context, builder, signature.args[0], arguments[0])


def _of_arrays(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    (kinds,), (given,) = signature.args, arguments
    made = _null(given.type)
    for place, kind in enumerate(kinds):
        member = builder.extract_value(given, place)
        made = builder.insert_value(made, _borrow(context, builder, kind, member), place)
    return made


def _choose(_: Any, value: Any) -> Any:
    if isinstance(value, types.Array):
        return value(value), _of_array
    if isinstance(value, types.BaseNamedTuple) and all(
        isinstance(member, types.Array) for member in cast("Any", value)
    ):
        return value(value), _of_arrays
    raise TypingError("only arrays, and named tuples of arrays, can be borrowed")


borrowed: Final = cast("Callable[[T], T]", intrinsic(_choose))
"""Return an array, or a named tuple of arrays, without an owner; only compiled code can call it."""
