"""GET /charts/{symbol}/revisions."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response

from tickloom.api.accounts.access import require
from tickloom.api.charts.routes import LATEST_TIME
from tickloom.api.conditional import respond, tag_of
from tickloom.api.context import context_of
from tickloom.api.paging import SECONDS, SMALL_NUMBER, cursor_query, cut_page, decode_cursor
from tickloom.api.problems import Ambiguous, NotAllowed, NotAuthenticated, NotFound, documented
from tickloom.api.revisions.schemas import BarVersions
from tickloom.market.timeframes import Timeframe
from tickloom.settings.resources import TimeframeLabel
from tickloom.store.revisions import Version, read_versions

router = APIRouter(tags=["truth"], dependencies=[Depends(require("viewer", "read"))])
Cursor = Annotated[str | None, cursor_query(SECONDS, SMALL_NUMBER)]


@router.get(
    "/charts/{symbol:path}/revisions",
    operation_id="list_revisions",
    response_model=BarVersions,
    responses=documented(NotAuthenticated, NotAllowed, NotFound, Ambiguous),
)
async def list_revisions(
    request: Request,
    symbol: str,
    timeframe: Annotated[TimeframeLabel, Query(description="Length of the bars")] = "1m",
    time: Annotated[int | None, Query(ge=0, le=LATEST_TIME, description="Only the bar that starts here")] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="Versions at most")] = 100,
    cursor: Cursor = None,
) -> Response:
    """Return all versions of one bar, or of all bars that were ever revised, latest first."""
    context = context_of(request)
    row = context.find_symbol(symbol)
    key = decode_cursor(cursor)
    before = (key[0], key[1]) if key else None
    minutes = Timeframe.parse(timeframe).minutes
    async with context.connection() as connection:
        rows = await read_versions(connection, row.symbol_no, minutes, limit=limit + 1, time=time, before=before)
    page, next_cursor = cut_page(rows, limit, lambda version: (int(version.time.timestamp()), version.revision))
    body = {
        "symbol": str(row.symbol_id),
        "timeframe": timeframe,
        "versions": [_told(version) for version in page],
        "next_cursor": next_cursor,
    }
    data = msgspec.json.encode(body)
    return respond(request, data, etag=tag_of(data), cache="private, no-cache")


def _told(version: Version) -> dict[str, object]:
    return {**version._asdict(), "time": int(version.time.timestamp())}
