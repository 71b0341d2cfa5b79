"""The simulated Yahoo as a server: cookie, crumb, consent page, and charts in intervals of minutes and days."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from aiohttp import web

from tickloom.market.sessions import Sessions, load_sessions
from tickloom.simulator.yahoo.market import MINUTE, Row, YahooMarket
from tickloom.simulator.yahoo.options import YahooConfig
from tickloom.telemetry.logging import logger

CRUMB: Final = "simulated.crumb"
COOKIE: Final = "simulated"
RANGES: Final = {"1d": 1, "5d": 5, "1mo": 30}
INTERVALS: Final = {"1m": 60, "5m": 300, "15m": 900, "1d": 86400}
LONGEST_MINUTES: Final = 8 * 86400
_CONSENT: Final = (
    '<form action="/v2/collectConsent"><input name="csrfToken" value="simulated">'
    '<input name="sessionId" value="simulated"></form>'
)
_log = logger(__name__)


@dataclass
class YahooVenue:
    """The simulated venue; `now` is its clock in Unix seconds."""

    config: YahooConfig
    now: Callable[[], float]
    throttled: int = 0
    """So many more charts are answered with 429."""
    asked: list[str] = field(default_factory=list)
    """The symbols of which charts were asked."""

    def __post_init__(self) -> None:
        self.sessions: Sessions = load_sessions(self.config.calendar)
        self.markets = {s: YahooMarket(s, self.config.seed, self.sessions) for s in self.config.symbols}

    def known_to(self) -> int:
        """Return the time up to which something is told."""
        return int(self.now() - self.config.delay_seconds)


class _Refused(Exception):
    def __init__(self, status: int, code: str, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.code = code


def _span(venue: YahooVenue, request: web.Request) -> tuple[int, int]:
    now = int(venue.now())
    try:
        if "period1" in request.query:
            return int(request.query["period1"]), min(int(request.query.get("period2", now)), now)
    except ValueError:
        raise _Refused(400, "Bad Request", "period1 and period2 must be Unix seconds") from None
    days = RANGES.get(request.query.get("range", "1d"))
    if days is None:
        raise _Refused(422, "Unprocessable Entity", "Invalid input - range is not supported")
    # The sessions of the last days that had any.
    opens = venue.sessions.opens[venue.sessions.opens <= venue.known_to() * 1_000_000]
    return int(opens[-days] // 1_000_000), now


def _join(rows: list[Row], length: int, zone: ZoneInfo) -> list[Row]:
    if length == MINUTE:
        return rows
    groups: dict[int, list[Row]] = {}
    for row in rows:
        start = row.time - row.time % length
        if length == INTERVALS["1d"]:
            start = int(datetime.fromtimestamp(row.time, zone).replace(hour=0, minute=0, second=0).timestamp())
        groups.setdefault(start, []).append(row)
    return [
        Row(
            start,
            group[0].open,
            max(row.high for row in group),
            min(row.low for row in group),
            group[-1].close,
            sum(row.volume for row in group),
        )
        for start, group in groups.items()
    ]


def _meta(venue: YahooVenue, symbol: str, rows: list[Row], interval: str) -> dict[str, Any]:
    known, zone = venue.known_to(), ZoneInfo(venue.config.zone)
    opened = venue.sessions.opens[venue.sessions.opens <= known * 1_000_000]
    begin = int(opened[-1] // 1_000_000)
    closes = int(venue.sessions.closes[len(opened) - 1] // 1_000_000)
    period = _period(begin, closes, zone)
    before = {**period, "end": begin}
    after = {**period, "start": closes}
    return {
        "currency": "TRY",
        "symbol": symbol,
        "exchangeName": "IST",
        "instrumentType": "INDEX" if symbol.startswith("X") else "EQUITY",
        "firstTradeDate": 957_938_400,
        "regularMarketTime": min(known, closes),
        "gmtoffset": _offset(begin, zone),
        "timezone": "TRT",
        "exchangeTimezoneName": venue.config.zone,
        "regularMarketPrice": rows[-1].close if rows else None,
        "priceHint": 2,
        "currentTradingPeriod": {"pre": before, "regular": period, "post": after},
        "tradingPeriods": _periods(venue, rows, zone) or [[period]],
        "dataGranularity": interval,
        "range": "",
        "validRanges": list(RANGES),
    }


def _period(begin: int, end: int, zone: ZoneInfo) -> dict[str, Any]:
    return {"timezone": "TRT", "start": begin, "end": end, "gmtoffset": _offset(begin, zone)}


def _periods(venue: YahooVenue, rows: list[Row], zone: ZoneInfo) -> list[list[dict[str, Any]]]:
    """Return the sessions that hold any of the rows, each in a list of its own."""
    held = dict.fromkeys(session for row in rows if (session := venue.sessions.at(row.time * 1_000_000)))
    return [[_period(session.begin // 1_000_000, session.end // 1_000_000, zone)] for session in held]


def _offset(at: int, zone: ZoneInfo) -> int:
    offset = datetime.fromtimestamp(at, zone).utcoffset()
    return int(offset.total_seconds()) if offset else 0


def _chart(venue: YahooVenue, request: web.Request) -> dict[str, Any]:
    if request.query.get("crumb", CRUMB) != CRUMB:
        raise _Refused(401, "Unauthorized", "Invalid Crumb")
    symbol, interval = request.match_info["symbol"], request.query.get("interval", "1d")
    market, length = venue.markets.get(symbol), INTERVALS.get(interval)
    if market is None:
        raise _Refused(404, "Not Found", "No data found, symbol may be delisted")
    if length is None:
        raise _Refused(422, "Unprocessable Entity", f"Invalid input - interval={interval} is not supported")
    begin, end = _span(venue, request)
    if interval == "1m" and end - begin > LONGEST_MINUTES:
        raise _Refused(422, "Unprocessable Entity", "Only 8 days worth of 1m granularity data are allowed per request.")
    rows = _join(list(market.rows(begin, min(end, venue.known_to()))), length, ZoneInfo(venue.config.zone))
    columns = {name: [getattr(row, name) for row in rows] for name in ("open", "high", "low", "close", "volume")}
    result: dict[str, Any] = {"meta": _meta(venue, symbol, rows, interval), "indicators": {"quote": [{}]}}
    if rows:
        result["indicators"] = {"quote": [columns]}
        result["timestamp"] = [row.time for row in rows]
    return {"chart": {"result": [result], "error": None}}


def _application(venue: YahooVenue) -> web.Application:
    async def chart(request: web.Request) -> web.Response:
        venue.asked.append(request.match_info["symbol"])
        if venue.throttled > 0:
            venue.throttled -= 1
            return web.Response(status=429, text="Too Many Requests")
        try:
            return web.json_response(_chart(venue, request))
        except _Refused as refused:
            error = {"code": refused.code, "description": str(refused)}
            return web.json_response({"chart": {"result": None, "error": error}}, status=refused.status)

    async def cookie(_: web.Request) -> web.Response:
        answer = web.Response(status=404, text="")
        answer.set_cookie("A3", COOKIE, max_age=86400)
        return answer

    async def crumb(request: web.Request) -> web.Response:
        if request.cookies.get("A3") != COOKIE:
            return web.Response(status=401, text="")
        return web.Response(text=CRUMB)

    async def consent(_: web.Request) -> web.Response:
        return web.Response(text=_CONSENT, content_type="text/html")

    async def nothing(_: web.Request) -> web.Response:
        # What yfinance asks besides, of symbols that have no chart.
        nobody: dict[str, Any] = {"result": [], "error": None}
        return web.json_response({"quoteSummary": nobody, "quoteResponse": nobody, "timeseries": nobody})

    app = web.Application()
    app.router.add_get("/", cookie)
    app.router.add_get("/v1/test/getcrumb", crumb)
    app.router.add_get("/v8/finance/chart/{symbol}", chart)
    for path in ("/consent", "/copyConsent"):
        app.router.add_get(path, consent)
    for path in ("/v7/{rest:.*}", "/v10/{rest:.*}", "/ws/{rest:.*}"):
        app.router.add_get(path, nothing)
    app.router.add_post("/v2/collectConsent", consent)
    return app


@dataclass
class YahooSimulator:
    """A running simulator."""

    venue: YahooVenue
    url: str


@asynccontextmanager
async def serve_yahoo(config: YahooConfig, now: Callable[[], float] = time.time) -> AsyncIterator[YahooSimulator]:
    """Serve while the block runs. Raises OSError where the port is taken."""
    venue = YahooVenue(config, now)
    runner = web.AppRunner(_application(venue), access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, config.host, config.port).start()
        yield YahooSimulator(venue, f"http://{config.host}:{runner.addresses[0][1]}")
    finally:
        await runner.cleanup()


async def run_yahoo(config: YahooConfig, *, stopped: asyncio.Event) -> None:
    """Serve until `stopped`."""
    async with serve_yahoo(config) as simulator:
        _log.info("simulates Yahoo", rest=simulator.url)
        await stopped.wait()
