"""Messages between processor and API, and the health records of `system:health`, as typed structures.

JSON on the wire; the bar's shape is the one that the API hands to its clients, so that nothing is converted twice.
"""

from datetime import datetime
from typing import Final, Literal

import msgspec

VerdictLabel = Literal["complete", "partial", "healed", "revised", "feed_down", "suspect"]


class Bar(msgspec.Struct, gc=False):
    """One bar as clients see it; `time` is its start in Unix seconds, prices are null when the feed was down."""

    time: int
    open: float | None
    high: float | None
    low: float | None
    close: float | None
    volume: float
    trades: int
    vwap: float | None
    verdict: VerdictLabel
    revision: int
    closed: bool


class Indicators(msgspec.Struct, gc=False):
    """Indicators of bars of one series: columns by name, aligned with the bars' times (Unix seconds), oldest first.

    A value is null where the history before the bar is too short.
    """

    times: list[int]
    values: dict[str, list[float | None]]


class FeatureVector(msgspec.Struct, gc=False):
    """The features of one bar, which begins at `time` (Unix seconds); null where a feature cannot be known."""

    time: int
    version: str
    hash: str
    values: dict[str, float | None]


class ChartUpdate(msgspec.Struct, gc=False):
    """A message of `chart_updates:{symbol id}`: the bars that changed, oldest first, by timeframe label."""

    symbol: str
    bars: dict[str, list[Bar]]
    feed: Literal["live", "down"]
    exchange_us: int
    """The latest exchange time that the bars reflect."""
    received_us: int
    """When the collector received it, on the collector's clock."""
    indicators: dict[str, Indicators] = {}
    """By timeframe label. Those of closed bars come with them, those of forming bars a few times a second."""
    again: bool = False
    """Indicators of older closed bars have changed: whoever shows them reads the chart anew."""


class CompletedBar(msgspec.Struct, gc=False):
    """One closed bar in a message of `completed_bars`."""

    symbol: str
    timeframe: str
    bar: Bar


class CompletedBars(msgspec.Struct, gc=False):
    """A message of `completed_bars`: what one commit closed."""

    bars: list[CompletedBar]


class AlertEvent(msgspec.Struct, gc=False):
    """An alert that fired, as its owner sees it; `event_id` is the same however often the event is delivered."""

    event_id: int
    alert_id: int
    owner: str
    """Name of the user; nobody else is told."""
    symbol: str
    condition: str
    threshold: float | None
    timeframe: str
    value: float
    """What met the condition: the price, RSI, MACD histogram or multiple of the volume."""
    price: float | None
    fired_at: datetime
    """Exchange time of the trade, or of the end of the bar."""
    message: str


class AlertEvents(msgspec.Struct, gc=False):
    """A message of `alerts`: the events of one commit, oldest first."""

    events: list[AlertEvent]


class Health(msgspec.Struct, gc=False):
    """What a process says of itself; the field in `system:health` is `{role}:{instance}`."""

    role: Literal["collector", "processor", "api"]
    instance: str
    state: Literal["starting", "ready", "degraded", "stopping"]
    detail: str
    at: float
    """Unix seconds on the process's clock; older than 10 s means the process is gone."""
    trades_per_second: float = 0.0
    exchange: str = ""
    delay_seconds: float = 0.0
    """How late an exchange of this collector tells its data, where it does so by agreement; 0 where none does."""


encode_json: Final = msgspec.json.Encoder().encode
decode_chart_update: Final = msgspec.json.Decoder(ChartUpdate).decode
decode_indicators: Final = msgspec.json.Decoder(Indicators).decode
decode_features: Final = msgspec.json.Decoder(FeatureVector).decode
decode_alert_events: Final = msgspec.json.Decoder(AlertEvents).decode
decode_health: Final = msgspec.json.Decoder(Health).decode
decode_bar: Final = msgspec.json.Decoder(Bar).decode
