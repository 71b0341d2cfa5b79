"""Tokens of requests turned into identities; what was found valid is not worked out again for every request."""

import time
from collections import OrderedDict
from datetime import UTC, datetime
from typing import Final

from tickloom.api.accounts.tokens import Identity, InvalidToken, Keys, verify_access_token
from tickloom.store.api_tokens import PREFIX, Holder, find_holder
from tickloom.store.connection import Pool, translate_errors

API_TOKEN_SECONDS: Final = 5.0
"""How long a revoked API token may still be taken."""
MOST_REMEMBERED: Final = 10_000
_LONGEST: Final = 2048


class Verifier:
    """Knows whom tokens speak for."""

    def __init__(self, keys: Keys, pool: Pool) -> None:
        self._keys = keys
        self._pool = pool
        self._known: OrderedDict[str, tuple[Identity, float]] = OrderedDict()

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
        if len(token) > _LONGEST:
            raise InvalidToken("the token is too long to be one of ours")
        if token.startswith(PREFIX):
            identity = await self._ask(token)
            until = min(identity.expires_at, time.time() + API_TOKEN_SECONDS)
        else:
            identity = verify_access_token(self._keys, token)
            until = identity.expires_at
        self._known[token] = identity, until
        while len(self._known) > MOST_REMEMBERED:
            self._known.popitem(last=False)
        return identity

    async def _ask(self, token: str) -> Identity:
        async with translate_errors("checking an API token"), self._pool.acquire(timeout=5) as connection:
            holder: Holder | None = await find_holder(connection, token, datetime.now(UTC))  # type: ignore[arg-type]
        if holder is None:
            raise InvalidToken("the API token is not valid (any more): make another with POST /api/v1/auth/tokens")
        expires_at = holder.expires_at.timestamp() if holder.expires_at else float("inf")
        return Identity(holder.user, holder.role, holder.scopes, expires_at)
