"""One-time login links: whoever holds the code is let in once. Only the hash of a code is stored."""

import hashlib
import secrets
from typing import Final

from tickloom.store.audit import Actor, write_audit
from tickloom.store.connection import Connection, translate_errors

_CODE_BYTES: Final = 24
_ENSURE: Final = """
    INSERT INTO users AS u (name, role) VALUES ($1, $2)
    ON CONFLICT (name) DO UPDATE SET role = excluded.role, disabled_at = NULL
        WHERE u.role <> excluded.role OR u.disabled_at IS NOT NULL
    RETURNING role
"""


async def ensure_account(connection: Connection, *, user: str, role: str) -> None:
    """Make an account with a role, or give it that role and let it in again; raises StoreUnavailable."""
    async with translate_errors("making an account"), connection.transaction():
        if await connection.fetchval(_ENSURE, user, role) is not None:
            await write_audit(connection, Actor("tickloom up"), "user.create", user, role=role)


async def create_login_link(connection: Connection, *, user: str, role: str, seconds: float) -> str:
    """Make the account if need be, and return a code that logs it in once within `seconds`; raises StoreUnavailable."""
    code = secrets.token_urlsafe(_CODE_BYTES)
    await ensure_account(connection, user=user, role=role)
    async with translate_errors("making a login link"):
        await connection.execute(
            "INSERT INTO login_links (code_hash, user_no, expires_at)"
            " SELECT $2, user_no, now() + make_interval(secs => $3) FROM users WHERE name = $1",
            user,
            hashlib.sha256(code.encode()).digest(),
            seconds,
        )
    return code
