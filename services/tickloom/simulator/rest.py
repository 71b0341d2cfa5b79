"""The REST side: what a collector asks of Binance (rest-api.md, "Market Data endpoints"), with its weights."""

import json
from collections.abc import Awaitable, Callable
from typing import Any, Final

from aiohttp import web

from tickloom.simulator.exchange import Exchange
from tickloom.simulator.trades import History

WEIGHT_A_MINUTE: Final = 6000
LARGEST_PAGE: Final = 1000
_MINUTE_MS: Final = 60_000


class _Refused(Exception):
    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class Weights:
    """Weight used in the current minute of the exchange's own clock."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._minute = 0
        self.used = 0

    def spend(self, weight: int) -> bool:
        """Use weight; tells whether the budget allows it."""
        minute = self._now_ms() // _MINUTE_MS
        if minute != self._minute:
            self._minute, self.used = minute, 0
        self.used += weight
        return self.used <= WEIGHT_A_MINUTE


def _history(exchange: Exchange, request: web.Request) -> History:
    if "symbol" not in request.query:
        raise _Refused(-1102, "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed.")
    history = exchange.history.get(request.query["symbol"])
    if history is None:
        raise _Refused(-1121, "Invalid symbol.")
    return history


def _number(request: web.Request, name: str, default: int) -> int:
    try:
        return int(request.query.get(name, default))
    except ValueError:
        raise _Refused(-1100, f"Illegal characters found in parameter '{name}'.") from None


def _limit(request: web.Request) -> int:
    return min(max(_number(request, "limit", 500), 1), LARGEST_PAGE)


def _trades(exchange: Exchange, request: web.Request) -> Any:
    return [trade.as_old_trade() for trade in _history(exchange, request).latest(_limit(request))]


def _old_trades(exchange: Exchange, request: web.Request) -> Any:
    history, limit = _history(exchange, request), _limit(request)
    trades = history.since(_number(request, "fromId", 0), limit) if "fromId" in request.query else history.latest(limit)
    return [trade.as_old_trade() for trade in trades]


def _information(exchange: Exchange, request: web.Request) -> Any:
    wanted = list(exchange.history)
    if "symbols" in request.query or "symbol" in request.query:
        try:
            wanted = json.loads(request.query.get("symbols", "null")) or [request.query["symbol"]]
        except (ValueError, KeyError):
            raise _Refused(-1100, "Illegal characters found in parameter 'symbols'.") from None
        if not set(wanted) <= exchange.history.keys():
            raise _Refused(-1121, "Invalid symbol.")
    return {
        "timezone": "UTC",
        "serverTime": exchange.time_ms(),
        "rateLimits": [],
        "symbols": [_instrument(s) for s in wanted],
    }


def _instrument(symbol: str) -> dict[str, Any]:
    filters = [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": "0.01000000",
            "maxPrice": "1000000.00000000",
            "tickSize": "0.01000000",
        },
        {"filterType": "LOT_SIZE", "minQty": "0.00001000", "maxQty": "9000.00000000", "stepSize": "0.00001000"},
    ]
    return {"symbol": symbol, "status": "TRADING", "filters": filters}


Answer = Callable[[Exchange, web.Request], Any]
ROUTES: Final[dict[str, tuple[int, Answer]]] = {
    "/api/v3/ping": (1, lambda _exchange, _request: {}),
    "/api/v3/time": (1, lambda exchange, _request: {"serverTime": exchange.time_ms()}),
    "/api/v3/exchangeInfo": (20, _information),
    "/api/v3/trades": (25, _trades),
    "/api/v3/historicalTrades": (25, _old_trades),
}


def rest_application(exchange: Exchange, now_ms: Callable[[], int]) -> web.Application:
    """Return the REST routes; `now_ms` is the clock of the weight budget."""
    weights = Weights(now_ms)
    app = web.Application()
    for path, (weight, answer) in ROUTES.items():
        app.router.add_get(path, _handler(exchange, weights, weight, answer))
    app.router.add_get("/simulator/status", _status(exchange))
    return app


def _handler(
    exchange: Exchange, weights: Weights, weight: int, answer: Answer
) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        allowed = weights.spend(weight)
        headers = {"X-MBX-USED-WEIGHT": str(weights.used), "X-MBX-USED-WEIGHT-1M": str(weights.used)}
        if not allowed:
            body = {
                "code": -1003,
                "msg": "Too much request weight used; current limit is 6000 request weight per 1 MINUTE.",
            }
            return web.json_response(body, status=429, headers={**headers, "Retry-After": "10"})
        try:
            return web.json_response(answer(exchange, request), headers=headers)
        except _Refused as refused:
            return web.json_response({"code": refused.code, "msg": str(refused)}, status=400, headers=headers)

    return handle


def _status(exchange: Exchange) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def status(_: web.Request) -> web.Response:
        return web.json_response(
            {
                "source": exchange.source,
                "started": exchange.started,
                "finished": exchange.finished.is_set(),
                "trades_sent": exchange.sent,
                "exchange_time": exchange.time_ms(),
                "skipped_lines": dict(exchange.skipped),
                "connections": len(exchange.listeners),
            }
        )

    return status
