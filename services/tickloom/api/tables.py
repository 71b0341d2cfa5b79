"""Bars as Arrow tables: one schema for files and for charts."""

from collections.abc import Sequence
from typing import Final

import pyarrow as pa  # type: ignore[import-untyped]

from tickloom.wire.messages import Bar

COLUMNS: Final = ("time", "open", "high", "low", "close", "volume", "trades", "vwap", "verdict", "revision")
SCHEMA: Final = pa.schema(
    [
        pa.field("time", pa.timestamp("us", tz="UTC"), nullable=False),
        *(pa.field(name, pa.float64()) for name in ("open", "high", "low", "close")),
        pa.field("volume", pa.float64(), nullable=False),
        pa.field("trades", pa.int64(), nullable=False),
        pa.field("vwap", pa.float64()),
        pa.field("verdict", pa.string(), nullable=False),
        pa.field("revision", pa.int32(), nullable=False),
    ]
)


def to_table(bars: Sequence[Bar]) -> pa.Table:
    """Return bars as an Arrow table of SCHEMA."""
    columns = [[bar.time * 1_000_000 for bar in bars]]
    columns += [[getattr(bar, name) for bar in bars] for name in COLUMNS[1:]]
    return pa.table([pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)], SCHEMA)
