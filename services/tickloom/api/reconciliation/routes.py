"""GET /reconciliation/{symbol}."""

from typing import Annotated, Final, get_args

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response

from tickloom.api.accounts.access import require
from tickloom.api.conditional import respond, tag_of
from tickloom.api.context import context_of
from tickloom.api.paging import MICROSECONDS, SMALL_NUMBER, cursor_query, cut_page, decode_cursor
from tickloom.api.problems import Ambiguous, NotAllowed, NotAuthenticated, NotFound, documented
from tickloom.api.reconciliation.schemas import ComparedField, Reconciliation
from tickloom.store.reconciliations import MismatchKey, StoredMismatch, read_comparison, read_mismatches

router = APIRouter(tags=["truth"], dependencies=[Depends(require("viewer", "read"))])
Cursor = Annotated[str | None, cursor_query(MICROSECONDS, SMALL_NUMBER)]
FIELDS: Final = tuple(sorted(get_args(ComparedField)))
"""In the order of the list; a cursor holds the place of its field."""


@router.get(
    "/reconciliation/{symbol:path}",
    operation_id="get_reconciliation",
    response_model=Reconciliation,
    responses=documented(NotAuthenticated, NotAllowed, NotFound, Ambiguous),
)
async def get_reconciliation(
    request: Request,
    symbol: str,
    unresolved: Annotated[bool, Query(description="Only what differs still")] = False,  # noqa: FBT002 - a query parameter
    limit: Annotated[int, Query(ge=1, le=1000, description="Values at most")] = 100,
    cursor: Cursor = None,
) -> Response:
    """Return where closed bars of a symbol differ from the exchange's own candles, latest first."""
    context = context_of(request)
    row = context.find_symbol(symbol)
    key = decode_cursor(cursor)
    after = MismatchKey(key[0], FIELDS[min(key[1], len(FIELDS) - 1)]) if key else None
    async with context.connection() as connection:
        comparison = await read_comparison(connection, row.symbol_no)
        found = await read_mismatches(
            connection,
            row.symbol_no,
            limit=limit + 1,
            after=after,
            unresolved=unresolved,
        )
    page, next_cursor = cut_page(found, limit, lambda one: (one.time_us, FIELDS.index(one.field)))
    body = {
        "symbol": str(row.symbol_id),
        "compared_to": comparison.compared_to if comparison else None,
        "compared": comparison.compared if comparison else 0,
        "mismatched": comparison.mismatched if comparison else 0,
        "mismatches": [_listed(one) for one in page],
        "next_cursor": next_cursor,
    }
    data = msgspec.json.encode(body)
    return respond(request, data, etag=tag_of(data), cache="private, no-cache")


def _listed(one: StoredMismatch) -> dict[str, object]:
    values = one._asdict()
    return {"time": values.pop("time_us") // 1_000_000, **values}
