"""Errors as RFC 9457 problem documents: the class of an error decides status and title.

Problem
├── BadRequest 400, NotAuthenticated 401, NotFound 404, Ambiguous 409
└── Unavailable 503   with Retry-After
"""

import uuid
from http import HTTPStatus
from typing import Any, ClassVar

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from tickloom.bus.errors import BusUnavailable
from tickloom.store.errors import StoreUnavailable
from tickloom.telemetry.logging import logger

_log = logger(__name__)


class Problem(Exception):
    """Base of the errors that a client is told of."""

    status = HTTPStatus.INTERNAL_SERVER_ERROR
    headers: ClassVar[dict[str, str]] = {}


class BadRequest(Problem):
    """What was asked makes no sense."""

    status = HTTPStatus.BAD_REQUEST


class NotAuthenticated(Problem):
    """A token is missing or not valid."""

    status = HTTPStatus.UNAUTHORIZED
    headers: ClassVar[dict[str, str]] = {"WWW-Authenticate": "Bearer"}


class NotFound(Problem):
    """There is no such thing."""

    status = HTTPStatus.NOT_FOUND


class Ambiguous(Problem):
    """A bare symbol is traded at several exchanges."""

    status = HTTPStatus.CONFLICT


def problem(
    request: Request, status: int, detail: str, headers: dict[str, str] | None = None, **more: Any
) -> JSONResponse:
    """Return a problem document."""
    title = HTTPStatus(status).phrase
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, "instance": request.url.path}
    return JSONResponse({**body, **more}, status_code=status, headers=headers, media_type="application/problem+json")


async def _known(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Problem)  # noqa: S101 - registered for it
    return problem(request, error.status, str(error), error.headers)


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it
    return problem(request, error.status_code, str(error.detail), dict(error.headers or {}))


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it
    errors = [
        {"field": ".".join(map(str, one["loc"])), "value": repr(one.get("input"))[:200], "detail": one["msg"]}
        for one in error.errors()
    ]
    return problem(request, HTTPStatus.UNPROCESSABLE_ENTITY, "some values are not allowed", errors=errors)


async def _away(request: Request, error: Exception) -> JSONResponse:
    _log.warning("a request could not be answered", problem=str(error))
    return problem(
        request, HTTPStatus.SERVICE_UNAVAILABLE, "the data is out of reach now: try again", {"Retry-After": "2"}
    )


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    reference = uuid.uuid4().hex[:12]
    _log.error("a request failed", reference=reference, exc_info=error)
    detail = f"something went wrong; reference {reference}"
    return problem(request, HTTPStatus.INTERNAL_SERVER_ERROR, detail, reference=reference)


def install(app: FastAPI) -> None:
    """Answer every error of an application with a problem document."""
    app.add_exception_handler(Problem, _known)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(StoreUnavailable, _away)
    app.add_exception_handler(BusUnavailable, _away)
    app.add_exception_handler(Exception, _unexpected)
