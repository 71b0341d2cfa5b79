"""Whether a live object still says what was applied: pure.

Fields that others set or that the API server fills in do not count.
"""

import re
from decimal import Decimal
from typing import Any, Final

_QUANTITY: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?")
_SCALE: Final = {
    "m": Decimal("0.001"),
    "": Decimal(1),
    **{unit: Decimal(1000) ** power for power, unit in enumerate("kMGTPE", 1)},
    **{f"{unit}i": Decimal(1024) ** power for power, unit in enumerate("KMGTPE", 1)},
}


def says(live: Any, wanted: Any) -> bool:
    """Tell whether all that is wanted is so in the live object."""
    if isinstance(wanted, dict):
        return isinstance(live, dict) and all(says(live.get(name), value) for name, value in wanted.items())
    if isinstance(wanted, list):
        return isinstance(live, list) and _list_says(live, wanted)
    return bool(live == wanted) or _same_quantity(live, wanted)


def _list_says(live: list[Any], wanted: list[Any]) -> bool:
    if wanted and all(isinstance(one, dict) and "name" in one for one in wanted):
        # Kubernetes merges such lists by name, so others may have added to it.
        found = {one.get("name"): one for one in live if isinstance(one, dict)}
        return all(says(found.get(one["name"]), one) for one in wanted)
    return len(live) == len(wanted) and all(map(says, live, wanted))


def _same_quantity(live: Any, wanted: Any) -> bool:
    """Tell whether two quantities are the same: the API server writes 0.5 as 500m."""
    one, other = (_QUANTITY.fullmatch(str(value)) for value in (live, wanted))
    if one is None or other is None:
        return False
    return Decimal(one[1]) * _SCALE[one[2] or ""] == Decimal(other[1]) * _SCALE[other[2] or ""]
