"""The REST side: what a collector asks of Binance (rest-api.md, "Market Data endpoints"), with its weights."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, NamedTuple

import msgspec
from aiohttp import web

from tickloom.simulator.exchange import Exchange
from tickloom.simulator.instruments import exchange_information
from tickloom.simulator.past import History
from tickloom.simulator.requests import Query, Refused
from tickloom.simulator.weights import Weights

_FOREVER_MS: Final = 1 << 53
_THROTTLED: Final = {
    429: "Too much request weight used; current limit is {limit} request weight per 1 MINUTE. Please use WebSocket"
    " Streams for live updates to avoid polling the API.",
    418: "Way too much request weight used; IP banned until {until}. Please use WebSocket Streams for live updates"
    " to avoid bans.",
}


def _history(exchange: Exchange, query: Query) -> History:
    history = exchange.history.get(query.text("symbol"))
    if history is None:
        raise Refused(-1121, "Invalid symbol.")
    return history


def _trades(exchange: Exchange, query: Query) -> Any:
    return [trade.as_old_trade() for trade in _history(exchange, query).latest_trades(query.limit())]


def _old_trades(exchange: Exchange, query: Query) -> Any:
    history, limit, from_id = _history(exchange, query), query.limit(), query.number("fromId")
    trades = history.latest_trades(limit) if from_id is None else history.trades_from(from_id, limit)
    return [trade.as_old_trade() for trade in trades]


def _aggregates(exchange: Exchange, query: Query) -> Any:
    history, limit, from_id = _history(exchange, query), query.limit(), query.number("fromId")
    begin, end = query.window()
    if from_id is not None and (begin is not None or end is not None):
        raise Refused(-1128, "Combination of optional parameters invalid.")
    if from_id is not None:
        found = history.aggregates_from(from_id, limit)
    elif begin is None and end is None:
        found = history.latest_aggregates(limit)
    else:
        found = history.aggregates_between(begin or 0, _FOREVER_MS if end is None else end, limit)
    return [one.as_old_trade() for one in found]


def _klines(exchange: Exchange, query: Query) -> Any:
    history, limit, interval = _history(exchange, query), query.limit(), query.interval()
    begin, end = query.window()
    end = _FOREVER_MS if end is None else end
    older: list[Any] = []
    if history.archive is not None and interval == "1m" and begin is not None and begin < history.archive.end_ms:
        older = history.archive.minutes(begin, end, limit)
    if len(older) == limit:
        return older
    rows = [kline for kline in history.klines(interval, exchange.true_time_ms()) if kline.open_ms <= end]
    rows = rows[-limit:] if begin is None else [kline for kline in rows if kline.open_ms >= begin]
    return [*older, *(kline.as_row(interval) for kline in rows)][:limit]


def _information(exchange: Exchange, query: Query) -> Any:
    return exchange_information(query.symbols(exchange.history), exchange.time_ms())


def _price(exchange: Exchange, query: Query) -> Any:
    latest = _history(exchange, query).latest_trades(1)
    return {"symbol": query.text("symbol"), "price": latest[-1].price if latest else "0.00000000"}


class Route(NamedTuple):
    """The weight of a route, its parameters, and what answers it."""

    weight: int
    parameters: frozenset[str]
    answer: Callable[[Exchange, Query], Any]


_WINDOW: Final = frozenset({"symbol", "startTime", "endTime", "limit"})
ROUTES: Final[dict[str, Route]] = {
    "/api/v3/ping": Route(1, frozenset(), lambda _exchange, _query: {}),
    "/api/v3/time": Route(1, frozenset(), lambda exchange, _query: {"serverTime": exchange.time_ms()}),
    "/api/v3/exchangeInfo": Route(
        20, frozenset({"symbol", "symbols", "permissions", "showPermissionSets", "symbolStatus"}), _information
    ),
    "/api/v3/trades": Route(25, frozenset({"symbol", "limit"}), _trades),
    "/api/v3/historicalTrades": Route(25, frozenset({"symbol", "limit", "fromId"}), _old_trades),
    "/api/v3/aggTrades": Route(4, _WINDOW | {"fromId"}, _aggregates),
    "/api/v3/klines": Route(2, _WINDOW | {"interval", "timeZone"}, _klines),
    "/api/v3/ticker/price": Route(2, frozenset({"symbol"}), _price),
}


def add_rest_routes(app: web.Application, exchange: Exchange, weights: Weights) -> None:
    """Add Binance's REST routes."""
    for path, route in ROUTES.items():
        app.router.add_get(path, _handler(exchange, weights, route))


def _handler(
    exchange: Exchange, weights: Weights, route: Route
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(request: web.Request) -> web.StreamResponse:
        status, retry_after, wait = exchange.disturbance.answer()
        if wait > 0:
            await asyncio.sleep(wait)
        if status == 200:  # noqa: PLR2004 - nothing is to go wrong
            status, retry_after = weights.spend(route.weight)
        status, body = _answer(exchange, weights, route, request, status, retry_after)
        headers = {"X-MBX-USED-WEIGHT": str(weights.used), "X-MBX-USED-WEIGHT-1M": str(weights.used)}
        if retry_after:
            headers["Retry-After"] = str(retry_after)
        exchange.ledger.answered(request.path, status)
        return web.Response(
            body=msgspec.json.encode(body), status=status, headers=headers, content_type="application/json"
        )

    return handle


def _answer(
    exchange: Exchange, weights: Weights, route: Route, request: web.Request, status: int, retry_after: int | None
) -> tuple[int, Any]:
    if status in _THROTTLED:
        until = exchange.time_ms() + 1000 * (retry_after or 0)
        return status, {"code": -1003, "msg": _THROTTLED[status].format(limit=weights.limit, until=until)}
    if status != 200:  # noqa: PLR2004 - a fault
        return status, {"code": -1000, "msg": "An unknown error occurred while processing the request."}
    try:
        return 200, route.answer(exchange, Query(request.query, route.parameters))
    except Refused as refused:
        return refused.status, {"code": refused.code, "msg": str(refused)}
