"""Shapes of the routes that let people and programs in."""

from typing import Annotated, Literal

from fastapi import Body
from pydantic import BaseModel, Field

Secret = Annotated[str, Body(embed=True, min_length=1, max_length=200)]
Role = Literal["viewer", "trader", "admin"]


class Tokens(BaseModel):
    """What a login gives; the refresh token works once and gives the next."""

    access_token: str
    refresh_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105 - no password
    expires_in: int = Field(description="Seconds that the access token is valid", examples=[3600])
