"""Sessions: login links that work once, and refresh tokens that rotate.

Only hashes are stored. A refresh token that is used twice ends its whole family: one of the two users stole it.
Whatever changes a user's sessions locks the row of the user first, so that no session begins beside their end.
"""

import hashlib
import secrets
import uuid
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from tickloom.store.audit import Actor, write_audit
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
        WHERE l.code_hash = $1 AND l.used_at IS NULL AND l.expires_at > $2
            AND u.user_no = l.user_no AND u.disabled_at IS NULL
        RETURNING u.user_no, u.name, u.role
        """,
        _hash(code),
        now,
    )
    return Account(*row.values()) if row else None


async def begin_session(connection: Connection, account: Account, address: str, by: str, now: datetime) -> str:
    """Return the first refresh token of a session, and write down how it began; call it in a transaction."""
    token = await _add_token(connection, account, now, uuid.uuid4())
    await write_audit(connection, Actor(account.name, address), "session.begin", account.name, by=by)
    return token


async def _add_token(connection: Connection, account: Account, now: datetime, family: uuid.UUID) -> str:
    token = secrets.token_urlsafe(32)
    await connection.execute(
        "INSERT INTO refresh_tokens (token_hash, user_no, family, expires_at) VALUES ($1, $2, $3, $4)",
        _hash(token),
        account.user_no,
        family,
        now + REFRESH_LIFETIME,
    )
    return token


async def rotate_refresh_token(connection: Connection, token: str, address: str, now: datetime) -> Refreshed | None:
    """Trade a refresh token for the next of its family; None if it is not valid, and its family ends if it was used."""
    async with connection.transaction():
        holder = await _lock_holder(connection, token)
        if holder is None:
            return None
        row = await connection.fetchrow(
            "SELECT family, used_at, revoked_at, expires_at FROM refresh_tokens WHERE token_hash = $1", _hash(token)
        )
        if row is None or row["revoked_at"] or row["expires_at"] <= now:
            return None
        if row["used_at"]:
            await _revoke(connection, row["family"], now)
            await write_audit(connection, Actor(holder.name, address), "session.reuse", holder.name)
            return None
        await connection.execute("UPDATE refresh_tokens SET used_at = $2 WHERE token_hash = $1", _hash(token), now)
        return Refreshed(holder, await _add_token(connection, holder, now, row["family"]))


async def end_session(connection: Connection, token: str, address: str, now: datetime) -> None:
    """End all refresh tokens that descend from the same login."""
    async with connection.transaction():
        holder = await _lock_holder(connection, token)
        if holder is None:
            return
        family = await connection.fetchval("SELECT family FROM refresh_tokens WHERE token_hash = $1", _hash(token))
        if await _revoke(connection, family, now):
            await write_audit(connection, Actor(holder.name, address), "session.end", holder.name)


async def _lock_holder(connection: Connection, token: str) -> Account | None:
    row = await connection.fetchrow(
        "SELECT u.user_no, u.name, u.role FROM users u JOIN refresh_tokens t USING (user_no)"
        " WHERE t.token_hash = $1 AND u.disabled_at IS NULL FOR UPDATE OF u",
        _hash(token),
    )
    return Account(*row.values()) if row else None


async def _revoke(connection: Connection, family: uuid.UUID, now: datetime) -> bool:
    revoked = await connection.fetch(
        "UPDATE refresh_tokens SET revoked_at = $2 WHERE revoked_at IS NULL AND family = $1 RETURNING 1", family, now
    )
    return bool(revoked)
