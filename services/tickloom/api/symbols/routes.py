"""GET /symbols."""

import time
from typing import Any

import msgspec
from fastapi import APIRouter, Depends, Request, Response

from tickloom.api.accounts.access import require
from tickloom.api.conditional import respond, tag_of
from tickloom.api.context import Context, context_of
from tickloom.api.problems import NotAllowed, NotAuthenticated, documented
from tickloom.api.symbols.schemas import SymbolList
from tickloom.store.catalog import CatalogSymbol

router = APIRouter(tags=["symbols"], dependencies=[Depends(require("viewer", "read"))])


@router.get(
    "/symbols",
    operation_id="list_symbols",
    response_model=SymbolList,
    responses=documented(NotAuthenticated, NotAllowed),
)
async def list_symbols(request: Request) -> Response:
    """List all symbols by exchange, and whether their data is fresh."""
    body = msgspec.json.encode({"exchanges": describe(context_of(request), time.time())})
    return respond(request, body, etag=tag_of(body), cache="private, no-cache")


def describe(context: Context, now: float) -> list[dict[str, Any]]:
    """Return the exchanges with their symbols, as `/symbols` shows them."""
    return [
        {
            "exchange": exchange.name,
            "market_open": True,
            "simulated": exchange.simulated,
            "symbols": [_symbol(context, symbol, now) for symbol in context.catalog.active_symbols(exchange.name)],
        }
        for exchange in context.catalog.exchanges.values()
    ]


def _symbol(context: Context, symbol: CatalogSymbol, now: float) -> dict[str, Any]:
    return {
        "id": str(symbol.symbol_id),
        "symbol": symbol.symbol,
        "timeframes": symbol.spec.timeframes,
        "price_step": symbol.price_step,
        "size_step": symbol.size_step,
        "fresh": context.freshness.is_fresh(symbol, now),
        "quality_score": context.freshness.quality_score(symbol.symbol_id),
    }
