"""Accounts as the API needs them: login links that work once, and refresh tokens that rotate.

Only hashes are stored. A refresh token that is used twice ends its whole family: one of the two users stole it.
"""

import hashlib
import secrets
import uuid
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from tickloom.store.connection import Connection

REFRESH_LIFETIME: Final = timedelta(days=30)


class Account(NamedTuple):
    """Who is let in."""

    user_no: int
    name: str
    role: str


class Refreshed(NamedTuple):
    """An account with its new refresh token."""

    account: Account
    refresh_token: str


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


async def use_login_link(connection: Connection, code: str, now: datetime) -> Account | None:
    """Let in whoever holds the code, once; None if it is unknown, used or too old."""
    row = await connection.fetchrow(
        """
        UPDATE login_links l SET used_at = $2 FROM users u
        WHERE l.code_hash = $1 AND l.used_at IS NULL AND l.expires_at > $2 AND u.user_no = l.user_no
        RETURNING u.user_no, u.name, u.role
        """,
        _hash(code),
        now,
    )
    return Account(*row.values()) if row else None


async def create_refresh_token(
    connection: Connection, account: Account, now: datetime, family: uuid.UUID | None = None
) -> str:
    """Return a new refresh token, the first of a family where none is given."""
    token = secrets.token_urlsafe(32)
    await connection.execute(
        "INSERT INTO refresh_tokens (token_hash, user_no, family, expires_at) VALUES ($1, $2, $3, $4)",
        _hash(token),
        account.user_no,
        family or uuid.uuid4(),
        now + REFRESH_LIFETIME,
    )
    return token


async def rotate_refresh_token(connection: Connection, token: str, now: datetime) -> Refreshed | None:
    """Trade a refresh token for the next of its family; None if it is not valid, and its family ends if it was used."""
    async with connection.transaction():
        row = await connection.fetchrow(
            """
            SELECT t.family, t.used_at, t.revoked_at, t.expires_at, u.user_no, u.name, u.role
            FROM refresh_tokens t JOIN users u USING (user_no) WHERE t.token_hash = $1 FOR UPDATE OF t
            """,
            _hash(token),
        )
        if row is None or row["revoked_at"] or row["expires_at"] <= now:
            return None
        if row["used_at"]:
            await revoke_family(connection, token, now)
            return None
        await connection.execute("UPDATE refresh_tokens SET used_at = $2 WHERE token_hash = $1", _hash(token), now)
        account = Account(row["user_no"], row["name"], row["role"])
        return Refreshed(account, await create_refresh_token(connection, account, now, row["family"]))


async def revoke_family(connection: Connection, token: str, now: datetime) -> None:
    """End all refresh tokens that descend from the same login."""
    await connection.execute(
        "UPDATE refresh_tokens SET revoked_at = $2 WHERE revoked_at IS NULL"
        " AND family = (SELECT family FROM refresh_tokens WHERE token_hash = $1)",
        _hash(token),
        now,
    )
