"""The settings of every process, from `TICKLOOM_*` variables; `.env.example` is generated from this module.

Each process reads them once, at its start, and passes values on. Secrets are `SecretStr`, so that no log shows them.
"""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


def _has_scheme(*schemes: str) -> AfterValidator:
    def check(url: str) -> str:
        if url.partition("://")[0] not in schemes:
            raise ValueError(f"must start with {' or '.join(scheme + '://' for scheme in schemes)}")
        return url

    return AfterValidator(check)


Port = Annotated[int, Field(ge=0, le=65535)]
# Not pydantic's own URL types: they refuse Unix sockets (`postgresql:///tickloom?host=/run/x`, `unix:///run/x.sock`).
DatabaseUrl = Annotated[str, _has_scheme("postgresql", "postgres")]
RedisUrl = Annotated[str, _has_scheme("redis", "rediss", "unix")]


class Settings(BaseSettings):
    """Everything that can be set from outside; the field descriptions are the documentation."""

    model_config = SettingsConfigDict(
        env_prefix="TICKLOOM_", frozen=True, extra="ignore", hide_input_in_errors=True, env_ignore_empty=True
    )

    database_url: DatabaseUrl | None = Field(
        default=None,
        repr=False,
        description="PostgreSQL to use; `tickloom up` starts an embedded one where this is empty",
    )
    redis_url: RedisUrl | None = Field(
        default=None,
        repr=False,
        description="Redis or Valkey to use; `tickloom up` starts an embedded one where this is empty",
    )
    jwt_secret: SecretStr | None = Field(
        default=None,
        description="Key that signs access tokens, at least 32 bytes; `tickloom up` makes its own",
    )
    jwt_previous_secrets: SecretStr | None = Field(
        default=None,
        description="Keys whose access tokens are still taken, separated by commas: earlier values of the one above",
    )
    host: str = Field(default="127.0.0.1", description="Address that the API listens on")
    port: Port = Field(default=8000, description="Port that the API listens on")
    probe_host: str = Field(
        default="127.0.0.1", description="Address of /livez, /readyz and /metrics of collector and processor"
    )
    probe_port: Port = Field(
        default=0,
        description="Port of /livez, /readyz and /metrics of collector and processor; 0 turns them off",
    )
    log_level: str = Field(
        default="info", pattern="^(debug|info|warning|error)$", description="debug, info, warning or error"
    )
    instance: str = Field(
        default="",
        description="Name of this process in health and logs; host name and process id where empty",
    )
    exchange: str = Field(default="", description="Exchange that a collector serves; all of the catalog where empty")
    web_root: Path | None = Field(
        default=None, description="Directory of the built web page; frontend/dist of the checkout where empty"
    )
    heartbeat_seconds: float = Field(
        default=1.0, gt=0, le=60, description="Longest time between two heartbeats of a collector"
    )
    silence_seconds: float = Field(
        default=60.0, gt=0, description="A socket without any frame for this long is taken for dead"
    )
    heal_maximum_trades: int = Field(
        default=200_000,
        ge=0,
        description="Longest gap of one symbol, in trades, that is fetched trade by trade",
    )
    spill_maximum_bytes: int = Field(
        default=256 * 1024 * 1024,
        gt=0,
        description="Memory for trades while Redis is away; beyond it they are dropped and the gap is recorded",
    )
    checkpoint_seconds: float = Field(
        default=5.0, gt=0, description="Longest time between two commits of a processor while trades arrive"
    )
