"""Alerts as their owners see them: definitions, and the events in which they fired.

Every statement names the owner: nobody reads or changes what belongs to somebody else.
"""

import json
import secrets
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, NamedTuple

import asyncpg

from tickloom.store.connection import Connection, translate_errors

MOST_ALERTS: Final = 1000
"""Alerts that one user may have."""
_SECRET_BYTES: Final = 32
_COLUMNS: Final = """
    a.alert_id, (SELECT s.exchange || ':' || s.symbol FROM symbols s WHERE s.symbol_no = a.symbol_no), a.symbol_no,
    a.condition, a.threshold, a.timeframe, a.channels, a.targets, a.message, a.cooldown_seconds, a.recurring, a.enabled,
    a.armed, a.fired_count, a.last_fired_at, a.created_at, a.updated_at
"""


class UnknownOwner(Exception):
    """The user whose alert it would be does not exist (any more)."""


class TooManyAlerts(Exception):
    """The user has as many alerts as one may have."""


class Definition(NamedTuple):
    """What an alert waits for and whom it tells; `timeframe` in minutes, `targets` by channel."""

    symbol_no: int
    condition: str
    threshold: float | None
    timeframe: int
    channels: list[str]
    targets: dict[str, str]
    message: str
    cooldown_seconds: int
    recurring: bool
    enabled: bool

    def parameters(self) -> tuple[object, ...]:
        """Return the values in the order of the fields, as PostgreSQL takes them."""
        return (*self[:5], json.dumps(self.targets), *self[6:])


class Alert(NamedTuple):
    """A row of `alerts`."""

    alert_id: int
    symbol: str
    definition: Definition
    armed: bool
    fired_count: int
    last_fired_at: datetime | None
    created_at: datetime
    updated_at: datetime
    new_secret: bytes | None = None
    """The key that signs its webhooks, if it was made just now."""


class AlertEvent(NamedTuple):
    """A row of `alert_events`."""

    event_id: int
    alert_id: int
    symbol_no: int
    condition: str
    threshold: float | None
    timeframe: int
    value: float
    price: float | None
    fired_at: datetime
    recorded_at: datetime


def _alert(values: Iterable[Any]) -> Alert:
    alert_id, symbol, *defined, armed, fired_count, last_fired_at, created_at, updated_at = values
    defined[5] = json.loads(defined[5])
    return Alert(alert_id, symbol, Definition(*defined), armed, fired_count, last_fired_at, created_at, updated_at)


def _told(row: asyncpg.Record, secret: bytes) -> Alert:
    """Return a row whose last column is its signing secret, with that secret if it is the new one."""
    *values, stored = row.values()
    return _alert(values)._replace(new_secret=secret if stored == secret else None)


async def create_alert(connection: Connection, owner: str, definition: Definition) -> Alert:
    """Store a new alert of a user. Raises UnknownOwner, TooManyAlerts and StoreUnavailable."""
    async with translate_errors("creating an alert"), connection.transaction():
        # The lock makes the count exact when one user creates several alerts at a time.
        user_no = await connection.fetchval("SELECT user_no FROM users WHERE name = $1 FOR NO KEY UPDATE", owner)
        if user_no is None:
            raise UnknownOwner(owner)
        if await connection.fetchval("SELECT count(*) FROM alerts WHERE owner = $1", user_no) >= MOST_ALERTS:
            raise TooManyAlerts(f"{MOST_ALERTS} alerts are the most that one account may have: delete some")
        row = await connection.fetchrow(
            f"""
            INSERT INTO alerts AS a (owner, symbol_no, condition, threshold, timeframe, channels, targets, message,
                                     cooldown_seconds, recurring, enabled, signing_secret)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, CASE WHEN 'WEBHOOK' = ANY ($6) THEN $12::bytea END)
            RETURNING {_COLUMNS}, signing_secret
            """,  # noqa: S608 - built from the constants above only
            user_no,
            *definition.parameters(),
            secret := secrets.token_bytes(_SECRET_BYTES),
        )
    assert row is not None  # noqa: S101 - what was inserted is returned
    return _told(row, secret)


async def list_alerts(
    connection: Connection, owner: str, *, symbol_no: int | None, before: int | None, limit: int
) -> list[Alert]:
    """Return alerts of a user, latest first, those numbered below `before`. Raises StoreUnavailable."""
    async with translate_errors("reading alerts"):
        rows = await connection.fetch(
            f"""
            SELECT {_COLUMNS} FROM alerts a JOIN users u ON u.user_no = a.owner
            WHERE u.name = $1 AND ($2::int IS NULL OR a.symbol_no = $2) AND ($3::bigint IS NULL OR a.alert_id < $3)
            ORDER BY a.alert_id DESC LIMIT $4
            """,  # noqa: S608 - built from the constants above only
            owner,
            symbol_no,
            before,
            limit,
        )
    return [_alert(row.values()) for row in rows]


async def read_alert(connection: Connection, owner: str, alert_id: int) -> Alert | None:
    """Return an alert of a user, None if it is not his. Raises StoreUnavailable."""
    async with translate_errors("reading an alert"):
        row = await connection.fetchrow(
            f"SELECT {_COLUMNS} FROM alerts a JOIN users u ON u.user_no = a.owner"  # noqa: S608 - constants only
            " WHERE u.name = $1 AND a.alert_id = $2",
            owner,
            alert_id,
        )
    return _alert(row.values()) if row else None


async def replace_alert(connection: Connection, owner: str, alert_id: int, definition: Definition) -> Alert | None:
    """Give an alert of a user another definition and arm it; None if it is not his. Raises StoreUnavailable."""
    async with translate_errors("changing an alert"):
        row = await connection.fetchrow(
            f"""
            UPDATE alerts a SET symbol_no = $3, condition = $4, threshold = $5, timeframe = $6, channels = $7,
                targets = $8, message = $9, cooldown_seconds = $10, recurring = $11, enabled = $12, armed = true,
                signing_secret = CASE WHEN 'WEBHOOK' = ANY ($7) THEN coalesce(a.signing_secret, $13::bytea) END,
                updated_at = clock_timestamp()
            FROM users u WHERE u.user_no = a.owner AND u.name = $1 AND a.alert_id = $2
            RETURNING {_COLUMNS}, signing_secret
            """,  # noqa: S608 - built from the constants above only
            owner,
            alert_id,
            *definition.parameters(),
            secret := secrets.token_bytes(_SECRET_BYTES),
        )
    return _told(row, secret) if row else None


async def delete_alert(connection: Connection, owner: str, alert_id: int) -> bool:
    """Delete an alert of a user; False if it is not his. Raises StoreUnavailable."""
    async with translate_errors("deleting an alert"):
        found = await connection.fetchval(
            "DELETE FROM alerts a USING users u WHERE u.user_no = a.owner AND u.name = $1 AND a.alert_id = $2"
            " RETURNING a.alert_id",
            owner,
            alert_id,
        )
    return found is not None


async def list_events(connection: Connection, alert_id: int, *, before: int | None, limit: int) -> list[AlertEvent]:
    """Return the events of an alert, latest first, those numbered below `before`. Raises StoreUnavailable."""
    async with translate_errors("reading events of an alert"):
        rows = await connection.fetch(
            """
            SELECT event_id, alert_id, symbol_no, condition, threshold, timeframe, value, price, fired_at, recorded_at
            FROM alert_events WHERE alert_id = $1 AND ($2::bigint IS NULL OR event_id < $2)
            ORDER BY event_id DESC LIMIT $3
            """,
            alert_id,
            before,
            limit,
        )
    return [AlertEvent(*row.values()) for row in rows]
