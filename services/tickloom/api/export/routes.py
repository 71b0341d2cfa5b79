"""GET /export/{symbol}."""

import asyncio
import re
from collections.abc import AsyncGenerator
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request, Response

from tickloom.api.accounts.access import require
from tickloom.api.accounts.tokens import Identity
from tickloom.api.charts.routes import LATEST_TIME
from tickloom.api.context import Context, context_of
from tickloom.api.export.formats import FORMATS, MEDIA_TYPES, SUFFIXES, FormatName
from tickloom.api.export.slots import Slots
from tickloom.api.export.streaming import StreamedFile
from tickloom.api.problems import Ambiguous, NotAllowed, NotAuthenticated, NotFound, documented
from tickloom.market.timeframes import Timeframe
from tickloom.settings.resources import TimeframeLabel
from tickloom.store.catalog import CatalogSymbol
from tickloom.store.charts import read_bars_from

PAGE_BARS: Final = 5_000
router = APIRouter(tags=["export"])
Exporter = Annotated[Identity, Depends(require("viewer", "export"))]
Time = Annotated[int | None, Query(ge=0, le=LATEST_TIME)]
_FILE: Final[dict[str, Any]] = {"schema": {"type": "string", "format": "binary"}}
_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The file, whose end is the end of the body: a connection that breaks off is a part of it.",
        "content": {media_type.partition(";")[0]: _FILE for media_type in MEDIA_TYPES.values()},
    },
    **documented(NotAuthenticated, NotAllowed, NotFound, Ambiguous),
}
_slots = Slots()


@router.get("/export/{symbol:path}", operation_id="export_bars", response_class=Response, responses=_ANSWERS)
async def export_bars(
    request: Request,
    identity: Exporter,
    symbol: str,
    timeframe: Annotated[TimeframeLabel, Query(description="Length of the bars")] = "1m",
    start: Annotated[Time, Query(description="Bars that begin here or later, Unix seconds")] = None,
    end: Annotated[Time, Query(description="Bars that begin before this, Unix seconds")] = None,
    format: Annotated[FormatName, Query(description="`json` is one object a line")] = "csv",  # noqa: A002 - its public name
) -> Response:
    """Stream all closed bars of a range as a file, oldest first; two exports of a user go on at a time."""
    context = context_of(request)
    row = context.find_symbol(symbol)
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", f"{row.symbol_id}-{timeframe}")
    return StreamedFile(
        lambda: _pieces(context, row, Timeframe.parse(timeframe).minutes, start or 0, end, format),
        held=lambda: _slots.hold(identity.user),
        media_type=MEDIA_TYPES[format],
        name=f"{stem}.{SUFFIXES[format]}",
    )


async def _pieces(
    context: Context, symbol: CatalogSymbol, minutes: int, start: int, end: int | None, kind: FormatName
) -> AsyncGenerator[bytes, None]:
    """Yield the file; a connection is borrowed for each page only, as a client may read slowly."""
    file = FORMATS[kind]()
    while True:
        async with context.connection() as connection:
            bars = await read_bars_from(connection, symbol.symbol_no, minutes, start=start, end=end, limit=PAGE_BARS)
        if bars:
            yield await asyncio.to_thread(file.encode, bars)
        if len(bars) < PAGE_BARS:
            break
        start = bars[-1].time + 1
    yield await asyncio.to_thread(file.finish)
