"""What accounts leave behind, forgotten when its time is over: sessions, links, counts of failures, the audit log."""

from datetime import datetime, timedelta
from typing import Final

from tickloom.store.connection import Connection

AUDIT_KEPT: Final = timedelta(days=90)
SESSIONS_KEPT: Final = timedelta(days=7)
"""After their end, so that a token that is used again is still known as stolen."""
_DELETE: Final = {
    "DELETE FROM audit_log WHERE at < $1": AUDIT_KEPT,
    "DELETE FROM login_addresses WHERE last_at < $1": AUDIT_KEPT,
    "DELETE FROM refresh_tokens WHERE expires_at < $1": SESSIONS_KEPT,
    "DELETE FROM login_links WHERE expires_at < $1": SESSIONS_KEPT,
    "DELETE FROM login_failures WHERE since < $1": timedelta(hours=1),
}


async def forget_old(connection: Connection, now: datetime) -> int:
    """Delete what is too old; returns how many rows that were."""
    deleted = 0
    for statement, kept in _DELETE.items():
        tag = await connection.execute(statement, now - kept)
        deleted += int(tag.removeprefix("DELETE "))
    return deleted
