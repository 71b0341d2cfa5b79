"""The /auth routes: register, login, links, refresh, logout."""

from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from tickloom.api.accounts.lockout import forgive
from tickloom.api.accounts.proving import hash_password, prove
from tickloom.api.accounts.schemas import Login, Registration, Secret, Tokens
from tickloom.api.accounts.tokens import LIFETIME, create_access_token
from tickloom.api.context import Context, context_of
from tickloom.api.problems import Conflict, NotAllowed, NotAuthenticated, documented
from tickloom.store import sessions, users
from tickloom.store.audit import Actor

router = APIRouter(prefix="/auth", tags=["accounts"])
RESERVED = frozenset({"owner"})
"""Made by `tickloom up` as an admin: nobody may take the name before."""


def give_tokens(context: Context, account: sessions.Account, refresh_token: str, *, status: int = 200) -> JSONResponse:
    """Return the answer to whoever is let in."""
    # The clock is read after the account was, so that a change of the account before makes no fresh token stale.
    access = create_access_token(context.keys, account.name, account.role, datetime.now(UTC))
    expires_in = int(LIFETIME.total_seconds())
    tokens = Tokens(access_token=access, refresh_token=refresh_token, expires_in=expires_in)
    return JSONResponse(tokens.model_dump(), status_code=status, headers={"Cache-Control": "no-store"})


@router.post(
    "/register",
    operation_id="register",
    status_code=201,
    response_model=Tokens,
    responses=documented(NotAllowed, Conflict),
)
async def register(request: Request, body: Registration) -> Response:
    """Make an account, as a viewer, and log in; only where registration is open."""
    context, now = context_of(request), datetime.now(UTC)
    if not context.settings.registration_open:
        raise NotAllowed("registration is closed: ask an admin for an account")
    if body.username.lower() in RESERVED:
        raise Conflict(f"a user named {body.username!r} exists already: choose another name")
    password_hash = await hash_password(context, body.password)
    address = context.address_of(request)
    try:
        async with context.connection() as connection, connection.transaction():
            actor = Actor(body.username, address)
            account = await users.create_user(connection, actor, body.username, "viewer", password_hash)
            refresh_token = await sessions.begin_session(connection, account, address, "registration", now)
    except users.NameTaken as error:
        raise Conflict(str(error)) from error
    return give_tokens(context, account, refresh_token, status=201)


@router.post("/login", operation_id="log_in", response_model=Tokens, responses=documented(NotAuthenticated))
async def log_in(request: Request, body: Login) -> Response:
    """Log in by name and password; guessing is slowed down by account and address."""
    context, now = context_of(request), datetime.now(UTC)
    attempt, login = await prove(context, request, body.username, body.password, now)
    async with context.connection() as connection, connection.transaction():
        if await users.find_login(connection, body.username, lock=True) != login:
            raise NotAuthenticated("the account has changed just now: try again")
        await forgive(connection, attempt)
        refresh_token = await sessions.begin_session(connection, login.account, attempt.address, "password", now)
    return give_tokens(context, login.account, refresh_token)


@router.post("/link", operation_id="use_login_link", response_model=Tokens, responses=documented(NotAuthenticated))
async def use_login_link(request: Request, code: Secret) -> Response:
    """Log in by a one-time link."""
    context, now = context_of(request), datetime.now(UTC)
    async with context.connection() as connection, connection.transaction():
        account = await sessions.use_login_link(connection, code, now)
        if account is None:
            raise NotAuthenticated("this login link was used already or is too old: start again to get another")
        address = context.address_of(request)
        refresh_token = await sessions.begin_session(connection, account, address, "link", now)
    return give_tokens(context, account, refresh_token)


@router.post("/refresh", operation_id="refresh_tokens", response_model=Tokens, responses=documented(NotAuthenticated))
async def refresh_tokens(request: Request, refresh_token: Secret) -> Response:
    """Trade a refresh token for new tokens; it works once, and a second use ends the session."""
    context, now = context_of(request), datetime.now(UTC)
    async with context.connection() as connection:
        address = context.address_of(request)
        refreshed = await sessions.rotate_refresh_token(connection, refresh_token, address, now)
    if refreshed is None:
        raise NotAuthenticated("the session is over: log in again")
    return give_tokens(context, refreshed.account, refreshed.refresh_token)


@router.post("/logout", operation_id="log_out", status_code=204, responses=documented())
async def log_out(request: Request, refresh_token: Secret) -> Response:
    """End a session: its refresh tokens stop working."""
    context = context_of(request)
    async with context.connection() as connection:
        await sessions.end_session(connection, refresh_token, context.address_of(request), datetime.now(UTC))
    return Response(status_code=204)
