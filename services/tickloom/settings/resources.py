"""The `Exchange` and `Symbol` resources (group `tickloom.dev`), as typed and checked models.

The same documents are Kubernetes resources, files for `tickloom up -f`, and rows of the catalog.
"""

import re
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AnyUrl,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    UrlConstraints,
    model_validator,
)
from pydantic.alias_generators import to_camel

from tickloom.market.identity import SymbolId, is_symbol

_DURATION = re.compile(r"(?:([0-9]{1,6})h)?(?:([0-9]{1,6})m)?(?:([0-9]{1,6})s)?(?:([0-9]{1,6})ms)?")
_NAME = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
_SUBDOMAIN = r"^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$"
_QUANTITY = r"^[0-9]+(\.[0-9]+)?(m|[kMGTPE]i?)?$"
_RFC_3339 = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})")


def parse_duration(text: object) -> object:
    """Read a Kubernetes duration such as `5m` or `1h30m`; other values are left to the model's own check."""
    if not isinstance(text, str):
        return text
    match = _DURATION.fullmatch(text)
    if not text or not match:
        raise ValueError("a duration is written as 60s, 5m or 1h30m")
    hours, minutes, seconds, milliseconds = (int(part or 0) for part in match.groups())
    return timedelta(hours=hours, minutes=minutes, seconds=seconds, milliseconds=milliseconds)


def format_duration(duration: timedelta) -> str:
    """Write a duration as Kubernetes does, such as `1h30m`; the inverse of parse_duration, exact to the millisecond."""
    rest = duration // timedelta(milliseconds=1)
    text = ""
    for unit, length in (("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)):
        count, rest = divmod(rest, length)
        text += f"{count}{unit}" if count else ""
    return text or "0s"


def parse_time(text: object) -> object:
    """Refuse a text that is no RFC 3339 time, such as a date alone: it would not say which moment it means."""
    if isinstance(text, datetime) or (isinstance(text, str) and _RFC_3339.fullmatch(text)):
        return text
    raise ValueError("a time is written as 2024-01-01T00:00:00Z")


Duration = Annotated[
    timedelta, BeforeValidator(parse_duration), PlainSerializer(format_duration, return_type=str, when_used="json")
]
WebSocketUrl = Annotated[AnyUrl, UrlConstraints(allowed_schemes=["ws", "wss"], host_required=True)]
RestUrl = Annotated[AnyUrl, UrlConstraints(allowed_schemes=["http", "https"], host_required=True)]
Time = Annotated[AwareDatetime, BeforeValidator(parse_time)]
# Kubernetes takes neither "5" nor 5.0 for a count, nor "yes" for a switch.
Count = Annotated[int, Field(strict=True, le=2**31 - 1)]
Switch = Annotated[bool, Field(strict=True)]
Limit = Annotated[float, Field(strict=True, gt=0)]
Quantity = Annotated[str, Field(pattern=_QUANTITY)] | Annotated[int, Field(strict=True, ge=0)]
IndicatorName = Annotated[str, Field(min_length=1, max_length=64)]
TimeframeLabel = Literal["1m", "5m", "15m", "1h", "4h", "1d"]


class Resource(BaseModel):
    """Base of all resource models: camelCase outside, unknown fields refused."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)


class Metadata(Resource):
    """The part of Kubernetes metadata that Tickloom reads; the rest is allowed and ignored."""

    model_config = ConfigDict(extra="ignore")

    name: str = Field(pattern=_NAME)
    annotations: dict[str, str] = {}


class Endpoints(Resource):
    """Where a venue is reached; the driver's own addresses where absent."""

    websocket: WebSocketUrl | None = None
    rest: RestUrl | None = None


class SecretReference(Resource):
    """A Kubernetes Secret of the same namespace, with the keys `api-key` and `api-secret`."""

    name: str = Field(pattern=_SUBDOMAIN)


class ContainerResources(Resource):
    """What a container asks for and may use, as in a Pod."""

    requests: dict[str, Quantity] = Field(default={}, max_length=16)
    limits: dict[str, Quantity] = Field(default={}, max_length=16)


class CollectorScale(Resource):
    """How many collectors an exchange may have; `replicas` fixes the number, which is else computed."""

    replicas: Count | None = Field(default=None, ge=0)
    min_replicas: Count = Field(default=0, ge=0)
    max_replicas: Count = Field(default=8, ge=1)
    symbols_per_collector: Count = Field(default=200, ge=1)
    resources: ContainerResources = ContainerResources()

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        if self.min_replicas > self.max_replicas:
            raise ValueError("minReplicas must not be above maxReplicas")
        return self


class ExchangeSpec(Resource):
    """A venue and how to reach it."""

    driver: Literal["binance", "alpaca", "yahoo", "ccxt"]
    ccxt_id: str | None = Field(default=None, min_length=1, max_length=64)
    endpoints: Endpoints = Endpoints()
    credentials_secret_ref: SecretReference | None = None
    feed: Literal["iex", "sip", "delayed_sip"] = "iex"
    poll_interval: Duration = timedelta(minutes=5)
    calendar: str | None = Field(default=None, min_length=1, max_length=32)
    trade_stream: Literal["trade", "aggTrade"] = "trade"
    close_grace: Duration = timedelta(milliseconds=200)
    clock: Literal["wall", "feed"] = "wall"
    """`wall`: the venue's time passes as ours does; `feed`: it stands still between messages, as in a replay."""
    simulated: Switch = False
    collector: CollectorScale = CollectorScale()
    suspend: Switch = False

    @model_validator(mode="after")
    def _ccxt_id_belongs_to_ccxt(self) -> Self:
        if (self.driver == "ccxt") != (self.ccxt_id is not None):
            raise ValueError("ccxtId is required with driver ccxt and not allowed with any other")
        return self


class Backfill(Resource):
    """How much history a symbol starts with: a number of days, or a time."""

    days: Count | None = Field(default=None, ge=1, le=3650)
    from_: Time | None = Field(default=None, alias="from")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.days is None) == (self.from_ is None):
            raise ValueError("give either days or from")
        return self


class Indicators(Resource):
    """Which indicators a symbol has."""

    preset: Literal["default", "none"] = "default"


class Features(Resource):
    """Whether machine-learning features are computed, and which definition of them."""

    enabled: Switch = True
    version: Literal["v1"] = "v1"


class Quality(Resource):
    """Limits of the checks that a trade passes before it reaches a bar."""

    z_score: Limit = 3
    max_change_percent: Limit = 10
    max_age: Duration = timedelta(seconds=60)
    volume_factor: Limit = 100
    on_failure: Literal["quarantine", "flag", "accept"] = "quarantine"


class SymbolSpec(Resource):
    """A symbol to collect."""

    exchange: str = Field(pattern=_NAME)
    symbol: str
    suspend: Switch = False
    timeframes: list[TimeframeLabel] = ["1m", "5m", "15m", "1h", "4h", "1d"]
    indicators: Indicators | Annotated[list[IndicatorName], Field(max_length=200)] = Indicators()
    features: Features = Features()
    quality: Quality = Quality()
    backfill: Backfill | None = None

    @model_validator(mode="after")
    def _is_collectable(self) -> Self:
        if not is_symbol(self.symbol):
            raise ValueError(f"symbol {self.symbol!r} must be 1 to 64 printable characters without spaces or ':'")
        if "1m" not in self.timeframes:
            raise ValueError("timeframes must hold 1m, from which all others are built")
        if len(set(self.timeframes)) < len(self.timeframes):
            raise ValueError("timeframes must not hold the same length twice")
        return self

    @property
    def symbol_id(self) -> SymbolId:
        """The symbol's id inside the product."""
        return SymbolId(self.exchange, self.symbol)


class Exchange(Resource):
    """The `Exchange` document."""

    api_version: Literal["tickloom.dev/v1alpha1"]
    kind: Literal["Exchange"]
    metadata: Metadata
    spec: ExchangeSpec
    status: dict[str, Any] | None = None


class Symbol(Resource):
    """The `Symbol` document."""

    api_version: Literal["tickloom.dev/v1alpha1"]
    kind: Literal["Symbol"]
    metadata: Metadata
    spec: SymbolSpec
    status: dict[str, Any] | None = None
