"""ccxt's unified trades as packed records, each field checked: they come from as many parsers as there are exchanges.

`{"id":"12345","timestamp":1502962946216,"price":0.06917684,"amount":1.5,"side":"buy","symbol":"ETH/BTC",…}`. Pure.
"""

import hashlib
import math
from collections.abc import Mapping
from typing import Any, Final

from tickloom.wire.batches import trade_flags

Row = tuple[int, int, float, float, int, int]
_EARLIEST_MS, _LATEST_MS = 1_230_768_000_000, 4_102_444_800_000
_LARGEST: Final = 1e300
_LARGEST_ID: Final = 1 << 62


def identity(trade_id: Any, fallback: str) -> int:
    """Return one number for an exchange's id, which can be any text; `fallback` stands for a missing one."""
    text = str(trade_id) if trade_id not in (None, "") else fallback
    if text.isascii() and text.isdecimal() and int(text[:40]) < _LARGEST_ID and len(text) < len(str(_LARGEST_ID)):
        return int(text)
    return int.from_bytes(hashlib.blake2b(text.encode(errors="replace"), digest_size=8).digest(), "little") >> 2


def to_row(trade: Mapping[str, Any], number: int, *, healed: bool) -> Row:
    """Return the record of a trade; raises ValueError."""
    time_ms, price, size = (_number(trade.get(name)) for name in ("timestamp", "price", "amount"))
    if not (_EARLIEST_MS <= time_ms < _LATEST_MS and 0 < price < _LARGEST and 0 <= size < _LARGEST):
        raise ValueError("values that no trade has")
    fallback = f"{time_ms} {price} {size} {trade.get('side')}"
    flags = trade_flags(buy=trade.get("side") == "buy", healed=healed)
    return int(time_ms) * 1000, identity(trade.get("id"), fallback), price, size, number, flags


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("a field that is no number")  # noqa: TRY004 - to callers it is a trade that cannot be used
    number = float(value)
    if not math.isfinite(number):
        raise ValueError("a field that is no number")
    return number
