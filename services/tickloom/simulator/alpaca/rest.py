"""REST: historical trades and bars page by page, the latest trades, the clock and the calendar of New York.

Reference of "Stock pricing data" (`/v2/stocks/…`) and of the trading API (`/v2/clock`, `/v2/calendar`).
"""

import base64
import binascii
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from aiohttp import web

from tickloom.market.sessions import load_sessions
from tickloom.simulator.alpaca.bars import build_bars
from tickloom.simulator.alpaca.trades import MINUTE_NS, rfc_3339
from tickloom.simulator.alpaca.venue import AlpacaVenue

LARGEST_PAGE: Final = 10_000
DEFAULT_PAGE: Final = 1000
LENGTHS: Final = {"1Min": 1, "5Min": 5, "15Min": 15, "30Min": 30, "1Hour": 60, "4Hour": 240}
_NEW_YORK: Final = ZoneInfo("America/New_York")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
Row = tuple[str, dict[str, Any]]


class _Refused(Exception):
    """The request cannot be answered."""


def read_time(text: str) -> int:
    """Return nanoseconds since 1970 of an RFC 3339 time or a date; raises ValueError."""
    whole, dot, rest = text.partition(".")
    fraction = ""
    if dot:
        fraction = rest[: len(rest) - len(rest.lstrip("0123456789"))]
        whole += rest[len(fraction) :]
    moment = datetime.fromisoformat(whole)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // timedelta(seconds=1) * 1_000_000_000 + int(fraction[:9].ljust(9, "0"))


def _time(request: web.Request, name: str, default: int) -> int:
    try:
        return read_time(request.query[name]) if name in request.query else default
    except ValueError:
        raise _Refused(f"Invalid format for parameter {name}: must be RFC 3339 or a date") from None


def _limit(request: web.Request) -> int:
    text = request.query.get("limit", str(DEFAULT_PAGE))
    if not text.isdecimal() or not 0 < int(text) <= LARGEST_PAGE:
        raise _Refused(f"Invalid format for parameter limit: must be 1 to {LARGEST_PAGE}")
    return int(text)


def _symbols(request: web.Request) -> list[str]:
    named = request.match_info.get("symbol") or request.query.get("symbols", "")
    symbols = [symbol for symbol in named.split(",") if symbol]
    if not symbols:
        raise _Refused("symbols is required")
    for symbol in symbols:
        if not symbol.replace(".", "").isalnum() or symbol != symbol.upper():
            raise _Refused(f"invalid symbol: {symbol}")
    return sorted(symbols)


def _page(request: web.Request, rows: list[Row]) -> tuple[list[Row], str | None]:
    """Return the rows of the page that a token asks for, and the token of the next one."""
    begin, limit = 0, _limit(request)
    if token := request.query.get("page_token"):
        try:
            begin = int(base64.b64decode(token, validate=True))
        except (ValueError, binascii.Error):
            raise _Refused("Invalid format for parameter page_token") from None
    end = begin + limit
    return rows[begin:end], base64.b64encode(str(end).encode()).decode() if end < len(rows) else None


def _answer(request: web.Request, name: str, rows: list[Row]) -> dict[str, Any]:
    if request.query.get("sort") == "desc":
        rows.reverse()
    page, token = _page(request, rows)
    if "symbol" in request.match_info:
        body: Any = [row for _, row in page]
        return {"symbol": request.match_info["symbol"], name: body, "next_page_token": token}
    groups: dict[str, list[dict[str, Any]]] = {}
    for symbol, row in page:
        groups.setdefault(symbol, []).append(row)
    return {name: groups, "next_page_token": token}


def _span(venue: AlpacaVenue, request: web.Request) -> tuple[int, int]:
    now = venue.now_ns()
    today = now - now % (1440 * MINUTE_NS)
    return _time(request, "start", today), _time(request, "end", now)


def _trades(venue: AlpacaVenue, request: web.Request) -> Any:
    begin, end = _span(venue, request)
    rows = [(s, trade.as_row()) for s in _symbols(request) for trade in venue.between(s, begin, end)]
    return _answer(request, "trades", rows)


def _bars(venue: AlpacaVenue, request: web.Request) -> Any:
    begin, end = _span(venue, request)
    length = LENGTHS.get(request.query.get("timeframe", ""), 0) * MINUTE_NS
    if not length:
        raise _Refused(f"invalid timeframe: use one of {', '.join(LENGTHS)}")
    rows = [
        (symbol, bar.as_row())
        for symbol in _symbols(request)
        for bar in build_bars(venue.between(symbol, begin - begin % length, end), length)
        if begin <= bar.time_ns <= end
    ]
    return _answer(request, "bars", rows)


def _latest(venue: AlpacaVenue, request: web.Request) -> Any:
    known = {s: venue.history[s][-1].as_row() for s in _symbols(request) if venue.history.get(s)}
    if "symbol" in request.match_info:
        return {"symbol": request.match_info["symbol"], "trade": known.get(request.match_info["symbol"])}
    return {"trades": known}


def _clock(venue: AlpacaVenue, _request: web.Request) -> Any:
    sessions, now_us = load_sessions("XNYS"), venue.now_ns() // 1000
    session, opens = sessions.at(now_us), sessions.next_open(now_us) or now_us
    closes = session.end if session else sessions.closes[sessions.opens.searchsorted(opens)]
    return {
        "timestamp": rfc_3339(now_us * 1000),
        "is_open": session is not None,
        "next_open": rfc_3339(opens * 1000),
        "next_close": rfc_3339(int(closes) * 1000),
    }


def _calendar(_venue: AlpacaVenue, request: web.Request) -> Any:
    try:
        first = date.fromisoformat(request.query.get("start", "2010-01-01")[:10])
        last = date.fromisoformat(request.query.get("end", "2999-12-31")[:10])
    except ValueError:
        raise _Refused("Invalid format for parameter start or end") from None
    sessions = load_sessions("XNYS")
    days = []
    for opens, closes in zip(sessions.opens.tolist(), sessions.closes.tolist(), strict=True):
        begin, end = (datetime.fromtimestamp(at / 1e6, _NEW_YORK) for at in (opens, closes))
        if first <= begin.date() <= last:
            days.append({"date": begin.date().isoformat(), "open": f"{begin:%H:%M}", "close": f"{end:%H:%M}"})
    return days


Answer = Callable[[AlpacaVenue, web.Request], Any]
ROUTES: Final[dict[str, Answer]] = {
    "/v2/stocks/trades": _trades,
    "/v2/stocks/trades/latest": _latest,
    "/v2/stocks/bars": _bars,
    "/v2/stocks/{symbol}/trades": _trades,
    "/v2/stocks/{symbol}/trades/latest": _latest,
    "/v2/stocks/{symbol}/bars": _bars,
    "/v2/clock": _clock,
    "/v2/calendar": _calendar,
}


def add_routes(app: web.Application, venue: AlpacaVenue) -> None:
    """Add the routes of REST."""
    for path, answer in ROUTES.items():
        app.router.add_get(path, _handler(venue, answer))


def _handler(venue: AlpacaVenue, answer: Answer) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        given = (request.headers.get("APCA-API-KEY-ID"), request.headers.get("APCA-API-SECRET-KEY"))
        if given != (venue.config.key, venue.config.secret):
            return web.json_response({"message": "forbidden."}, status=403)
        try:
            return web.json_response(answer(venue, request))
        except _Refused as refused:
            return web.json_response({"message": str(refused)}, status=400)

    return handle
