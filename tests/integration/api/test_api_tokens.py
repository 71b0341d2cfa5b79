"""API tokens: shown once, limited to scopes and to the user's role, revocable, and no way to more."""

import asyncio
from typing import Any

import pytest

from integration.api.entering import make_token, post
from integration.api.product import SECONDS, Product, closed_with, receive

TOKENS = "auth/tokens"


async def listed(product: Product, **more: Any) -> list[dict[str, Any]]:
    tokens: list[dict[str, Any]] = (await product.ask(TOKENS, **more)).body["tokens"]
    return tokens


async def test_a_token_is_shown_once_works_and_ends_when_revoked(product: Product) -> None:
    made = await make_token(product, "vera", "viewer", ["read"])
    secret = made.pop("token")
    assert (await product.ask("symbols", token=secret)).status == 200
    (seen,) = await listed(product)
    assert seen["last_used_at"] is not None
    assert {**seen, "last_used_at": None} == made
    assert (await product.ask(f"{TOKENS}/{made['id']}", method="DELETE")).status == 204
    await product.until("symbols", 401, token=secret)
    assert await listed(product) == []
    rows = await product.connection.fetch("SELECT t::text FROM api_tokens t UNION ALL SELECT a::text FROM audit_log a")
    assert secret not in str(rows)
    actions = [row["action"] for row in await product.connection.fetch("SELECT action FROM audit_log ORDER BY 1")]
    assert actions == ["token.create", "token.revoke"]


@pytest.mark.parametrize(
    ("scopes", "path", "status"),
    [
        (["read"], "charts/BTCUSDT", 200),
        (["read"], "alerts", 403),
        (["read"], "admin/users", 403),
        (["alerts"], "alerts", 200),
        (["alerts"], "charts/BTCUSDT", 403),
        (["admin"], "admin/users", 200),
        (["export"], "symbols", 403),
    ],
)
async def test_a_token_opens_what_its_scopes_say(product: Product, scopes: list[str], path: str, status: int) -> None:
    secret = (await make_token(product, "ada", "admin", scopes))["token"]
    answer = await product.ask(path, token=secret)
    assert answer.status == status
    if status == 403:
        assert "scope" in answer.body["detail"]


async def test_a_scope_gives_no_more_than_the_role(product: Product) -> None:
    secret = (await make_token(product, "vera", "viewer", ["read", "admin"]))["token"]
    assert (await product.ask("admin/users", token=secret)).status == 403


async def test_a_token_makes_no_other_token_and_changes_no_password(product: Product) -> None:
    secret = (await make_token(product, "ada", "admin", ["read", "admin", "alerts", "export"]))["token"]
    assert (await post(product, "tokens", {"name": "x", "scopes": ["read"]}, token=secret)).status == 403
    assert (await product.ask(TOKENS, token=secret)).status == 403
    change = {"password": "x", "new_password": "another long one"}
    assert (await product.ask("auth/account/password", method="PUT", token=secret, json=change)).status == 403


async def test_nobody_sees_or_revokes_the_tokens_of_others(product: Product) -> None:
    made = await make_token(product, "vera", "viewer", ["read"])
    other = product.token("ada", "admin")
    assert await listed(product, token=other) == []
    assert (await product.ask(f"{TOKENS}/{made['id']}", method="DELETE", token=other)).status == 404
    assert (await product.ask("symbols", token=made["token"])).status == 200


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_without_a_token_there_are_no_tokens(product: Product, method: str) -> None:
    path = f"{TOKENS}/1" if method == "DELETE" else TOKENS
    assert (await product.ask(path, method=method, token=None)).status == 401


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"scopes": []}, "body.scopes"),
        ({"scopes": ["everything"]}, "body.scopes.0"),
        ({"name": ""}, "body.name"),
        ({"name": "a\x00b"}, "body.name"),
        ({"expires_in_days": 0}, "body.expires_in_days"),
    ],
)
async def test_a_token_that_makes_no_sense_is_refused(product: Product, changes: dict[str, Any], field: str) -> None:
    answer = await post(product, "tokens", {"name": "x", "scopes": ["read"], **changes}, token=product.token())
    assert (answer.status, answer.body["errors"][0]["field"]) == (422, field)


async def test_a_token_expires(product: Product) -> None:
    made = await make_token(product, "vera", "viewer", ["read"], expires_in_days=1)
    await product.connection.execute("UPDATE api_tokens SET expires_at = now() - interval '1 second'")
    assert (await product.ask("symbols", token=made["token"])).status == 401


@pytest.mark.parametrize("secret", ["tkl_", "tkl_unknown", "tkl_" + "x" * 4000, "tkl_\u00ff"])
async def test_a_made_up_token_is_refused(product: Product, secret: str) -> None:
    assert (await product.ask("symbols", token=secret)).status == 401


async def test_tokens_come_in_pages(product: Product) -> None:
    made = [(await make_token(product, "vera", "viewer", ["read"], name=f"t{i}"))["id"] for i in range(5)]
    seen: list[int] = []
    parameters: dict[str, str] = {"limit": "2"}
    async with asyncio.timeout(SECONDS):
        while True:
            body = (await product.ask(TOKENS, params=parameters)).body
            seen += [token["id"] for token in body["tokens"]]
            if body["next_cursor"] is None:
                break
            parameters["cursor"] = body["next_cursor"]
    assert seen == made


async def test_a_socket_needs_the_scope_read(product: Product) -> None:
    reading = (await make_token(product, "vera", "viewer", ["read"]))["token"]
    exporting = (await make_token(product, "vera", "viewer", ["export"]))["token"]
    async with product.connect(token=exporting) as socket:
        assert await closed_with(socket) == 4003
    async with product.connect(token=reading) as socket:
        assert (await receive(socket, "initial"))["symbol"] == "binance:BTCUSDT"


async def test_without_the_database_tokens_are_not_judged_and_sessions_are(product: Product) -> None:
    made = await make_token(product, "vera", "viewer", ["read"])
    product.database_line.cut()
    answer = await product.ask("symbols", token=made["token"])
    assert answer.status == 503
    assert (await product.ask("symbols")).status == 200
    for method, path in (("GET", TOKENS), ("POST", TOKENS), ("DELETE", f"{TOKENS}/1")):
        body = {"name": "x", "scopes": ["read"]} if method == "POST" else None
        assert (await product.ask(path, method=method, json=body)).status == 503
