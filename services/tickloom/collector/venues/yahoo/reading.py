"""The only module that touches yfinance: one question at a time, in a thread, as yfinance has one session for all.

yfinance has no address of its own to set, so a session that goes elsewhere is handed to it where the exchange's spec
names one. It writes cookies and time zones to a directory, which is ours and temporary.
"""

import logging
import tempfile
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

import yfinance
from curl_cffi import requests
from yfinance.exceptions import YFPricesMissingError, YFRateLimitError, YFTzMissingError

from tickloom.collector.venue import VenueError, VenueRefused, VenueThrottled, VenueUnavailable
from tickloom.collector.venues.yahoo.parse import Row

ANSWER_SECONDS: Final = 15
BROWSER: Final = "chrome"
"""Yahoo refuses clients whose TLS does not look like a browser's."""
HOME: Final = "https://query1.finance.yahoo.com/"
WAIT_SECONDS: Final = 300.0
"""After 429; whoever asks again too soon is refused for longer."""
_COLUMNS: Final = ("Open", "High", "Low", "Close", "Volume")


class Redirected(requests.Session[Any]):
    """A session whose requests all go to one address, with path and query as they are."""

    def __init__(self, base: str) -> None:
        super().__init__(impersonate=BROWSER)
        self._base = base.rstrip("/")

    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> Any:
        """Send a request to our address instead."""
        parts = urlsplit(str(url))
        return super().request(method, f"{self._base}{parts.path or '/'}?{parts.query}", *args, **kwargs)


class Answer(NamedTuple):
    """The rows of a symbol, and the Unix second of the latest price that Yahoo knows; None where it does not say."""

    rows: list[Row]
    known: int | None


class Reader:
    """Reads charts; `url` replaces Yahoo's addresses."""

    def __init__(self, url: str | None) -> None:
        _prepare()
        yfinance.config.debug.hide_exceptions = False
        self._session: Any = Redirected(url) if url else requests.Session(impersonate=BROWSER)

    def minutes_since(self, symbol: str, begin_us: int) -> Answer:
        """Return the minutes of a symbol from a time on, blocking. Raises VenueError."""
        try:
            ticker = yfinance.Ticker(symbol, session=self._session)
            table = ticker.history(
                start=datetime.fromtimestamp(begin_us / 1e6, UTC),
                interval="1m",
                auto_adjust=False,
                actions=False,
                timeout=ANSWER_SECONDS,
            )
            return Answer(_rows(table), _known(ticker.history_metadata))
        except YFPricesMissingError as error:
            if error.yahoo_reason is not None:
                raise VenueRefused(f"Yahoo refuses {symbol}: {error.yahoo_reason[:200]}") from error
            return Answer([], None)
        except Exception as error:
            raise _translated(symbol, error) from error

    def server_time_us(self) -> int:
        """Return the clock of Yahoo's server, to the second, in microseconds, blocking. Raises VenueError."""
        try:
            answer = self._session.get(HOME, timeout=ANSWER_SECONDS)
            return int(parsedate_to_datetime(answer.headers["Date"]).timestamp()) * 1_000_000
        except Exception as error:
            raise _translated("its clock", error) from error

    def close(self) -> None:
        """Let go of connections."""
        self._session.close()


@cache
def _prepare() -> "tempfile.TemporaryDirectory[str]":
    """Set yfinance up, once in a process: it never lets go of the directory of its caches, which ends with us."""
    directory = tempfile.TemporaryDirectory(prefix="tickloom-yahoo-")
    yfinance.set_tz_cache_location(directory.name)
    # It tells of each failure what we tell once, in our own words.
    logging.getLogger("yfinance").setLevel(logging.CRITICAL)
    return directory


def _translated(subject: str, error: Exception) -> VenueError:
    """Return what an error of yfinance means for us; it and its libraries have no common base but Exception."""
    match error:
        case YFRateLimitError():
            return VenueThrottled("Yahoo asked us to wait (429)", WAIT_SECONDS)
        case YFTzMissingError():
            return VenueRefused(f"Yahoo does not know {subject}")
    return VenueUnavailable(
        f"Yahoo's answer about {subject} could not be read: {str(error)[:200] or type(error).__name__}"
    )


def _rows(table: Any) -> list[Row]:
    times = [int(moment.timestamp()) for moment in table.index]
    columns = [[float(value) for value in table[name]] for name in _COLUMNS]
    return [Row(*values) for values in zip(times, *columns, strict=True)]


def _known(metadata: Any) -> int | None:
    moment = metadata.get("regularMarketTime")
    return int(moment.timestamp()) if hasattr(moment, "timestamp") else moment if isinstance(moment, int) else None
