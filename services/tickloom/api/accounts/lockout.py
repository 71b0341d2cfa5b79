"""Guessing passwords is slow, and nobody can lock out anybody else by it.

Attempts are counted before the password is looked at, so that many at a time gain nothing; a right one is taken back.
Over fifteen minutes:

- an account from one address: after five failures that address waits for that account;
- an address: after fifty it waits for every account, except those that logged in from it before;
- an account from everywhere: after a hundred only addresses wait that it never logged in from.

So whoever guesses from many addresses is stopped by the third count, while the owner, at an address that he logged in
from before, still gets in. Sessions and tokens that exist are never touched. What is left: somebody who shares an
address with the owner can make him wait for a new login there.
"""

import math
from datetime import datetime
from typing import Final, NamedTuple

from tickloom.store import login_failures
from tickloom.store.connection import Connection

PER_PAIR: Final = 5
PER_ADDRESS: Final = 50
PER_ACCOUNT: Final = 100


class Attempt(NamedTuple):
    """Somebody at an address tries to log in to an account, which need not exist."""

    name: str
    user_no: int | None
    address: str
    at: datetime

    @property
    def pair(self) -> str:
        """The subject of the narrowest count."""
        return f"pair {self.address} {self.name.lower()}"

    @property
    def wider(self) -> tuple[str, str]:
        """The subjects of the counts by address and by account."""
        return f"address {self.address}", f"account {self.name.lower()}"


async def count_attempt(connection: Connection, attempt: Attempt) -> int:
    """Count an attempt; returns the seconds to wait before another, 0 where this one may be made."""
    pair = (await login_failures.count_up(connection, [attempt.pair], attempt.at))[attempt.pair]
    if pair.failures > PER_PAIR:
        return _seconds(pair, attempt.at)
    counts = await login_failures.count_up(connection, attempt.wider, attempt.at)
    limits = zip(attempt.wider, (PER_ADDRESS, PER_ACCOUNT), strict=True)
    over = [counts[subject] for subject, most in limits if counts[subject].failures > most]
    if not over or await _is_known(connection, attempt):
        return 0
    return max(_seconds(count, attempt.at) for count in over)


async def forgive(connection: Connection, attempt: Attempt) -> None:
    """Take a right attempt back, and remember the address. Raises nothing but what the connection does."""
    await login_failures.forget_failures(connection, attempt.pair)
    await login_failures.count_down(connection, attempt.wider)
    if attempt.user_no is not None:
        await login_failures.remember_address(connection, attempt.user_no, attempt.address, attempt.at)


def _seconds(count: login_failures.Count, now: datetime) -> int:
    return max(1, math.ceil((count.ends_at - now).total_seconds()))


async def _is_known(connection: Connection, attempt: Attempt) -> bool:
    if attempt.user_no is None:
        return False
    return await login_failures.is_known_address(connection, attempt.user_no, attempt.address)
