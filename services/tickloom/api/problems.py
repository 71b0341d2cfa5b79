"""Errors as RFC 9457 problem documents: the class of an error decides status and title.

Problem
├── BadRequest 400, NotAuthenticated 401, NotAllowed 403, NotFound 404, Ambiguous 409, Conflict 409
├── Limited 429                 with Retry-After
└── Unavailable 503             with Retry-After
"""

import re
import uuid
from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from tickloom.bus.errors import BusUnavailable
from tickloom.store.errors import StoreUnavailable
from tickloom.telemetry.logging import logger

_log = logger(__name__)
_SECRET = re.compile(r"password|token|code|secret|target")


class Problem(Exception):
    """Base of the errors that a client is told of."""

    status = HTTPStatus.INTERNAL_SERVER_ERROR
    headers: Mapping[str, str] = MappingProxyType({})

    def __init__(self, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        if headers:
            self.headers = headers


class BadRequest(Problem):
    """What was asked makes no sense."""

    status = HTTPStatus.BAD_REQUEST


class NotAuthenticated(Problem):
    """A token is missing or not valid."""

    status = HTTPStatus.UNAUTHORIZED
    headers = MappingProxyType({"WWW-Authenticate": "Bearer"})


class NotAllowed(Problem):
    """Whoever asks is known, and may not do this."""

    status = HTTPStatus.FORBIDDEN


class NotFound(Problem):
    """There is no such thing."""

    status = HTTPStatus.NOT_FOUND


class Ambiguous(Problem):
    """A bare symbol is traded at several exchanges."""

    status = HTTPStatus.CONFLICT


class Conflict(Problem):
    """Something of that name is there already, or has changed meanwhile."""

    status = HTTPStatus.CONFLICT


class Limited(Problem):
    """A client asks too often."""

    status = HTTPStatus.TOO_MANY_REQUESTS


class Unavailable(Problem):
    """A part of the product cannot be reached now; the same request may work later."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    headers = MappingProxyType({"Retry-After": "2"})


class ProblemDocument(BaseModel):
    """An error as RFC 9457 describes it."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[dict[str, str]] | None = Field(default=None, description="Field, value and what is allowed")
    reference: str | None = Field(default=None, description="Names the log entry of an unexpected error")


def documented(*kinds: type[Problem]) -> dict[int | str, dict[str, Any]]:
    """Return the `responses` of a route that may raise these, beside those that every route may."""
    answers: dict[int | str, dict[str, Any]] = {}
    every: tuple[type[Problem], ...] = (*kinds, Limited, Unavailable)
    for kind in every:
        text = (kind.__doc__ or "").strip()
        before = answers.get(int(kind.status), {}).get("description")
        answers[int(kind.status)] = {
            "description": f"{before} Or: {text}" if before and text not in before else text,
            "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}},
        }
    invalid = "Some values are not allowed; `errors` names each field, its value and what is allowed."
    answers[422] = {**answers[429], "description": invalid}
    return answers


def documented_of_bodies() -> dict[str, Any]:
    """Return the `responses` that every route which takes a body has beside its own."""
    shape = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}}
    slow = {"description": "The body took too long to arrive.", "content": shape}
    large = {"description": "The body is larger than it may be.", "content": shape}
    broken = {"description": "The body cannot be read: it is not JSON in UTF-8.", "content": shape}
    return {"408": slow, "413": large, "400": broken}


def problem(
    request: Request, status: int, detail: str, headers: Mapping[str, str] | None = None, **more: Any
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
    errors = [_told(one) for one in error.errors()]
    return problem(request, HTTPStatus.UNPROCESSABLE_ENTITY, "some values are not allowed", errors=errors)


def _told(error: dict[str, Any]) -> dict[str, str]:
    """Name a field, its value and what is allowed; a body's values may hold secrets and are not repeated."""
    field, value = ".".join(map(str, error["loc"])), error.get("input")
    told = {"field": field, "detail": str(error["msg"])}
    if error["loc"][0] == "body" and (not isinstance(value, str | int | float) or _SECRET.search(field)):
        return told
    return {**told, "value": repr(value)[:200]}


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
