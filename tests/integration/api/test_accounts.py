"""Accounts: registered, logged in to by password, guarded against guessing, written down."""

import asyncio
from typing import Any

import pytest

from integration.api.entering import PASSWORD, SOMEBODY, add_user, log_in, post
from integration.api.product import SECONDS, Product
from tickloom.api.accounts.lockout import PER_PAIR
from tickloom.api.accounts.passwords import Passwords
from tickloom.store import users
from tickloom.store.audit import read_audit


async def actions(product: Product) -> list[tuple[str, str]]:
    entries = await read_audit(product.connection, before=None, limit=100)
    return [(entry.action, entry.subject) for entry in reversed(entries)]


class TestRegistration:
    @pytest.fixture
    def api_settings(self) -> dict[str, object]:
        return {"registration_open": True}

    async def test_whoever_registers_is_a_viewer_and_logged_in(self, product: Product) -> None:
        answer = await post(product, "register", {"username": "Nora", "password": PASSWORD})
        assert answer.status == 201
        assert set(answer.body) == {"access_token", "refresh_token", "token_type", "expires_in"}
        assert answer.headers["Cache-Control"] == "no-store"
        assert (await product.ask("symbols", token=answer.body["access_token"])).status == 200
        assert (await log_in(product, "nora")).status == 200
        assert await actions(product) == [
            ("user.create", "Nora"), ("session.begin", "Nora"), ("session.begin", "Nora"),
        ]  # fmt: skip

    @pytest.mark.parametrize("name", ["vera", "VERA", "owner"])
    async def test_a_name_is_given_once_whatever_the_case_of_its_letters(self, product: Product, name: str) -> None:
        answer = await post(product, "register", {"username": name, "password": PASSWORD})
        assert answer.status == 409
        assert answer.headers["Content-Type"] == "application/problem+json"

    async def test_of_many_who_want_a_name_at_a_time_one_gets_it(self, product: Product) -> None:
        body = {"username": "nora", "password": PASSWORD}
        answers = await asyncio.gather(*(post(product, "register", body) for _ in range(6)))
        assert sorted(answer.status for answer in answers) == [201] + [409] * 5

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"username": "nora", "password": "short"}, "body.password"),
            ({"username": "nora", "password": "s3cret" * 100}, "body.password"),
            ({"username": "no\x00ra", "password": PASSWORD}, "body.username"),
            ({"username": "n", "password": PASSWORD}, "body.username"),
            ({"username": "nora'; DROP TABLE users;--", "password": PASSWORD}, "body.username"),
            ({"username": "nora"}, "body.password"),
            ({"username": ["nora"], "password": PASSWORD}, "body.username"),
            ([], "body"),
        ],
    )
    async def test_bad_input_is_named_and_no_password_repeated(self, product: Product, body: Any, field: str) -> None:
        answer = await post(product, "register", body)
        assert (answer.status, answer.body["errors"][0]["field"]) == (422, field)
        assert "s3cret" not in answer.data.decode()
        assert PASSWORD not in answer.data.decode()

    async def test_without_the_database_nobody_is_registered(self, product: Product) -> None:
        product.database_line.cut()
        assert (await post(product, "register", {"username": "nora", "password": PASSWORD})).status == 503

    async def test_without_redis_registration_works(self, product: Product) -> None:
        product.redis_line.cut()
        assert (await post(product, "register", {"username": "nora", "password": PASSWORD})).status == 201


async def test_registration_is_closed_unless_opened(product: Product) -> None:
    answer = await post(product, "register", {"username": "nora", "password": PASSWORD})
    assert answer.status == 403
    assert await product.connection.fetchval("SELECT count(*) FROM users WHERE name = 'nora'") == 0


async def test_the_right_password_lets_in_with_the_role_of_the_account(product: Product) -> None:
    await add_user(product, "tara", "trader")
    answer = await log_in(product, "TARA")
    assert answer.status == 200
    assert ("session.begin", "tara") in await actions(product)
    assert (await post(product, "refresh", {"refresh_token": answer.body["refresh_token"]})).status == 200


@pytest.mark.parametrize("name", ["tara", "nobody", "vera"])
async def test_a_wrong_password_an_unknown_name_and_an_account_without_password_look_the_same(
    product: Product, name: str
) -> None:
    await add_user(product, "tara")
    answer = await log_in(product, name, "wrong password")
    assert (answer.status, answer.body["detail"]) == (401, "the name or the password is wrong")


async def test_a_password_is_stored_as_argon2id_only(product: Product) -> None:
    await add_user(product, "tara")
    stored = await product.connection.fetchval("SELECT password_hash FROM users WHERE name = 'tara'")
    assert stored.startswith("$argon2id$")


async def test_guessing_is_stopped_after_a_few_and_no_other_account_or_session_suffers(product: Product) -> None:
    await add_user(product, "tara")
    await add_user(product, "theo")
    session = (await log_in(product, "tara")).body
    answers = [await log_in(product, "tara", f"wrong {i}") for i in range(PER_PAIR + 2)]
    assert [answer.status for answer in answers] == [401] * PER_PAIR + [429] * 2
    assert int(answers[-1].headers["Retry-After"]) > 60
    assert (await log_in(product, "tara")).status == 429
    assert (await log_in(product, "theo")).status == 200
    assert (await product.ask("symbols", token=session["access_token"])).status == 200
    assert (await post(product, "refresh", {"refresh_token": session["refresh_token"]})).status == 200


async def test_many_guesses_at_a_time_gain_nothing(product: Product) -> None:
    await add_user(product, "tara")
    answers = await asyncio.gather(*(log_in(product, "tara", f"wrong {i}") for i in range(20)))
    assert sorted(answer.status for answer in answers) == [401] * PER_PAIR + [429] * (20 - PER_PAIR)


class TestBehindAProxy:
    @pytest.fixture
    def api_settings(self) -> dict[str, object]:
        return {"trusted_proxies": "127.0.0.1, 10.0.0.0/8"}

    async def test_guesses_from_many_addresses_lock_nobody_out_who_logged_in_before(self, product: Product) -> None:
        await add_user(product, "tara")
        home, elsewhere = {"X-Forwarded-For": "198.51.100.7"}, {"X-Forwarded-For": "198.51.100.8"}
        assert (await log_in(product, "tara", headers=home)).status == 200
        # As a hundred addresses would leave it: each guess takes a tenth of a second, so they are not all made here.
        for i in range(4):
            assert (await log_in(product, "tara", "x", headers={"X-Forwarded-For": f"203.0.113.{i}"})).status == 401
        await product.connection.execute(
            "UPDATE login_failures SET failures = 100 WHERE subject = ANY ($1)", ["account tara"]
        )
        assert (await log_in(product, "tara", headers=elsewhere)).status == 429
        assert (await log_in(product, "tara", headers=home)).status == 200

    async def test_what_a_client_says_of_its_address_counts_only_from_the_last_trusted_proxy_on(
        self, product: Product
    ) -> None:
        await add_user(product, "tara")
        for i in range(PER_PAIR):
            lie = {"X-Forwarded-For": f"192.0.2.{i}, 198.51.100.7, 10.1.2.3"}
            assert (await log_in(product, "tara", "wrong", headers=lie)).status == 401
        lie = {"X-Forwarded-For": "192.0.2.99, 198.51.100.7"}
        assert (await log_in(product, "tara", headers=lie)).status == 429
        entries = await product.connection.fetch("SELECT subject FROM login_failures WHERE subject LIKE 'pair %'")
        assert [entry["subject"] for entry in entries] == ["pair 198.51.100.7 tara"]


async def test_without_a_trusted_proxy_a_client_cannot_choose_its_address(product: Product) -> None:
    await add_user(product, "tara")
    for i in range(PER_PAIR):
        await log_in(product, "tara", "wrong", headers={"X-Forwarded-For": f"198.51.100.{i}"})
    assert (await log_in(product, "tara", headers={"X-Forwarded-For": "198.51.100.99"})).status == 429


async def test_a_new_password_ends_the_sessions_of_the_old_one(product: Product) -> None:
    await add_user(product, "tara")
    session = (await log_in(product, "tara")).body
    await users.set_password(product.connection, SOMEBODY, "tara", await Passwords().hash("another long one"))
    assert (await post(product, "refresh", {"refresh_token": session["refresh_token"]})).status == 401
    assert (await product.until("symbols", 401, token=session["access_token"])).status == 401
    assert (await log_in(product, "tara")).status == 401
    fresh = (await log_in(product, "tara", "another long one")).body
    assert (await product.ask("symbols", token=fresh["access_token"])).status == 200


async def test_a_changed_role_holds_at_once_for_new_tokens_and_soon_for_old_ones(product: Product) -> None:
    await add_user(product, "tara", "admin")
    session = (await log_in(product, "tara")).body
    await users.set_role(product.connection, SOMEBODY, "tara", "viewer")
    await product.until("symbols", 401, token=session["access_token"])
    renewed = (await post(product, "refresh", {"refresh_token": session["refresh_token"]})).body
    assert (await product.ask("symbols", token=renewed["access_token"])).status == 200


async def test_a_user_who_is_kept_out_stays_out_until_let_in_again(product: Product) -> None:
    await add_user(product, "tara")
    session = (await log_in(product, "tara")).body
    await users.set_disabled(product.connection, SOMEBODY, "tara", disabled=True)
    assert (await log_in(product, "tara")).status == 401
    assert (await post(product, "refresh", {"refresh_token": session["refresh_token"]})).status == 401
    await product.until("symbols", 401, token=session["access_token"])
    await users.set_disabled(product.connection, SOMEBODY, "tara", disabled=False)
    assert (await log_in(product, "tara")).status == 200


async def test_a_stolen_refresh_token_is_written_down_when_its_family_ends(product: Product) -> None:
    await add_user(product, "tara")
    first = (await log_in(product, "tara")).body["refresh_token"]
    await post(product, "refresh", {"refresh_token": first})
    assert (await post(product, "refresh", {"refresh_token": first})).status == 401
    assert (await actions(product))[-1] == ("session.reuse", "tara")


async def test_no_secret_is_in_the_audit_log_or_the_database(product: Product) -> None:
    await add_user(product, "tara")
    session = (await log_in(product, "tara")).body
    await post(product, "logout", {"refresh_token": session["refresh_token"]})
    tables = ("users", "refresh_tokens", "login_failures", "login_addresses", "audit_log")
    async with asyncio.timeout(SECONDS):
        rows = [await product.connection.fetch(f"SELECT t::text FROM {table} t") for table in tables]  # noqa: S608
        text = str(rows)
    assert not [secret for secret in (PASSWORD, *session.values()) if len(str(secret)) > 10 and str(secret) in text]


@pytest.mark.parametrize("route", ["login", "logout", "refresh"])
async def test_without_the_database_sessions_wait_and_come_back_by_themselves(product: Product, route: str) -> None:
    await add_user(product, "tara")
    token = (await log_in(product, "tara")).body["refresh_token"]
    body = {"username": "tara", "password": PASSWORD} if route == "login" else {"refresh_token": token}
    product.database_line.cut()
    answer = await post(product, route, body)
    assert answer.status == 503
    assert int(answer.headers["Retry-After"]) >= 1
    product.database_line.mend()
    async with asyncio.timeout(SECONDS):
        while (await post(product, route, body)).status == 503:  # noqa: ASYNC110 - the API tells nobody
            await asyncio.sleep(0.05)


async def test_somebody_changes_his_own_password_and_all_his_sessions_end(product: Product) -> None:
    await add_user(product, "tara")
    session = (await log_in(product, "tara")).body
    change = {"password": PASSWORD, "new_password": "another long one"}
    wrong = {**change, "password": "not mine"}
    account, token = "auth/account/password", session["access_token"]
    assert (await product.ask(account, method="PUT", token=token, json=wrong)).status == 401
    assert (await product.ask(account, method="PUT", token=token, json=change)).status == 204
    assert (await post(product, "refresh", {"refresh_token": session["refresh_token"]})).status == 401
    assert (await log_in(product, "tara", "another long one")).status == 200
    assert (await product.ask(account, method="PUT", token=None, json=change)).status == 401


async def test_an_account_is_told_whom_its_token_speaks_for(product: Product) -> None:
    answer = await product.ask("auth/account", token=product.token("tom", "trader"))
    assert answer.body == {"username": "tom", "role": "trader", "scopes": ["admin", "alerts", "export", "read"]}
    assert (await product.ask("auth/account", token=None)).status == 401
