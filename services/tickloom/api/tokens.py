"""Access tokens: JSON Web Tokens (RFC 7519), signed with one key and one algorithm. Light to import."""

from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from jose import JWTError, jwt

ALGORITHM: Final = "HS256"
ISSUER: Final = "tickloom"
LIFETIME: Final = timedelta(minutes=60)
SHORTEST_KEY: Final = 32


class InvalidToken(Exception):
    """A token is forged, expired or not one of ours; say no more than that to whoever sent it."""


class Identity(NamedTuple):
    """Who a token speaks for."""

    user: str
    role: str


def create_access_token(secret: str, user: str, role: str, now: datetime) -> str:
    """Return a token for a user, valid for an hour."""
    claims: dict[str, Any] = {
        "iss": ISSUER,
        "aud": ISSUER,
        "sub": user,
        "role": role,
        "iat": now,
        "exp": now + LIFETIME,
    }
    return str(jwt.encode(claims, secret, algorithm=ALGORITHM, headers={"kid": "1"}))


def verify_access_token(secret: str, token: str) -> Identity:
    """Return whom a token speaks for; raises InvalidToken."""
    try:
        claims = jwt.decode(token, secret, algorithms=[ALGORITHM], audience=ISSUER, issuer=ISSUER)
        return Identity(str(claims["sub"]), str(claims["role"]))
    except (JWTError, KeyError, ValueError) as error:
        raise InvalidToken("the access token is not valid (any more): log in again") from error
