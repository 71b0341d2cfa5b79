"""The six timeframes and their boundaries on the UTC clock, in integer microseconds."""

from enum import Enum
from typing import Final

MICROSECONDS_PER_SECOND: Final = 1_000_000
MICROSECONDS_PER_MINUTE: Final = 60 * MICROSECONDS_PER_SECOND


class UnknownTimeframe(ValueError):
    """A text names no timeframe."""


class Timeframe(Enum):
    """A bar's length in minutes; the label is what users write."""

    MINUTE_1 = 1
    MINUTE_5 = 5
    MINUTE_15 = 15
    HOUR_1 = 60
    HOUR_4 = 240
    DAY_1 = 1440

    @classmethod
    def parse(cls, label: str) -> "Timeframe":
        """Read a label such as `5m`; raises UnknownTimeframe naming the allowed ones."""
        try:
            return _BY_LABEL[label]
        except KeyError:
            allowed = ", ".join(_BY_LABEL)
            raise UnknownTimeframe(f"timeframe {label!r} is unknown: use one of {allowed}") from None

    @property
    def minutes(self) -> int:
        """The bar's length in minutes."""
        return self.value

    @property
    def microseconds(self) -> int:
        """The bar's length in microseconds."""
        return self.value * MICROSECONDS_PER_MINUTE

    @property
    def label(self) -> str:
        """The text users write, as `15m`."""
        return _LABELS[self]

    def start_of(self, time_us: int) -> int:
        """Return the start of the bar that holds a time (both in microseconds since 1970, UTC)."""
        return time_us - time_us % self.microseconds


_LABELS: Final = {
    Timeframe.MINUTE_1: "1m",
    Timeframe.MINUTE_5: "5m",
    Timeframe.MINUTE_15: "15m",
    Timeframe.HOUR_1: "1h",
    Timeframe.HOUR_4: "4h",
    Timeframe.DAY_1: "1d",
}
_BY_LABEL: Final = {label: timeframe for timeframe, label in _LABELS.items()}
TIMEFRAMES: Final = tuple(Timeframe)
"""All timeframes, shortest first; each divides the next."""
