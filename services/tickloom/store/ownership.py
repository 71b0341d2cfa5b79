"""Who may write a partition: an advisory lock held by the very connection that commits.

Whoever loses the connection loses the lock and can no longer commit, so two processors can never both store the
effect of one stream entry. The locks are session-level and need no row.
"""

from typing import Final

from tickloom.store.connection import Connection, translate_errors

IDLE_SECONDS: Final = 5
"""An owner that says nothing so long, as it is paused or cut off, is ended by the server, and another takes over."""


async def try_own(connection: Connection, stream: str) -> bool:
    """Try to become the owner of a stream; False if another connection is. Raises StoreUnavailable."""
    async with translate_errors("taking ownership of a stream"):
        return bool(await connection.fetchval("SELECT pg_try_advisory_lock(hashtextextended($1, 0))", stream))


async def release(connection: Connection, stream: str) -> None:
    """Give a stream back. Raises StoreUnavailable."""
    async with translate_errors("giving a stream back"):
        await connection.execute("SELECT pg_advisory_unlock(hashtextextended($1, 0))", stream)


async def stay_owner(connection: Connection) -> None:
    """Say that the owner lives, at least every IDLE_SECONDS. Raises StoreUnavailable when it is owner no more."""
    async with translate_errors("staying the owner of streams"):
        await connection.execute("SELECT 1")
