"""Users: names, roles, password hashes. Every change is written to the audit log in the same transaction."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from tickloom.store.accounts import Account
from tickloom.store.connection import Connection
from tickloom.store.errors import StoreError


class NameTaken(StoreError):
    """A user of that name exists already."""


@dataclass(frozen=True, slots=True)
class User:
    """A row of `users`; the hash of the password never leaves the store with it."""

    user_no: int
    name: str
    role: str
    created_at: datetime
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, and from where."""

    name: str
    address: str | None = None


_COLUMNS = "user_no, name, role, created_at, disabled_at"


async def write_audit(connection: Connection, actor: Actor, action: str, subject: str, **detail: Any) -> None:
    """Add an entry to the audit log; call it in the transaction of the change. `detail` must hold no secret."""
    await connection.execute(
        "INSERT INTO audit_log (actor, action, subject, address, detail) VALUES ($1, $2, $3, $4, $5::jsonb)",
        actor.name,
        action,
        subject,
        actor.address,
        json.dumps(detail),
    )


async def create_user(connection: Connection, actor: Actor, name: str, role: str, password_hash: str | None) -> Account:
    """Add a user; raises NameTaken."""
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
    row = await connection.fetchrow(f"SELECT {_COLUMNS} FROM users WHERE name = $1", name)  # noqa: S608 - a constant
    return User(*row.values()) if row else None


async def find_password(connection: Connection, name: str) -> tuple[Account, str | None] | None:
    """Return an enabled user with the hash of the password."""
    row = await connection.fetchrow(
        "SELECT user_no, name, role, password_hash FROM users WHERE name = $1 AND disabled_at IS NULL", name
    )
    return (Account(row["user_no"], row["name"], row["role"]), row["password_hash"]) if row else None


async def list_users(connection: Connection, *, after: int, limit: int) -> list[User]:
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
        number = await connection.fetchval(
            "UPDATE users SET password_hash = $2 WHERE name = $1 RETURNING user_no", name, password_hash
        )
        if number is None:
            return False
        await _end_sessions(connection, number)
        await write_audit(connection, actor, "user.password", name)
    return True


async def set_role(connection: Connection, actor: Actor, name: str, role: str) -> bool:
    """Set a role; False where there is no such user."""
    async with connection.transaction():
        before = await connection.fetchval("SELECT role FROM users WHERE name = $1 FOR UPDATE", name)
        if before is None:
            return False
        await connection.execute("UPDATE users SET role = $2 WHERE name = $1", name, role)
        await write_audit(connection, actor, "user.role", name, before=before, after=role)
    return True


async def set_disabled(connection: Connection, actor: Actor, name: str, *, disabled: bool) -> bool:
    """Keep a user out, ending all sessions and tokens, or let him in again; False where there is no such user."""
    async with connection.transaction():
        number = await connection.fetchval(
            "UPDATE users SET disabled_at = CASE WHEN $2 THEN coalesce(disabled_at, now()) END"
            " WHERE name = $1 RETURNING user_no",
            name,
            disabled,
        )
        if number is None:
            return False
        if disabled:
            await _end_sessions(connection, number)
            await connection.execute(
                "UPDATE api_tokens SET revoked_at = now() WHERE user_no = $1 AND revoked_at IS NULL", number
            )
        await write_audit(connection, actor, "user.disable" if disabled else "user.enable", name)
    return True


async def _end_sessions(connection: Connection, user_no: int) -> None:
    await connection.execute(
        "UPDATE refresh_tokens SET revoked_at = now() WHERE user_no = $1 AND revoked_at IS NULL", user_no
    )


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """A row of `audit_log`."""

    entry_no: int
    at: datetime
    actor: str
    action: str
    subject: str
    address: str | None
    detail: dict[str, Any]


async def read_audit(connection: Connection, *, before: int | None, limit: int) -> list[AuditEntry]:
    """Return entries of the audit log, newest first, those before a number."""
    rows = await connection.fetch(
        "SELECT entry_no, at, actor, action, subject, address, detail FROM audit_log"
        " WHERE $1::bigint IS NULL OR entry_no < $1 ORDER BY entry_no DESC LIMIT $2",
        before,
        limit,
    )
    return [AuditEntry(**{**dict(row), "detail": json.loads(row["detail"])}) for row in rows]
