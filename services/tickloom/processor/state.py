"""The state that trades are folded into: plain arrays indexed by symbol number, and their checkpoint.

A checkpoint is written in the transaction that stores the bars it led to, so a restart goes on exactly where the
last commit ended. It names its fields, so that a release with more fields still reads it. No kernel lives here.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from tickloom.market.timeframes import TIMEFRAMES
from tickloom.processor.quality_state import HELD_DTYPE, WINDOW, fresh_quality
from tickloom.wire.batches import CANDLE_DTYPE, RECORD_DTYPE

HIGHER: Final = len(TIMEFRAMES) - 1
FOREVER: Final = np.iinfo(np.int64).max
SEEN: Final = 256
"""Trades that a symbol without contiguous ids is remembered by."""
LONG_AGO: Final = np.iinfo(np.int64).min

SYMBOL_DTYPE: Final = np.dtype(
    [
        ("active", "u1"),  # in the catalog, on a partition that this process owns
        ("sequenced", "u1"),  # trade ids of the venue are contiguous: a jump is a gap
        ("amendable", "u1"),  # the venue corrects and cancels trades, so they are kept in the journal
        ("sessions_from", "<i4"),  # rows of the table of sessions; none where the market never closes
        ("sessions_to", "<i4"),
        ("seen", "<i8"),  # ids written to the ring of those seen, where ids are not contiguous
        ("live", "u1"),  # the collector says that the feed is up
        ("partition", "<i4"),  # index of the owned stream
        ("timeframes", "<u1"),  # bit k: bars of TIMEFRAMES[k] are stored
        ("grace_us", "<i8"),  # how long after its end a bar stays open for stragglers
        ("size_scale", "<f8"),  # 1 / size step
        ("last_id", "<i8"),  # highest trade id seen, -1: none
        ("started_us", "<i8"),  # exchange time at which collection of this symbol first began
        ("down_from", "<i8"),  # the latest stretch without coverage: [down_from, down_to)
        ("down_to", "<i8"),
        ("down_gap", "<i8"),  # number of the ledger row of that stretch, -1: none
        ("healed", "<i8"),  # healed trades since the feed was last known to be whole
        ("healed_from", "<i8"),  # exchange time of the first of them
        ("watermark", "<i8"),  # every trade before this exchange time has been seen
        ("minute", "<i8"),  # start of the oldest minute that is still open, 0: none yet
        ("last_price", "<f8"),  # close of the latest closed bar with prices, nan: none
        ("gap_no", "<i8"),  # number of the next ledger row
        ("latest_us", "<i8"),  # exchange time of the latest trade
        ("received_us", "<i8"),  # and when the collector received it
    ]
)
BAR_DTYPE: Final = np.dtype(
    [
        ("time", "<i8"),  # start, -1: empty
        ("open", "<f8"),
        ("high", "<f8"),
        ("low", "<f8"),
        ("close", "<f8"),
        ("volume", "<f8"),
        ("quote_volume", "<f8"),
        ("buy_volume", "<f8"),
        ("trades", "<i8"),
        ("first_key", "<i8"),  # trade id where ids are contiguous, else exchange time: decides open and close
        ("last_key", "<i8"),
        ("healed", "u1"),  # holds a healed trade
        ("broken", "u1"),  # some of its trades are lost for good
        ("suspect", "u1"),  # holds a trade that failed a check
        ("worst", "u1"),  # longer bars: the worst verdict of minutes with data
        ("minutes", "<i4"),  # longer bars: minutes folded in
        ("down_minutes", "<i4"),  # longer bars: those of them without data because the feed was down
    ]
)
HOLE_DTYPE: Final = np.dtype(
    [
        ("symbol_no", "<i8"),
        ("gap_no", "<i8"),
        ("first_id", "<i8"),  # trade ids first_id..last_id have not been seen
        ("last_id", "<i8"),
        ("after_us", "<i8"),  # exchange times of the trades on both sides
        ("before_us", "<i8"),
    ]
)
GAP_DTYPE: Final = np.dtype(
    [
        ("symbol_no", "<i8"),
        ("gap_no", "<i8"),
        ("state", "u1"),  # GapState
        ("reason", "u1"),  # GapReason
        ("changed", "u1"),  # to be written with the next commit
        ("first_id", "<i8"),  # -1: unknown
        ("last_id", "<i8"),
        ("from_us", "<i8"),
        ("to_us", "<i8"),  # FOREVER: not over
        ("missing", "<i8"),
        ("healed", "<i8"),
        ("detected_us", "<i8"),
        ("closed_us", "<i8"),
    ]
)
CLOSED_DTYPE: Final = np.dtype([("symbol_no", "<i8"), ("timeframe", "<i8"), ("verdict", "u1"), *BAR_DTYPE.descr])
"""A closed bar; `timeframe` is the index in TIMEFRAMES, `trades` is 0 and prices are nan where the feed was down."""
RECOVERED_DTYPE: Final = np.dtype([("symbol_no", "<i8"), ("from_us", "<i8"), ("to_us", "<i8")])
COUNTS_DTYPE: Final = np.dtype(
    [
        ("holes", "<i8"),
        ("gaps", "<i8"),
        ("closed", "<i8"),
        ("late", "<i8"),
        ("recovered", "<i8"),
        ("quarantined", "<i8"),
        ("journal", "<i8"),
        ("amended", "<i8"),
        ("candles", "<i8"),
        ("held", "<i8"),
        ("releasing", "<i8"),  # symbol whose held trades are being released, 0: none; never at rest
        ("accepted", "<i8"),
        ("duplicate", "<i8"),
        ("invalid", "<i8"),
        ("unknown_symbol", "<i8"),
        ("closed_market", "<i8"),
        ("failed", "<i8"),  # failed a check of quality
    ]
)
OUTPUTS: Final = ("closed", "late", "recovered", "quarantined", "journal", "amended", "candles")
"""Arrays that kernels append to and the engine empties; `counts` tells how much of each is used."""
GAP_STATES: Final = ("open", "healed", "unhealable")
OPEN, HEALED, UNHEALABLE = range(3)
GAP_REASONS: Final = ("trade ids jumped", "feed went down", "collector restarted", "venue no longer has the trades")
JUMPED, WENT_DOWN, RESTARTED, REFUSED = range(4)

Array = npt.NDArray[Any]
Record: TypeAlias = Any
"""One element of a structured array, as compiled code sees it."""


def empty_bars(*shape: int) -> Array:
    """Return bars of a shape, all marked empty."""
    bars = np.zeros(shape, BAR_DTYPE)
    bars["time"] = -1
    return bars


def fresh_symbols(count: int) -> Array:
    """Return the state of symbols of which nothing is known."""
    symbols = np.zeros(count, SYMBOL_DTYPE)
    symbols["last_id"] = -1
    symbols["down_gap"] = -1
    symbols["started_us"] = FOREVER
    symbols["down_from"] = LONG_AGO
    symbols["down_to"] = FOREVER
    symbols["last_price"] = np.nan
    symbols["timeframes"] = (1 << len(TIMEFRAMES)) - 1
    symbols["size_scale"] = 1e8
    return symbols


class Arrays(NamedTuple):
    """All arrays of one processor, as kernels take them; `State` says what each is."""

    symbols: Array
    minutes: Array
    higher: Array
    holes: Array
    gaps: Array
    dirty: Array
    quality: Array
    recent: Array
    seen: Array
    sessions: Array
    held: Array
    closed: Array
    late: Array
    recovered: Array
    quarantined: Array
    journal: Array
    amended: Array
    candles: Array
    counts: Array


@dataclass
class State:
    """All arrays of one processor; those named in OUTPUTS are emptied by the caller."""

    symbols: Array = field(default_factory=lambda: fresh_symbols(64))
    minutes: Array = field(default_factory=lambda: empty_bars(64, 2))
    """The two open minutes of each symbol: the slot is the minute's number modulo 2."""
    higher: Array = field(default_factory=lambda: empty_bars(64, HIGHER))
    holes: Array = field(default_factory=lambda: np.zeros(64, HOLE_DTYPE))
    gaps: Array = field(default_factory=lambda: np.zeros(64, GAP_DTYPE))
    dirty: Array = field(default_factory=lambda: np.zeros(64, np.uint8))
    """Symbols whose forming bars changed since they were last published."""
    quality: Array = field(default_factory=lambda: fresh_quality(64))
    recent: Array = field(default_factory=lambda: np.zeros((64, WINDOW)))
    """The last accepted prices of each symbol, a ring."""
    seen: Array = field(default_factory=lambda: np.zeros((64, SEEN), np.int64))
    """Digests of the last trades of symbols without contiguous ids, a ring each."""
    sessions: Array = field(default_factory=lambda: np.zeros((0, 2), np.int64))
    """Begin and end of sessions, all markets one after another; settings, not state."""
    held: Array = field(default_factory=lambda: np.zeros(64, HELD_DTYPE))
    """Trades on hold, oldest first."""
    closed: Array = field(default_factory=lambda: np.zeros(16384, CLOSED_DTYPE))
    late: Array = field(default_factory=lambda: np.zeros(16384, RECORD_DTYPE))
    recovered: Array = field(default_factory=lambda: np.zeros(1024, RECOVERED_DTYPE))
    quarantined: Array = field(default_factory=lambda: np.zeros(4096, HELD_DTYPE))
    """Trades that failed a check."""
    journal: Array = field(default_factory=lambda: np.zeros(16384, RECORD_DTYPE))
    """Accepted trades of venues that amend theirs."""
    amended: Array = field(default_factory=lambda: np.zeros(1024, RECORD_DTYPE))
    """Cancels and corrections."""
    candles: Array = field(default_factory=lambda: np.zeros(4096, CANDLE_DTYPE))
    """Candles of minutes that were closed already."""
    counts: Array = field(default_factory=lambda: np.zeros(1, COUNTS_DTYPE))

    def arrays(self) -> Arrays:
        """Return the arrays for a kernel; they are replaced when room is reserved, so ask again for each call."""
        return Arrays(*(getattr(self, name) for name in Arrays._fields))

    @property
    def open_holes(self) -> Array:
        """The holes in use."""
        used: Array = self.holes[: self.counts[0]["holes"]]
        return used

    @property
    def ledger(self) -> Array:
        """The gap rows in use: those open, and those that changed since the last commit."""
        used: Array = self.gaps[: self.counts[0]["gaps"]]
        return used

    def output(self, name: str) -> Array:
        """Return the used part of one of OUTPUTS."""
        used: Array = getattr(self, name)[: self.counts[0][name]]
        return used

    def reserve_symbols(self, capacity: int) -> None:
        """Make room for symbol numbers below `capacity`."""
        held = len(self.symbols)
        if capacity <= held:
            return
        room = max(capacity, 2 * held) - held
        self.symbols = np.concatenate([self.symbols, fresh_symbols(room)])
        self.minutes = np.concatenate([self.minutes, empty_bars(room, 2)])
        self.higher = np.concatenate([self.higher, empty_bars(room, HIGHER)])
        self.dirty = np.concatenate([self.dirty, np.zeros(room, np.uint8)])
        self.quality = np.concatenate([self.quality, fresh_quality(room)])
        self.recent = np.concatenate([self.recent, np.zeros((room, WINDOW))])
        self.seen = np.concatenate([self.seen, np.zeros((room, SEEN), np.int64)])

    def reserve_holes(self, room: int) -> None:
        """Make sure that `room` more holes, gap rows and held trades fit."""
        for name in _LISTS:
            array = getattr(self, name)
            if self.counts[0][name] + room > len(array):
                setattr(self, name, np.concatenate([array, np.zeros(max(room, len(array)), array.dtype)]))

    def forget_closed_gaps(self) -> None:
        """Drop ledger rows that are over, once they were written."""
        ledger = self.ledger
        ledger["changed"] = 0
        kept = ledger[ledger["state"] == OPEN]
        self.gaps[: len(kept)] = kept
        self.counts[0]["gaps"] = len(kept)


_PER_SYMBOL: Final = ("symbols", "minutes", "higher", "quality")
_SETTINGS: Final = {"active", "partition", "sessions_from", "sessions_to"}
"""Fields of a symbol that belong to the process, not to the symbol."""
_LISTS: Final = ("holes", "gaps", "held")


def save_partition(state: State, partition: int) -> bytes:
    """Return the checkpoint of one partition's symbols, holes, open gap rows and held trades."""
    numbers = np.flatnonzero((state.symbols["partition"] == partition) & (state.symbols["active"] == 1))
    arrays = {
        "numbers": numbers,
        "symbols": state.symbols[numbers],
        "minutes": state.minutes[numbers],
        "higher": state.higher[numbers],
        "quality": state.quality[numbers],
        "recent": state.recent[numbers],
        "seen": state.seen[numbers[state.symbols["sequenced"][numbers] == 0]],
        "held": state.held[: state.counts[0]["held"]][
            np.isin(state.held[: state.counts[0]["held"]]["symbol_no"], numbers)
        ],
        "holes": state.open_holes[np.isin(state.open_holes["symbol_no"], numbers)],
        "gaps": state.ledger[np.isin(state.ledger["symbol_no"], numbers) & (state.ledger["state"] == OPEN)],
    }
    return write_arrays(arrays)


def load_partition(state: State, checkpoint: bytes) -> None:
    """Put a checkpoint back into the state, field by field; fields that it lacks keep their fresh values."""
    arrays = read_arrays(checkpoint)
    numbers = arrays["numbers"]
    if len(numbers):
        state.reserve_symbols(int(numbers.max()) + 1)
    for name in _PER_SYMBOL:
        if name not in arrays:
            continue
        target, source = getattr(state, name), arrays[name]
        for column in set(source.dtype.names or ()) & set(target.dtype.names):
            if column not in _SETTINGS:
                target[column][numbers] = source[column]
    if "recent" in arrays:
        state.recent[numbers] = arrays["recent"]
        state.seen[numbers[arrays["symbols"]["sequenced"] == 0]] = arrays["seen"]
    state.reserve_holes(sum(len(arrays.get(name, ())) for name in _LISTS) + 64)
    for name in _LISTS:
        if name not in arrays:
            continue
        used = int(state.counts[0][name])
        for column in set(arrays[name].dtype.names or ()) & set(getattr(state, name).dtype.names):
            getattr(state, name)[column][used : used + len(arrays[name])] = arrays[name][column]
        state.counts[0][name] = used + len(arrays[name])


def drop_symbols(state: State, numbers: Array) -> None:
    """Forget all state of symbols, as their partition now belongs to somebody else."""
    state.symbols[numbers] = fresh_symbols(len(numbers))
    state.minutes[numbers] = empty_bars(len(numbers), 2)
    state.higher[numbers] = empty_bars(len(numbers), HIGHER)
    state.quality[numbers] = fresh_quality(len(numbers))
    state.recent[numbers] = 0.0
    state.seen[numbers] = 0
    for name in _LISTS:
        array = getattr(state, name)[: state.counts[0][name]]
        kept = array[~np.isin(array["symbol_no"], numbers)]
        getattr(state, name)[: len(kept)] = kept
        state.counts[0][name] = len(kept)


def write_arrays(arrays: Mapping[str, Array]) -> bytes:
    """Return named arrays as bytes; those of several calls may follow one another in a checkpoint."""
    buffer = io.BytesIO()
    for name, array in arrays.items():
        np.lib.format.write_array(buffer, np.frombuffer(name.encode(), np.uint8), allow_pickle=False)
        np.lib.format.write_array(buffer, np.ascontiguousarray(array), allow_pickle=False)
    return buffer.getvalue()


def read_arrays(checkpoint: bytes) -> dict[str, Array]:
    """Return the named arrays of a checkpoint."""
    buffer, arrays = io.BytesIO(checkpoint), {}
    while buffer.tell() < len(checkpoint):
        name = np.lib.format.read_array(buffer, allow_pickle=False).tobytes().decode()
        arrays[name] = np.lib.format.read_array(buffer, allow_pickle=False)
    return arrays
