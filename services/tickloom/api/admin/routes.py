"""The /admin routes: users, the audit log, how the parts are."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from tickloom.api.accounts.access import require
from tickloom.api.accounts.proving import hash_password
from tickloom.api.accounts.schemas import NAME
from tickloom.api.accounts.tokens import Identity
from tickloom.api.admin import schemas
from tickloom.api.admin.service import change_user, describe_system
from tickloom.api.context import context_of
from tickloom.api.paging import ROW_NUMBER, SMALL_NUMBER, cursor_query, cut_page, decode_cursor
from tickloom.api.problems import Conflict, NotAllowed, NotAuthenticated, NotFound, documented
from tickloom.store import users
from tickloom.store.audit import Actor, read_audit

router = APIRouter(prefix="/admin", tags=["admin"])
Admin = Annotated[Identity, Depends(require("admin", "admin"))]
Limit = Annotated[int, Query(ge=1, le=500, description="Entries at most")]
UserCursor = Annotated[str | None, cursor_query(SMALL_NUMBER)]
AuditCursor = Annotated[str | None, cursor_query(ROW_NUMBER)]
_ACCESS = (NotAuthenticated, NotAllowed)


@router.get("/users", operation_id="list_users", response_model=schemas.UserList, responses=documented(*_ACCESS))
async def list_users(request: Request, _: Admin, limit: Limit = 100, cursor: UserCursor = None) -> schemas.UserList:
    """List all users, in the order in which they came."""
    after = decode_cursor(cursor)
    async with context_of(request).connection() as connection:
        rows = await users.list_users(connection, after=after[0] if after else 0, limit=limit + 1)
    page, next_cursor = cut_page(rows, limit, lambda row: (row.user_no,))
    return schemas.UserList(users=[schemas.User.of(row) for row in page], next_cursor=next_cursor)


@router.post(
    "/users",
    operation_id="create_user",
    status_code=201,
    response_model=schemas.User,
    responses=documented(*_ACCESS, Conflict),
)
async def create_user(request: Request, response: Response, admin: Admin, wanted: schemas.NewUser) -> schemas.User:
    """Make a user of any role."""
    context = context_of(request)
    password_hash = await hash_password(context, wanted.password) if wanted.password else None
    actor = Actor(admin.user, context.address_of(request))
    try:
        async with context.connection() as connection:
            made = await users.create_user(connection, actor, wanted.username, wanted.role, password_hash)
            row = await users.find_user(connection, made.name)
    except users.NameTaken as error:
        raise Conflict(str(error)) from error
    assert row is not None  # noqa: S101 - users are never deleted
    response.headers["Location"] = f"{request.url.path}/{made.name}"
    return schemas.User.of(row)


@router.patch(
    "/users/{username}",
    operation_id="change_user",
    response_model=schemas.User,
    responses=documented(*_ACCESS, NotFound, Conflict),
)
async def patch_user(
    request: Request, admin: Admin, username: Annotated[str, Path(pattern=NAME)], change: schemas.UserChange
) -> schemas.User:
    """Change a user's role or password, keep the user out or let him in again. The last admin stays one."""
    context = context_of(request)
    actor = Actor(admin.user, context.address_of(request))
    return await change_user(context, actor, username, change)


@router.get("/audit", operation_id="list_audit", response_model=schemas.AuditList, responses=documented(*_ACCESS))
async def list_audit(
    request: Request,
    _: Admin,
    subject: Annotated[str | None, Query(pattern=NAME, description="Only what happened to this user")] = None,
    limit: Limit = 100,
    cursor: AuditCursor = None,
) -> schemas.AuditList:
    """List who changed what in accounts and tokens, latest first; kept for 90 days."""
    before = decode_cursor(cursor)
    async with context_of(request).connection() as connection:
        rows = await read_audit(connection, before=before[0] if before else None, subject=subject, limit=limit + 1)
    page, next_cursor = cut_page(rows, limit, lambda row: (row.entry_no,))
    entries = [
        schemas.AuditEntry(
            id=row.entry_no, at=row.at, actor=row.actor, action=row.action, subject=row.subject,
            address=row.address, detail=row.detail,
        )
        for row in page
    ]  # fmt: skip
    return schemas.AuditList(entries=entries, next_cursor=next_cursor)


@router.get("/system", operation_id="get_system", response_model=schemas.SystemReport, responses=documented(*_ACCESS))
async def get_system(request: Request, _: Admin) -> schemas.SystemReport:
    """Tell how the parts are: processes, servers, versions, sizes."""
    return await describe_system(context_of(request))
