"""What both clients share: where the server is, who asks, and when asking again makes sense."""

import os
import random
from typing import Final
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

import httpx
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tickloom.client.calls import path_of
from tickloom.client.errors import (
    ApiError,
    Limited,
    NotAuthenticated,
    NotFound,
    TickloomError,
    Unavailable,
    Unreachable,
    error_of,
)
from tickloom.client.following import Following

TIMEOUT_SECONDS: Final = 30.0
SILENCE_SECONDS: Final = 20.0
"""The server says something every 5 s: a line that is silent for longer is dead."""
RETRIES: Final = 3
LOST: Final = (ConnectionClosed, OSError, TimeoutError, InvalidHandshake, TickloomError)
"""What ends a live connection."""
_LONGEST_WAIT: Final = 30.0
_REFUSALS: Final = {4001: NotAuthenticated, 4003: NotAuthenticated, 4004: NotFound}


class Target:
    """A server and a token; TICKLOOM_URL and TICKLOOM_TOKEN where they are not given."""

    def __init__(self, url: str | None, token: str | None) -> None:
        self.url = (url or os.environ.get("TICKLOOM_URL", "http://127.0.0.1:8000")).rstrip("/")
        self.token = token or os.environ.get("TICKLOOM_TOKEN", "")

    @property
    def headers(self) -> dict[str, str]:
        """The headers of every request."""
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def socket_url(self, symbol: str, timeframe: str, rate: float) -> str:
        """Return the address of a live chart; the token is not in it."""
        parts = urlsplit(self.url)
        scheme = "wss" if parts.scheme == "https" else "ws"
        query = urlencode({"timeframe": timeframe, "rate": rate})
        return urlunsplit((scheme, parts.netloc, f"{parts.path}/ws/{quote(symbol, safe=':')}", query, ""))

    def export_path(self, symbol: str) -> str:
        """Return the path of an export."""
        return path_of("export", symbol)


def wait_before_retry(error: TickloomError, attempt: int) -> float | None:
    """Return how long to wait before a request is repeated, None where that cannot help."""
    if attempt >= RETRIES or (isinstance(error, ApiError) and not isinstance(error, Limited | Unavailable)):
        return None
    asked = error.retry_after if isinstance(error, ApiError) else None
    if asked is not None and asked > _LONGEST_WAIT:
        return None
    return backoff(attempt) if asked is None else asked


def backoff(attempt: int) -> float:
    """Return a wait in seconds that doubles with each attempt, up to half a minute; clients do not wait in step."""
    return min(_LONGEST_WAIT, 0.25 * 2.0**attempt) * random.uniform(0.5, 1.0)  # noqa: S311 - no secret


def reason_to_give_up(error: Exception, following: Following) -> TickloomError | None:
    """Return what to raise where connecting again cannot help, None where it may."""
    if isinstance(error, ConnectionClosed):
        close = error.rcvd
        if close is not None and (kind := _REFUSALS.get(close.code)):
            return kind(close.code, "the live chart was refused", close.reason)
    elif isinstance(error, ApiError):
        return error if wait_before_retry(error, 0) is None else None
    if following.has_begun:
        return None
    return Unreachable(f"the live chart cannot be opened: {error or type(error).__name__}")


def read_answer(response: httpx.Response) -> bytes:
    """Return the body of an answer whose body was read; raises ApiError."""
    if response.is_success:
        return response.content
    raise refused(response)


def refused(response: httpx.Response) -> ApiError:
    """Return the error of an answer whose body was read."""
    return error_of(response.status_code, response.content, response.headers.get("Retry-After"))
