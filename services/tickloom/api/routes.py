"""The REST routes: symbols, charts, health, and getting in."""

import time
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from fastapi import APIRouter, Body, Depends, Query, Request, Response
from fastapi.responses import JSONResponse

from tickloom.api.context import Context, context_of, identify
from tickloom.api.problems import BadRequest, NotAuthenticated
from tickloom.api.tokens import LIFETIME, create_access_token
from tickloom.bus.errors import BusUnavailable
from tickloom.bus.health import read_health
from tickloom.bus.subscriptions import read_forming
from tickloom.market.timeframes import Timeframe
from tickloom.store import accounts
from tickloom.store.catalog import CatalogSymbol
from tickloom.store.charts import read_bars
from tickloom.store.errors import StoreUnavailable
from tickloom.wire.messages import Bar, Health

GONE_SECONDS: Final = 10.0
TimeframeLabel = Literal["1m", "5m", "15m", "1h", "4h", "1d"]
open_routes = APIRouter(prefix="/api/v1")
routes = APIRouter(prefix="/api/v1", dependencies=[Depends(identify)])


async def present_processes(context: Context) -> list[Health]:
    """Return the health of processes that said something of late."""
    return [record for record in await read_health(context.redis) if record.at > time.time() - GONE_SECONDS]


@routes.get("/symbols", operation_id="list_symbols")
async def list_symbols(request: Request) -> JSONResponse:
    """List all symbols by exchange."""
    context = context_of(request)
    try:
        live = {name for h in await present_processes(context) if h.state == "ready" for name in h.exchange.split(",")}
    except BusUnavailable:
        live = set()
    exchanges = [
        {
            "exchange": exchange.name,
            "market_open": True,
            "simulated": exchange.simulated,
            "symbols": [
                _symbol(symbol, exchange.name in live) for symbol in context.catalog.active_symbols(exchange.name)
            ],
        }
        for exchange in context.catalog.exchanges.values()
    ]
    return JSONResponse({"exchanges": exchanges})


def _symbol(symbol: CatalogSymbol, fresh: bool) -> dict[str, Any]:  # noqa: FBT001 - a field of the answer
    return {
        "id": str(symbol.symbol_id),
        "symbol": symbol.symbol,
        "timeframes": symbol.spec.timeframes,
        "price_step": symbol.price_step,
        "size_step": symbol.size_step,
        "fresh": fresh,
        "quality_score": None,
    }


async def read_chart(
    context: Context, symbol: CatalogSymbol, timeframe: str, *, limit: int, before: int | None
) -> list[Bar]:
    """Return closed bars, and the forming one at the end unless older bars were asked for."""
    async with context.connection() as connection:
        minutes = Timeframe.parse(timeframe).minutes
        bars = await read_bars(connection, symbol.symbol_no, minutes, limit=limit, before=before)
    if before is None:
        try:
            forming = await read_forming(context.redis, symbol.symbol_id, timeframe)
        except BusUnavailable:
            forming = None
        if forming is not None and (not bars or forming.time > bars[-1].time):
            bars = [*bars, forming][-limit:]
    return bars


@routes.get("/charts/{symbol:path}", operation_id="get_chart")
async def get_chart(
    request: Request,
    symbol: str,
    timeframe: Annotated[TimeframeLabel, Query()] = "1m",
    limit: Annotated[int, Query(ge=1, le=5000)] = 500,
    before: Annotated[int | None, Query(ge=0, le=253_402_300_799, description="Unix seconds, exclusive")] = None,
    indicators: Annotated[str, Query(max_length=500)] = "",
) -> Response:
    """Return bars of a symbol, oldest first; without `before` the last one is still forming."""
    if indicators:
        raise BadRequest(f"indicators {indicators!r} are not computed by this release: leave the parameter out")
    context = context_of(request)
    row = context.find_symbol(symbol)
    bars = await read_chart(context, row, timeframe, limit=limit, before=before)
    next_before = bars[0].time if len(bars) >= limit else None
    body: dict[str, Any] = {
        "symbol": str(row.symbol_id),
        "timeframe": timeframe,
        "bars": bars,
        "indicators": {},
        "next_before": next_before,
    }
    return Response(msgspec.json.encode(body), media_type="application/json")


@open_routes.get("/health", operation_id="get_health")
async def get_health(request: Request) -> JSONResponse:
    """Tell whether the product works, part by part; 503 when it is down."""
    context = context_of(request)
    components = {"database": "up", "redis": "up", "collectors": "down", "processors": "down"}
    rate = 0.0
    try:
        async with context.connection() as connection:
            await connection.fetchval("SELECT 1")
    except StoreUnavailable:
        components["database"] = "down"
    try:
        for record in await present_processes(context):
            if f"{record.role}s" in components:
                components[f"{record.role}s"] = "up" if record.state == "ready" else "degraded"
            rate += record.trades_per_second if record.role == "processor" else 0.0
    except BusUnavailable:
        components["redis"] = "down"
    down = components["database"] == "down"
    status = "down" if down else "healthy" if set(components.values()) == {"up"} else "degraded"
    simulated = any(exchange.simulated for exchange in context.catalog.exchanges.values())
    body = {"status": status, "components": components, "performance": {"trades_per_second": round(rate, 1)}}
    return JSONResponse({**body, "simulated": simulated}, status_code=503 if down else 200)


async def _tokens(context: Context, account: accounts.Account, refresh_token: str) -> JSONResponse:
    access = create_access_token(context.secret, account.name, account.role, datetime.now(UTC))
    body = {"access_token": access, "refresh_token": refresh_token, "token_type": "bearer"}
    return JSONResponse({**body, "expires_in": int(LIFETIME.total_seconds())}, headers={"Cache-Control": "no-store"})


Secret = Annotated[str, Body(embed=True, min_length=1, max_length=200)]


@open_routes.post("/auth/link", operation_id="use_login_link")
async def use_login_link(request: Request, code: Secret) -> JSONResponse:
    """Log in by a one-time link."""
    context, now = context_of(request), datetime.now(UTC)
    async with context.connection() as connection:
        account = await accounts.use_login_link(connection, code, now)
        if account is None:
            raise NotAuthenticated("this login link was used already or is too old: start again to get another")
        refresh_token = await accounts.create_refresh_token(connection, account, now)
    return await _tokens(context, account, refresh_token)


@open_routes.post("/auth/refresh", operation_id="refresh_tokens")
async def refresh_tokens(request: Request, refresh_token: Secret) -> JSONResponse:
    """Trade a refresh token for new tokens; it works once."""
    context = context_of(request)
    async with context.connection() as connection:
        refreshed = await accounts.rotate_refresh_token(connection, refresh_token, datetime.now(UTC))
    if refreshed is None:
        raise NotAuthenticated("the session is over: log in again")
    return await _tokens(context, refreshed.account, refreshed.refresh_token)


@open_routes.post("/auth/logout", operation_id="log_out", status_code=204)
async def log_out(request: Request, refresh_token: Secret) -> Response:
    """End a session: its refresh tokens stop working."""
    async with context_of(request).connection() as connection:
        await accounts.revoke_family(connection, refresh_token, datetime.now(UTC))
    return Response(status_code=204)
