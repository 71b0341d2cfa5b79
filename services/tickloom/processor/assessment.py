"""What a commit tells of quality: the failed trades as rows, and the score of each symbol whose minutes closed.

A minute's score is the share of trades that passed, times how much of the minute is covered: a partial one counts
half, one without a feed nothing. Pure but for the counters that it takes out of the state.
"""

from typing import Final

import numpy as np

from tickloom.market.verdicts import Verdict
from tickloom.processor.quality_state import CHECKS, FRESHNESS, PRICE, VALIDITY, VOLUME
from tickloom.processor.state import Array, State
from tickloom.store.quality import QualityRow
from tickloom.store.quarantine import FailedTrades

_COVERED: Final = np.array([0.5 if v is Verdict.PARTIAL else 0.0 if v is Verdict.FEED_DOWN else 1.0 for v in Verdict])
_WEIGHT: Final = 1 / 60


def to_failures(rows: Array) -> FailedTrades:
    """Return trades that failed (HELD_DTYPE) as columns of `quarantined_trades`."""
    return FailedTrades(
        **{
            name: rows[name].tolist()
            for name in ("symbol_no", "trade_id", "exchange_us", "received_us", "price", "size", "flags")
        },
        reason=[CHECKS[code] for code in rows["reason"].tolist()],
        measured=rows["measured"].tolist(),
        reference=rows["reference"].tolist(),
        z_score=[None if np.isnan(value) else value for value in rows["z_score"].tolist()],
        state=["flagged" if flagged else "quarantined" for flagged in rows["flagged"].tolist()],
    )


def assess(state: State, closed: Array) -> list[QualityRow]:
    """Score the symbols that have minutes among closed bars (CLOSED_DTYPE), and begin their counts anew."""
    minutes = closed[closed["timeframe"] == 0]
    return [_assess_symbol(state, int(number), minutes) for number in np.unique(minutes["symbol_no"])]


def _assess_symbol(state: State, number: int, minutes: Array) -> QualityRow:
    quality, own = state.quality[number], minutes[minutes["symbol_no"] == number]
    checked, failed = int(quality["checked"]), quality["failed"]
    passed = 1.0 - min(int(failed.sum()), checked) / checked if checked else 1.0
    score = passed * float(_COVERED[own["verdict"]].mean())
    row = QualityRow(
        number,
        int(own["time"][-1]),
        checked,
        int(failed[PRICE]),
        int(failed[FRESHNESS]),
        int(failed[VALIDITY]),
        int(failed[VOLUME]),
        score,
    )
    quality["score"] += (score - quality["score"]) * min(1.0, _WEIGHT * len(own))
    quality["checked"] = 0
    failed[:] = 0
    return row
