"""One-time login links: whoever holds the code is let in once. Only the hash of a code is stored."""

import hashlib
import secrets
from typing import Final

from tickloom.store.connection import Connection, translate_errors

_CODE_BYTES: Final = 24
_CREATE: Final = """
    WITH account AS (
        INSERT INTO users (name, role) VALUES ($1, $2)
        ON CONFLICT (name) DO UPDATE SET role = EXCLUDED.role
        RETURNING user_no
    )
    INSERT INTO login_links (code_hash, user_no, expires_at)
    SELECT $3, user_no, now() + make_interval(secs => $4) FROM account
"""


async def create_login_link(connection: Connection, *, user: str, role: str, seconds: float) -> str:
    """Make the account if need be, and return a code that logs it in once within `seconds`; raises StoreUnavailable."""
    code = secrets.token_urlsafe(_CODE_BYTES)
    async with translate_errors("making a login link"):
        await connection.execute(_CREATE, user, role, hashlib.sha256(code.encode()).digest(), seconds)
    return code
