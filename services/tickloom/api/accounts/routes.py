"""The /auth routes: links, refresh, logout."""

from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from tickloom.api.accounts.schemas import Secret, Tokens
from tickloom.api.accounts.tokens import LIFETIME, create_access_token
from tickloom.api.context import Context, context_of
from tickloom.api.problems import NotAuthenticated, documented
from tickloom.store import accounts

router = APIRouter(prefix="/auth", tags=["accounts"])


def give_tokens(context: Context, account: accounts.Account, refresh_token: str, now: datetime) -> JSONResponse:
    """Return the answer to whoever is let in."""
    access = create_access_token(context.keys, account.name, account.role, now)
    expires_in = int(LIFETIME.total_seconds())
    tokens = Tokens(access_token=access, refresh_token=refresh_token, expires_in=expires_in)
    return JSONResponse(tokens.model_dump(), headers={"Cache-Control": "no-store"})


@router.post("/link", operation_id="use_login_link", response_model=Tokens, responses=documented(NotAuthenticated))
async def use_login_link(request: Request, code: Secret) -> Response:
    """Log in by a one-time link."""
    context, now = context_of(request), datetime.now(UTC)
    async with context.connection() as connection, connection.transaction():
        account = await accounts.use_login_link(connection, code, now)
        if account is None:
            raise NotAuthenticated("this login link was used already or is too old: start again to get another")
        refresh_token = await accounts.create_refresh_token(connection, account, now)
    return give_tokens(context, account, refresh_token, now)


@router.post("/refresh", operation_id="refresh_tokens", response_model=Tokens, responses=documented(NotAuthenticated))
async def refresh_tokens(request: Request, refresh_token: Secret) -> Response:
    """Trade a refresh token for new tokens; it works once."""
    context, now = context_of(request), datetime.now(UTC)
    async with context.connection() as connection:
        refreshed = await accounts.rotate_refresh_token(connection, refresh_token, now)
    if refreshed is None:
        raise NotAuthenticated("the session is over: log in again")
    return give_tokens(context, refreshed.account, refreshed.refresh_token, now)


@router.post("/logout", operation_id="log_out", status_code=204, responses=documented())
async def log_out(request: Request, refresh_token: Secret) -> Response:
    """End a session: its refresh tokens stop working."""
    async with context_of(request).connection() as connection:
        await accounts.revoke_family(connection, refresh_token, datetime.now(UTC))
    return Response(status_code=204)
