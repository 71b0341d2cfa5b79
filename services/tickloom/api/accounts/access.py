"""Whom a request speaks for, and whether that is enough for a route."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPBearer

from tickloom.api.accounts.tokens import ROLES, Identity, InvalidToken
from tickloom.api.context import context_of
from tickloom.api.problems import NotAllowed, NotAuthenticated

_scheme = HTTPBearer(auto_error=False, description="An access token of /auth/login, or an API token.")


def bearer_token(authorization: str) -> str:
    """Return the token of an Authorization header, empty where it is none."""
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


async def identify(request: Request, _: object = Depends(_scheme)) -> Identity:
    """Return whom a request speaks for; raises NotAuthenticated and, for API tokens, StoreUnavailable."""
    token = bearer_token(request.headers.get("Authorization", ""))
    if not token:
        raise NotAuthenticated("send an access token: Authorization: Bearer …")
    try:
        return await context_of(request).verifier.verify(token)
    except InvalidToken as error:
        raise NotAuthenticated(str(error)) from error


async def require_person(identity: Annotated[Identity, Depends(identify)]) -> Identity:
    """Let pass who logged in, and no API token: none may make others or outlive its revocation by a password."""
    if identity.by_api_token:
        raise NotAllowed("this needs an access token of /auth/login: an API token cannot do it")
    return identity


def require(role: str, scope: str) -> Callable[..., object]:
    """Return a dependency that lets a role, and those above it, with a scope pass; raises NotAllowed."""
    least = ROLES.index(role)

    async def check(identity: Annotated[Identity, Depends(identify)]) -> Identity:
        if ROLES.index(identity.role) < least:
            raise NotAllowed(f"this needs the role {role}; yours is {identity.role}")
        if scope not in identity.scopes:
            raise NotAllowed(f"this needs an API token with the scope {scope}")
        return identity

    return check
