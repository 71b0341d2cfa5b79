"""Events into the commit, and out to whoever listens after it."""

from collections.abc import Mapping

from tickloom.bus.connection import Redis
from tickloom.bus.errors import BusUnavailable
from tickloom.bus.publishing import publish_updates
from tickloom.market.timeframes import Timeframe
from tickloom.processor.alerts.bars import Row, Series, Waiting, judge_bars
from tickloom.processor.alerts.watch import AlertWatch
from tickloom.processor.state import Array
from tickloom.store.alert_events import Fired, RecordedEvent, write_events
from tickloom.store.connection import Connection
from tickloom.telemetry import metrics
from tickloom.telemetry.logging import logger
from tickloom.wire import messages, names

_log = logger(__name__)


async def record_events(
    connection: Connection, watch: AlertWatch, waiting: Mapping[Series, Waiting], values: Mapping[Row, Array]
) -> list[RecordedEvent]:
    """Judge closed bars as `judge_bars` does, and store all events that wait.

    Call it in the transaction that has stored the bars.
    """
    await judge_bars(connection, watch, waiting, values)
    fired = watch.take_fired()
    if not len(fired):
        return []
    columns = (fired[name].tolist() for name in ("alert_id", "version", "time", "value", "price"))
    return await write_events(connection, Fired(*columns))


def to_message(event: RecordedEvent) -> messages.AlertEvent:
    """Return an event as its owner sees it."""
    shown = event._asdict()
    del shown["channels"]
    return messages.AlertEvent(**{**shown, "timeframe": Timeframe(event.timeframe).label})


async def publish_events(redis: Redis, events: list[RecordedEvent]) -> None:
    """Tell whoever listens of stored events; a Redis that is away costs only time, as the delivery reads the table."""
    for event in events:
        metrics.alerts_triggered_total.labels(event.condition).inc()
    told = [to_message(event) for event in events if "WEBSOCKET" in event.channels]
    if not told:
        return
    try:
        await publish_updates(redis, {names.ALERTS: messages.encode_json(messages.AlertEvents(told))})
    except BusUnavailable as error:
        _log.warning("alerts could not be published", problem=str(error))
