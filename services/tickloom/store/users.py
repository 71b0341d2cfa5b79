"""Users: names, roles, password hashes. Every change is written to the audit log in the same transaction.

A change of role or password, and keeping a user out, ends what was handed out before: refresh tokens are revoked or
die with the user, and access tokens issued before `tokens_from` are refused.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

import asyncpg

from tickloom.store.audit import Actor, write_audit
from tickloom.store.connection import Connection
from tickloom.store.errors import StoreError
from tickloom.store.sessions import Account


class NameTaken(StoreError):
    """A user of that name exists already."""


class LastAdmin(StoreError):
    """Nobody would be left who may change users."""


@dataclass(frozen=True, slots=True)
class User:
    """A row of `users`; the hash of the password never leaves the store with it."""

    user_no: int
    name: str
    role: str
    created_at: datetime
    disabled_at: datetime | None


class Login(NamedTuple):
    """An account with what a password is compared with; None where only links let in."""

    account: Account
    password_hash: str | None


_COLUMNS: Final = "user_no, name, role, created_at, disabled_at"
_NAMED: Final = "lower(name) = lower($1)"


async def create_user(connection: Connection, actor: Actor, name: str, role: str, password_hash: str | None) -> Account:
    """Add a user; raises NameTaken, also where another name differs by the case of letters only."""
    try:
        async with connection.transaction():
            number = await connection.fetchval(
                "INSERT INTO users (name, role, password_hash) VALUES ($1, $2, $3) RETURNING user_no",
                name,
                role,
                password_hash,
            )
            await write_audit(connection, actor, "user.create", name, role=role)
    except asyncpg.UniqueViolationError as error:
        raise NameTaken(f"a user named {name!r} exists already: choose another name") from error
    return Account(number, name, role)


async def find_user(connection: Connection, name: str) -> User | None:
    """Return a user by name."""
    row = await connection.fetchrow(f"SELECT {_COLUMNS} FROM users WHERE {_NAMED}", name)  # noqa: S608 - constants
    return User(*row.values()) if row else None


async def find_login(connection: Connection, name: str, *, lock: bool = False) -> Login | None:
    """Return an enabled user with the hash of the password; with `lock` nobody changes it in this transaction."""
    row = await connection.fetchrow(
        f"SELECT user_no, name, role, password_hash FROM users WHERE {_NAMED} AND disabled_at IS NULL"  # noqa: S608
        + (" FOR UPDATE" if lock else ""),
        name,
    )
    return Login(Account(row["user_no"], row["name"], row["role"]), row["password_hash"]) if row else None


async def list_users(connection: Connection, *, after: int = 0, limit: int) -> list[User]:
    """Return users by number, those after a number."""
    rows = await connection.fetch(
        f"SELECT {_COLUMNS} FROM users WHERE user_no > $1 ORDER BY user_no LIMIT $2",  # noqa: S608 - a constant
        after,
        limit,
    )
    return [User(*row.values()) for row in rows]


async def set_password(connection: Connection, actor: Actor, name: str, password_hash: str) -> bool:
    """Set a password and end the user's sessions; False where there is no such user."""
    async with connection.transaction():
        row = await connection.fetchrow(
            f"UPDATE users SET password_hash = $2, tokens_from = now() WHERE {_NAMED} RETURNING user_no, name",  # noqa: S608
            name,
            password_hash,
        )
        if row is None:
            return False
        await _end_sessions(connection, row["user_no"])
        await write_audit(connection, actor, "user.password", row["name"])
    return True


async def set_role(connection: Connection, actor: Actor, name: str, role: str) -> bool:
    """Set a role; access tokens of the earlier one are refused from now on. False where there is no such user.

    Raises LastAdmin.
    """
    async with connection.transaction():
        await _one_at_a_time(connection)
        before = await connection.fetchrow(f"SELECT name, role FROM users WHERE {_NAMED} FOR UPDATE", name)  # noqa: S608
        if before is None:
            return False
        if before["role"] == role:
            return True
        await connection.execute(f"UPDATE users SET role = $2, tokens_from = now() WHERE {_NAMED}", name, role)  # noqa: S608
        await _keep_an_admin(connection)
        await write_audit(connection, actor, "user.role", before["name"], before=before["role"], after=role)
    return True


async def set_disabled(connection: Connection, actor: Actor, name: str, *, disabled: bool) -> bool:
    """Keep a user out, ending all sessions and tokens, or let him in again; False where there is no such user.

    Raises LastAdmin.
    """
    async with connection.transaction():
        await _one_at_a_time(connection)
        row = await connection.fetchrow(
            "UPDATE users SET tokens_from = now(), disabled_at = CASE WHEN $2 THEN coalesce(disabled_at, now()) END"
            " WHERE lower(name) = lower($1) RETURNING user_no, name",
            name,
            disabled,
        )
        if row is None:
            return False
        if disabled:
            await _keep_an_admin(connection)
            await _end_sessions(connection, row["user_no"])
            await connection.execute(
                "UPDATE api_tokens SET revoked_at = now() WHERE user_no = $1 AND revoked_at IS NULL", row["user_no"]
            )
        await write_audit(connection, actor, "user.disable" if disabled else "user.enable", row["name"])
    return True


async def read_recent_changes(connection: Connection, since: datetime) -> dict[str, float]:
    """Return from when on (Unix seconds) access tokens count, of users to whom that happened lately."""
    rows = await connection.fetch("SELECT name, tokens_from FROM users WHERE tokens_from > $1", since)
    return {row["name"]: row["tokens_from"].timestamp() for row in rows}


async def _one_at_a_time(connection: Connection) -> None:
    # Two admins who demote each other at the same moment would both see the other one left.
    await connection.execute("LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE")


async def _keep_an_admin(connection: Connection) -> None:
    if not await connection.fetchval("SELECT EXISTS (SELECT FROM users WHERE role = 'admin' AND disabled_at IS NULL)"):
        raise LastAdmin("this is the last admin: make another one first")


async def _end_sessions(connection: Connection, user_no: int) -> None:
    await connection.execute(
        "UPDATE refresh_tokens SET revoked_at = now() WHERE user_no = $1 AND revoked_at IS NULL", user_no
    )
