"""Between the shapes of `/alerts` and the rows of the store."""

import base64
from collections.abc import Sequence
from typing import Any

from tickloom.api.alerts import schemas
from tickloom.api.context import Context
from tickloom.api.problems import Conflict, NotFound
from tickloom.market.timeframes import Timeframe
from tickloom.store import alerts
from tickloom.store.alert_deliveries import LoggedDelivery


def to_row(context: Context, wanted: schemas.AlertDefinition) -> alerts.Definition:
    """Return a definition as a row; raises Ambiguous and Conflict for what only the server can tell."""
    try:
        symbol = context.find_symbol(wanted.symbol)
    except NotFound as error:
        # 404 would say that the alert itself is not there.
        raise Conflict(str(error)) from error
    if wanted.timeframe not in symbol.spec.timeframes:
        stored = ", ".join(symbol.spec.timeframes)
        raise Conflict(f"timeframe {wanted.timeframe!r}: {symbol.symbol_id} has bars of {stored} only")
    if "EMAIL" in wanted.channels and not context.settings.smtp_host:
        raise Conflict("channels 'EMAIL': this server sends no e-mail; its operator has set no TICKLOOM_SMTP_HOST")
    return alerts.Definition(
        symbol_no=symbol.symbol_no,
        condition=wanted.condition,
        threshold=wanted.threshold,
        timeframe=Timeframe.parse(wanted.timeframe).minutes,
        channels=list(wanted.channels),
        targets=wanted.named_targets(),
        message=wanted.message,
        cooldown_seconds=wanted.cooldown_seconds,
        recurring=wanted.recurring,
        enabled=wanted.enabled,
    )


def to_alert(row: alerts.Alert) -> schemas.Alert:
    """Return a row as the API shows it."""
    shown: dict[str, Any] = row.definition._asdict()
    del shown["symbol_no"]
    shown["timeframe"] = Timeframe(shown["timeframe"]).label
    state = row._asdict()
    del state["definition"], state["new_secret"]
    # Not validated again: rules may become stricter, and what is stored must still be shown.
    return schemas.Alert.model_construct(**shown, id=state.pop("alert_id"), **state)


def to_defined(row: alerts.Alert) -> schemas.DefinedAlert:
    """Return a row that was written just now, with the key that signs its webhooks if that is new."""
    secret = None if row.new_secret is None else "whsec_" + base64.b64encode(row.new_secret).decode()
    return schemas.DefinedAlert.model_construct(**dict(to_alert(row)), signing_secret=secret)


def to_delivery(row: LoggedDelivery) -> schemas.AlertDelivery:
    """Return a delivery as the API shows it."""
    shown = row._asdict()
    return schemas.AlertDelivery.model_validate({**shown, "id": shown.pop("delivery_id")})


def to_event(row: alerts.AlertEvent) -> schemas.AlertEvent:
    """Return an event as the API shows it."""
    shown = row._asdict()
    del shown["symbol_no"]
    shown["timeframe"] = Timeframe(shown["timeframe"]).label
    return schemas.AlertEvent.model_validate({**shown, "id": shown.pop("event_id")})


def cursor_after(numbers: Sequence[int], limit: int) -> str | None:
    """Return the cursor of the page after one that was asked for with `limit`; None where it was the last."""
    return str(numbers[limit - 1]) if len(numbers) > limit else None
