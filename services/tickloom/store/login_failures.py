"""Counts of failed logins by subject (an account, an address, or both), each over a window that starts anew."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from tickloom.store.connection import Connection

WINDOW: Final = timedelta(minutes=15)


class Count(NamedTuple):
    """Failures of a subject since its window began, and when that ends."""

    failures: int
    ends_at: datetime


async def count_up(connection: Connection, subjects: Sequence[str], now: datetime) -> dict[str, Count]:
    """Add one to each subject and return the new counts: of attempts at a time each sees another number."""
    rows = await connection.fetch(
        """
        INSERT INTO login_failures AS f (subject, failures, since)
        SELECT subject, 1, $2 FROM unnest($1::text[]) subject ORDER BY subject
        ON CONFLICT (subject) DO UPDATE SET
            failures = CASE WHEN f.since > $3 THEN f.failures + 1 ELSE 1 END,
            since = CASE WHEN f.since > $3 THEN f.since ELSE $2 END
        RETURNING subject, failures, since
        """,
        list(subjects),
        now,
        now - WINDOW,
    )
    return {row["subject"]: Count(row["failures"], row["since"] + WINDOW) for row in rows}


async def count_down(connection: Connection, subjects: Sequence[str]) -> None:
    """Take back one of each subject: the attempt was no failure."""
    await connection.execute(
        "UPDATE login_failures SET failures = greatest(failures - 1, 0) WHERE subject = ANY ($1)", list(subjects)
    )


async def forget_failures(connection: Connection, subject: str) -> None:
    """Forget the failures of a subject that got it right."""
    await connection.execute("DELETE FROM login_failures WHERE subject = $1", subject)


async def is_known_address(connection: Connection, user_no: int, address: str) -> bool:
    """Tell whether a user logged in from an address in the last 90 days."""
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
