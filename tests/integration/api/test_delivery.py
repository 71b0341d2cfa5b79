"""Delivery on real servers: an API, PostgreSQL, Valkey, mail and HTTP servers."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from aiohttp import web

from integration.api.alerting import deliveries, fire, hurry, let_time_pass, reach, set_alert
from integration.api.conftest import started
from integration.api.product import SECONDS, Product, receive
from support.hook_server import Hooks, serve_hooks
from support.mail_server import MailBox, serve_mail
from tickloom.bus.publishing import publish_updates
from tickloom.local.probing import free_port
from tickloom.processor.alerts.recording import publish_events
from tickloom.wire import names


@pytest.fixture
async def mail() -> AsyncIterator[MailBox]:
    async with serve_mail() as box:
        yield box


@pytest.fixture
async def hooks() -> AsyncIterator[Hooks]:
    async with serve_hooks() as server:
        yield server


@pytest.fixture
def api_settings(mail: MailBox) -> dict[str, object]:
    return {
        "delivery_networks": "127.0.0.1/32",
        "smtp_host": "127.0.0.1",
        "smtp_port": mail.port,
        "smtp_tls": "none",
        "smtp_from": "alerts@tickloom.test",
    }


async def until(found: Any) -> None:
    async with asyncio.timeout(SECONDS):
        while not found():  # noqa: ASYNC110 - the servers tell nobody
            await asyncio.sleep(0.02)


async def test_a_webhook_gets_the_event_signed_and_the_log_says_so(product: Product, hooks: Hooks) -> None:
    alert = await set_alert(product, WEBHOOK=hooks.url + "hook")
    (event,) = await fire(product, alert)
    (logged,) = await reach(product, alert, "delivered")
    (posted,) = hooks.posted
    body = json.loads(posted.body)
    assert (body["type"], body["data"]["event_id"], body["data"]["value"]) == ("alert.fired", event.event_id, 101.5)
    assert body["data"]["symbol"] == "binance:BTCUSDT"
    signed = f"{posted.headers['webhook-id']}.{posted.headers['webhook-timestamp']}.".encode() + posted.body
    expected = base64.b64encode(hmac.new(b"k" * 32, signed, hashlib.sha256).digest()).decode()
    assert posted.headers["webhook-signature"] == f"v1,{expected}"
    assert (logged["event_id"], logged["attempts"], logged["last_error"]) == (event.event_id, 1, None)


async def test_the_key_is_shown_when_a_webhook_is_set_and_never_again(product: Product, hooks: Hooks) -> None:
    token = product.token("tom", "trader")
    definition = {
        "symbol": "BTCUSDT", "condition": "PRICE_ABOVE", "threshold": 1, "channels": ["WEBHOOK"],
        "targets": {"WEBHOOK": hooks.url},
    }  # fmt: skip
    made = (await product.ask("alerts", method="POST", token=token, json=definition)).body
    assert made["signing_secret"].startswith("whsec_")
    path = f"alerts/{made['id']}"
    assert "whsec_" not in (await product.ask(path, token=token)).data.decode()
    assert (await product.ask(path, method="PUT", token=token, json=definition)).body["signing_secret"] is None
    await fire(product, made["id"])
    await reach(product, made["id"], "delivered")
    posted = hooks.posted[0]
    signed = f"{posted.headers['webhook-id']}.{posted.headers['webhook-timestamp']}.".encode() + posted.body
    key = base64.b64decode(made["signing_secret"].removeprefix("whsec_"))
    digest = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert posted.headers["webhook-signature"] == f"v1,{digest}"
    other = {**definition, "channels": ["WEBSOCKET"], "targets": {}}
    assert (await product.ask(path, method="PUT", token=token, json=other)).body["signing_secret"] is None
    again = (await product.ask(path, method="PUT", token=token, json=definition)).body["signing_secret"]
    assert again.startswith("whsec_")
    assert again != made["signing_secret"]


async def test_a_webhook_that_fails_is_tried_again_later_with_the_same_id(product: Product, hooks: Hooks) -> None:
    hooks.answers = [web.Response(status=500), web.Response(status=302, headers={"Location": hooks.url})]
    alert = await set_alert(product, WEBHOOK=hooks.url)
    await fire(product, alert)
    for attempt, problem in ((1, "the target answered 500"), (2, "the target answered 302")):
        await reach(product, alert, "pending", attempts=attempt)
        await until_error(product, alert, problem)
        await hurry(product)
    (logged,) = await reach(product, alert, "delivered")
    assert logged["attempts"] == 3
    assert len(hooks.posted) == 3
    assert len({posted.headers["webhook-id"] for posted in hooks.posted}) == 1


async def until_error(product: Product, alert: int, problem: str) -> dict[str, Any]:
    async with asyncio.timeout(SECONDS):
        while True:
            (logged, *_) = await deliveries(product, alert)
            if logged["last_error"] == problem:
                return logged
            await asyncio.sleep(0.05)


async def test_what_is_given_up_is_a_dead_letter_that_its_owner_can_send_again(product: Product, hooks: Hooks) -> None:
    hooks.answers = [web.Response(status=410)]
    alert = await set_alert(product, WEBHOOK=hooks.url)
    await fire(product, alert)
    (dead,) = await reach(product, alert, "dead")
    assert dead["last_error"] == "the target answered 410 Gone"
    path = f"alerts/{alert}/deliveries/{dead['id']}/retry"
    assert (await product.ask(path, method="POST", token=product.token("ada", "admin"))).status == 404
    assert (await product.ask(path, method="POST", token=product.token("vera", "viewer"))).status == 403
    assert (await product.ask(path, method="POST", token=None)).status == 401
    assert (await product.ask(path, method="POST", token=product.token("tom", "trader"))).status == 202
    await reach(product, alert, "delivered")
    assert (await product.ask(path, method="POST", token=product.token("tom", "trader"))).status == 404


async def test_after_the_last_attempt_a_delivery_is_given_up(product: Product, hooks: Hooks) -> None:
    hooks.answers = [web.Response(status=503)]
    alert = await set_alert(product, WEBHOOK=hooks.url)
    product.database_line.cut()
    await fire(product, alert)
    await product.connection.execute("UPDATE alert_deliveries SET attempts = 7")
    product.database_line.mend()
    (dead,) = await reach(product, alert, "dead")
    assert (dead["attempts"], dead["last_error"]) == (8, "the target answered 503")


async def test_the_log_of_another_user_is_not_found(product: Product) -> None:
    path = f"alerts/{await set_alert(product)}/deliveries"
    assert (await product.ask(path, token=product.token("ada", "admin"))).status == 404
    assert (await product.ask(path, token=None)).status == 401


async def test_the_events_of_one_webhook_arrive_one_by_one_in_order(product: Product, hooks: Hooks) -> None:
    alert = await set_alert(product, WEBHOOK=hooks.url)
    events = await fire(product, alert, *(101.0 + n for n in range(20)))
    await reach(product, alert, "delivered", count=20)
    arrived = [json.loads(posted.body)["data"]["event_id"] for posted in hooks.posted]
    assert arrived == [event.event_id for event in events]


async def test_a_burst_becomes_one_mail_after_the_first(product: Product, mail: MailBox) -> None:
    alert = await set_alert(product, EMAIL="tom@example.com")
    await fire(product, alert)
    await reach(product, alert, "delivered")
    await fire(product, alert, 102.0, 103.0)
    await fire(product, alert, 104.0)
    await let_time_pass(product, 50)
    await hurry(product)
    assert len(await deliveries(product, alert, state="pending")) == 3
    await let_time_pass(product, 11)
    await reach(product, alert, "delivered", count=4)
    first, second = mail.messages
    assert (first["To"], first["From"]) == ("tom@example.com", "alerts@tickloom.test")
    assert first["Subject"] == "binance:BTCUSDT: price 101.5 rose above 100"
    assert "a < b" in first.get_content()
    assert second["Subject"] == "binance:BTCUSDT: price 102 rose above 100 and 2 more"
    assert second["Message-ID"] != first["Message-ID"]


@pytest.mark.parametrize(("answer", "state"), [(b"550 no such user", "dead"), (b"451 try later", "pending")])
async def test_a_mail_server_says_whether_to_try_again(
    product: Product, mail: MailBox, answer: bytes, state: str
) -> None:
    mail.answer_to_recipient = answer
    alert = await set_alert(product, EMAIL="nobody@example.com")
    await fire(product, alert)
    logged = await until_error(product, alert, f"the mail server answered {answer[:3].decode()}")
    assert logged["state"] == state


async def test_slack_gets_one_message_with_its_signs_escaped(product: Product, hooks: Hooks) -> None:
    alert = await set_alert(product, SLACK=hooks.url + "services/T/B/X")
    await fire(product, alert, 101.0, 102.0)
    await reach(product, alert, "delivered", count=2)
    (posted,) = hooks.posted
    text = json.loads(posted.body)["text"]
    assert "a &lt; b" in text
    assert text.count("rose above 100") == 2


async def test_an_open_socket_of_the_owner_gets_what_is_published_and_no_other(product: Product) -> None:
    alert = await set_alert(product)
    async with (
        product.connect(token=product.token("tom", "trader")) as socket,
        product.connect(token=product.token("ada", "admin")) as other,
    ):
        await receive(socket, "initial")
        await receive(other, "initial")
        await listened_to(product)
        (event,) = await fire(product, alert)
        await publish_events(product.redis, [event])
        told = await receive(socket, "alert")
        assert (told["event_id"], told["alert_id"], told["value"]) == (event.event_id, alert, 101.5)
        assert "owner" not in told
        await reach(product, alert, "delivered")
        await product.publish()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await receive(other, "alert")


async def listened_to(product: Product) -> None:
    async with asyncio.timeout(SECONDS):
        while not (await product.redis.pubsub_numsub(names.ALERTS))[0][1]:  # noqa: ASYNC110 - Redis tells nobody
            await asyncio.sleep(0.01)


async def test_what_a_processor_did_not_live_to_publish_reaches_the_socket_all_the_same_and_once(
    product: Product,
) -> None:
    alert = await set_alert(product)
    async with product.connect(token=product.token("tom", "trader")) as socket:
        await receive(socket, "initial")
        await listened_to(product)
        (event,) = await fire(product, alert)
        await hurry(product)
        assert (await receive(socket, "alert"))["event_id"] == event.event_id
        await reach(product, alert, "delivered")
        # Published late after all: the socket knows it.
        await publish_events(product.redis, [event])
        (later,) = await fire(product, alert, 102.0)
        await publish_events(product.redis, [later])
        assert (await receive(socket, "alert"))["event_id"] == later.event_id


async def test_an_alert_waits_for_the_next_socket_of_its_owner_and_for_a_day_at_most(product: Product) -> None:
    alert = await set_alert(product)
    events = await fire(product, alert, 101.0, 102.0)
    async with product.connect(token=product.token("tom", "trader")) as socket:
        assert [(await receive(socket, "alert"))["event_id"] for _ in events] == [event.event_id for event in events]
        await reach(product, alert, "delivered", count=2)
    await fire(product, alert, 103.0)
    await let_time_pass(product, 25 * 3600)
    await hurry(product)
    (dead,) = await reach(product, alert, "dead")
    assert dead["last_error"] == "no socket of the owner was open for a day"


async def test_a_message_on_the_bus_that_is_none_is_passed_over(product: Product) -> None:
    alert = await set_alert(product)
    async with product.connect(token=product.token("tom", "trader")) as socket:
        await receive(socket, "initial")
        await listened_to(product)
        await publish_updates(product.redis, {names.ALERTS: b"{"})
        (event,) = await fire(product, alert)
        await publish_events(product.redis, [event])
        assert (await receive(socket, "alert"))["event_id"] == event.event_id


async def test_a_delivery_that_could_not_be_noted_is_repeated_with_the_same_id(product: Product, hooks: Hooks) -> None:
    alert = await set_alert(product, WEBHOOK=hooks.url)
    hooks.before_answer = product.database_line.cut
    await fire(product, alert)
    await until(lambda: hooks.posted)
    hooks.before_answer = lambda: None
    product.database_line.mend()
    await product.until("symbols", 200)
    await hurry(product)
    await reach(product, alert, "delivered")
    assert len(hooks.posted) >= 2
    assert len({posted.headers["webhook-id"] for posted in hooks.posted}) == 1


async def test_two_apis_deliver_every_event_once(product: Product, hooks: Hooks) -> None:
    second = product.settings.model_copy(update={"port": free_port("127.0.0.1"), "instance": "api-2"})
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(started(second))
        alerts = [await set_alert(product, WEBHOOK=f"{hooks.url}{n}") for n in range(10)]
        for price in range(5):
            for alert in alerts:
                await fire(product, alert, 101.0 + price)
        for alert in alerts:
            await reach(product, alert, "delivered", count=5)
    assert len(hooks.posted) == 50
    assert len({posted.headers["webhook-id"] for posted in hooks.posted}) == 50


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("DELETE FROM alerts WHERE alert_id = $1", "the alert was deleted"),
        (
            "UPDATE users SET disabled_at = now() WHERE user_no = (SELECT owner FROM alerts WHERE alert_id = $1)",
            "the account is disabled",
        ),
    ],
)
async def test_the_events_of_deleted_alerts_and_disabled_accounts_are_not_delivered(
    product: Product, hooks: Hooks, change: str, reason: str
) -> None:
    alert = await set_alert(product, WEBHOOK=hooks.url)
    async with product.connection.transaction():
        await fire(product, alert)
        await product.connection.execute(change, alert)
    async with asyncio.timeout(SECONDS):
        while not await product.connection.fetchval(  # noqa: ASYNC110 - nobody announces the row
            "SELECT last_error = $1 FROM alert_deliveries WHERE state = 'dead'", reason
        ):
            await asyncio.sleep(0.05)
    assert hooks.posted == []
