"""What the engine holds of alerts: the book, the prices judged so far, and events that wait for the commit.

The latest judged price of each symbol is in the checkpoint, and whether an alert is armed and since when in its row,
both written with the event. So a restart judges every later trade as if nothing had happened.
"""

from typing import Final, NamedTuple

import numpy as np

from tickloom.processor.alerts.book import AlertBook
from tickloom.processor.alerts.kernel import CROSSED_DTYPE, fresh_judged, judge_trades
from tickloom.processor.quality_state import HELD_DTYPE
from tickloom.processor.state import Array, State, read_arrays, write_arrays
from tickloom.wire.batches import RECORD_DTYPE, Batch, Kind

FIRED_DTYPE: Final = np.dtype(
    [("alert_id", "<i8"), ("version", "<i8"), ("time", "<i8"), ("value", "<f8"), ("price", "<f8")]
)
"""An event; `time` is the exchange time in microseconds, `value` what met the condition."""
_SAVED: Final = ("price", "trade_id", "time")
_ROOM: Final = 1024
_NONE: Final = np.zeros(0, np.uint8)
_NOTHING_HELD: Final = np.zeros(0, HELD_DTYPE)


class Before(NamedTuple):
    """What stood before a batch was taken: which trades were on hold."""

    quarantined: int
    held: Array


class AlertWatch:
    """The alerts of one processor."""

    def __init__(self) -> None:
        self.book = AlertBook()
        self.loaded: set[int] = set()
        """Symbols whose alerts are in the book."""
        self.fired: list[Array] = []
        """Events (FIRED_DTYPE) that the next commit stores."""
        self._judged = fresh_judged(64)
        self._crossed = np.zeros(_ROOM, CROSSED_DTYPE)

    def replace(self, alert_ids: list[int], rows: Array) -> None:
        """Put definitions (ARMED_DTYPE) in the place of those of some alerts."""
        self.book.replace(alert_ids, rows)
        self._fit()

    def _fit(self) -> None:
        """Look for the nearest thresholds anew; a symbol without alerts on prices has none to be compared with."""
        spans = self.book.spans
        if len(spans) > len(self._judged):
            self._judged = np.concatenate([self._judged, fresh_judged(2 * len(spans) - len(self._judged))])
        self._judged["low"] = self._judged["high"] = np.nan
        for place, name in enumerate(("above_from", "above_to", "below_from", "below_to")):
            self._judged[name] = 0
            self._judged[name][: len(spans)] = spans.reshape(-1, 4)[:, place]
        self._judged["price"][self._judged["above_from"] == self._judged["below_to"]] = np.nan

    def drop_symbols(self, numbers: Array) -> None:
        """Forget symbols that are somebody else's now."""
        gone = numbers.tolist()
        self.loaded.difference_update(gone)
        self.book.drop_symbols(gone)
        self._judged[numbers[numbers < len(self._judged)]] = fresh_judged(1)[0]
        self._fit()

    def before(self, state: State, quarantined: list[Array]) -> Before:
        """Note what stands before a batch is taken."""
        held = state.counts[0]["held"]
        return Before(len(quarantined), state.held[:held].copy() if held else _NOTHING_HELD)

    def judge(self, batch: Batch, state: State, before: Before, quarantined: list[Array]) -> None:
        """Judge the trades of a batch that was taken; `quarantined` are the failed trades that wait for the commit."""
        if batch.kind != Kind.TRADES or not len(self.book.rows):
            return
        held = state.held[: state.counts[0]["held"]]
        if not len(held) and not len(before.held) and len(quarantined) == before.quarantined:
            self._judge(batch.records, _NONE, state, in_order=True)
            return
        failed = np.concatenate([np.zeros(0, HELD_DTYPE), *quarantined[before.quarantined :]])
        refused = np.concatenate([failed[failed["flagged"] == 0], held])
        released = before.held[~_named(before.held, refused)]
        if len(released):
            # Taken off hold by a trade of this batch: they enter the bars before it.
            self._judge(_as_records(released), _NONE, state, in_order=False)
        marks = _named(batch.records, refused).astype(np.uint8) if len(refused) else _NONE
        self._judge(batch.records, marks, state, in_order=True)

    def _judge(self, records: Array, refused: Array, state: State, *, in_order: bool) -> None:
        begin, book = 0, self.book
        while begin < len(records):
            judged_to, count = judge_trades(
                records, begin, refused, in_order, state.symbols, state.sessions, self._judged,
                book.thresholds, book.rows, self._crossed,
            )  # fmt: skip
            if count:
                self._note(self._crossed[:count])
            elif judged_to < len(records):
                self._crossed = np.zeros(2 * len(self._crossed), CROSSED_DTYPE)
            begin = judged_to

    def _note(self, crossed: Array) -> None:
        rows, events = self.book.rows[crossed["row"]], np.zeros(len(crossed), FIRED_DTYPE)
        for name in ("alert_id", "version"):
            events[name] = rows[name]
        events["time"] = crossed["time"]
        events["value"] = events["price"] = crossed["price"]
        self.fired.append(events)

    def take_fired(self) -> Array:
        """Return the events that wait, in the order in which they happened."""
        return np.concatenate([np.zeros(0, FIRED_DTYPE), *self.fired])

    def committed(self) -> None:
        """Forget the events that a commit stored."""
        if self.fired:
            self.fired.clear()
            if self.book.forget_spent():
                self._fit()

    def save(self, numbers: Array) -> bytes:
        """Return what the checkpoint of a partition's symbols holds of alerts."""
        known = numbers[numbers < len(self._judged)]
        known = known[~np.isnan(self._judged["price"][known])]
        return write_arrays({"judged_numbers": known, **{f"judged_{n}": self._judged[n][known] for n in _SAVED}})

    def load(self, checkpoint: bytes) -> None:
        """Take over what a checkpoint holds of alerts; one of an earlier release holds nothing."""
        arrays = read_arrays(checkpoint)
        numbers = arrays.get("judged_numbers", np.zeros(0, np.int64))
        if len(numbers) and int(numbers.max()) >= len(self._judged):
            self._judged = np.concatenate([self._judged, fresh_judged(2 * int(numbers.max()) + 2)])
        for name in _SAVED if len(numbers) else ():
            self._judged[name][numbers] = arrays[f"judged_{name}"]


def _named(rows: Array, others: Array) -> Array:
    """Tell which rows are the same trades as some others."""
    if not len(others):
        return np.zeros(len(rows), bool)
    places = np.isin(rows["trade_id"], others["trade_id"])
    wanted = set(zip(others["symbol_no"].tolist(), others["trade_id"].tolist(), strict=True))
    for place in np.flatnonzero(places).tolist():
        places[place] = (int(rows["symbol_no"][place]), int(rows["trade_id"][place])) in wanted
    return places


def _as_records(held: Array) -> Array:
    records = np.zeros(len(held), RECORD_DTYPE)
    for name in RECORD_DTYPE.names or ():
        records[name] = held[name]
    # As those of a batch are: compiled code is made for one or the other.
    records.flags.writeable = False
    return records
