"""The /auth/tokens routes: API tokens for programs, limited to scopes. Only a person who logged in may handle them."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import JSONResponse

from tickloom.api.accounts.access import require_person
from tickloom.api.accounts.schemas import ApiToken, ApiTokenList, NewApiToken, ShownApiToken
from tickloom.api.accounts.tokens import Identity
from tickloom.api.context import context_of
from tickloom.api.paging import ROW_NUMBER, cursor_query, cut_page, decode_cursor
from tickloom.api.problems import Conflict, NotAllowed, NotAuthenticated, NotFound, documented
from tickloom.store import api_tokens, users
from tickloom.store.audit import Actor
from tickloom.store.connection import Connection

router = APIRouter(prefix="/auth/tokens", tags=["accounts"])
Person = Annotated[Identity, Depends(require_person)]
Cursor = Annotated[str | None, cursor_query(ROW_NUMBER)]
_ACCESS = (NotAuthenticated, NotAllowed)


async def _number_of(connection: Connection, identity: Identity) -> int:
    user = await users.find_user(connection, identity.user)
    if user is None:
        raise NotAuthenticated("your account is gone: log in again")
    return user.user_no


@router.get("", operation_id="list_api_tokens", response_model=ApiTokenList, responses=documented(*_ACCESS))
async def list_api_tokens(
    request: Request,
    person: Person,
    limit: Annotated[int, Query(ge=1, le=500, description="Tokens at most")] = 100,
    cursor: Cursor = None,
) -> ApiTokenList:
    """List your API tokens that are not revoked, without their secrets."""
    after = decode_cursor(cursor)
    async with context_of(request).connection() as connection:
        number = await _number_of(connection, person)
        rows = await api_tokens.list_api_tokens(connection, number, after=after[0] if after else 0, limit=limit + 1)
    page, next_cursor = cut_page(rows, limit, lambda row: (row.token_no,))
    return ApiTokenList(tokens=[ApiToken.of(row) for row in page], next_cursor=next_cursor)


@router.post(
    "",
    operation_id="create_api_token",
    status_code=201,
    response_model=ShownApiToken,
    responses=documented(*_ACCESS, Conflict),
)
async def create_api_token(request: Request, person: Person, wanted: NewApiToken) -> Response:
    """Make an API token. Its secret is shown now and never again."""
    context = context_of(request)
    days = wanted.expires_in_days
    expires_at = datetime.now(UTC) + timedelta(days=days) if days else None
    async with context.connection() as connection:
        number = await _number_of(connection, person)
        actor = Actor(person.user, context.address_of(request))
        made = await api_tokens.create_api_token(connection, actor, number, wanted.name, wanted.scopes, expires_at)
    if made is None:
        raise Conflict(f"you have {api_tokens.MOST_TOKENS} API tokens already: revoke one first")
    shown = ShownApiToken(token=made[0], **ApiToken.of(made[1]).model_dump())
    headers = {"Cache-Control": "no-store", "Location": f"{request.url.path}/{shown.id}"}
    return JSONResponse(shown.model_dump(mode="json"), status_code=201, headers=headers)


@router.delete(
    "/{token_id}", operation_id="revoke_api_token", status_code=204, responses=documented(*_ACCESS, NotFound)
)
async def revoke_api_token(
    request: Request, person: Person, token_id: Annotated[int, Path(ge=1, le=2**63 - 1)]
) -> Response:
    """Revoke one of your API tokens; it stops working within seconds."""
    context = context_of(request)
    async with context.connection() as connection:
        number = await _number_of(connection, person)
        actor = Actor(person.user, context.address_of(request))
        if not await api_tokens.revoke_api_token(connection, actor, number, token_id):
            raise NotFound(f"you have no API token {token_id}: GET /api/v1/auth/tokens lists those there are")
    return Response(status_code=204)
