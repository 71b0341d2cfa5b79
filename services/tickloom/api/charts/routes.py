"""GET /charts/{symbol}."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import AwareDatetime

from tickloom.api.accounts.access import require
from tickloom.api.charts.encodings import ARROW, COLUMNAR, ChartAnswer, choose, encode
from tickloom.api.charts.indicators import columns_of, find_names, read_rows
from tickloom.api.charts.schemas import Chart, ColumnarChart
from tickloom.api.charts.service import read_chart
from tickloom.api.conditional import respond, tag_of
from tickloom.api.context import context_of
from tickloom.api.problems import Ambiguous, BadRequest, NotAllowed, NotAuthenticated, NotFound, documented
from tickloom.settings.resources import TimeframeLabel

LATEST_TIME = 253_402_300_799
router = APIRouter(tags=["charts"], dependencies=[Depends(require("viewer", "read"))])

_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "Bars as objects, or as the `Accept` header asks: as columns, or as an Arrow stream.",
        "content": {
            COLUMNAR: {"schema": ColumnarChart.model_json_schema(ref_template="#/components/schemas/{model}")},
            ARROW: {"schema": {"type": "string", "format": "binary"}},
        },
    },
    **documented(BadRequest, NotAuthenticated, NotAllowed, NotFound, Ambiguous),
}


@router.get(
    "/charts/{symbol:path}",
    operation_id="get_chart",
    response_model=Chart,
    responses=_ANSWERS,
)
async def get_chart(
    request: Request,
    symbol: str,
    timeframe: Annotated[TimeframeLabel, Query(description="Length of the bars")] = "1m",
    limit: Annotated[int, Query(ge=1, le=5000, description="Bars at most")] = 500,
    before: Annotated[int | None, Query(ge=0, le=LATEST_TIME, description="Unix seconds, exclusive")] = None,
    indicators: Annotated[
        str, Query(max_length=500, description="Their names, separated by commas, or `all`", examples=["rsi_14,vwap"])
    ] = "",
    as_of: Annotated[
        AwareDatetime | None, Query(description="As they were known then: later bars and revisions are left out")
    ] = None,
) -> Response:
    """Return bars of a symbol, oldest first; the last one is still forming, unless `before` or `as_of` is given."""
    context = context_of(request)
    row = context.find_symbol(symbol)
    names = await find_names(context, indicators)
    bars = await read_chart(context, row, timeframe, limit=limit, before=before, as_of=as_of)
    rows = await read_rows(context, row, timeframe, bars, as_of=as_of) if names else {}
    older = bars[0].time if len(bars) >= limit else None
    chart = ChartAnswer(str(row.symbol_id), timeframe, bars, columns_of(rows, bars, names), older)
    form = choose(request.headers.get("Accept", ""))
    data = encode(chart, form)
    return respond(request, data, etag=tag_of(data), cache="private, no-cache", media_type=form)
