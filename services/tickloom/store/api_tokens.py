"""Tokens for programs: shown once, stored as hashes, limited to scopes, revocable at any time."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from tickloom.store.audit import Actor, write_audit
from tickloom.store.connection import Connection

PREFIX: Final = "tkl_"
MOST_TOKENS: Final = 100
_COLUMNS: Final = "token_no, name, scopes, created_at, expires_at, last_used_at"


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token that is not revoked, without its secret."""

    token_no: int
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class Holder(NamedTuple):
    """Whom a token speaks for."""

    user: str
    role: str
    scopes: frozenset[str]
    expires_at: datetime | None


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


async def create_api_token(
    connection: Connection, actor: Actor, user_no: int, name: str, scopes: Sequence[str], expires_at: datetime | None
) -> tuple[str, ApiToken] | None:
    """Return a new token with its row; None where the user has too many."""
    token = PREFIX + secrets.token_urlsafe(32)
    async with connection.transaction():
        row = await connection.fetchrow(
            f"""
            INSERT INTO api_tokens (user_no, name, token_hash, scopes, expires_at) SELECT $1, $2, $3, $4, $5
            WHERE (SELECT count(*) FROM api_tokens WHERE user_no = $1 AND revoked_at IS NULL) < {MOST_TOKENS}
            RETURNING {_COLUMNS}
            """,  # noqa: S608 - constants
            user_no,
            name,
            _hash(token),
            list(scopes),
            expires_at,
        )
        if row is None:
            return None
        await write_audit(connection, actor, "token.create", actor.name, token=row["token_no"], scopes=list(scopes))
    return token, ApiToken(**dict(row))


async def list_api_tokens(connection: Connection, user_no: int, *, after: int, limit: int) -> list[ApiToken]:
    """Return a user's tokens that are not revoked, those after a number."""
    rows = await connection.fetch(
        f"SELECT {_COLUMNS} FROM api_tokens WHERE user_no = $1 AND revoked_at IS NULL AND token_no > $2"  # noqa: S608
        " ORDER BY token_no LIMIT $3",
        user_no,
        after,
        limit,
    )
    return [ApiToken(**dict(row)) for row in rows]


async def revoke_api_token(connection: Connection, actor: Actor, user_no: int, token_no: int) -> bool:
    """Revoke a user's token; False where he has none of that number."""
    async with connection.transaction():
        revoked = await connection.fetchval(
            "UPDATE api_tokens SET revoked_at = now()"
            " WHERE user_no = $1 AND token_no = $2 AND revoked_at IS NULL RETURNING token_no",
            user_no,
            token_no,
        )
        if revoked is None:
            return False
        await write_audit(connection, actor, "token.revoke", actor.name, token=token_no)
    return True


async def find_holder(connection: Connection, token: str, now: datetime) -> Holder | None:
    """Return whom a token speaks for now, and note that it was used; None where it is not valid."""
    row = await connection.fetchrow(
        """
        UPDATE api_tokens t SET last_used_at = $2 FROM users u
        WHERE t.token_hash = $1 AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > $2)
            AND u.user_no = t.user_no AND u.disabled_at IS NULL
        RETURNING u.name, u.role, t.scopes, t.expires_at
        """,
        _hash(token),
        now,
    )
    return Holder(row["name"], row["role"], frozenset(row["scopes"]), row["expires_at"]) if row else None
