"""Shapes of `/alerts`, and what a definition may say."""

from datetime import datetime
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from tickloom.settings.resources import TimeframeLabel

Condition = Literal["PRICE_ABOVE", "PRICE_BELOW", "RSI_ABOVE", "RSI_BELOW", "MACD_CROSSOVER", "VOLUME_SPIKE"]
Channel = Literal["WEBSOCKET", "EMAIL", "WEBHOOK", "SLACK"]
DeliveryState = Literal["pending", "delivered", "dead"]
Target = Annotated[str, Field(min_length=3, max_length=2000, pattern=r"^[!-~]+$")]
LONGEST_COOLDOWN: Final = 366 * 86_400
_HIGHEST_RSI: Final = 100.0
_LONGEST_ADDRESS: Final = 254


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


def _check_target(channel: str, target: str) -> None:
    if channel == "EMAIL":
        name, _, domain = target.rpartition("@")
        if not name or not domain or len(target) > _LONGEST_ADDRESS or set(target) & set('<>()[],;:\\"'):
            raise ValueError("targets.EMAIL must be one address, as ann@example.com")
        return
    try:
        url = urlsplit(target)
        port = url.port
    except ValueError as error:
        raise ValueError(f"targets.{channel} is not a URL: {error}") from error
    schemes = ("https",) if channel == "SLACK" else ("https", "http")
    if url.scheme not in schemes or not url.hostname or url.username is not None or port == 0:
        raise ValueError(f"targets.{channel} must be a URL with {' or '.join(schemes)}, a host and no password")


class AlertDefinition(BaseModel):
    """What an alert waits for and whom it tells."""

    model_config = ConfigDict(extra="forbid")

    symbol: str = Field(min_length=1, max_length=128, examples=["binance:BTCUSDT"])
    condition: Condition
    threshold: float | None = Field(
        default=None,
        validate_default=True,
        allow_inf_nan=False,
        description="A price; an RSI from 0 to 100; for VOLUME_SPIKE the multiple of the average of the 20 bars before;"
        " absent for MACD_CROSSOVER",
        examples=[65000],
    )
    timeframe: TimeframeLabel = Field(
        default="1m", description="Bars that RSI, MACD and volume are taken from; prices are judged at every trade"
    )
    channels: list[Channel] = Field(default=["WEBSOCKET"], min_length=1, max_length=4)
    targets: dict[Channel, Target] = Field(
        default_factory=dict,
        validate_default=True,
        description="Where EMAIL (an address), WEBHOOK and SLACK (URLs) deliver to",
        examples=[{"WEBHOOK": "https://example.com/hook"}],
    )
    message: str = Field(
        default="", max_length=500, pattern=r"^[^\u0000]*$", description="A note that is delivered too"
    )
    cooldown_seconds: int = Field(
        default=60, ge=0, le=LONGEST_COOLDOWN, description="After an event, crossings within this time are left out"
    )
    recurring: bool = Field(default=False, description="Fires at every crossing, not only at the first")
    enabled: bool = True

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
    def _targets_suit(cls, targets: dict[Channel, str], info: ValidationInfo) -> dict[Channel, str]:
        channels = set(info.data.get("channels", ())) - {"WEBSOCKET"}
        if "channels" in info.data and channels != targets.keys():
            wanted = ", ".join(sorted(channels)) or "none"
            raise ValueError(f"these channels need a target each, and no others may have one: {wanted}")
        for channel, target in targets.items():
            _check_target(channel, target)
        return targets


class Alert(AlertDefinition):
    """An alert and its state."""

    id: int
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
