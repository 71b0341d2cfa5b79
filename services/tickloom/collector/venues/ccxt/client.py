"""ccxt itself: an exchange made by its id, pointed elsewhere where its spec says so, and its errors as ours."""

from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import ccxt.pro
from ccxt.async_support.base.ws.client import Client
from ccxt.base import errors

from tickloom.collector.venue import VenueError, VenueRefused, VenueThrottled, VenueUnavailable
from tickloom.settings.resources import Endpoints

ANSWER_MS: Final = 15_000
THROTTLED_SECONDS: Final = 60.0
OPTIONS: Final[dict[str, dict[str, Any]]] = {
    # Its history has aggregates by default, whose ids are not those of single trades; and it asks for four markets.
    "binance": {
        "fetchMarkets": {"types": ["spot"]},
        "watchTrades": {"name": "aggTrade"},
        "watchTradesForSymbols": {"name": "aggTrade"},
    },
}


# ccxt empties aiohttp's buffer behind its back and miscounts what is in it: with aiohttp 3.14 a burst then pauses the
# transport for ever, and the connection is mute. Without a buffer to empty it reads message by message.
Client.buffer = property(lambda _: None)


def make_exchange(ccxt_id: str, endpoints: Endpoints) -> Any:
    """Return a ccxt exchange; raises VenueRefused where there is none of that id."""
    made = getattr(ccxt.pro, ccxt_id, None) if ccxt_id in ccxt.pro.exchanges else None
    made = made or (getattr(ccxt.async_support, ccxt_id) if ccxt_id in ccxt.exchanges else None)
    if made is None:
        raise VenueRefused(f"ccxt has no exchange {ccxt_id!r}: its ids are listed by ccxt.exchanges")
    exchange = made({"timeout": ANSWER_MS, "enableRateLimit": True, "options": OPTIONS.get(ccxt_id, {})})
    api = exchange.urls["api"]
    rest, websocket = (str(url) if url else None for url in (endpoints.rest, endpoints.websocket))
    exchange.urls["api"] = _elsewhere(api, rest, websocket)
    return exchange


def _elsewhere(urls: Any, rest: str | None, websocket: str | None) -> Any:
    """Return ccxt's tree of addresses with hosts replaced; an endpoint with a path stands for the whole address."""
    if isinstance(urls, dict):
        return {name: _elsewhere(url, rest, websocket) for name, url in urls.items()}
    if not isinstance(urls, str):
        return urls
    base = websocket if urls.startswith("ws") else rest
    if base is None:
        return urls
    place, here = urlsplit(base), urlsplit(urls)
    if place.path.strip("/"):
        return base
    return urlunsplit((place.scheme, place.netloc, here.path, here.query, ""))


def translated(error: Exception) -> VenueError:
    """Return what an error of ccxt means for us."""
    text = f"{type(error).__name__}: {str(error)[:200]}"
    if isinstance(error, errors.DDoSProtection):
        return VenueThrottled(f"the exchange asked us to wait ({text})", THROTTLED_SECONDS)
    if isinstance(error, errors.BadSymbol | errors.BadRequest | errors.NotSupported | errors.AuthenticationError):
        return VenueRefused(text)
    return VenueUnavailable(f"ccxt could not get an answer: {text}")
