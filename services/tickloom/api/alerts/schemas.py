"""Shapes of `/alerts`, and what a definition may say."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator

from tickloom.settings.resources import TimeframeLabel

Condition = Literal["PRICE_ABOVE", "PRICE_BELOW", "RSI_ABOVE", "RSI_BELOW", "MACD_CROSSOVER", "VOLUME_SPIKE"]
Channel = Literal["WEBSOCKET", "EMAIL", "WEBHOOK", "SLACK"]
DeliveryState = Literal["pending", "delivered", "dead"]
LONGEST_COOLDOWN: Final = 366 * 86_400
_HIGHEST_RSI: Final = 100
_PORT: Final = "([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
_GROUP: Final = "[0-9A-Fa-f]{1,4}"
_IPV6: Final = f"({_GROUP}:){{7}}{_GROUP}|({_GROUP}(:{_GROUP}){{0,3}})?::({_GROUP}(:{_GROUP}){{0,2}})?"
"""Written out, or with `::` after at most four groups and before at most three: never an address that is none."""
_HOST: Final = rf"([A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[({_IPV6})\])"
_REST: Final = rf"{_HOST}(:{_PORT})?([/?][!-~]*)?$"
_ADDRESS: Final = r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$"
_CHANNELS: Final = ("EMAIL", "WEBHOOK", "SLACK")


def _whole(value: object) -> object:
    # To JSON, 60.0 and 60 are the same number.
    return int(value) if isinstance(value, float) and value.is_integer() else value


Whole = Annotated[int, BeforeValidator(_whole)]


def _needs_threshold(*conditions: str, **bounds: float) -> dict[str, Any]:
    shape = {"condition": {"enum": list(conditions)}, "threshold": {"type": "number", **bounds}}
    return {"properties": shape, "required": ["threshold"]}


def _needs_target(channel: str) -> dict[str, Any]:
    target = {"type": "object", "properties": {channel: {"type": "string"}}, "required": [channel]}
    named = {"properties": {"targets": target}, "required": ["targets"]}
    return {"anyOf": [{"properties": {"channels": {"items": {"not": {"const": channel}}}}}, named]}


_RULES: Final[dict[str, Any]] = {
    "anyOf": [
        _needs_threshold("PRICE_ABOVE", "PRICE_BELOW", exclusiveMinimum=0),
        _needs_threshold("RSI_ABOVE", "RSI_BELOW", minimum=0, maximum=_HIGHEST_RSI),
        _needs_threshold("VOLUME_SPIKE", exclusiveMinimum=1),
        {"properties": {"condition": {"const": "MACD_CROSSOVER"}, "threshold": {"type": "null"}}},
    ],
    "allOf": [_needs_target(channel) for channel in _CHANNELS],
}
"""What the validators below say of fields together, for whoever reads the schema."""


def _check_threshold(condition: str, threshold: float | None) -> None:
    if condition == "MACD_CROSSOVER":
        if threshold is not None:
            raise ValueError("MACD_CROSSOVER takes no threshold: leave it out")
        return
    if threshold is None:
        raise ValueError(f"{condition} needs a threshold")
    if condition.startswith("PRICE") and not threshold > 0:
        raise ValueError("a price must be above 0")
    if condition.startswith("RSI") and not 0 <= threshold <= _HIGHEST_RSI:
        raise ValueError("an RSI is from 0 to 100")
    if condition == "VOLUME_SPIKE" and not threshold > 1:
        raise ValueError("the multiple of the average volume must be above 1")


class Targets(BaseModel):
    """Where channels deliver to; a target of a channel that is not named is of no effect."""

    model_config = ConfigDict(extra="forbid", strict=True)

    EMAIL: str | None = Field(default=None, max_length=254, pattern=_ADDRESS, examples=["ann@example.com"])
    WEBHOOK: str | None = Field(
        default=None, max_length=2000, pattern=f"^https?://{_REST}", examples=["https://example.com/hook"]
    )
    SLACK: str | None = Field(
        default=None, max_length=2000, pattern=f"^https://{_REST}", examples=["https://hooks.slack.com/services/…"]
    )


class _Described(BaseModel):
    symbol: str = Field(min_length=1, max_length=128, examples=["binance:BTCUSDT"])
    condition: Condition
    threshold: float | None = Field(
        default=None,
        allow_inf_nan=False,
        validate_default=True,
        description="A price; an RSI from 0 to 100; for VOLUME_SPIKE the multiple of the average of the 20 bars before;"
        " absent for MACD_CROSSOVER",
        examples=[65000],
    )
    timeframe: TimeframeLabel = Field(
        default="1m", description="Bars that RSI, MACD and volume are taken from; prices are judged at every trade"
    )
    channels: list[Channel] = Field(
        default=["WEBSOCKET"], min_length=1, max_length=4, json_schema_extra={"uniqueItems": True}
    )
    message: str = Field(
        default="", max_length=500, pattern=r"^[^\u0000]*$", description="A note that is delivered too"
    )
    cooldown_seconds: Whole = Field(
        default=60, ge=0, le=LONGEST_COOLDOWN, description="After an event, crossings within this time are left out"
    )
    recurring: bool = Field(default=False, description="Fires at every crossing, not only at the first")
    enabled: bool = True


class AlertDefinition(_Described):
    """What an alert waits for and whom it tells."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra=_RULES)

    targets: Targets = Field(default_factory=Targets, validate_default=True)

    @field_validator("threshold")
    @classmethod
    def _threshold_suits(cls, threshold: float | None, info: ValidationInfo) -> float | None:
        if condition := info.data.get("condition"):
            _check_threshold(condition, threshold)
        return threshold

    @field_validator("channels")
    @classmethod
    def _channels_differ(cls, channels: list[Channel]) -> list[Channel]:
        if len(set(channels)) != len(channels):
            raise ValueError("each channel can be named once")
        return channels

    @field_validator("targets")
    @classmethod
    def _targets_suit(cls, targets: Targets, info: ValidationInfo) -> Targets:
        missing = [channel for channel in _CHANNELS if channel in info.data.get("channels", ())]
        if missing := [channel for channel in missing if getattr(targets, channel) is None]:
            raise ValueError(f"these channels need a target each: {', '.join(missing)}")
        return targets

    def named_targets(self) -> dict[str, str]:
        """Return the targets of the channels that are named."""
        return {str(channel): getattr(self.targets, channel) for channel in self.channels if channel in _CHANNELS}


class Alert(_Described):
    """An alert and its state."""

    id: int
    targets: dict[Channel, str]
    armed: bool = Field(description="False once a one-time alert has fired; a PUT arms it again")
    fired_count: int
    last_fired_at: datetime | None = Field(description="Exchange time of the latest event")
    created_at: datetime
    updated_at: datetime


class DefinedAlert(Alert):
    """An alert that was set just now."""

    signing_secret: str | None = Field(
        description="Key that signs its webhooks (standardwebhooks.com), shown only when it was made; null otherwise",
        examples=["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"],
    )


class AlertList(BaseModel):
    """Alerts, the latest first."""

    alerts: list[Alert]
    next_cursor: str | None = Field(description="`cursor` of the next page; null where there is none")


class AlertEvent(BaseModel):
    """One time that an alert fired."""

    id: int
    alert_id: int
    condition: Condition
    threshold: float | None
    timeframe: TimeframeLabel
    value: float = Field(description="What met the condition: the price, RSI, MACD histogram or multiple of the volume")
    price: float | None
    fired_at: datetime = Field(description="Exchange time of the trade, or of the end of the bar")
    recorded_at: datetime


class AlertDelivery(BaseModel):
    """An event on its way to one target."""

    id: int
    event_id: int
    channel: Channel
    target: str = Field(description="The address or URL that the alert named when it fired; empty for WEBSOCKET")
    state: DeliveryState = Field(description="`dead` is given up; `last_error` tells why")
    attempts: int
    next_attempt_at: datetime | None
    last_error: str | None
    created_at: datetime
    finished_at: datetime | None


class AlertDeliveryList(BaseModel):
    """Deliveries of an alert, the latest first."""

    deliveries: list[AlertDelivery]
    next_cursor: str | None = Field(description="`cursor` of the next page; null where there is none")


class AlertEventList(BaseModel):
    """Events of an alert, the latest first."""

    events: list[AlertEvent]
    next_cursor: str | None = Field(description="`cursor` of the next page; null where there is none")
