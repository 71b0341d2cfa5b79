"""GET /charts/{symbol}."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response

from tickloom.api.accounts.access import require
from tickloom.api.charts.schemas import Chart
from tickloom.api.charts.service import read_chart
from tickloom.api.conditional import respond, tag_of
from tickloom.api.context import context_of
from tickloom.api.problems import Ambiguous, BadRequest, NotAllowed, NotAuthenticated, NotFound, documented
from tickloom.settings.resources import TimeframeLabel

LATEST_TIME = 253_402_300_799
router = APIRouter(tags=["charts"], dependencies=[Depends(require("viewer", "read"))])


@router.get(
    "/charts/{symbol:path}",
    operation_id="get_chart",
    response_model=Chart,
    responses=documented(BadRequest, NotAuthenticated, NotAllowed, NotFound, Ambiguous),
)
async def get_chart(
    request: Request,
    symbol: str,
    timeframe: Annotated[TimeframeLabel, Query(description="Length of the bars")] = "1m",
    limit: Annotated[int, Query(ge=1, le=5000, description="Bars at most")] = 500,
    before: Annotated[int | None, Query(ge=0, le=LATEST_TIME, description="Unix seconds, exclusive")] = None,
    indicators: Annotated[str, Query(max_length=500)] = "",
) -> Response:
    """Return bars of a symbol, oldest first; without `before` the last one is still forming."""
    if indicators:
        raise BadRequest(f"indicators {indicators!r} are not computed by this release: leave the parameter out")
    context = context_of(request)
    row = context.find_symbol(symbol)
    bars = await read_chart(context, row, timeframe, limit=limit, before=before)
    body: dict[str, Any] = {
        "symbol": str(row.symbol_id),
        "timeframe": timeframe,
        "bars": bars,
        "indicators": {},
        "next_before": bars[0].time if len(bars) >= limit else None,
    }
    data = msgspec.json.encode(body)
    return respond(request, data, etag=tag_of(data), cache="private, no-cache")
