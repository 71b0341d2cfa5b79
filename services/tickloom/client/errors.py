"""The errors of the client: the type says whether asking again can help.

TickloomError
├── Unreachable              nobody answers: check the address, or wait and try again
└── ApiError                 the server says no, in the words of its problem document (RFC 9457)
    ├── NotAuthenticated     401: get another token
    ├── NotAllowed           403: the token's role or scopes do not reach
    ├── NotFound             404
    ├── Limited              429: wait `retry_after` seconds
    └── Unavailable          503: wait `retry_after` seconds
"""

import json
from typing import Final


class TickloomError(Exception):
    """Base of all errors of the client."""


class Unreachable(TickloomError):
    """The server cannot be reached, or the connection broke."""


class ApiError(TickloomError):
    """The server refused or failed; `status` is the HTTP status, `detail` what it says."""

    def __init__(self, status: int, title: str, detail: str, retry_after: float | None = None) -> None:
        super().__init__(f"{title}: {detail}" if detail else title)
        self.status, self.title, self.detail, self.retry_after = status, title, detail, retry_after


class NotAuthenticated(ApiError):
    """The token is missing, expired or revoked."""


class NotAllowed(ApiError):
    """The token's role or scopes do not allow this."""


class NotFound(ApiError):
    """There is no such thing."""


class Limited(ApiError):
    """Too many requests; wait `retry_after` seconds."""


class Unavailable(ApiError):
    """A part of the product is away; the same request may work later."""


_KINDS: Final = {401: NotAuthenticated, 403: NotAllowed, 404: NotFound, 429: Limited, 503: Unavailable}


def error_of(status: int, body: bytes, retry_after: str | None) -> ApiError:
    """Return the error for an answer that is none; a proxy's page has no problem document."""
    try:
        document = json.loads(body)
    except ValueError:
        document = None
    told = document if isinstance(document, dict) else {}
    title, detail = str(told.get("title", f"HTTP status {status}")), str(told.get("detail", ""))
    fields = "; ".join(f"{one.get('field')}: {one.get('detail')}" for one in told.get("errors") or [])
    wait = float(retry_after) if retry_after and retry_after.isdigit() else None
    return _KINDS.get(status, ApiError)(status, title, ": ".join(part for part in (detail, fields) if part), wait)
