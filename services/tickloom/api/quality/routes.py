"""GET /quality/{symbol}."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response

from tickloom.api.accounts.access import require
from tickloom.api.charts.routes import LATEST_TIME
from tickloom.api.conditional import respond, tag_of
from tickloom.api.context import Context, context_of
from tickloom.api.problems import Ambiguous, NotAllowed, NotAuthenticated, NotFound, documented
from tickloom.api.quality.schemas import Quality
from tickloom.bus.errors import BusUnavailable
from tickloom.bus.subscriptions import read_quality_scores
from tickloom.market.identity import SymbolId
from tickloom.market.timeframes import Timeframe
from tickloom.settings.resources import TimeframeLabel
from tickloom.store.quality import QualityStretch, read_quality

router = APIRouter(tags=["truth"], dependencies=[Depends(require("viewer", "read"))])


@router.get(
    "/quality/{symbol:path}",
    operation_id="get_quality",
    response_model=Quality,
    responses=documented(NotAuthenticated, NotAllowed, NotFound, Ambiguous),
)
async def get_quality(
    request: Request,
    symbol: str,
    timeframe: Annotated[TimeframeLabel, Query(description="Length of a stretch")] = "1m",
    limit: Annotated[int, Query(ge=1, le=5000, description="Stretches at most")] = 500,
    before: Annotated[int | None, Query(ge=0, le=LATEST_TIME, description="Unix seconds, exclusive")] = None,
) -> Response:
    """Return how far the trades of a symbol could be trusted, now and over time."""
    context = context_of(request)
    row = context.find_symbol(symbol)
    seconds = Timeframe.parse(timeframe).minutes * 60
    async with context.connection() as connection:
        page = await read_quality(connection, row.symbol_no, seconds=seconds, limit=limit, before=before)
    body = {
        "symbol": str(row.symbol_id),
        "timeframe": timeframe,
        "score": await _score(context, row.symbol_id),
        "timeline": [_stretch(stretch) for stretch in page.stretches],
        "next_before": page.next_before,
    }
    data = msgspec.json.encode(body)
    return respond(request, data, etag=tag_of(data), cache="private, no-cache")


async def _score(context: Context, symbol: SymbolId) -> float | None:
    try:
        return (await read_quality_scores(context.redis, [symbol]))[0]
    except BusUnavailable:
        return None


def _stretch(stretch: QualityStretch) -> dict[str, Any]:
    failed = {name: getattr(stretch, f"failed_{name}") for name in ("price", "freshness", "validity", "volume")}
    told = {name: getattr(stretch, name) for name in ("time", "score", "lowest", "checked")}
    return {**told, "failed": failed}
