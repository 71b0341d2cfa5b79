"""Passwords: hashed and checked with Argon2id, in threads, a few at a time because each takes 64 MiB."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError

SHORTEST: Final = 8
"""As NIST SP 800-63B has it; length is asked for, not kinds of characters."""
LONGEST: Final = 200
_AT_A_TIME: Final = 2
MOST_WAITING: Final = 50
_hasher = PasswordHash.recommended()


class TooBusy(Exception):
    """So many passwords wait to be looked at that another would wait for seconds: try again."""


class Passwords:
    """Hashes and checks passwords."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(_AT_A_TIME)
        self._waiting = 0
        self._decoy: str | None = None

    async def hash(self, password: str) -> str:
        """Return the hash of a password; raises TooBusy."""
        async with self._place():
            return await asyncio.to_thread(_hasher.hash, password)

    async def verify(self, password: str, stored: str | None) -> bool:
        """Tell whether a password is right; takes as long where there is none to compare with. Raises TooBusy."""
        if self._decoy is None:
            self._decoy = await self.hash("no password of anybody")
        async with self._place():
            right = await asyncio.to_thread(_verify, password, stored or self._decoy)
        return right and stored is not None

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        if self._waiting >= MOST_WAITING:
            raise TooBusy("too many passwords wait to be checked: try again in a few seconds")
        self._waiting += 1
        try:
            async with self._turn:
                yield
        finally:
            self._waiting -= 1


def _verify(password: str, stored: str) -> bool:
    try:
        return _hasher.verify(password, stored)
    except UnknownHashError:
        return False
