"""Webhooks of users reach no neighbour of the server, whatever its name, as long as the operator allows none."""

import pytest

from integration.api.alerting import fire, reach, set_alert
from integration.api.product import Product
from support.hook_server import serve_hooks


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "[::ffff:127.0.0.1]", "0"])
async def test_a_webhook_to_an_address_that_is_not_public_is_given_up_unasked(product: Product, host: str) -> None:
    async with serve_hooks() as hooks:
        port = hooks.url.rpartition(":")[2]
        alert = await set_alert(product, WEBHOOK=f"http://{host}:{port}")
        await fire(product, alert)
        (dead,) = await reach(product, alert, "dead")
        assert dead["last_error"] in {
            "the address is not public, and the operator does not allow it",
            "the URL cannot be used",
        }
        assert hooks.posted == []


async def test_without_a_mail_server_no_alert_by_mail_can_be_set(product: Product) -> None:
    definition = {
        "symbol": "BTCUSDT", "condition": "PRICE_ABOVE", "threshold": 1, "channels": ["EMAIL"],
        "targets": {"EMAIL": "tom@example.com"},
    }  # fmt: skip
    answer = await product.ask("alerts", method="POST", token=product.token("tom", "trader"), json=definition)
    assert answer.status == 409
    assert "TICKLOOM_SMTP_HOST" in answer.body["detail"]
