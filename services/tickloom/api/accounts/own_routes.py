"""The /auth/account routes: what somebody may see and change of his own account."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from tickloom.api.accounts.access import identify, require_person
from tickloom.api.accounts.lockout import forgive
from tickloom.api.accounts.proving import hash_password, prove
from tickloom.api.accounts.schemas import OwnAccount, PasswordChange
from tickloom.api.accounts.tokens import Identity
from tickloom.api.context import context_of
from tickloom.api.problems import NotAllowed, NotAuthenticated, documented
from tickloom.store import users
from tickloom.store.audit import Actor

router = APIRouter(prefix="/auth/account", tags=["accounts"])


@router.get("", operation_id="get_account", response_model=OwnAccount, responses=documented(NotAuthenticated))
async def get_account(identity: Annotated[Identity, Depends(identify)]) -> OwnAccount:
    """Tell whom a token speaks for, and what it may do."""
    shown = {"username": identity.user, "role": identity.role, "scopes": sorted(identity.scopes)}
    return OwnAccount.model_validate(shown)


@router.put(
    "/password",
    operation_id="change_password",
    status_code=204,
    responses=documented(NotAuthenticated, NotAllowed),
)
async def change_password(
    request: Request, person: Annotated[Identity, Depends(require_person)], body: PasswordChange
) -> Response:
    """Change your password. All your sessions end, and access tokens of before: log in again."""
    context, now = context_of(request), datetime.now(UTC)
    attempt, login = await prove(context, request, person.user, body.password, now)
    password_hash = await hash_password(context, body.new_password)
    async with context.connection() as connection, connection.transaction():
        if await users.find_login(connection, person.user, lock=True) != login:
            raise NotAuthenticated("the account has changed just now: try again")
        await forgive(connection, attempt)
        await users.set_password(connection, Actor(person.user, attempt.address), person.user, password_hash)
    return Response(status_code=204)
