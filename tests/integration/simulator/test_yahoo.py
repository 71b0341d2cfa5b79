"""yfinance against the simulated Yahoo: unchanged, but for a session that goes elsewhere."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yfinance
from curl_cffi import requests
from yfinance.data import YfData
from yfinance.exceptions import YFRateLimitError

from tickloom.simulator.yahoo.options import YahooConfig
from tickloom.simulator.yahoo.server import YahooSimulator, serve_yahoo

# Thursday, 8 August 2024, half past eleven in Istanbul.
NOW = datetime(2024, 8, 8, 8, 30, 20, tzinfo=UTC).timestamp()


class Redirected(requests.Session[Any]):
    """A session of curl_cffi whose requests all go to one place."""

    base = ""

    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> Any:
        parts = urlsplit(url)
        return super().request(method, f"{self.base}{parts.path or '/'}?{parts.query}", *args, **kwargs)


@pytest.fixture
async def yahoo(tmp_path: Path) -> AsyncIterator[YahooSimulator]:
    yfinance.set_tz_cache_location(str(tmp_path))
    yfinance.config.debug.hide_exceptions = True
    async with serve_yahoo(YahooConfig(), lambda: NOW) as simulator:
        yield simulator
    # yfinance keeps one connection for all, with the cookie and crumb of whom it met first.
    YfData._instances.clear()


async def history(yahoo: YahooSimulator, symbol: str, **arguments: Any) -> Any:
    session = Redirected(impersonate="chrome")
    session.base = yahoo.url
    return await asyncio.to_thread(lambda: yfinance.Ticker(symbol, session=session).history(**arguments))


async def test_the_official_library_reads_minutes_and_the_unfinished_one(yahoo: YahooSimulator) -> None:
    rows = await history(yahoo, "THYAO.IS", period="1d", interval="1m", auto_adjust=False)
    assert str(rows.index.tz) == "Europe/Istanbul"
    assert rows.index[0].hour == 10
    assert rows.index[-1].timestamp() == NOW - 900 - 1
    assert len(rows) > 60
    assert (rows["High"] >= rows["Low"]).all()
    assert rows["Close"].iloc[-1] == pytest.approx(310, rel=0.1)


async def test_minutes_that_are_over_never_change(yahoo: YahooSimulator) -> None:
    first = await history(yahoo, "GARAN.IS", period="1d", interval="1m")
    again = await history(yahoo, "GARAN.IS", period="5d", interval="1m")
    assert first.iloc[:-1].equals(again.loc[first.index[0] : first.index[-2]])


async def test_an_unknown_symbol_has_no_rows(yahoo: YahooSimulator) -> None:
    assert len(await history(yahoo, "NOBODY.IS", period="1d", interval="1m")) == 0


async def test_a_throttled_client_is_told_so(yahoo: YahooSimulator) -> None:
    yahoo.venue.throttled = 100
    with pytest.raises(YFRateLimitError):
        await history(yahoo, "THYAO.IS", period="1d", interval="1m")
