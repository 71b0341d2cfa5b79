"""Requests to the API server. Every one has a time limit, and every failure an error that says whether to try again."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, Final

import aiohttp
import msgspec
import orjson

from tickloom.telemetry import metrics
from tickloom_operator.access import Access
from tickloom_operator.errors import ClusterUnavailable, Conflict, NotFound, Refused
from tickloom_operator.objects import Object, Page

FIELD_MANAGER: Final = "tickloom-operator"
REQUEST_SECONDS: Final = 15.0
PAGE: Final = 500
_CONNECTIONS: Final = 16
_APPLY: Final = "application/apply-patch+yaml"
_MERGE: Final = "application/merge-patch+json"
# A token that has just run out is read anew for the next try.
_LATER: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})
_OBJECT: Final = msgspec.json.Decoder(Object)
_PAGE: Final = msgspec.json.Decoder(Page)


class Cluster:
    """The API server as the operator uses it; make one by `open_cluster`."""

    def __init__(self, access: Access, session: aiohttp.ClientSession) -> None:
        self._access = access
        self._session = session
        self._check: Callable[[], None] = lambda: None

    def guard(self, check: Callable[[], None]) -> None:
        """Have `check` called before everything that writes; what it raises keeps the request from being sent."""
        self._check = check

    async def all_of(self, path: str, labels: str = "") -> AsyncIterator[Object]:
        """Yield all objects of a collection, page by page. Raises OperatorError."""
        wanted = {"limit": str(PAGE), **({"labelSelector": labels} if labels else {})}
        while True:
            page = _PAGE.decode(await self._request("GET", path, "list", parameters=wanted))
            for item in page.items:
                yield item
            if not page.metadata.continue_:
                return
            wanted["continue"] = page.metadata.continue_

    async def get(self, path: str) -> dict[str, Any]:
        """Return an object as it is. Raises NotFound."""
        found: dict[str, Any] = orjson.loads(await self._request("GET", path, "get"))
        return found

    async def apply(self, path: str, body: Mapping[str, Any]) -> Object:
        """Make an object's fields what the body says, and ours; fields of others stay. Raises Refused."""
        self._check()
        parameters = {"fieldManager": FIELD_MANAGER, "force": "true"}
        return _OBJECT.decode(await self._request("PATCH", path, "apply", body, parameters, _APPLY))

    async def patch_status(self, path: str, status: Mapping[str, Any]) -> Object:
        """Set fields of an object's status; None removes one. Raises NotFound."""
        self._check()
        parameters = {"fieldManager": FIELD_MANAGER}
        answer = await self._request("PATCH", f"{path}/status", "status", {"status": status}, parameters, _MERGE)
        return _OBJECT.decode(answer)

    async def create(self, path: str, body: Mapping[str, Any]) -> None:
        """Make an object in a collection. Raises Conflict where there is one of its name."""
        await self._request("POST", path, "create", body, {"fieldManager": FIELD_MANAGER})

    async def replace(self, path: str, body: Mapping[str, Any]) -> None:
        """Replace an object of the version that the body names. Raises Conflict where it has another by now."""
        await self._request("PUT", path, "update", body, {"fieldManager": FIELD_MANAGER})

    async def delete(self, path: str) -> None:
        """Delete an object, and what it owns in the background; one that is gone is fine."""
        self._check()
        try:
            await self._request("DELETE", path, "delete", {"propagationPolicy": "Background"})
        except NotFound:
            return

    async def _request(
        self,
        method: str,
        path: str,
        verb: str,
        body: Mapping[str, Any] | None = None,
        parameters: Mapping[str, str] | None = None,
        content: str = "application/json",
    ) -> bytes:
        headers = {"Content-Type": content} if body is not None else {}
        if token := self._access.bearer():
            headers["Authorization"] = f"Bearer {token}"
        data = None if body is None else orjson.dumps(body)
        try:
            async with self._session.request(method, path, params=parameters, data=data, headers=headers) as answer:
                text = await answer.read()
                metrics.operator_requests_total.labels(verb, str(answer.status)).inc()
        except (aiohttp.ClientError, TimeoutError, asyncio.IncompleteReadError) as error:
            metrics.operator_requests_total.labels(verb, "none").inc()
            raise ClusterUnavailable(f"{verb} {path}: {error or type(error).__name__}") from error
        _raise_for(answer.status, f"{verb} {path}", text)
        return text


def _raise_for(status: int, what: str, text: bytes) -> None:
    if status < HTTPStatus.BAD_REQUEST:
        return
    problem = f"{what}: {status} {_message(text)}"
    if status == HTTPStatus.NOT_FOUND:
        raise NotFound(problem)
    if status == HTTPStatus.CONFLICT:
        raise Conflict(problem)
    if status in _LATER or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise ClusterUnavailable(problem)
    raise Refused(problem)


def _message(text: bytes) -> str:
    try:
        return str(orjson.loads(text)["message"])
    except (orjson.JSONDecodeError, LookupError, TypeError):
        return text[:200].decode(errors="replace")


@asynccontextmanager
async def open_cluster(access: Access) -> AsyncIterator[Cluster]:
    """Open connections to the API server, and close them at the end."""
    connector = aiohttp.TCPConnector(ssl=access.context(), limit=_CONNECTIONS)
    timeout = aiohttp.ClientTimeout(total=REQUEST_SECONDS)
    async with aiohttp.ClientSession(access.server, connector=connector, timeout=timeout) as session:
        yield Cluster(access, session)
