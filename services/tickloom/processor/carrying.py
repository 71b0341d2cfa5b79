"""Between series and tables: series are taken up from their anchors, and what bars lead to is stored with the bars.

A restart and a revision are the same thing: go back to the last anchor that still holds, and take the stored bars from
there. Live bars go through the same kernel, so all paths give the same numbers, bit for bit.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from tickloom.market.timeframes import TIMEFRAMES
from tickloom.processor.features.v1 import V1
from tickloom.processor.indicators.definition import CLOSES
from tickloom.processor.indicators.registry import NAMES, STATE_HASH
from tickloom.processor.series import Derived, SeriesBook
from tickloom.processor.state import Array
from tickloom.store import series, series_states
from tickloom.store.connection import Connection, translate_errors
from tickloom.wire.names import CACHED_VALUES

_MINUTES: Final = np.array([timeframe.minutes for timeframe in TIMEFRAMES])
_PLACES: Final = {timeframe.minutes: place for place, timeframe in enumerate(TIMEFRAMES)}
_STORED_DTYPE: Final = np.dtype(
    [
        (name, "<i8" if name in {"symbol_no", "timeframe"} else series_states.BAR_DTYPE[name])
        for name in series_states.BAR_DTYPE.names or ()
    ]
)
"""A stored bar with its timeframe as place in TIMEFRAMES."""
_MINUTE_US: Final = 60_000_000
_CHUNK: Final = 65_536
"""Bars derived at a time: what they lead to is much larger than they are."""
Row = tuple[int, int, int]
"""symbol_no, place in TIMEFRAMES, start in microseconds."""
Anchors = dict[series_states.Key, tuple[int, bytes]]


@dataclass
class Carried:
    """Indicators and features that a transaction stored, by bar; of each series the latest that a cache may hold."""

    values: dict[Row, Array] = field(default_factory=dict)
    features: dict[Row, Array] = field(default_factory=dict)

    def add(self, keys: Array, derived: Derived) -> None:
        """Note what bars (symbol_no, timeframe place, time) led to, oldest first in each series."""
        kept = _latest(keys) if len(keys) > CACHED_VALUES else slice(None)
        rows = list(zip(*(keys[name][kept].tolist() for name in ("symbol_no", "timeframe", "time")), strict=True))
        self.values.update(zip(rows, derived.values[kept], strict=True))
        self.features.update(zip(rows, derived.features[kept], strict=True))

    def merge(self, later: "Carried") -> None:
        """Add what was stored after this."""
        self.values.update(later.values)
        self.features.update(later.features)


def _latest(keys: Array) -> Array:
    kept = np.zeros(len(keys), bool)
    pairs = keys["symbol_no"] * len(TIMEFRAMES) + keys["timeframe"]
    for pair in np.unique(pairs):
        kept[np.flatnonzero(pairs == pair)[-CACHED_VALUES:]] = True
    return kept


async def load_series(connection: Connection, book: SeriesBook, numbers: list[int]) -> None:
    """Take up the series of symbols where their stored bars end; values that stored bars lack are made up for.

    They lack them after an upgrade, or where a symbol's spec did not want any. Raises StoreUnavailable.
    """
    missing = sorted(set(numbers) - book.loaded)
    if not missing:
        return
    async with translate_errors("taking up indicators"), connection.transaction():
        lacking = await _lacking(connection, book, missing)
        for number in lacking:
            await store_again(connection, book, number, series_states.BEFORE_ALL, Carried())
        whole = sorted(set(missing) - set(lacking))
        if whole:
            states = await series_states.read_states(connection, whole, STATE_HASH)
            stored, later = await _go_back(connection, book, whole, states)
            derived = book.take(book.inputs(stored[later]))
            await _write_anchors(connection, book, derived.anchors)
    book.loaded.update(missing)


async def _lacking(connection: Connection, book: SeriesBook, numbers: list[int]) -> list[int]:
    indicators, features = await _definitions(connection, book)
    wants_indicators = [number for number in numbers if book.choice(number).indicators]
    wants_features = [number for number in numbers if book.choice(number).features]
    found = await series.read_lacking(connection, series.INDICATORS, wants_indicators, indicators)
    found |= await series.read_lacking(connection, series.FEATURES, wants_features, features)
    return sorted(found)


async def _go_back(
    connection: Connection, book: SeriesBook, numbers: list[int], states: Anchors
) -> tuple[Array, Array]:
    """Put all series of symbols back to given anchors; returns stored bars, and which of them come after those."""
    nothing: tuple[int, bytes | None] = (series_states.BEFORE_ALL, None)
    keys = [(number, timeframe.minutes) for number in numbers for timeframe in TIMEFRAMES]
    anchors = {key: states.get(key, nothing) for key in keys}
    rows = await series_states.read_bars_after(connection, {key: time for key, (time, _) in anchors.items()}, CLOSES)
    stored = rows.astype(_STORED_DTYPE)
    stored["timeframe"] = np.searchsorted(_MINUTES, rows["timeframe"])
    later = np.ones(len(stored), bool)
    begins = np.searchsorted(_order(stored), [number * len(TIMEFRAMES) + _PLACES[m] for number, m in keys])
    for (key, (time_us, state)), begin in zip(anchors.items(), begins.tolist(), strict=True):
        slot, known = book.slot(key[0], _PLACES[key[1]]), begin
        if state is not None:
            while known < len(stored) and known < begin + CLOSES and stored["time"][known] <= time_us:
                known += 1
        later[begin:known] = False
        book.begin(slot, state, book.inputs(stored[begin:known]))
    return stored, later


def _order(stored: Array) -> Array:
    order: Array = stored["symbol_no"] * len(TIMEFRAMES) + stored["timeframe"]
    return order


async def _write_anchors(connection: Connection, book: SeriesBook, anchors: Array) -> None:
    found = [book.key(int(slot)) for slot in anchors["slot"]]
    keys = [
        (number, TIMEFRAMES[place].minutes, int(time))
        for (number, place), time in zip(found, anchors["time"], strict=True)
    ]
    await series_states.write_states(connection, keys, [state.tobytes() for state in anchors], STATE_HASH)


async def _store(connection: Connection, book: SeriesBook, rows: Array, derived: Derived, *, fresh: bool) -> None:
    """Store what bars with prices led to, as far as their symbols want it; `fresh` bars have no values yet."""
    keys = np.zeros(len(rows), series.KEY_DTYPE)
    for name in ("symbol_no", "time"):
        keys[name] = rows[name]
    keys["timeframe"] = _MINUTES[rows["timeframe"]]
    priced = ~np.isnan(rows["close"])
    numbers, which = np.unique(rows["symbol_no"], return_inverse=True)
    choices = np.array([book.choice(int(number)) for number in numbers], bool).reshape(-1, 2)[which.reshape(-1)]
    store = series.insert_values if fresh else series.upsert_values
    for place, (table, values) in enumerate(((series.INDICATORS, derived.values), (series.FEATURES, derived.features))):
        keys["definition"] = (await _definitions(connection, book))[place]
        wanted = priced & choices[:, place]
        await store(connection, table, keys[wanted], values[wanted])


async def _definitions(connection: Connection, book: SeriesBook) -> tuple[int, int]:
    """Return the numbers under which this release's indicators and features are stored."""
    if book.definitions is None:
        indicators = await series.ensure_definition(connection, "indicators", "1", STATE_HASH, NAMES)
        features = await series.ensure_definition(connection, "features", V1.version, V1.hash, V1.names)
        book.definitions = (indicators, features)
    return book.definitions


async def store_closed(connection: Connection, book: SeriesBook, closed: Array, done: Carried) -> None:
    """Store what newly closed bars (CLOSED_DTYPE) lead to; call it in the transaction that has stored them."""
    bars = book.inputs(closed)
    unknown = set(np.unique(closed["symbol_no"]).tolist()) - book.loaded
    stale = {*unknown, *closed["symbol_no"][bars["time"] <= book.series["time"][bars["slot"]]].tolist()}
    for number in sorted(stale):
        # Taken up with these bars, which are stored already; or bars of the past that come again.
        earliest = int(closed["time"][closed["symbol_no"] == number].min())
        await store_again(connection, book, number, earliest, done)
    fresh = ~np.isin(closed["symbol_no"], sorted(stale))
    rows = closed[fresh]
    if len(rows):
        derived = book.take(bars[fresh])
        await _store(connection, book, rows, derived, fresh=True)
        await _write_anchors(connection, book, derived.anchors)
        done.add(rows, derived)


async def store_again(connection: Connection, book: SeriesBook, number: int, from_us: int, done: Carried) -> None:
    """Compute and store anew what depends on bars of a symbol that changed since a time (microseconds).

    Call it in the transaction that has stored the changed bars.
    """
    states = await series_states.read_states(connection, [number], STATE_HASH, before_us=from_us)
    await series_states.drop_states(connection, number, from_us)
    known = False
    for table in (series.INDICATORS, series.FEATURES):
        await series.retire_values(connection, table, number, from_us)
        known |= await series.has_values(connection, table, number, from_us)
    stored, later = await _go_back(connection, book, [number], states)
    rows = stored[later]
    for begin in range(0, len(rows), _CHUNK):
        part = rows[begin : begin + _CHUNK]
        derived = book.take(book.inputs(part))
        touched = part["time"] + _MINUTES[part["timeframe"]] * _MINUTE_US > from_us
        changed = Derived(derived.values[touched], derived.features[touched], derived.anchors)
        await _store(connection, book, part[touched], changed, fresh=not known)
        await _write_anchors(connection, book, derived.anchors)
        done.add(part[touched], changed)
    book.loaded.add(number)
