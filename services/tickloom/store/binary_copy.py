"""COPY in PostgreSQL's binary format, straight between numpy arrays and tables: for many rows at once.

Format: https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.4. A row is a count of fields, then for each
field its length and its bytes in network order. Without nulls every row has the same length, so a whole table is one
structured array. Times are microseconds since 1970 here and since 2000 there.
"""

import io
import struct
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from tickloom.store.connection import Connection

Array: TypeAlias = npt.NDArray[Any]
_HEADER: Final = b"PGCOPY\n\xff\r\n\0" + struct.pack("!ii", 0, 0)
_TRAILER: Final = struct.pack("!h", -1)
_EPOCH_US: Final = 946_684_800_000_000
"""1 January 2000 UTC, PostgreSQL's epoch."""
_FLOAT8: Final = 701


def _wire_dtype(dtype: np.dtype[Any]) -> np.dtype[Any]:
    fields: list[Any] = [("fields", ">i2")]
    for name in dtype.names or ():
        fields += [(f"{name} length", ">i4"), (name, dtype[name].newbyteorder(">"))]
    return np.dtype(fields)


async def read_rows(connection: Connection, query: str, *arguments: object, dtype: np.dtype[Any]) -> Array:
    """Return what a query selects as an array; its columns must be those of `dtype`, in order, and never null.

    A column named `time` must be a timestamptz; it becomes microseconds since 1970 (UTC).
    """
    buffer = io.BytesIO()
    await connection.copy_from_query(query, *arguments, output=buffer, format="binary")
    data, wire = buffer.getbuffer(), _wire_dtype(dtype)
    body = len(data) - len(_HEADER) - len(_TRAILER)
    if body % wire.itemsize:
        raise ValueError(f"a column of the query is null or has another type than {dtype}: {query}")
    found = np.frombuffer(data, wire, count=body // wire.itemsize, offset=len(_HEADER))
    rows = np.empty(len(found), dtype)
    for name in dtype.names or ():
        rows[name] = found[name]
    if "time" in (dtype.names or ()):
        rows["time"] += _EPOCH_US
    return rows


def _array_field(values: Array) -> tuple[np.dtype[Any], dict[str, Any]]:
    """Return the wire form of a float8[] with the same elements null in every row, and its constant parts."""
    present = ~np.isnan(values[0])
    fields: list[Any] = [("dimensions", ">i4"), ("nulls", ">i4"), ("type", ">i4"), ("size", ">i4"), ("lower", ">i4")]
    constants: dict[str, Any] = {"dimensions": 1, "nulls": int(not present.all()), "type": _FLOAT8}
    constants |= {"size": values.shape[1], "lower": 1}
    for place, there in enumerate(present.tolist()):
        fields.append((f"length {place}", ">i4"))
        constants[f"length {place}"] = 8 if there else -1
        if there:
            fields.append((f"value {place}", ">f8"))
    return np.dtype(fields), constants


def _pack_pattern(keys: Array, values: Array) -> bytes:
    """Pack rows whose arrays have nulls in the same places."""
    element, constants = _array_field(values)
    plain = _wire_dtype(keys.dtype)
    wire = np.dtype([*plain.descr, ("values length", ">i4"), ("values", element)])
    rows = np.empty(len(keys), wire)
    rows["fields"] = len(keys.dtype.names or ()) + 1
    for name in keys.dtype.names or ():
        rows[f"{name} length"] = keys.dtype[name].itemsize
        rows[name] = keys[name] - _EPOCH_US if name == "time" else keys[name]
    rows["values length"] = element.itemsize
    for name, constant in constants.items():
        rows["values"][name] = constant
    for place in np.flatnonzero(~np.isnan(values[0])).tolist():
        rows["values"][f"value {place}"] = values[:, place]
    return rows.tobytes()


def pack_rows(keys: Array, values: Array) -> bytes:
    """Return rows of plain columns followed by one float8[] column, nan as null, as binary COPY takes them."""
    patterns, which = np.unique(np.packbits(np.isnan(values), axis=1), axis=0, return_inverse=True)
    which = which.reshape(-1)
    packed = [_pack_pattern(keys[which == n], values[which == n]) for n in range(len(patterns))]
    return b"".join([_HEADER, *packed, _TRAILER])


def pack_plain_rows(rows: Array) -> bytes:
    """Return rows of plain columns, none of them null, as binary COPY takes them."""
    wire = np.empty(len(rows), _wire_dtype(rows.dtype))
    wire["fields"] = len(rows.dtype.names or ())
    for name in rows.dtype.names or ():
        wire[f"{name} length"] = rows.dtype[name].itemsize
        wire[name] = rows[name] - _EPOCH_US if name == "time" else rows[name]
    return _HEADER + wire.tobytes() + _TRAILER


async def write_rows(connection: Connection, table: str, columns: tuple[str, ...], packed: bytes) -> None:
    """Copy packed rows into columns of a table."""
    await connection.copy_to_table(table, source=io.BytesIO(packed), columns=columns, format="binary")
