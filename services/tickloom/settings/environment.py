"""The settings of every process, from `TICKLOOM_*` variables; `.env.example` is generated from this module.

Each process reads them once, at its start, and passes values on. Secrets are `SecretStr`, so that no log shows them.
"""

import ipaddress
import re
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


def _are_networks(text: str) -> str:
    for part in filter(None, map(str.strip, text.split(","))):
        ipaddress.ip_network(part)
    return text


def _are_origins(text: str) -> str:
    for part in filter(None, map(str.strip, text.split(","))):
        if not re.fullmatch(r"https?://[^/?#@\s]+|\*", part):
            raise ValueError(f"{part!r} is not an origin, as https://charts.example.org")
    return text


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
    registration_open: bool = Field(default=False, description="Whether anybody may make an account (as a viewer)")
    rate_limit: int = Field(
        default=100, ge=0, description="Requests that a user or address may make in rate_limit_seconds; 0 for no limit"
    )
    rate_limit_seconds: float = Field(default=60.0, gt=0, description="Time in which rate_limit requests come back")
    export_limit: int = Field(
        default=10, ge=0, description="Exports that a user may start in rate_limit_seconds; 0 for no limit"
    )
    trusted_proxies: Annotated[str, AfterValidator(_are_networks)] = Field(
        default="",
        description="Networks whose X-Forwarded-For is believed, separated by commas, as 10.0.0.0/8,127.0.0.1",
    )
    cors_origins: Annotated[str, AfterValidator(_are_origins)] = Field(
        default="",
        description="Origins of other sites whose pages may call the API, separated by commas; * for any",
    )
    sockets_per_user: int = Field(
        default=1000, ge=1, description="Open WebSocket connections of a user at most, at each API process"
    )
    request_maximum_bytes: int = Field(default=1024 * 1024, ge=1024, description="Size of a request's body at most")
    request_seconds: float = Field(default=30.0, gt=0, description="Longest time until the answer to a request begins")
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
    smtp_host: str = Field(default="", description="Mail server that alerts are sent through; none where empty")
    smtp_port: Port = Field(default=587, description="Port of the mail server")
    smtp_username: str = Field(default="", description="User at the mail server; no login where empty")
    smtp_password: SecretStr | None = Field(default=None, description="Password at the mail server")
    smtp_tls: str = Field(
        default="starttls",
        pattern="^(starttls|tls|none)$",
        description="How the connection to the mail server is encrypted: starttls, tls (from the first byte) or none",
    )
    smtp_from: str = Field(default="", description="Sender of alerts; tickloom@ the mail server where empty")
    delivery_networks: str = Field(
        default="",
        description="Networks such as 10.0.0.0/8, separated by commas, that webhooks of alerts may reach although their"
        " addresses are not public",
    )
    checkpoint_seconds: float = Field(
        default=5.0, gt=0, description="Longest time between two commits of a processor while trades arrive"
    )
