"""Definitions from the store into the book: all of a symbol that is new here, and single ones as they change."""

from collections.abc import Iterable
from typing import Final

import numpy as np

from tickloom.market.timeframes import TIMEFRAMES
from tickloom.processor.alerts.book import ARMED_DTYPE, CONDITIONS, key_of
from tickloom.processor.alerts.watch import AlertWatch
from tickloom.processor.state import LONG_AGO, Array, State
from tickloom.store.alert_events import ArmedAlert, read_armed
from tickloom.store.connection import Connection

_PLACES: Final = {timeframe.minutes: place for place, timeframe in enumerate(TIMEFRAMES)}
_SECOND_US: Final = 1_000_000


def to_rows(alerts: Iterable[ArmedAlert]) -> Array:
    """Return armed alerts as rows of the book."""
    return np.array([_to_row(alert) for alert in alerts], ARMED_DTYPE)


def _to_row(alert: ArmedAlert) -> tuple[object, ...]:
    key = key_of(alert.symbol_no, CONDITIONS.index(alert.condition), _PLACES[alert.timeframe])
    cooldown_us = alert.cooldown_seconds * _SECOND_US
    ready_us = LONG_AGO if alert.last_fired_us is None else alert.last_fired_us + cooldown_us
    return (
        key, alert.threshold or 0.0, ready_us, cooldown_us, alert.alert_id, alert.version, alert.recurring, True,
    )  # fmt: skip


async def follow_definitions(connection: Connection, watch: AlertWatch, state: State, changes: Iterable[str]) -> None:
    """Bring the book up to date with symbols that are owned now, and with changes (`{symbol_no}:{alert_id}`).

    Nothing may wait for a commit meanwhile. Raises StoreUnavailable.
    """
    owned = set(np.flatnonzero(state.symbols["active"]).tolist())
    fresh = sorted(owned - watch.loaded)
    changed = {int(change.partition(":")[2]) for change in changes if int(change.partition(":")[0]) in watch.loaded}
    if not fresh and not changed:
        return
    alerts = await read_armed(connection, symbol_nos=fresh, alert_ids=sorted(changed))
    watch.loaded.update(fresh)
    watch.replace(sorted(changed), to_rows(alert for alert in alerts if alert.symbol_no in watch.loaded))
