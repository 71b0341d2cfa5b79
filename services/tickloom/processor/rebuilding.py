"""Minutes made again from the trades that are left of them, by the kernels that made them before.

Pure: arrays in, arrays out.
"""

from collections.abc import Mapping

import numpy as np

from tickloom.market.verdicts import Verdict
from tickloom.processor.bars import add_to_minute, finish_minute
from tickloom.processor.compiled import compiled
from tickloom.processor.revision import INCOMPLETE, with_minutes
from tickloom.processor.state import BAR_DTYPE, SYMBOL_DTYPE, Array, Record, empty_bars
from tickloom.wire.batches import TradeFlag


@compiled
def rebuild_open(symbol: Array, bar: Array, begins: int, entries: Array) -> None:
    """Make an open minute again from journal entries (ENTRY_DTYPE); without any it is empty.

    `symbol` and `bar` have one element each.
    """
    bar[0].time = -1
    for i in range(len(entries)):
        entry = entries[i]
        add_to_minute(
            symbol[0], bar[0], begins, entry.time, entry.trade_id, entry.price, entry.size, entry.flags
        )  # fmt: skip


@compiled
def rebuild_closed(symbol: Array, bar: Array, begins: int, entries: Array, verdict: int) -> None:
    """Make a closed minute again; without trades it is flat at the symbol's last price, which becomes its close."""
    rebuild_open(symbol, bar, begins, entries)
    finish_minute(symbol[0], bar[0], begins, verdict)


def _counted_before(entries: Array) -> int:
    """Return how many trades a minute had before this transaction amended it, if the journal knew all of them."""
    fresh = entries["added"] & ((entries["flags"] & TradeFlag.CORRECTED) > 0)
    before = entries[(~entries["gone"] | entries["going"]) & ~fresh]
    return int(np.maximum(before["flags"] >> 8, 1).sum())


def rebuild_minutes(
    symbol: Record, symbol_no: int, rows: Array, amended: Mapping[int, Array], close_before: float | None
) -> Array:
    """Make minutes again from the journal entries (ENTRY_DTYPE) of each; `close_before` is the close before all rows.

    A minute of which the journal does not know all trades stays as it is, and becomes suspect.
    """
    rows = with_minutes(rows, symbol_no, np.array(list(amended), np.int64))
    for begins, entries in sorted(amended.items()):
        index = int(np.searchsorted(rows["time"], begins))
        row = rows[index]
        if _counted_before(entries) != row["trades"]:
            row["verdict"] = Verdict.SUSPECT
            continue
        before = rows[:index][(rows["trades"][:index] > 0) & ~np.isnan(rows["close"][:index])]
        price = before["close"][-1] if len(before) else np.nan if close_before is None else close_before
        _rebuild(symbol, row, entries[~entries["gone"]], price)
    return rows


def _rebuild(symbol: Record, row: Record, entries: Array, price: float) -> None:
    holder, bar = np.array([symbol], SYMBOL_DTYPE), empty_bars(1)
    holder["last_price"] = price
    rebuild_closed(holder, bar, int(row["time"]), entries, int(Verdict.REVISED))
    for name in BAR_DTYPE.names or ():
        row[name] = bar[name][0]
    if bar["suspect"][0]:
        row["verdict"] = Verdict.SUSPECT
    elif row["verdict"] not in INCOMPLETE:
        row["verdict"] = Verdict.REVISED
