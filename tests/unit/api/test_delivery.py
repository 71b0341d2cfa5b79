"""What a delivery is made of: signatures, addresses, words."""

import base64
from datetime import UTC, datetime

import pytest

from tickloom.api.delivery.addresses import may_connect
from tickloom.api.delivery.content import paragraph, subject
from tickloom.api.delivery.mailing import MailServer, compose
from tickloom.api.delivery.posting import sign
from tickloom.api.delivery.worker import DELAYS, delay_after
from tickloom.api.limits.addresses import parse_networks
from tickloom.store.alert_deliveries import Delivery

PUBLIC = ["8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
REFUSED = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.1", "224.0.0.1",
    "255.255.255.255", "240.0.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fd00::1", "ff02::1", "::ffff:127.0.0.1",
    "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2001:db8::1",
]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_may_be_connected_to(address: str) -> None:
    assert may_connect(address, ())


@pytest.mark.parametrize("address", REFUSED)
def test_addresses_of_neighbours_are_refused_in_every_spelling(address: str) -> None:
    assert not may_connect(address, ())


@pytest.mark.parametrize("address", ["10.1.2.3", "::ffff:10.1.2.3", "64:ff9b::a01:203"])
def test_networks_that_the_operator_allows_may_be_connected_to(address: str) -> None:
    assert may_connect(address, parse_networks("fd00::/8, 10.0.0.0/8"))
    assert not may_connect("192.168.1.1", parse_networks("fd00::/8, 10.0.0.0/8"))


def test_signatures_are_those_of_standard_webhooks() -> None:
    # The example of the reference implementations, github.com/standard-webhooks/standard-webhooks.
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signature = sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def event(condition: str = "PRICE_ABOVE", value: float = 101.5, number: int = 1, message: str = "") -> Delivery:
    return Delivery(
        delivery_id=number, event_id=number, alert_id=1, owner="ann", channel="EMAIL", target="ann@example.com",
        attempts=1, age=0.0, signing_secret=None, obsolete=None, message=message, symbol="binance:BTCUSDT",
        condition=condition, threshold=None if condition == "MACD_CROSSOVER" else 100.0, timeframe=60, value=value,
        price=101.5, fired_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("condition", "value", "words"),
    [
        ("PRICE_ABOVE", 101.5, "price 101.5 rose above 100"),
        ("PRICE_BELOW", 99.0, "price 99 fell below 100"),
        ("RSI_ABOVE", 70.46, "RSI 70.5 rose above 100 (1h)"),
        ("RSI_BELOW", 29.0, "RSI 29.0 fell below 100 (1h)"),
        ("MACD_CROSSOVER", -0.1, "MACD crossed its signal downwards (1h)"),
        ("VOLUME_SPIKE", 5.0, "volume is 5.0 times the average (1h)"),
    ],
)
def test_every_condition_has_words(condition: str, value: float, words: str) -> None:
    assert (
        paragraph(event(condition, value, message="sell")) == f"binance:BTCUSDT: {words}, 2026-01-02 03:04:05 UTC\nsell"
    )


def test_one_message_tells_of_several_events_and_has_the_same_id_when_it_is_sent_again() -> None:
    server = MailServer("mail.test", 25, "", "", "none", "alerts@tickloom.test")
    both = [event(number=1), event("PRICE_BELOW", 99.0, number=2)]
    message = compose(server, both)
    assert subject(both) == "binance:BTCUSDT: price 101.5 rose above 100 and 1 more" == message["Subject"]
    assert "fell below" in message.get_content()
    assert message["Message-ID"] == compose(server, both)["Message-ID"] != compose(server, both[:1])["Message-ID"]


def test_attempts_get_rarer_and_respect_what_the_target_asks_for() -> None:
    delays = [delay_after(attempt, 0.0) for attempt in range(1, len(DELAYS) + 3)]
    for delay, expected in zip(delays, [*DELAYS, DELAYS[-1], DELAYS[-1]], strict=True):
        assert 0.8 * expected <= delay <= 1.2 * expected
    assert delay_after(1, 900.0) == 900.0
