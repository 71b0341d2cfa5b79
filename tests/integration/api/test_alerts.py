"""Alerts over HTTP: set, listed, changed and deleted by their owner alone, with mistakes named."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from integration.api.product import SECONDS, Answer, Product
from tickloom.store.alerts import MOST_ALERTS

PRICE = {"symbol": "binance:BTCUSDT", "condition": "PRICE_ABOVE", "threshold": 65000}
ROUTES = [
    ("GET", "alerts"),
    ("POST", "alerts"),
    ("GET", "alerts/1"),
    ("GET", "alerts/1/events"),
    ("PUT", "alerts/1"),
    ("DELETE", "alerts/1"),
]


@pytest.fixture
def api_settings() -> dict[str, object]:
    return {"smtp_host": "mail.test"}


async def set_alert(product: Product, user: str = "tom", **changes: Any) -> Answer:
    definition = {key: value for key, value in {**PRICE, **changes}.items() if value is not ...}
    return await product.ask("alerts", method="POST", token=product.token(user, "trader"), json=definition)


async def ask(product: Product, path: str, user: str = "tom", role: str = "trader", **more: Any) -> Answer:
    return await product.ask(path, token=product.token(user, role), **more)


async def test_an_alert_that_was_set_is_shown_with_its_defaults_and_its_state(product: Product) -> None:
    made = await set_alert(product, symbol="BTCUSDT", message="now")
    assert made.status == 201
    assert made.headers["Location"] == f"/api/v1/alerts/{made.body['id']}"
    shown = (await ask(product, made.headers["Location"])).body
    assert {**shown, "signing_secret": None} == made.body
    expected = {
        "symbol": "binance:BTCUSDT", "condition": "PRICE_ABOVE", "threshold": 65000.0, "timeframe": "1m",
        "channels": ["WEBSOCKET"], "targets": {}, "message": "now", "cooldown_seconds": 60, "recurring": False,
        "enabled": True, "armed": True, "fired_count": 0, "last_fired_at": None,
    }  # fmt: skip
    assert {key: shown[key] for key in expected} == expected
    assert datetime.fromisoformat(shown["created_at"]).tzinfo is not None


async def test_channels_are_stored_with_their_targets(product: Product) -> None:
    targets = {
        "EMAIL": "ann@example.com",
        "WEBHOOK": "https://example.com/hook?a=1",
        "SLACK": "https://hooks.slack.com/services/T/B/X",
    }
    made = await set_alert(product, channels=["WEBSOCKET", "EMAIL", "WEBHOOK", "SLACK"], targets=targets)
    assert (made.status, made.body["targets"]) == (201, targets)


async def test_pages_follow_the_cursor_until_all_alerts_were_seen(product: Product) -> None:
    made = [(await set_alert(product, threshold=n)).body["id"] for n in range(1, 6)]
    await set_alert(product, user="ada")
    seen: list[int] = []
    cursor: dict[str, str] = {}
    while True:
        page = (await ask(product, "alerts", params={"limit": 2, **cursor})).body
        seen += [alert["id"] for alert in page["alerts"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert seen == made[::-1]


async def test_alerts_can_be_listed_by_symbol(product: Product) -> None:
    await set_alert(product)
    other = (await set_alert(product, symbol="ETHUSDT")).body["id"]
    listed = (await ask(product, "alerts", params={"symbol": "binance:ETHUSDT"})).body["alerts"]
    assert [alert["id"] for alert in listed] == [other]
    assert (await ask(product, "alerts", params={"symbol": "NOPE"})).status == 404


async def test_a_changed_alert_is_armed_again(product: Product) -> None:
    made = (await set_alert(product)).body
    await product.connection.execute("UPDATE alerts SET armed = false, fired_count = 1")
    changed = {**PRICE, "condition": "RSI_BELOW", "threshold": 30, "timeframe": "1h", "recurring": True}
    answer = await ask(product, f"alerts/{made['id']}", method="PUT", json=changed)
    assert answer.status == 200
    shown = {key: answer.body[key] for key in ("condition", "threshold", "timeframe", "recurring", "armed")}
    assert shown == {"condition": "RSI_BELOW", "threshold": 30.0, "timeframe": "1h", "recurring": True, "armed": True}
    assert answer.body["fired_count"] == 1
    assert answer.body["updated_at"] > made["updated_at"]


async def test_a_deleted_alert_is_gone(product: Product) -> None:
    path = f"alerts/{(await set_alert(product)).body['id']}"
    assert (await ask(product, path, method="DELETE")).status == 204
    assert (await ask(product, path)).status == 404
    assert (await ask(product, path, method="DELETE")).status == 404


@pytest.mark.parametrize("role", ["trader", "admin"])
async def test_what_belongs_to_another_user_is_not_found(product: Product, role: str) -> None:
    path = f"alerts/{(await set_alert(product)).body['id']}"
    for method, end in (("GET", ""), ("GET", "/events"), ("PUT", ""), ("DELETE", "")):
        body = PRICE if method == "PUT" else None
        answer = await ask(product, path + end, "ada", role, method=method, json=body)
        assert (answer.status, answer.headers["Content-Type"]) == (404, "application/problem+json"), method
    assert (await ask(product, "alerts", "ada", role)).body["alerts"] == []
    assert (await ask(product, path)).status == 200


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_without_a_token_no_alert_is_told(product: Product, method: str, path: str) -> None:
    answer = await product.ask(path, method=method, token=None, json=PRICE if method in {"POST", "PUT"} else None)
    assert answer.status == 401
    assert answer.headers["Content-Type"] == "application/problem+json"


async def test_a_viewer_may_look_and_may_not_set(product: Product) -> None:
    assert (await ask(product, "alerts", "vera", "viewer")).status == 200
    for method, path in (("POST", "alerts"), ("PUT", "alerts/1"), ("DELETE", "alerts/1")):
        answer = await ask(product, path, "vera", "viewer", method=method, json=PRICE if method != "DELETE" else None)
        assert answer.status == 403
        assert "trader" in answer.body["detail"]


@pytest.mark.parametrize(
    ("changes", "field", "allowed"),
    [
        ({"symbol": ...}, "body.symbol", "required"),
        ({"condition": "PRICE_AT"}, "body.condition", "PRICE_ABOVE"),
        ({"threshold": 0}, "body.threshold", "above 0"),
        ({"threshold": ...}, "body.threshold", "needs a threshold"),
        ({"condition": "RSI_ABOVE", "threshold": 101}, "body.threshold", "0 to 100"),
        ({"condition": "VOLUME_SPIKE", "threshold": 1}, "body.threshold", "above 1"),
        ({"condition": "MACD_CROSSOVER"}, "body.threshold", "no threshold"),
        ({"timeframe": "2m"}, "body.timeframe", "1m"),
        ({"channels": []}, "body.channels", "at least 1"),
        ({"channels": ["PIGEON"]}, "body.channels.0", "WEBSOCKET"),
        ({"channels": ["WEBSOCKET", "WEBSOCKET"]}, "body.channels", "once"),
        ({"channels": ["EMAIL"]}, "body.targets", "need a target each: EMAIL"),
        ({"channels": ["WEBSOCKET"], "targets": {"PIGEON": "coo"}}, "body.targets.PIGEON", "not permitted"),
        ({"threshold": "65000"}, "body.threshold", "valid number"),
        ({"channels": ["EMAIL"], "targets": {"EMAIL": "ann"}}, "body.targets.EMAIL", "pattern"),
        ({"channels": ["WEBHOOK"], "targets": {"WEBHOOK": "ftp://example.com"}}, "body.targets.WEBHOOK", "pattern"),
        (
            {"channels": ["WEBHOOK"], "targets": {"WEBHOOK": "https://a:b@example.com"}},
            "body.targets.WEBHOOK",
            "pattern",
        ),
        ({"channels": ["SLACK"], "targets": {"SLACK": "http://example.com"}}, "body.targets.SLACK", "https"),
        ({"message": "x" * 501}, "body.message", "500"),
        ({"message": "a\0b"}, "body.message", "pattern"),
        ({"cooldown_seconds": -1}, "body.cooldown_seconds", "0"),
        ({"cooldown_seconds": 10**9}, "body.cooldown_seconds", "less than"),
        ({"enabled": "perhaps"}, "body.enabled", "boolean"),
        ({"color": "red"}, "body.color", "not permitted"),
    ],
)
async def test_a_bad_definition_is_named_with_what_is_allowed(
    product: Product, changes: dict[str, Any], field: str, allowed: str
) -> None:
    answer = await set_alert(product, **changes)
    assert answer.status == 422
    errors = [error for error in answer.body["errors"] if error["field"] == field]
    assert errors, answer.body
    assert allowed in errors[0]["detail"]
    value = changes.get(field.rpartition(".")[2])
    if isinstance(value, str | int | float):
        assert errors[0]["value"] == repr(value)[:200]


async def test_what_the_server_does_not_have_is_named(product: Product) -> None:
    unknown = await set_alert(product, symbol="NOPE")
    assert (unknown.status, "'NOPE'" in unknown.body["detail"]) == (409, True)
    await product.connection.execute(
        'UPDATE symbols SET spec = spec || \'{"timeframes": ["1m", "5m"]}\' WHERE symbol = \'ETHUSDT\''
    )
    async with asyncio.timeout(SECONDS):
        while (answer := await set_alert(product, symbol="ETHUSDT", timeframe="1h")).status != 409:
            assert answer.status == 201
            await asyncio.sleep(0.05)
    assert "1m, 5m only" in answer.body["detail"]


async def test_a_target_of_a_channel_that_is_not_named_is_not_kept(product: Product) -> None:
    made = await set_alert(product, targets={"SLACK": "https://hooks.slack.com/x", "EMAIL": None})
    assert (made.status, made.body["targets"]) == (201, {})


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        ("alerts", {"limit": 0}),
        ("alerts", {"limit": 501}),
        ("alerts", {"cursor": "x"}),
        ("alerts/0", {}),
        (f"alerts/{2**63}", {}),
        ("alerts/one", {}),
        ("alerts/1/events", {"cursor": "9" * 19}),
    ],
)
async def test_a_bad_page_or_number_is_refused(product: Product, path: str, parameters: dict[str, Any]) -> None:
    assert (await ask(product, path, params=parameters)).status == 422


async def test_nobody_has_more_alerts_than_allowed_however_many_are_set_at_a_time(product: Product) -> None:
    await product.connection.execute(
        "INSERT INTO alerts (owner, symbol_no, condition, threshold)"
        " SELECT user_no, $1, 'PRICE_ABOVE', 1 FROM users, generate_series(1, $2) WHERE name = 'tom'",
        product.symbols["BTCUSDT"].symbol_no,
        MOST_ALERTS - 2,
    )
    answers = await asyncio.gather(*(set_alert(product) for _ in range(5)))
    assert sorted(answer.status for answer in answers) == [201, 201, 409, 409, 409]
    assert (await set_alert(product, user="ada")).status == 201


async def test_a_token_of_a_user_who_is_gone_sets_no_alert(product: Product) -> None:
    assert (await set_alert(product, user="nobody")).status == 401


async def test_events_are_listed_latest_first_in_pages(product: Product) -> None:
    alert = (await set_alert(product)).body["id"]
    for price in (65001.0, 65002.0, 65003.0):
        await product.connection.execute(
            "INSERT INTO alert_events (alert_id, owner, symbol_no, condition, threshold, timeframe, value, price,"
            " fired_at) SELECT alert_id, owner, symbol_no, condition, threshold, timeframe, $1, $1, $2 FROM alerts",
            price,
            datetime(2026, 1, 1, tzinfo=UTC),
        )
    page = (await ask(product, f"alerts/{alert}/events", params={"limit": 2})).body
    assert [event["value"] for event in page["events"]] == [65003.0, 65002.0]
    assert page["events"][0]["fired_at"].startswith("2026-01-01T00:00:00")
    rest = (await ask(product, f"alerts/{alert}/events", params={"limit": 2, "cursor": page["next_cursor"]})).body
    assert [event["value"] for event in rest["events"]] == [65001.0]
    assert rest["next_cursor"] is None


async def test_without_the_database_alerts_are_out_of_reach_for_a_while(product: Product) -> None:
    path = f"alerts/{(await set_alert(product)).body['id']}"
    product.database_line.cut()
    for method, route in (("GET", "alerts"), ("POST", "alerts"), ("GET", path), ("PUT", path), ("DELETE", path)):
        answer = await ask(product, route, method=method, json=PRICE if method in {"POST", "PUT"} else None)
        assert (answer.status, "Retry-After" in answer.headers) == (503, True), method
    product.database_line.mend()
    assert (await product.until(path, 200, token=product.token("tom", "trader"))).body["armed"]


async def test_without_redis_alerts_can_be_set(product: Product) -> None:
    product.redis_line.cut()
    assert (await set_alert(product)).status == 201
