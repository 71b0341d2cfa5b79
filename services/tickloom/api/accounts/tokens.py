"""Access tokens: JSON Web Tokens (RFC 7519) of one algorithm, with keys that can be changed. Light to import.

A token names the key that signed it by `kid`, a digest of the key. To change keys, set the new one and keep the old
one among the previous keys for an hour; tokens of the old one stay valid, new ones are signed by the new one.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final, Literal, NamedTuple, get_args

from jose import JWTError, jwt

ALGORITHM: Final = "HS256"
ISSUER: Final = "tickloom"
LIFETIME: Final = timedelta(minutes=60)
SHORTEST_KEY: Final = 32
RoleName = Literal["viewer", "trader", "admin"]
ROLES: Final[tuple[str, ...]] = get_args(RoleName)
"""From the least to the most powerful; each may do what those before it may."""
ScopeName = Literal["read", "export", "alerts", "admin"]
SCOPES: Final[tuple[str, ...]] = get_args(ScopeName)
"""What an API token can be limited to: market data, exports, own alerts, and what the role admin may."""
_REQUIRED: Final = {"require_exp": True, "require_iat": True, "require_sub": True}
LONGEST_TOKEN: Final = 2048


class InvalidToken(Exception):
    """A token is forged, expired or not one of ours; say no more than that to whoever sent it."""


class Identity(NamedTuple):
    """Who a request speaks for, what it may do, since when and until when (Unix seconds)."""

    user: str
    role: str
    scopes: frozenset[str] = frozenset(SCOPES)
    issued_at: float = float("inf")
    expires_at: float = float("inf")
    by_api_token: bool = False


def key_id(key: str) -> str:
    """Return the public name of a key."""
    return hashlib.sha256(b"tickloom key id:" + key.encode()).hexdigest()[:12]


class Keys:
    """The key that signs, and those whose tokens are still taken."""

    def __init__(self, current: str, previous: Iterable[str] = ()) -> None:
        self.current = current
        self._by_id = {key_id(key): key for key in (*previous, current)}

    def find(self, name: str | None) -> str:
        """Return the key of a name, the current one where none is given; raises InvalidToken."""
        if name is None:
            return self.current
        try:
            return self._by_id[name]
        except (KeyError, TypeError):
            raise InvalidToken("the access token is not valid (any more): log in again") from None


def create_access_token(keys: Keys, user: str, role: str, now: datetime) -> str:
    """Return a token for a user, valid for an hour."""
    claims: dict[str, Any] = {
        "iss": ISSUER,
        "aud": ISSUER,
        "sub": user,
        "role": role,
        # With the fraction of the second, so that a change of the account tells tokens before it from those after it.
        "iat": now.timestamp(),
        "exp": now + LIFETIME,
    }
    return str(jwt.encode(claims, keys.current, algorithm=ALGORITHM, headers={"kid": key_id(keys.current)}))


def verify_access_token(keys: Keys, token: str) -> Identity:
    """Return whom a token speaks for; raises InvalidToken."""
    try:
        if len(token) > LONGEST_TOKEN:
            raise ValueError("too long")  # noqa: TRY301 - answered like every other bad token
        key = keys.find(jwt.get_unverified_header(token).get("kid"))
        claims = jwt.decode(token, key, algorithms=[ALGORITHM], audience=ISSUER, issuer=ISSUER, options=_REQUIRED)
        role = ROLES[ROLES.index(claims["role"])]
        return Identity(str(claims["sub"]), role, issued_at=float(claims["iat"]), expires_at=float(claims["exp"]))
    except (JWTError, KeyError, ValueError, TypeError) as error:
        raise InvalidToken("the access token is not valid (any more): log in again") from error
