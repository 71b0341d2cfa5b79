"""What a delivery says, in words and as JSON."""

from collections.abc import Sequence
from datetime import UTC
from typing import Any

from tickloom.market.timeframes import Timeframe
from tickloom.store.alert_deliveries import Delivery


def headline(event: Delivery) -> str:
    """Return an event in a line of words."""
    label, threshold = Timeframe(event.timeframe).label, f"{event.threshold:g}" if event.threshold is not None else ""
    value = f"{event.value:g}"
    said = {
        "PRICE_ABOVE": f"price {value} rose above {threshold}",
        "PRICE_BELOW": f"price {value} fell below {threshold}",
        "RSI_ABOVE": f"RSI {event.value:.1f} rose above {threshold} ({label})",
        "RSI_BELOW": f"RSI {event.value:.1f} fell below {threshold} ({label})",
        "MACD_CROSSOVER": f"MACD crossed its signal {'upwards' if event.value > 0 else 'downwards'} ({label})",
        "VOLUME_SPIKE": f"volume is {event.value:.1f} times the average ({label})",
    }
    return f"{event.symbol}: {said[event.condition]}"


def paragraph(event: Delivery) -> str:
    """Return an event with its time and the owner's note."""
    at = f"{event.fired_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    return f"{headline(event)}, {at}" + (f"\n{event.message}" if event.message else "")


def subject(events: Sequence[Delivery]) -> str:
    """Return the subject of a message about events."""
    more = f" and {len(events) - 1} more" if len(events) > 1 else ""
    return headline(events[0]) + more


def as_json(event: Delivery) -> dict[str, Any]:
    """Return an event as programs read it; `event_id` is the same however often it is delivered."""
    return {
        "event_id": event.event_id,
        "alert_id": event.alert_id,
        "symbol": event.symbol,
        "condition": event.condition,
        "threshold": event.threshold,
        "timeframe": Timeframe(event.timeframe).label,
        "value": event.value,
        "price": event.price,
        "fired_at": event.fired_at,
        "message": event.message,
    }
