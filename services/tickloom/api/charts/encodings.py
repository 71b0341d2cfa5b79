"""A chart in the form that a client accepts: bars as objects, as columns, or as an Arrow stream.

Columns are a third of the size of objects and need no transposing; Arrow is read without parsing.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import msgspec
import pyarrow as pa  # type: ignore[import-untyped]

from tickloom.api.charts.indicators import Columns
from tickloom.api.tables import COLUMNS, to_table
from tickloom.wire.messages import Bar

OBJECTS: Final = "application/json"
COLUMNAR: Final = "application/vnd.tickloom.columns+json"
ARROW: Final = "application/vnd.apache.arrow.stream"
_ALL: Final = (*COLUMNS, "closed")


class ChartAnswer(NamedTuple):
    """What a chart says, whatever its form."""

    symbol: str
    timeframe: str
    bars: list[Bar]
    indicators: Columns
    next_before: int | None


def choose(accept: str) -> str:
    """Return the media type of an answer from an `Accept` header (RFC 9110); objects where none of ours is named."""
    wanted = []
    for position, part in enumerate(accept.split(",")):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weight = next((_weight(one) for one in parameters if one.startswith("q=")), 1.0)
        if name in _ENCODERS and weight > 0:
            wanted.append((-weight, position, name))
    return min(wanted)[2] if wanted else OBJECTS


def _weight(parameter: str) -> float:
    try:
        return float(parameter.removeprefix("q="))
    except ValueError:
        return 0.0


def encode(chart: ChartAnswer, media_type: str) -> bytes:
    """Return a chart in a form that `choose` returned."""
    return _ENCODERS[media_type](chart)


def _objects(chart: ChartAnswer) -> bytes:
    return msgspec.json.encode(chart._asdict())


def _columnar(chart: ChartAnswer) -> bytes:
    body: dict[str, Any] = chart._asdict()
    bars = body.pop("bars")
    body["columns"] = {name: [getattr(bar, name) for bar in bars] for name in _ALL}
    return msgspec.json.encode(body)


def _arrow(chart: ChartAnswer) -> bytes:
    """Return a stream of one batch; what is no column is in the metadata of the schema."""
    table = to_table(chart.bars).append_column("closed", pa.array([bar.closed for bar in chart.bars], pa.bool_()))
    for name, column in chart.indicators.items():
        table = table.append_column(name, pa.array(column, pa.float64()))
    told = {"symbol": chart.symbol, "timeframe": chart.timeframe}
    if chart.next_before is not None:
        told["next_before"] = str(chart.next_before)
    table = table.replace_schema_metadata(told)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


_ENCODERS: Final[dict[str, Callable[[ChartAnswer], bytes]]] = {
    OBJECTS: _objects,
    COLUMNAR: _columnar,
    ARROW: _arrow,
}
