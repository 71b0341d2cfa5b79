"""Proving who one is by a password, with every attempt counted."""

from datetime import datetime

from fastapi import Request

from tickloom.api.accounts.lockout import Attempt, count_attempt
from tickloom.api.accounts.passwords import TooBusy
from tickloom.api.context import Context
from tickloom.api.problems import Limited, NotAuthenticated, Unavailable
from tickloom.store import users
from tickloom.telemetry import metrics


async def prove(
    context: Context, request: Request, name: str, password: str, now: datetime
) -> tuple[Attempt, users.Login]:
    """Return the attempt, to be forgiven, and the account; raises NotAuthenticated, Limited and Unavailable."""
    address = context.address_of(request)
    async with context.connection() as connection:
        login = await users.find_login(connection, name)
        attempt = Attempt(name, login.account.user_no if login else None, address, now)
        if wait := await count_attempt(connection, attempt):
            metrics.rate_limit_exceeded_total.labels("logins").inc()
            raise Limited(f"too many wrong passwords: try again in {wait} s", {"Retry-After": str(wait)})
    # No connection is held meanwhile: a few logins at a time would hold all of them.
    right = await _verify(context, password, login.password_hash if login else None)
    if not right or login is None:
        raise NotAuthenticated("the name or the password is wrong")
    return attempt, login


async def hash_password(context: Context, password: str) -> str:
    """Return the hash of a password; raises Unavailable."""
    try:
        return await context.passwords.hash(password)
    except TooBusy as error:
        raise Unavailable(str(error)) from error


async def _verify(context: Context, password: str, stored: str | None) -> bool:
    try:
        return await context.passwords.verify(password, stored)
    except TooBusy as error:
        raise Unavailable(str(error)) from error
