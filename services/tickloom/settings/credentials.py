"""The credentials of a venue: two variables, or the Secret that the operator mounts for the collector of an exchange.

`TICKLOOM_{EXCHANGE}_API_KEY` and `TICKLOOM_{EXCHANGE}_API_SECRET`, with the exchange's name in capitals, `_` for `-`;
else the files `api-key` and `api-secret`. They are `SecretStr`, so that no log and no error shows them.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from pydantic import SecretStr

MOUNTED: Final = Path("/etc/tickloom/credentials")
"""Where a collector that serves one exchange finds its Secret."""
_FILES: Final = ("api-key", "api-secret")


class Credentials(NamedTuple):
    """What a venue knows us by."""

    key: SecretStr
    secret: SecretStr


def credential_variables(exchange: str) -> tuple[str, str]:
    """Return the names of the variables that hold an exchange's key and its secret."""
    prefix = f"TICKLOOM_{exchange.upper().replace('-', '_')}_API"
    return f"{prefix}_KEY", f"{prefix}_SECRET"


def read_credentials(exchange: str, environment: Mapping[str, str], mounted: Path = MOUNTED) -> Credentials | None:
    """Return the credentials of an exchange, None where either part is missing or empty."""
    given = [environment.get(name, "").strip() for name in credential_variables(exchange)]
    if not all(given):
        given = [_read(mounted / name) for name in _FILES]
    return Credentials(*map(SecretStr, given)) if all(given) else None


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""
