"""Guessing passwords is slow, and nobody can lock out anybody else by it.

Failures are counted for three subjects over fifteen minutes:

- an account from one address: after five, that address waits for that account;
- an address: after fifty, it waits for every account;
- an account from everywhere: after a hundred, only addresses wait that never logged in to it.

So whoever guesses from many addresses is stopped by the third count, while the owner, at an address that he logged in
from before, still gets in.
"""

from datetime import datetime
from typing import Final

from tickloom.store import login_failures
from tickloom.store.connection import Connection

PER_PAIR: Final = 5
PER_ADDRESS: Final = 50
PER_ACCOUNT: Final = 100


def _subjects(name: str, address: str) -> tuple[str, str, str]:
    return f"pair {address} {name}", f"address {address}", f"account {name}"


async def must_wait(connection: Connection, name: str, user_no: int | None, address: str, now: datetime) -> bool:
    """Tell whether an address has to wait before it may try to log in to an account."""
    pair, from_address, account = _subjects(name, address)
    failures = await login_failures.count_failures(connection, (pair, from_address, account), now)
    if failures.get(pair, 0) >= PER_PAIR or failures.get(from_address, 0) >= PER_ADDRESS:
        return True
    if failures.get(account, 0) < PER_ACCOUNT:
        return False
    return user_no is None or not await login_failures.is_known_address(connection, user_no, address)


async def note_failure(connection: Connection, name: str, address: str, now: datetime) -> None:
    """Count a wrong password."""
    await login_failures.add_failure(connection, _subjects(name, address), now)


async def note_success(connection: Connection, name: str, user_no: int, address: str, now: datetime) -> None:
    """Forget the failures of this address with this account, and remember the address."""
    await login_failures.forget_failures(connection, _subjects(name, address)[0])
    await login_failures.remember_address(connection, user_no, address, now)
