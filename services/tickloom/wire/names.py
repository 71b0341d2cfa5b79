"""The names of Redis keys and channels, as documented in `docs/INTERFACES.md`."""

from typing import Final

from tickloom.market.identity import SymbolId

BATCH_FIELD: Final = b"b"
"""The field of a stream entry that holds the packed batch."""
COMPLETED_BARS: Final = "completed_bars"
"""Channel: one message for each commit, listing the bars it closed."""
ALERTS: Final = "alerts"
"""Channel: one message for each commit in which alerts fired."""
CHART_UPDATES_PREFIX: Final = "chart_updates:"
SYSTEM_HEALTH: Final = "system:health"
"""Hash: one field for each process, its value the JSON of `tickloom.wire.messages.Health`."""


CACHED_VALUES: Final = 512
"""Closed bars of a series whose indicators are cached; the hash's field is the bar's number modulo this."""


def trades_stream(exchange: str, partition: int) -> str:
    """Return the key of the stream that carries a partition's batches."""
    return f"trades:{exchange}:{partition}"


def chart_updates(symbol: SymbolId) -> str:
    """Return the channel of a symbol's changed bars."""
    return f"{CHART_UPDATES_PREFIX}{symbol}"


def closed_bars(symbol: SymbolId, timeframe: str) -> str:
    """Return the key of the sorted set of a symbol's last 1000 closed bars, scored by time."""
    return f"bars:{symbol}:{timeframe}"


def forming_bars(symbol: SymbolId) -> str:
    """Return the key of the hash of a symbol's forming bars: field timeframe, value JSON.

    Beside each lies the field of `forming_indicators`.
    """
    return f"forming:{symbol}"


def forming_indicators(timeframe: str) -> str:
    """Return the field of `forming_bars` that holds the indicators of the forming bar, as JSON."""
    return f"{timeframe}:indicators"


def quality(symbol: SymbolId) -> str:
    """Return the key of the hash of a symbol's quality: score, minute_score, time, checked, failed."""
    return f"quality:{symbol}"


def indicators(symbol: SymbolId, timeframe: str) -> str:
    """Return the key of the hash of a series' latest indicators.

    Field `names` holds a JSON list, field n the values of the bar whose start in Unix seconds, divided by the
    timeframe's length, is n modulo CACHED_VALUES: that start as int64, then a float64 for each name, little-endian.
    """
    return f"indicators:{symbol}:{timeframe}"


def latest_features(symbol: SymbolId) -> str:
    """Return the key of the hash of a symbol's latest features: field timeframe, value JSON."""
    return f"features:{symbol}:latest"


def rate_limit(client: str) -> str:
    """Return the key of the hash of a client's token bucket: tokens, at (Unix seconds)."""
    return f"ratelimit:{client}"


def request_budget(host: str) -> str:
    """Return the key of the hash of what was spent at an exchange's host: window, used, banned (ms since 1970)."""
    return f"budget:{host}"
