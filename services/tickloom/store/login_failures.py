"""Counts of failed logins by subject (an account, an address, or both), each over a window that starts anew."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from tickloom.store.connection import Connection

WINDOW: Final = timedelta(minutes=15)


async def count_failures(connection: Connection, subjects: Sequence[str], now: datetime) -> dict[str, int]:
    """Return the failures of each subject within its window."""
    rows = await connection.fetch(
        "SELECT subject, failures FROM login_failures WHERE subject = ANY ($1) AND since > $2",
        list(subjects),
        now - WINDOW,
    )
    return {row["subject"]: row["failures"] for row in rows}


async def add_failure(connection: Connection, subjects: Sequence[str], now: datetime) -> None:
    """Count a failure for each subject, and forget windows that are over."""
    await connection.execute(
        """
        INSERT INTO login_failures AS f (subject, failures, since)
        SELECT subject, 1, $2 FROM unnest($1::text[]) subject ORDER BY subject
        ON CONFLICT (subject) DO UPDATE SET
            failures = CASE WHEN f.since > $3 THEN f.failures + 1 ELSE 1 END,
            since = CASE WHEN f.since > $3 THEN f.since ELSE $2 END
        """,
        list(subjects),
        now,
        now - WINDOW,
    )
    await connection.execute("DELETE FROM login_failures WHERE since < $1", now - 2 * WINDOW)


async def forget_failures(connection: Connection, subject: str) -> None:
    """Forget the failures of a subject that got it right."""
    await connection.execute("DELETE FROM login_failures WHERE subject = $1", subject)


async def is_known_address(connection: Connection, user_no: int, address: str) -> bool:
    """Tell whether a user logged in from an address before."""
    known: bool = await connection.fetchval(
        "SELECT EXISTS (SELECT FROM login_addresses WHERE user_no = $1 AND address = $2"
        " AND last_at > now() - interval '90 days')",
        user_no,
        address,
    )
    return known


async def remember_address(connection: Connection, user_no: int, address: str, now: datetime) -> None:
    """Note that a user logged in from an address."""
    await connection.execute(
        "INSERT INTO login_addresses (user_no, address, last_at) VALUES ($1, $2, $3)"
        " ON CONFLICT (user_no, address) DO UPDATE SET last_at = excluded.last_at",
        user_no,
        address,
        now,
    )
