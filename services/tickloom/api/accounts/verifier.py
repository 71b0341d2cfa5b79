"""Tokens of requests turned into identities; what was found valid is not worked out again for every request.

Access tokens need no database. That an account changed since one was issued is read every few seconds by `follow`.
"""

import asyncio
import time
from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from typing import Final

from tickloom.api.accounts.tokens import LIFETIME, LONGEST_TOKEN, Identity, InvalidToken, Keys, verify_access_token
from tickloom.store.api_tokens import PREFIX, find_holder
from tickloom.store.connection import Pool, borrow
from tickloom.store.errors import StoreUnavailable
from tickloom.store.users import read_recent_changes
from tickloom.telemetry.logging import logger

KNOWN_SECONDS: Final = 5.0
"""How long a revoked API token, or an access token of before a change, may still be taken."""
MOST_REMEMBERED: Final = 10_000
_SLACK: Final = timedelta(minutes=1)
_log = logger(__name__)


class Verifier:
    """Knows whom tokens speak for."""

    def __init__(self, keys: Keys, pool: Pool) -> None:
        self._keys = keys
        self._pool = pool
        self._known: OrderedDict[str, tuple[Identity, float]] = OrderedDict()
        self._changed: dict[str, float] = {}

    def recall(self, token: str) -> Identity | None:
        """Return whom a token speaks for where that is known without asking anybody."""
        found = self._known.get(token)
        if found is None or found[1] <= time.time():
            return None
        return found[0]

    async def verify(self, token: str) -> Identity:
        """Return whom a token speaks for; raises InvalidToken, and StoreUnavailable for API tokens."""
        if known := self.recall(token):
            return known
        if len(token) > LONGEST_TOKEN:
            raise InvalidToken("the token is too long to be one of ours")
        if token.startswith(PREFIX):
            identity = await self._ask(token)
            until = min(identity.expires_at, time.time() + KNOWN_SECONDS)
        else:
            identity = verify_access_token(self._keys, token)
            until = identity.expires_at
        if self.is_stale(identity):
            raise InvalidToken("the account has changed since: log in again")
        self._known[token] = identity, until
        while len(self._known) > MOST_REMEMBERED:
            self._known.popitem(last=False)
        return identity

    def is_stale(self, identity: Identity) -> bool:
        """Tell whether an account changed after an identity was found."""
        return identity.issued_at < self._changed.get(identity.user, 0.0)

    async def _ask(self, token: str) -> Identity:
        async with borrow(self._pool, "checking an API token") as connection:
            holder = await find_holder(connection, token, datetime.now(UTC))
        if holder is None:
            raise InvalidToken("the API token is not valid (any more): make another with POST /api/v1/auth/tokens")
        expires_at = holder.expires_at.timestamp() if holder.expires_at else float("inf")
        return Identity(holder.user, holder.role, holder.scopes, expires_at=expires_at, by_api_token=True)

    async def look(self, now: datetime) -> None:
        """Learn which accounts changed lately; raises StoreUnavailable."""
        async with borrow(self._pool, "following the accounts") as connection:
            changed = await read_recent_changes(connection, now - LIFETIME - _SLACK)
        if changed != self._changed:
            self._changed = changed
            self._known.clear()

    async def follow(self) -> None:
        """Look again and again; never ends. While the database is away, what was known before holds."""
        while True:
            try:
                await self.look(datetime.now(UTC))
            except StoreUnavailable as error:
                _log.debug("changes of accounts are not known", problem=str(error))
            await asyncio.sleep(KNOWN_SECONDS / 2)
