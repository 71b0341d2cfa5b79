"""The credentials of a venue, from the environment alone: in a cluster the Secret that the Exchange names fills it.

`TICKLOOM_{EXCHANGE}_API_KEY` and `TICKLOOM_{EXCHANGE}_API_SECRET`, with the exchange's name in capitals, `_` for `-`.
They are `SecretStr`, so that no log and no error shows them.
"""

from collections.abc import Mapping
from typing import NamedTuple

from pydantic import SecretStr


class Credentials(NamedTuple):
    """What a venue knows us by."""

    key: SecretStr
    secret: SecretStr


def credential_variables(exchange: str) -> tuple[str, str]:
    """Return the names of the variables that hold an exchange's key and its secret."""
    prefix = f"TICKLOOM_{exchange.upper().replace('-', '_')}_API"
    return f"{prefix}_KEY", f"{prefix}_SECRET"


def read_credentials(exchange: str, environment: Mapping[str, str]) -> Credentials | None:
    """Return the credentials of an exchange, None where either part is missing or empty."""
    key, secret = (environment.get(name, "").strip() for name in credential_variables(exchange))
    return Credentials(SecretStr(key), SecretStr(secret)) if key and secret else None
