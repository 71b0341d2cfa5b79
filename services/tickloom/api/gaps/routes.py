"""GET /gaps."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response

from tickloom.api.accounts.access import require
from tickloom.api.charts.routes import LATEST_TIME
from tickloom.api.conditional import respond, tag_of
from tickloom.api.context import context_of
from tickloom.api.gaps.schemas import GapList, ListedGap
from tickloom.api.paging import MICROSECONDS, ROW_NUMBER, SMALL_NUMBER, cursor_query, cut_page, decode_cursor
from tickloom.api.problems import Ambiguous, NotAllowed, NotAuthenticated, NotFound, documented
from tickloom.store.gaps import Gap, GapKey, GapState, read_gaps

router = APIRouter(tags=["truth"], dependencies=[Depends(require("viewer", "read"))])
Cursor = Annotated[str | None, cursor_query(MICROSECONDS, SMALL_NUMBER, ROW_NUMBER)]
_SHOWN = tuple(ListedGap.model_fields)


@router.get(
    "/gaps",
    operation_id="list_gaps",
    response_model=GapList,
    responses=documented(NotAuthenticated, NotAllowed, NotFound, Ambiguous),
)
async def list_gaps(
    request: Request,
    symbol: Annotated[str | None, Query(max_length=100, description="Gaps of this symbol only")] = None,
    state: Annotated[GapState | None, Query(description="Gaps in this state only")] = None,
    start: Annotated[int | None, Query(ge=0, le=LATEST_TIME, description="That end after it, Unix seconds")] = None,
    end: Annotated[int | None, Query(ge=0, le=LATEST_TIME, description="That begin before it, Unix seconds")] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="Gaps at most")] = 100,
    cursor: Cursor = None,
) -> Response:
    """List what was missed, latest first: each hole in trade ids and each stretch without a feed."""
    context = context_of(request)
    number = None if symbol is None else context.find_symbol(symbol).symbol_no
    key = decode_cursor(cursor)
    after = GapKey(*key) if key else None
    async with context.connection() as connection:
        rows = await read_gaps(
            connection,
            limit=limit + 1,
            symbol_no=number,
            state=state,
            start=start,
            end=end,
            after=after,
        )
    page, next_cursor = cut_page(rows, limit, lambda gap: (gap.from_us, gap.symbol_no, gap.gap_no))
    data = msgspec.json.encode({"gaps": [_listed(gap) for gap in page], "next_cursor": next_cursor})
    return respond(request, data, etag=tag_of(data), cache="private, no-cache")


def _listed(gap: Gap) -> dict[str, object]:
    return {name: getattr(gap, name) for name in _SHOWN}
