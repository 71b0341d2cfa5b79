"""The state that trades are checked against: settings, recent prices and sizes of each symbol, trades on hold.

Part of the processor's checkpoint, so a restart judges the next trade as if nothing had happened. No kernel lives here.
"""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from tickloom.settings.resources import Quality

WINDOW: Final = 100
"""Prices that the z-score is taken over."""
MINIMUM: Final = 20
"""Prices and sizes that must be known before anything is compared with them."""

PASSED, PRICE, FRESHNESS, VALIDITY, VOLUME = range(5)
CHECKS: Final = ("passed", "price", "freshness", "validity", "volume")
"""What a trade came to, by code; all but the first are names of checks."""
QUARANTINE, FLAG, ACCEPT = range(3)
ACTIONS: Final = ("quarantine", "flag", "accept")

QUALITY_DTYPE: Final = np.dtype(
    [
        ("z_score", "<f8"),  # settings: a price fails beyond so many deviations …
        ("change", "<f8"),  # … and this far from the last price, as a fraction
        ("volume_factor", "<f8"),
        ("max_age_us", "<i8"),
        ("action", "u1"),  # index in ACTIONS
        ("prices", "<i8"),  # prices written to the window so far
        ("needed", "<i8"),  # how many it takes before prices are compared
        ("last", "<f8"),  # last accepted price
        ("sizes", "<i8"),  # accepted trades
        ("mean_size", "<f8"),  # mean of about the last 1000 sizes
        ("minute", "<i8"),  # number of the minute that `minute_volume` belongs to
        ("minute_volume", "<f8"),
        ("minutes", "<i8"),
        ("mean_volume", "<f8"),  # mean volume of about the last 60 minutes with trades
        ("held", "<i4"),  # trades on hold
        ("agreeing", "<i4"),  # following trades that agree with the held level, each later than the one before
        ("returned", "<i4"),  # trades at the old level since the hold began
        ("level", "<f8"),  # price of the latest trade at the held level
        ("level_us", "<i8"),  # exchange time of the latest agreeing trade
        ("held_us", "<i8"),  # exchange time at which the hold began
        ("left", "<f8"),  # the price that a confirmed move came from
        ("score", "<f8"),  # mean score of about the last 60 minutes
        ("checked", "<i8"),  # since the last row of data_quality_metrics
        ("failed", "<i8", 5),  # by code
    ]
)
HELD_DTYPE: Final = np.dtype(
    [
        ("symbol_no", "<i8"),
        ("exchange_us", "<i8"),
        ("received_us", "<i8"),
        ("trade_id", "<i8"),
        ("price", "<f8"),
        ("size", "<f8"),
        ("flags", "<i8"),
        ("reason", "<i8"),  # code of the check that failed
        ("flagged", "<i8"),  # the trade was let in
        ("measured", "<f8"),
        ("reference", "<f8"),
        ("z_score", "<f8"),
    ]
)
"""A trade that failed a check, with what was measured: on hold, or on its way to quarantine."""

Array = npt.NDArray[Any]


def fresh_quality(count: int) -> Array:
    """Return the state of symbols of which no trade was seen, with the default settings."""
    rows = np.zeros(count, QUALITY_DTYPE)
    rows["needed"] = MINIMUM
    rows["score"] = 1.0
    for row in rows[:1]:
        apply_settings(row, Quality())
    for name in ("z_score", "change", "volume_factor", "max_age_us", "action"):
        rows[name] = rows[name][:1]
    return rows


def apply_settings(row: Any, settings: Quality) -> None:
    """Take over a symbol's `spec.quality`."""
    row["z_score"] = settings.z_score
    row["change"] = settings.max_change_percent / 100
    row["volume_factor"] = settings.volume_factor
    row["max_age_us"] = int(settings.max_age.total_seconds() * 1_000_000)
    row["action"] = ACTIONS.index(settings.on_failure)
