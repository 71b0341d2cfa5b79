"""Plays the processor for alerts: events are written as its commit writes them."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

from integration.api.product import SECONDS, Product
from tickloom.store.alert_events import Fired, RecordedEvent, write_events

AT = int(datetime(2026, 1, 2, tzinfo=UTC).timestamp() * 1e6)


async def set_alert(product: Product, *, user: str = "tom", **targets: str) -> int:
    """Store an alert with channels and targets that the API might refuse, and return its number."""
    number: int = await product.connection.fetchval(
        "INSERT INTO alerts (owner, symbol_no, condition, threshold, channels, targets, message, recurring,"
        " cooldown_seconds, signing_secret)"
        " SELECT user_no, $1, 'PRICE_ABOVE', 100, $2, $3, 'a < b', true, 0, $4 FROM users WHERE name = $5"
        " RETURNING alert_id",
        product.symbols["BTCUSDT"].symbol_no,
        list(targets) or ["WEBSOCKET"],
        json.dumps({channel: target for channel, target in targets.items() if target}),
        b"k" * 32,
        user,
    )
    return number


async def fire(product: Product, alert_id: int, *values: float) -> list[RecordedEvent]:
    """Let an alert fire, as the processor's commit stores it."""
    version = await product.connection.fetchval(
        "SELECT (extract(epoch FROM updated_at) * 1000000)::bigint FROM alerts WHERE alert_id = $1", alert_id
    )
    prices, count = list(values) or [101.5], len(values) or 1
    times = [AT + place for place in range(count)]
    return await write_events(product.connection, Fired([alert_id] * count, [version] * count, times, prices, prices))


async def deliveries(product: Product, alert_id: int, **parameters: Any) -> list[dict[str, Any]]:
    """Return the log of an alert's deliveries, latest first."""
    answer = await product.ask(f"alerts/{alert_id}/deliveries", token=product.token("tom", "trader"), params=parameters)
    assert answer.status == 200
    found: list[dict[str, Any]] = answer.body["deliveries"]
    return found


async def reach(
    product: Product, alert_id: int, state: str, *, count: int = 1, attempts: int = 0
) -> list[dict[str, Any]]:
    """Wait until so many deliveries of an alert are in a state, after so many attempts."""
    async with asyncio.timeout(SECONDS):
        while True:
            found = await deliveries(product, alert_id, state=state)
            if len(found) >= count and all(one["attempts"] >= attempts for one in found):
                return found
            await asyncio.sleep(0.05)


async def hurry(product: Product) -> None:
    """Let all that waits be due now."""
    await product.connection.execute("UPDATE alert_deliveries SET next_attempt_at = now() WHERE state = 'pending'")


async def let_time_pass(product: Product, seconds: int) -> None:
    """Let everything have happened earlier."""
    await product.connection.execute(
        "UPDATE alert_deliveries SET finished_at = finished_at - $1 * interval '1 second',"
        " created_at = created_at - $1 * interval '1 second'",
        seconds,
    )
