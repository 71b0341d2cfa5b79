"""Passwords: hashed and checked with Argon2id, in threads, a few at a time because each takes 64 MiB."""

import asyncio
from typing import Final

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError

SHORTEST: Final = 10
LONGEST: Final = 200
_AT_A_TIME: Final = 2
_hasher = PasswordHash.recommended()


class Passwords:
    """Hashes and checks passwords."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(_AT_A_TIME)
        self._decoy: str | None = None

    async def hash(self, password: str) -> str:
        """Return the hash of a password."""
        async with self._turn:
            return await asyncio.to_thread(_hasher.hash, password)

    async def verify(self, password: str, stored: str | None) -> bool:
        """Tell whether a password is right; takes as long where there is none to compare with."""
        if self._decoy is None:
            self._decoy = await self.hash("no password of anybody")
        async with self._turn:
            right = await asyncio.to_thread(_verify, password, stored or self._decoy)
        return right and stored is not None


def _verify(password: str, stored: str) -> bool:
    try:
        return _hasher.verify(password, stored)
    except UnknownHashError:
        return False
