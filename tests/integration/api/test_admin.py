"""What admins see and change, and nobody else."""

from typing import Any

import pytest

from integration.api.entering import PASSWORD, add_user, log_in, post
from integration.api.product import Answer, Product

ROUTES = [("GET", "admin/users"), ("POST", "admin/users"), ("PATCH", "admin/users/vera"), ("GET", "admin/audit"),
          ("GET", "admin/system")]  # fmt: skip


async def ask(product: Product, path: str, method: str = "GET", body: Any = None, **more: Any) -> Answer:
    token = product.token("ada", "admin")
    return await product.ask(f"admin/{path}", method=method, token=token, json=body, **more)


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize("role", [None, "viewer", "trader"])
async def test_only_admins_are_let_in(product: Product, method: str, path: str, role: str | None) -> None:
    token = product.token("vera", role) if role else None
    body = {"username": "eve", "password": PASSWORD} if method == "POST" else {} if method == "PATCH" else None
    answer = await product.ask(path, method=method, token=token, json=body)
    assert answer.status == (403 if role else 401)
    assert answer.headers["Content-Type"] == "application/problem+json"


async def test_an_admin_makes_changes_and_keeps_out_users(product: Product) -> None:
    made = await ask(product, "users", "POST", {"username": "nora", "role": "trader", "password": PASSWORD})
    assert (made.status, made.headers["Location"]) == (201, "/api/v1/admin/users/nora")
    assert (made.body["username"], made.body["role"], made.body["disabled_at"]) == ("nora", "trader", None)
    assert (await log_in(product, "nora")).status == 200
    changed = await ask(product, "users/nora", "PATCH", {"role": "viewer", "password": "another long one"})
    assert (changed.status, changed.body["role"]) == (200, "viewer")
    assert (await log_in(product, "nora", "another long one")).status == 200
    kept_out = await ask(product, "users/NORA", "PATCH", {"disabled": True})
    assert kept_out.body["disabled_at"] is not None
    assert (await log_in(product, "nora", "another long one")).status == 401
    assert (await ask(product, "users/nora", "PATCH", {"disabled": False})).body["disabled_at"] is None
    assert (await log_in(product, "nora", "another long one")).status == 200
    entries = (await ask(product, "audit", params={"subject": "nora"})).body["entries"]
    assert [(entry["actor"], entry["action"]) for entry in reversed(entries) if entry["actor"] == "ada"] == [
        ("ada", "user.create"), ("ada", "user.role"), ("ada", "user.password"), ("ada", "user.disable"),
        ("ada", "user.enable"),
    ]  # fmt: skip
    assert entries[0]["address"] == "127.0.0.1"


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "users", {"username": "VERA", "role": "viewer"}, 409),
        ("POST", "users", {"username": "x y"}, 422),
        ("POST", "users", {"username": "nora", "role": "root"}, 422),
        ("PATCH", "users/nobody", {"role": "viewer"}, 404),
        ("PATCH", "users/vera", {"role": "root"}, 422),
        ("PATCH", "users/vera", {"password": "short"}, 422),
        ("PATCH", "users/ada", {"role": "viewer"}, 409),
        ("PATCH", "users/ada", {"disabled": True}, 409),
        ("GET", "users?cursor=nonsense", None, 422),
        ("GET", "users?cursor=1_2", None, 422),
        ("GET", "audit?cursor=9999999999999999999", None, 422),
        ("PATCH", "users/vera", {"disabled": 0}, 422),
        ("GET", "users?limit=0", None, 422),
        ("GET", "audit?subject=%00", None, 422),
    ],
)
async def test_what_makes_no_sense_is_refused(product: Product, method: str, path: str, body: Any, status: int) -> None:
    assert (await ask(product, path, method, body)).status == status


async def test_the_last_admin_stays_even_if_part_of_a_change_would_do(product: Product) -> None:
    await add_user(product, "nora", "admin")
    assert (await ask(product, "users/ada", "PATCH", {"role": "viewer"})).status == 200
    assert (await ask(product, "users/nora", "PATCH", {"role": "trader", "password": "another long one"})).status == 409
    assert (await log_in(product, "nora")).status == 200


async def test_users_and_the_audit_log_come_in_pages(product: Product) -> None:
    for name in ("u1", "u2", "u3"):
        await ask(product, "users", "POST", {"username": name})
    for path, key, field in (("users", "users", "username"), ("audit", "entries", "id")):
        seen: list[Any] = []
        parameters = {"limit": "2"}
        while True:
            body = (await ask(product, path, params=parameters)).body
            seen += [row[field] for row in body[key]]
            if body["next_cursor"] is None:
                break
            parameters["cursor"] = body["next_cursor"]
        assert len(seen) == len(set(seen))
        assert seen == (["vera", "tom", "ada", "u1", "u2", "u3"] if path == "users" else sorted(seen, reverse=True))


async def test_no_answer_to_an_admin_holds_a_secret(product: Product) -> None:
    await add_user(product, "nora")
    session = (await log_in(product, "nora")).body
    await post(product, "logout", {"refresh_token": session["refresh_token"]})
    shown = b"".join([(await ask(product, path)).data for path in ("users", "audit", "system")])
    assert b"argon2" not in shown
    assert session["refresh_token"].encode() not in shown


async def test_the_system_is_described_and_what_is_away_is_null(product: Product) -> None:
    await product.report_collector()
    body = (await ask(product, "system")).body
    assert ("collector", "c1") in [(process["role"], process["instance"]) for process in body["processes"]]
    assert body["database"]["size_bytes"] > 0
    assert body["redis"]["used_memory_bytes"] > 0
    assert body["catalog"] == {"exchanges": 1, "symbols": 2}
    product.redis_line.cut()
    product.database_line.cut()
    answer = await ask(product, "system")
    assert (answer.status, answer.body["database"], answer.body["redis"]) == (200, None, None)
    assert answer.body["components"]["database"] == "down"


@pytest.mark.parametrize(("method", "path"), [route for route in ROUTES if "system" not in route[1]])
async def test_without_the_database_admins_are_told_to_try_again(product: Product, method: str, path: str) -> None:
    product.database_line.cut()
    body = {"username": "eve", "password": PASSWORD} if method == "POST" else {"role": "admin"}
    answer = await ask(product, path.removeprefix("admin/"), method, None if method == "GET" else body)
    assert answer.status == 503
