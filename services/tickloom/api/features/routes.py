"""GET /features/{symbol} and /features/{symbol}/latest."""

from typing import Annotated, Any, Final, Literal

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import AwareDatetime

from tickloom.api.accounts.access import require
from tickloom.api.charts.routes import LATEST_TIME
from tickloom.api.conditional import respond, tag_of
from tickloom.api.context import context_of
from tickloom.api.features.schemas import FeatureRange, LatestFeatures
from tickloom.api.features.service import read_latest
from tickloom.api.paging import SECONDS, cursor_query, cut_page, decode_cursor
from tickloom.api.problems import Ambiguous, NotAllowed, NotAuthenticated, NotFound, documented
from tickloom.market.timeframes import Timeframe
from tickloom.settings.resources import TimeframeLabel
from tickloom.store.series import FEATURES, Value, read_values

MOST_ROWS: Final = 5000
router = APIRouter(tags=["features"], dependencies=[Depends(require("viewer", "read"))])
Cursor = Annotated[str | None, cursor_query(SECONDS)]
_RESPONSES: Final = documented(NotAuthenticated, NotAllowed, NotFound, Ambiguous)
Time = Annotated[int | None, Query(ge=0, le=LATEST_TIME)]


@router.get(
    "/features/{symbol:path}/latest",
    operation_id="get_latest_features",
    response_model=LatestFeatures,
    responses=_RESPONSES,
)
async def get_latest_features(
    request: Request,
    symbol: str,
    timeframe: Annotated[TimeframeLabel, Query(description="Length of the bar")] = "1m",
) -> Response:
    """Return the features of the latest closed bar."""
    context = context_of(request)
    row = context.find_symbol(symbol)
    found = await read_latest(context, row, timeframe)
    if found is None:
        raise NotFound(f"{row.symbol_id} has no features for {timeframe}: ask again once a bar has closed")
    data = msgspec.json.encode({"symbol": str(row.symbol_id), "timeframe": timeframe, **_told(found)})
    return respond(request, data, etag=tag_of(data), cache="private, no-cache")


@router.get(
    "/features/{symbol:path}",
    operation_id="list_features",
    response_model=FeatureRange,
    responses=_RESPONSES,
)
async def list_features(
    request: Request,
    symbol: str,
    timeframe: Annotated[TimeframeLabel, Query(description="Length of the bars")] = "1m",
    start: Annotated[Time, Query(description="Bars that begin here or later, Unix seconds")] = None,
    end: Annotated[Time, Query(description="Bars that begin before this, Unix seconds")] = None,
    version: Annotated[Literal["v1"], Query(description="Version of the definitions")] = "v1",
    as_of: Annotated[
        AwareDatetime | None, Query(description="As they were known then: later bars and revisions are left out")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_ROWS, description="Rows at most")] = 1000,
    cursor: Cursor = None,
) -> Response:
    """Return the features of closed bars, oldest first."""
    context = context_of(request)
    row = context.find_symbol(symbol)
    after = decode_cursor(cursor)
    begin = max(start or 0, after[0] + 1 if after else 0)
    async with context.connection() as connection:
        rows = await read_values(
            connection, FEATURES, row.symbol_no, Timeframe.parse(timeframe).minutes,
            start=begin, end=LATEST_TIME if end is None else end, limit=limit + 1, as_of=as_of, version=version,
        )  # fmt: skip
    page, next_cursor = cut_page(rows, limit, lambda value: (value.time,))
    told = [_told(value) for value in page]
    body = {"symbol": str(row.symbol_id), "timeframe": timeframe, "rows": told, "next_cursor": next_cursor}
    data = msgspec.json.encode(body)
    return respond(request, data, etag=tag_of(data), cache="private, no-cache")


def _told(value: Value) -> dict[str, Any]:
    return {"time": value.time, "version": value.version, "hash": value.hash, "features": value.values}
