"""Bars as CSV, JSON lines and Parquet, piece by piece. Pure: pages of bars in, bytes out."""

from collections.abc import Callable, Sequence
from typing import Final, Literal, Protocol

import msgspec
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from tickloom.api.tables import COLUMNS, SCHEMA, to_table
from tickloom.wire.messages import Bar

FormatName = Literal["csv", "json", "parquet"]


class Format(Protocol):
    """How bars become bytes of one file."""

    def encode(self, bars: Sequence[Bar]) -> bytes:
        """Return the bytes of the next page of bars."""
        ...

    def finish(self) -> bytes:
        """Return the bytes behind the last page."""
        ...


class Csv:
    """A header and a line a bar; what is not known is empty, `time` is in Unix seconds."""

    def __init__(self) -> None:
        self._header = ",".join(COLUMNS) + "\r\n"

    def encode(self, bars: Sequence[Bar]) -> bytes:
        """Return lines, the header before the first of them."""
        header, self._header = self._header, ""
        lines = (",".join([_text(getattr(bar, name)) for name in COLUMNS]) for bar in bars)
        return (header + "".join(f"{line}\r\n" for line in lines)).encode()

    def finish(self) -> bytes:
        """Return the header where no bar came before."""
        return self._header.encode()


def _text(value: object) -> str:
    # The shortest text that reads back as the same number; RFC 4180 needs no quotes for any of our values.
    return "" if value is None else str(value)


class JsonLines:
    """One JSON object a line, as `/charts` shows a bar."""

    def encode(self, bars: Sequence[Bar]) -> bytes:
        """Return a line for each bar."""
        return msgspec.json.Encoder().encode_lines(bars)

    def finish(self) -> bytes:
        """Return nothing: the last line has ended."""
        return b""


class _Sink:
    """A file that is read while it is written."""

    closed = False

    def __init__(self) -> None:
        self._written = bytearray()

    def write(self, data: bytes) -> int:
        self._written += data
        return len(data)

    def flush(self) -> None:
        """Do nothing: what was written is taken at once."""

    def take(self) -> bytes:
        taken = bytes(self._written)
        self._written.clear()
        return taken


class Parquet:
    """A Parquet file with a row group a page; only the footer grows, by some hundred bytes for each."""

    def __init__(self) -> None:
        self._sink = _Sink()
        self._writer = pq.ParquetWriter(pa.PythonFile(self._sink, mode="w"), SCHEMA, compression="zstd")

    def encode(self, bars: Sequence[Bar]) -> bytes:
        """Return a row group."""
        self._writer.write_table(to_table(bars))
        return self._sink.take()

    def finish(self) -> bytes:
        """Return the footer."""
        self._writer.close()
        return self._sink.take()


FORMATS: Final[dict[FormatName, Callable[[], Format]]] = {"csv": Csv, "json": JsonLines, "parquet": Parquet}
MEDIA_TYPES: Final[dict[FormatName, str]] = {
    "csv": "text/csv; charset=utf-8; header=present",
    "json": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
}
SUFFIXES: Final[dict[FormatName, str]] = {"csv": "csv", "json": "jsonl", "parquet": "parquet"}
