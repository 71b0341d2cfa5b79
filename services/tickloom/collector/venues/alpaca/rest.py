"""Questions to Alpaca over REST: trades by time, which symbols there are, and its clock.

Reference of "Historical trades" and "Latest trades" (`data.alpaca.markets`). 200 questions a minute on the free plan;
each answer tells in `X-RateLimit-Remaining` and `X-RateLimit-Reset` how many are left, and until when.
"""

from collections.abc import Collection
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, NamedTuple

import aiohttp

from tickloom.collector.clock import Clock
from tickloom.collector.venue import Page, VenueRefused, VenueThrottled, VenueUnavailable
from tickloom.collector.venues.alpaca import parse
from tickloom.settings.credentials import Credentials

PAGE: Final = 10_000
ANSWER_SECONDS: Final = 15.0
MAXIMUM_ANSWER: Final = 32 * 1024 * 1024
SYMBOLS_TOGETHER: Final = 200
DEFAULT_WAIT_SECONDS: Final = 60.0
_OK: Final = 200
_THROTTLED: Final = 429
_REFUSED: Final = frozenset({400, 401, 402, 403, 404, 422})


class _Answer(NamedTuple):
    body: bytes
    date: str


class Rest:
    """Asks one endpoint; `url` has no path, `feed` is `iex` or `sip`."""

    def __init__(self, url: str, feed: str, credentials: Credentials, clock: Clock) -> None:
        self._url = url.rstrip("/")
        self._feed = feed
        self._clock = clock
        self._not_before = 0.0
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=ANSWER_SECONDS),
            headers={
                "APCA-API-KEY-ID": credentials.key.get_secret_value(),
                "APCA-API-SECRET-KEY": credentials.secret.get_secret_value(),
            },
        )

    async def server_time_us(self, symbol: str) -> int:
        """Return the clock of the answering server, to the second, in microseconds. Raises VenueError."""
        answer = await self._get("/v2/stocks/trades/latest", symbols=symbol)
        try:
            return int(parsedate_to_datetime(answer.date).timestamp()) * 1_000_000
        except ValueError as error:
            raise VenueUnavailable("Alpaca's answer has no date") from error

    async def trades_since(self, symbol: str, number: int, from_us: int, page: str | None) -> Page:
        """`GET /v2/stocks/trades`: a page of trades from a time on, to now. Raises VenueError."""
        start = datetime.fromtimestamp(from_us // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        parameters = {
            "symbols": symbol,
            "start": f"{start}.{from_us % 1_000_000:06d}Z",
            "limit": str(PAGE),
            "sort": "asc",
        }
        answer = await self._get("/v2/stocks/trades", **parameters, **({"page_token": page} if page else {}))
        try:
            trades = parse.decode_old_trades(answer.body)
            records = parse.to_records((trades.trades or {}).get(symbol, []), number)
        except parse.UNREADABLE as error:
            raise VenueUnavailable(f"Alpaca's answer about the trades of {symbol} makes no sense: {error}") from error
        return Page(records, trades.next_page_token or None)

    async def existing(self, symbols: Collection[str]) -> set[str]:
        """`GET /v2/stocks/trades/latest`: return those of the symbols that there are. Raises VenueError."""
        wanted, found = sorted(symbols), set[str]()
        for begin in range(0, len(wanted), SYMBOLS_TOGETHER):
            found |= await self._existing_of(wanted[begin : begin + SYMBOLS_TOGETHER])
        return found

    async def _existing_of(self, symbols: list[str]) -> set[str]:
        try:
            answer = await self._get("/v2/stocks/trades/latest", symbols=",".join(symbols))
        except VenueRefused as error:
            # One symbol of an impossible form makes Alpaca refuse them all: {"message":"invalid symbol: aapl"}.
            if "invalid symbol" not in str(error):
                raise
            if len(symbols) <= 1:
                return set()
            half = len(symbols) // 2
            return await self._existing_of(symbols[:half]) | await self._existing_of(symbols[half:])
        try:
            return set(parse.decode_latest_trades(answer.body).trades) & set(symbols)
        except parse.UNREADABLE as error:
            raise VenueUnavailable(f"Alpaca's answer about its symbols makes no sense: {error}") from error

    async def aclose(self) -> None:
        """Close the connections."""
        await self._session.close()

    async def _get(self, path: str, **parameters: str) -> _Answer:
        wait = self._not_before - self._clock.monotonic()
        if wait > 0:
            raise VenueThrottled("Alpaca asked us to wait", wait)
        try:
            async with self._session.get(self._url + path, params={"feed": self._feed, **parameters}) as response:
                body = await response.content.read(MAXIMUM_ANSWER + 1)
                while len(body) <= MAXIMUM_ANSWER and (more := await response.content.read(MAXIMUM_ANSWER)):
                    body += more
                self._observe(response)
                self._judge(response.status, body, path)
                return _Answer(body, response.headers.get("Date", ""))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise VenueUnavailable(f"{self._url} cannot be reached: {error or type(error).__name__}") from error

    def _observe(self, response: aiohttp.ClientResponse) -> None:
        """Ask nothing until the allowance is renewed, once it is used up."""
        used_up = response.headers.get("X-RateLimit-Remaining") == "0" or response.status == _THROTTLED
        if not used_up:
            return
        reset = response.headers.get("X-RateLimit-Reset", "")
        seconds = int(reset) - self._clock.time_us() / 1e6 if reset.isdecimal() else DEFAULT_WAIT_SECONDS
        self._not_before = self._clock.monotonic() + min(max(seconds, 1.0), DEFAULT_WAIT_SECONDS)

    def _judge(self, status: int, body: bytes, path: str) -> None:
        if len(body) > MAXIMUM_ANSWER:
            raise VenueUnavailable(f"Alpaca answered {path} with more than {MAXIMUM_ANSWER} bytes")
        if status == _OK:
            return
        if status == _THROTTLED:
            raise VenueThrottled("Alpaca asked us to wait", self._not_before - self._clock.monotonic())
        if status in _REFUSED:
            raise VenueRefused(f"Alpaca refused {path} with status {status}: {_reason(body)}")
        raise VenueUnavailable(f"{self._url} answered {path} with status {status}")


def _reason(body: bytes) -> str:
    try:
        return parse.decode_refusal(body).message[:200]
    except parse.UNREADABLE:
        return body[:200].decode(errors="backslashreplace")
