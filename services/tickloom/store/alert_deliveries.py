"""Deliveries of alert events: claimed, tried, and ended, at least once each, by however many processes.

Whoever claims a row sets its next attempt ahead. So nobody else tries meanwhile, and the row is due again if he dies.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final, NamedTuple

from tickloom.store.connection import Connection, connect, translate_errors

CHANNEL: Final = "alert_deliveries"
"""Notified when there is something to deliver."""
LEASE_SECONDS: Final = 120
QUIET_SECONDS: Final = {"EMAIL": 60.0, "SLACK": 1.0}
"""After a delivery to a target, events for it are collected for so long, and go out together."""
_CONTENT: Final = """
    d.delivery_id, d.event_id, d.alert_id, u.name, d.channel, d.target, d.attempts,
    extract(epoch FROM now() - d.created_at)::float8, a.signing_secret,
    CASE WHEN a.alert_id IS NULL THEN 'the alert was deleted'
         WHEN u.disabled_at IS NOT NULL THEN 'the account is disabled' END, coalesce(a.message, ''),
    s.exchange || ':' || s.symbol, e.condition, e.threshold, e.timeframe, e.value, e.price, e.fired_at
"""
_JOINED: Final = """
    JOIN alert_events e USING (event_id) JOIN symbols s ON s.symbol_no = e.symbol_no JOIN users u ON u.user_no = d.owner
    LEFT JOIN alerts a ON a.alert_id = d.alert_id
"""
_CLAIM: Final = f"""
    WITH due AS (
        SELECT d.delivery_id FROM alert_deliveries d
            LEFT JOIN unnest($4::text[], $5::float8[]) AS q (channel, seconds) ON q.channel = d.channel
        WHERE d.state = 'pending' AND d.next_attempt_at <= now() AND d.channel || ' ' || d.target <> ALL ($1::text[])
            AND NOT EXISTS (
                SELECT FROM alert_deliveries f WHERE f.channel = d.channel AND f.target = d.target
                    AND f.state = 'delivered' AND f.finished_at > now() - q.seconds * interval '1 second'
            )
        ORDER BY d.next_attempt_at, d.delivery_id LIMIT $2 FOR UPDATE OF d SKIP LOCKED
    ), claimed AS (
        UPDATE alert_deliveries d
        SET attempts = d.attempts + 1, next_attempt_at = now() + $3::float8 * interval '1 second'
        FROM due WHERE d.delivery_id = due.delivery_id RETURNING d.*
    )
    SELECT {_CONTENT} FROM claimed d {_JOINED} ORDER BY d.delivery_id
"""  # noqa: S608 - built from the constants above only


class Delivery(NamedTuple):
    """An event on its way to one target; `attempts` counts the present one, `age` is in seconds."""

    delivery_id: int
    event_id: int
    alert_id: int
    owner: str
    channel: str
    target: str
    attempts: int
    age: float
    signing_secret: bytes | None
    obsolete: str | None
    """Why nobody is to be told any more: the alert was deleted, or its owner's account disabled."""
    message: str
    symbol: str
    condition: str
    threshold: float | None
    timeframe: int
    value: float
    price: float | None
    fired_at: datetime


class LoggedDelivery(NamedTuple):
    """A delivery as its owner sees it."""

    delivery_id: int
    event_id: int
    channel: str
    target: str
    state: str
    attempts: int
    next_attempt_at: datetime | None
    last_error: str | None
    created_at: datetime
    finished_at: datetime | None


async def claim_deliveries(connection: Connection, *, busy: Iterable[str], limit: int) -> list[Delivery]:
    """Claim deliveries that are due, oldest first, but none for targets that are `busy` (`CHANNEL target`).

    Raises StoreUnavailable.
    """
    async with translate_errors("claiming deliveries"):
        rows = await connection.fetch(
            _CLAIM, list(busy), limit, float(LEASE_SECONDS), list(QUIET_SECONDS), list(QUIET_SECONDS.values())
        )
    return [Delivery(*row.values()) for row in rows]


async def mark_delivered(connection: Connection, delivery_ids: Iterable[int]) -> None:
    """Note that deliveries arrived. Raises StoreUnavailable."""
    async with translate_errors("noting deliveries"):
        await connection.execute(
            "UPDATE alert_deliveries SET state = 'delivered', finished_at = now(), last_error = NULL"
            " WHERE delivery_id = ANY ($1) AND state = 'pending'",
            list(delivery_ids),
        )


async def mark_shown(connection: Connection, owner: str, event_ids: Iterable[int]) -> None:
    """Note that events reached a socket of their owner. Raises StoreUnavailable."""
    async with translate_errors("noting alerts that were shown"):
        await connection.execute(
            "UPDATE alert_deliveries d SET state = 'delivered', finished_at = now(), last_error = NULL FROM users u"
            " WHERE u.user_no = d.owner AND u.name = $1 AND event_id = ANY ($2) AND channel = 'WEBSOCKET'"
            " AND state = 'pending'",
            owner,
            list(event_ids),
        )


async def mark_failed(connection: Connection, delivery_ids: Iterable[int], error: str, retry_seconds: float) -> None:
    """Note that an attempt failed, and when the next is due. Raises StoreUnavailable."""
    async with translate_errors("noting failed deliveries"):
        await connection.execute(
            "UPDATE alert_deliveries SET last_error = $2, next_attempt_at = now() + $3::float8 * interval '1 second'"
            " WHERE delivery_id = ANY ($1) AND state = 'pending'",
            list(delivery_ids),
            error,
            retry_seconds,
        )


async def mark_dead(connection: Connection, delivery_ids: Iterable[int], error: str) -> None:
    """Give deliveries up. Raises StoreUnavailable."""
    async with translate_errors("giving deliveries up"):
        await connection.execute(
            "UPDATE alert_deliveries SET state = 'dead', finished_at = now(), last_error = $2"
            " WHERE delivery_id = ANY ($1) AND state = 'pending'",
            list(delivery_ids),
            error,
        )


async def read_unshown(connection: Connection, owner: str, *, limit: int) -> list[Delivery]:
    """Return what waits for a socket of a user, oldest first. Raises StoreUnavailable."""
    async with translate_errors("reading alerts that were not shown"):
        rows = await connection.fetch(
            f"SELECT {_CONTENT} FROM alert_deliveries d {_JOINED}"  # noqa: S608 - constants only
            " WHERE u.name = $1 AND d.state = 'pending' AND d.channel = 'WEBSOCKET' ORDER BY d.delivery_id LIMIT $2",
            owner,
            limit,
        )
    return [Delivery(*row.values()) for row in rows]


async def list_deliveries(
    connection: Connection, alert_id: int, *, state: str | None, before: int | None, limit: int
) -> list[LoggedDelivery]:
    """Return deliveries of an alert, latest first, those numbered below `before`. Raises StoreUnavailable."""
    async with translate_errors("reading deliveries"):
        rows = await connection.fetch(
            """
            SELECT delivery_id, event_id, channel, target, state, attempts,
                   CASE WHEN state = 'pending' THEN next_attempt_at END, last_error, created_at, finished_at
            FROM alert_deliveries WHERE alert_id = $1 AND ($2::text IS NULL OR state = $2)
                AND ($3::bigint IS NULL OR delivery_id < $3)
            ORDER BY delivery_id DESC LIMIT $4
            """,
            alert_id,
            state,
            before,
            limit,
        )
    return [LoggedDelivery(*row.values()) for row in rows]


async def revive_delivery(connection: Connection, alert_id: int, delivery_id: int) -> bool:
    """Let a dead delivery of an alert be tried again from the beginning; False if there is none."""
    async with translate_errors("reviving a delivery"):
        found = await connection.fetchval(
            "UPDATE alert_deliveries SET state = 'pending', attempts = 0, next_attempt_at = now(), created_at = now(),"
            " finished_at = NULL WHERE alert_id = $1 AND delivery_id = $2 AND state = 'dead' RETURNING delivery_id",
            alert_id,
            delivery_id,
        )
    return found is not None


async def forget_old_deliveries(connection: Connection, *, days: int) -> None:
    """Delete deliveries that ended long ago. Raises StoreUnavailable."""
    async with translate_errors("deleting old deliveries"):
        await connection.execute(
            "DELETE FROM alert_deliveries WHERE state <> 'pending' AND finished_at < now() - $1 * interval '1 day'",
            days,
        )


@asynccontextmanager
async def listening_for_deliveries(url: str) -> AsyncIterator[asyncio.Event]:
    """Yield an event that is set when there is something new, or the connection is lost. Raises StoreUnavailable."""
    connection, changed = await connect(url, "api-deliveries"), asyncio.Event()
    try:
        connection.add_termination_listener(lambda *_: changed.set())
        async with translate_errors("listening for deliveries"):
            await connection.add_listener(CHANNEL, lambda *_: changed.set())
        yield changed
    finally:
        connection.terminate()
