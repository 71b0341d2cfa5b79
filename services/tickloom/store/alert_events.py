"""Alerts as the processor needs them: armed definitions in, events out, once each.

An event counts only for the definition that it was judged by: one that was changed, deleted or disabled meanwhile has
not fired.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from tickloom.store.connection import Connection, translate_errors

CHANNEL: Final = "alerts"
"""Notified of every change of a definition with `{symbol_no}:{alert_id}`."""
_FIRED: Final = """
    WITH fired AS (
        SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::float8[], $5::float8[])
            WITH ORDINALITY AS row (alert_id, version, fired_us, value, price, position)
    ), latest AS (
        SELECT alert_id, version, count(*) AS times, max(fired_us) AS fired_us FROM fired GROUP BY alert_id, version
    ), marked AS (
        UPDATE alerts a SET armed = a.recurring, fired_count = a.fired_count + l.times,
            last_fired_at = timestamptz 'epoch' + l.fired_us * interval '1 microsecond'
        FROM latest l WHERE a.alert_id = l.alert_id AND a.enabled AND a.armed
            AND (extract(epoch FROM a.updated_at) * 1000000)::bigint = l.version
        RETURNING a.alert_id, a.owner, a.symbol_no, a.condition, a.threshold, a.timeframe, a.message, a.channels,
            a.targets
    ), recorded AS (
        INSERT INTO alert_events (alert_id, owner, symbol_no, condition, threshold, timeframe, value, price, fired_at)
        SELECT m.alert_id, m.owner, m.symbol_no, m.condition, m.threshold, m.timeframe, f.value, f.price,
               timestamptz 'epoch' + f.fired_us * interval '1 microsecond'
        FROM fired f JOIN marked m USING (alert_id) ORDER BY f.position
        RETURNING *
    ), sent AS (
        -- A socket that is open has the event from the bus by then.
        INSERT INTO alert_deliveries (event_id, alert_id, owner, channel, target, next_attempt_at)
        SELECT r.event_id, r.alert_id, r.owner, c.channel, coalesce(m.targets ->> c.channel, ''),
               now() + CASE WHEN c.channel = 'WEBSOCKET' THEN interval '5 seconds' ELSE interval '0' END
        FROM recorded r JOIN marked m USING (alert_id), unnest(m.channels) AS c (channel) ORDER BY r.event_id
    )
    SELECT r.event_id, r.alert_id, u.name, s.exchange || ':' || s.symbol, r.condition, r.threshold, r.timeframe,
           r.value, r.price, r.fired_at, m.message, m.channels
    FROM recorded r JOIN marked m USING (alert_id) JOIN users u ON u.user_no = r.owner
        JOIN symbols s ON s.symbol_no = r.symbol_no
    ORDER BY r.event_id
"""


class ArmedAlert(NamedTuple):
    """What is judged of an alert; `version` is the time of its definition and `last_fired_us` of its latest event."""

    alert_id: int
    version: int
    symbol_no: int
    condition: str
    threshold: float | None
    timeframe: int
    cooldown_seconds: int
    recurring: bool
    last_fired_us: int | None


class Fired(NamedTuple):
    """Events as columns of equal length; times in microseconds since 1970 (UTC)."""

    alert_id: list[int]
    version: list[int]
    fired_us: list[int]
    value: list[float]
    price: list[float]


class RecordedEvent(NamedTuple):
    """An event that was stored, with what its owner is told."""

    event_id: int
    alert_id: int
    owner: str
    symbol: str
    condition: str
    threshold: float | None
    timeframe: int
    value: float
    price: float | None
    fired_at: datetime
    message: str
    channels: list[str]


async def read_armed(
    connection: Connection, *, symbol_nos: Sequence[int] = (), alert_ids: Sequence[int] = ()
) -> list[ArmedAlert]:
    """Return the armed alerts of symbols, and those of the given numbers that are armed. Raises StoreUnavailable."""
    async with translate_errors("reading armed alerts"):
        rows = await connection.fetch(
            """
            SELECT alert_id, (extract(epoch FROM updated_at) * 1000000)::bigint, symbol_no, condition, threshold,
                   timeframe, cooldown_seconds, recurring, (extract(epoch FROM last_fired_at) * 1000000)::bigint
            FROM alerts WHERE enabled AND armed AND (symbol_no = ANY ($1::int[]) OR alert_id = ANY ($2::bigint[]))
            """,
            symbol_nos,
            alert_ids,
        )
    return [ArmedAlert(*row.values()) for row in rows]


async def write_events(connection: Connection, fired: Fired) -> list[RecordedEvent]:
    """Store events, what they leave of their alerts, and their deliveries.

    Call it inside the transaction that stores their cause.
    Returns those that were stored, in the order in which they happened.
    """
    return [RecordedEvent(*row.values()) for row in await connection.fetch(_FIRED, *fired)]
