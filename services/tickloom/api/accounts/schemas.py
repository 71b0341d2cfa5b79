"""Shapes of the routes that let people and programs in."""

from typing import Annotated, Literal

from fastapi import Body
from pydantic import BaseModel, Field

from tickloom.api.accounts.passwords import LONGEST, SHORTEST

Secret = Annotated[str, Body(embed=True, min_length=1, max_length=200)]
Role = Literal["viewer", "trader", "admin"]
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
    role: Role
    scopes: list[str]
