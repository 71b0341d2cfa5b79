"""Once an hour, what accounts leave behind and nobody needs any more is deleted; several processes may do it."""

import asyncio
from datetime import UTC, datetime
from typing import Final

from tickloom.store.connection import Pool, borrow
from tickloom.store.errors import StoreUnavailable
from tickloom.store.forgetting import forget_old
from tickloom.telemetry.logging import logger

EVERY_SECONDS: Final = 3600.0
_log = logger(__name__)


async def keep_forgetting(pool: Pool) -> None:
    """Forget again and again; never ends."""
    while True:
        try:
            async with borrow(pool, "forgetting old sessions") as connection:
                deleted = await forget_old(connection, datetime.now(UTC))
            _log.debug("old sessions and audit entries were deleted", rows=deleted)
        except StoreUnavailable as error:
            _log.debug("nothing was forgotten", problem=str(error))
        await asyncio.sleep(EVERY_SECONDS)
