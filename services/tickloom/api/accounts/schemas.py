"""Shapes of the routes that let people and programs in."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Body
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, field_validator

from tickloom.api.accounts.passwords import LONGEST, SHORTEST
from tickloom.api.accounts.tokens import RoleName, ScopeName
from tickloom.store import api_tokens

Secret = Annotated[str, Body(embed=True, min_length=1, max_length=200)]
NAME: str = r"^[A-Za-z0-9][A-Za-z0-9._@+-]{1,99}$"
UserName = Annotated[
    str, Field(pattern=NAME, description="Or an e-mail address; the case of letters makes no difference")
]
NewPassword = Annotated[str, Field(min_length=SHORTEST, max_length=LONGEST)]
GivenPassword = Annotated[str, Field(min_length=1, max_length=LONGEST)]


class Registration(BaseModel):
    """A new account."""

    username: UserName = Field(examples=["vera"])
    password: NewPassword = Field(examples=["a long sentence is a good one"])


class Login(BaseModel):
    """Who wants in."""

    username: UserName = Field(examples=["vera"])
    password: GivenPassword


class PasswordChange(BaseModel):
    """The password as it was, and as it shall be."""

    password: GivenPassword
    new_password: NewPassword


class Tokens(BaseModel):
    """What a login gives; the refresh token works once and gives the next."""

    access_token: str
    refresh_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - no password
    expires_in: int = Field(description="Seconds that the access token is valid", examples=[3600])


class OwnAccount(BaseModel):
    """Whom a token speaks for, and what it may do."""

    username: str
    role: RoleName
    scopes: list[ScopeName]


def _whole(value: object) -> object:
    # In JSON 5.0 is a whole number too.
    return int(value) if isinstance(value, float) and value.is_integer() else value


class NewApiToken(BaseModel):
    """What an API token shall be good for. It can never do more than its user's role."""

    model_config = ConfigDict(strict=True)

    name: str = Field(
        min_length=1, max_length=100, pattern=r"^[^\u0000]*$", description="For yourself", examples=["notebook"]
    )
    scopes: list[ScopeName] = Field(min_length=1, max_length=4, json_schema_extra={"uniqueItems": True})
    expires_in_days: Annotated[int | None, BeforeValidator(_whole)] = Field(
        default=None, ge=1, le=3650, description="Absent for a token without end"
    )

    @field_validator("scopes")
    @classmethod
    def _scopes_differ(cls, scopes: list[ScopeName]) -> list[ScopeName]:
        if len(set(scopes)) < len(scopes):
            raise ValueError("each scope can be named once")
        return scopes


class ApiToken(BaseModel):
    """An API token without its secret."""

    id: int
    name: str
    scopes: list[ScopeName]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None = Field(description="To a few seconds; null where it was never used")

    @classmethod
    def of(cls, row: api_tokens.ApiToken) -> "ApiToken":
        """Return a row as the API shows it."""
        return cls(
            id=row.token_no,
            name=row.name,
            scopes=TypeAdapter(list[ScopeName]).validate_python(row.scopes),
            created_at=row.created_at,
            expires_at=row.expires_at,
            last_used_at=row.last_used_at,
        )


class ShownApiToken(ApiToken):
    """A new API token with its secret, which is shown this once."""

    token: str


class ApiTokenList(BaseModel):
    """API tokens that are not revoked, in the order in which they were made."""

    tokens: list[ApiToken]
    next_cursor: str | None
