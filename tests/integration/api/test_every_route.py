"""What holds for every route, read from the OpenAPI document, so that a new one is tested from its first day."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from integration.api.entering import make_token
from integration.api.product import Answer, Product
from tickloom.api.openapi import document

SAMPLES = defaultdict(lambda: "1", symbol="BTCUSDT", username="vera")
"""Of parameters in paths; those that are not named are numbers."""
FREE = {"get_health"}
FOR_WHOEVER_IS_KNOWN = {"get_account"}
"""Needs a token, of whatever role and scope."""


class Operation(NamedTuple):
    name: str
    method: str
    path: str
    secured: bool
    statuses: frozenset[int]
    takes_body: bool


def operations() -> Iterator[Operation]:
    for path, methods in document()["paths"].items():
        for method, described in methods.items():
            yield Operation(
                described["operationId"],
                method.upper(),
                path.removeprefix("/api/v1/").format_map(SAMPLES),
                "security" in described,
                frozenset(int(status) for status in described["responses"]),
                "requestBody" in described,
            )


OPERATIONS = list(operations())


async def ask(product: Product, operation: Operation, **more: Any) -> Answer:
    body: dict[str, Any] | None = {} if operation.takes_body else None
    return await product.ask(operation.path, method=operation.method, json=body, **more)


def assert_explained(answer: Answer, operation: Operation, status: int) -> None:
    assert answer.status == status, answer.data
    assert status in operation.statuses
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "instance"} <= set(answer.body)


async def test_a_route_needs_a_token_exactly_where_the_document_says_so(product: Product) -> None:
    for operation in OPERATIONS:
        answer = await ask(product, operation, token=None)
        if operation.secured:
            assert_explained(answer, operation, 401)
            assert answer.headers["WWW-Authenticate"] == "Bearer"
            assert_explained(await ask(product, operation, token="a.b.c"), operation, 401)  # noqa: S106 - no token
        else:
            assert answer.status in {200, 422}, operation


async def test_a_token_without_the_scope_is_let_in_nowhere(product: Product) -> None:
    other = {"alerts": "read", "symbols": "alerts"}
    tokens = {scope: (await make_token(product, "ada", "admin", [scope]))["token"] for scope in ("read", "alerts")}
    for operation in OPERATIONS:
        if not operation.secured or operation.name in FOR_WHOEVER_IS_KNOWN:
            continue
        scope = other["alerts"] if "alert" in operation.name or "admin" in operation.path else other["symbols"]
        assert_explained(await ask(product, operation, token=tokens[scope]), operation, 403)


class TestNothingLeft:
    @pytest.fixture
    def api_settings(self) -> dict[str, object]:
        return {"rate_limit": 1, "rate_limit_seconds": 3600.0}

    async def test_the_limit_holds_for_every_route_but_health(self, product: Product) -> None:
        await product.ask("symbols", token=None)
        await product.ask("symbols")
        for operation in OPERATIONS:
            for token in (None, ""):
                answer = await ask(product, operation, token=token)
                if operation.name in FREE:
                    assert answer.status == 200
                else:
                    assert_explained(answer, operation, 429)
                    assert int(answer.headers["Retry-After"]) > 0


async def test_without_redis_no_route_fails_but_those_that_need_it_say_so(product: Product) -> None:
    product.redis_line.cut()
    for operation in OPERATIONS:
        answer = await ask(product, operation, token=product.token("ada", "admin"))
        assert answer.status < 500 or answer.status == 503, (operation, answer.data)
        assert answer.status in operation.statuses


async def test_without_the_database_every_route_answers_what_it_documents(product: Product) -> None:
    product.database_line.cut()
    for operation in OPERATIONS:
        answer = await ask(product, operation, token=product.token("ada", "admin"))
        assert answer.status < 500 or answer.status == 503, (operation, answer.data)
        assert answer.status in operation.statuses, (operation, answer.data)
        assert "postgres" not in answer.data.decode().lower()
