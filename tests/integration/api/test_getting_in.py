"""Tokens and sessions: who is let in, and who is not."""

import asyncio
import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from jose import jwt

from integration.api.conftest import SECRET
from integration.api.product import Product
from tickloom.store.login_links import create_login_link

PROTECTED = ["symbols", "charts/BTCUSDT", "features/BTCUSDT", "features/BTCUSDT/latest"]


def claims(**changes: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "iss": "tickloom", "aud": "tickloom", "sub": "ada", "role": "admin", "iat": now,
        "exp": now + timedelta(minutes=5), **changes,
    }  # fmt: skip


def encoded(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part, default=str).encode()).rstrip(b"=").decode()


def unsigned() -> str:
    body = claims(iat=1, exp=9_999_999_999)
    return f"{encoded({'alg': 'none', 'typ': 'JWT'})}.{encoded(body)}."


FORGED: dict[str, Callable[[], str]] = {
    "nonsense": lambda: "nonsense",
    "another key": lambda: jwt.encode(claims(), "another key that is long enough as well", algorithm="HS256"),
    "expired": lambda: jwt.encode(claims(exp=datetime.now(UTC) - timedelta(minutes=2)), SECRET, algorithm="HS256"),
    "algorithm none": unsigned,
    "another algorithm": lambda: jwt.encode(claims(), SECRET, algorithm="HS512"),
    "another audience": lambda: jwt.encode(claims(aud="elsewhere"), SECRET, algorithm="HS256"),
    "another issuer": lambda: jwt.encode(claims(iss="elsewhere"), SECRET, algorithm="HS256"),
    "without expiry": lambda: jwt.encode({k: v for k, v in claims().items() if k != "exp"}, SECRET, algorithm="HS256"),
    "an unknown role": lambda: jwt.encode(claims(role="root"), SECRET, algorithm="HS256"),
}


@pytest.mark.parametrize("path", PROTECTED)
async def test_without_a_token_nothing_is_told(product: Product, path: str) -> None:
    answer = await product.ask(path, token=None)
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("kind", FORGED)
async def test_a_token_that_is_not_ours_is_refused(product: Product, kind: str) -> None:
    assert (await product.ask("symbols", token=FORGED[kind]())).status == 401


async def test_a_login_link_works_exactly_once_under_concurrency(product: Product) -> None:
    code = await create_login_link(product.connection, user="owner", role="admin", seconds=60)
    answers = await asyncio.gather(
        *(product.ask("auth/link", method="POST", token=None, json={"code": code}) for _ in range(10))
    )
    assert sorted(answer.status for answer in answers) == [200] + [401] * 9
    tokens = next(answer.body for answer in answers if answer.status == 200)
    assert tokens["token_type"] == "bearer"  # noqa: S105 - no password
    assert tokens["expires_in"] == 3600
    assert (await product.ask("symbols", token=tokens["access_token"])).status == 200


async def test_an_old_login_link_is_refused(product: Product) -> None:
    code = await create_login_link(product.connection, user="owner", role="admin", seconds=-1)
    assert (await product.ask("auth/link", method="POST", token=None, json={"code": code})).status == 401


async def log_in(product: Product) -> dict[str, Any]:
    code = await create_login_link(product.connection, user="owner", role="admin", seconds=60)
    body: dict[str, Any] = (await product.ask("auth/link", method="POST", token=None, json={"code": code})).body
    return body


async def refresh(product: Product, token: str) -> Any:
    return await product.ask("auth/refresh", method="POST", token=None, json={"refresh_token": token})


async def test_refresh_tokens_rotate_and_a_second_use_ends_the_session(product: Product) -> None:
    first = (await log_in(product))["refresh_token"]
    second = (await refresh(product, first)).body["refresh_token"]
    assert second != first
    assert (await refresh(product, first)).status == 401
    assert (await refresh(product, second)).status == 401


async def test_of_two_refreshes_at_a_time_one_wins_and_the_session_ends(product: Product) -> None:
    token = (await log_in(product))["refresh_token"]
    answers = await asyncio.gather(*(refresh(product, token) for _ in range(5)))
    assert sorted(answer.status for answer in answers) == [200] + [401] * 4
    winner = next(answer.body["refresh_token"] for answer in answers if answer.status == 200)
    assert (await refresh(product, winner)).status == 401


async def test_after_logout_the_session_cannot_be_renewed(product: Product) -> None:
    token = (await log_in(product))["refresh_token"]
    answer = await product.ask("auth/logout", method="POST", token=None, json={"refresh_token": token})
    assert answer.status == 204
    assert (await refresh(product, token)).status == 401


@pytest.mark.parametrize("route", ["auth/link", "auth/refresh", "auth/logout"])
async def test_a_secret_in_a_bad_body_is_not_echoed(product: Product, route: str) -> None:
    field = "code" if route.endswith("link") else "refresh_token"
    answer = await product.ask(route, method="POST", token=None, json={field: "s3cret" * 100})
    assert answer.status == 422
    assert "s3cret" not in answer.data.decode()
    assert field in answer.body["errors"][0]["field"]
    assert (await product.ask(route, method="POST", token=None, json={})).status == 422
    assert (await product.ask(route, method="POST", token=None, json=[1])).status == 422


async def test_without_the_database_nobody_gets_in_and_no_link_is_used_up(product: Product) -> None:
    code = await create_login_link(product.connection, user="owner", role="admin", seconds=60)
    product.database_line.cut()
    answer = await product.ask("auth/link", method="POST", token=None, json={"code": code})
    assert answer.status == 503
    product.database_line.mend()
    await product.until("auth/link", 200, method="POST", token=None, json={"code": code})
