"""The state of the owned partitions and what waits to be committed: everything of a processor but its connections.

A function of the batches it was given: no clock, no input or output.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from tickloom.market.sessions import load_sessions
from tickloom.market.timeframes import TIMEFRAMES
from tickloom.processor.alerts.watch import AlertWatch
from tickloom.processor.candles import take_candles
from tickloom.processor.intake import take, take_released
from tickloom.processor.quality_state import HELD_DTYPE, apply_settings
from tickloom.processor.series import SeriesBook
from tickloom.processor.state import (
    CLOSED_DTYPE,
    OUTPUTS,
    RECOVERED_DTYPE,
    Array,
    State,
    drop_symbols,
    load_partition,
)
from tickloom.store.catalog import Catalog
from tickloom.store.recomputation import Request
from tickloom.wire.batches import (
    CANDLE_DTYPE,
    RECORD_DTYPE,
    RECORDS_OF_CANDLE,
    Batch,
    InvalidBatch,
    Kind,
    decode,
    to_candles,
)

_SEQUENCED_DRIVERS = frozenset({"binance"})
_MOST_JOURNAL = 64
"""Batches whose trades wait to be written to the journal."""
_AMENDING_DRIVERS = frozenset({"alpaca"})


@dataclass
class Partition:
    """An owned stream; `index` marks its symbols in the state, `position` is the last entry taken."""

    stream: str
    exchange: str
    number: int
    index: int
    position: str
    committed: str
    touched: bool = False
    """The state changed without an entry: it is stored with the next commit."""


@dataclass
class Pending:
    """What the next commit stores, besides the ledger and the checkpoints."""

    closed: list[Array] = field(default_factory=list)
    late: list[Array] = field(default_factory=list)
    recovered: list[Array] = field(default_factory=list)
    quarantined: list[Array] = field(default_factory=list)
    journal: list[Array] = field(default_factory=list)
    amended: list[Array] = field(default_factory=list)
    candles: list[Array] = field(default_factory=list)
    released: list[int] = field(default_factory=list)
    """Numbers of quarantined trades that are let in by this commit."""
    recomputed: list[Request] = field(default_factory=list)
    """Requests that are answered by this commit."""

    def __bool__(self) -> bool:
        """Tell whether a commit is due: the journal alone can wait, as its trades are still in the stream."""
        return any(rows for name, rows in vars(self).items() if name != "journal") or len(self.journal) > _MOST_JOURNAL

    def failures(self) -> Array:
        """Return the trades that failed a check, as one array of HELD_DTYPE."""
        return np.concatenate([np.zeros(0, HELD_DTYPE), *self.quarantined])

    def amendments(self) -> tuple[Array, Array]:
        """Return trades for the journal, and cancels with corrections, each as one array of RECORD_DTYPE."""
        empty = np.zeros(0, RECORD_DTYPE)
        return np.concatenate([empty, *self.journal]), np.concatenate([empty, *self.amended])

    def late_candles(self) -> Array:
        """Return candles of minutes that were closed already, as one array of CANDLE_DTYPE."""
        return np.concatenate([np.zeros(0, CANDLE_DTYPE), *self.candles])

    def merged(self) -> tuple[Array, Array, Array]:
        """Return closed bars, late trades and recovered spans, each as one array."""
        return (
            np.concatenate([np.zeros(0, CLOSED_DTYPE), *self.closed]),
            np.concatenate([np.zeros(0, RECORD_DTYPE), *self.late]),
            np.concatenate([np.zeros(0, RECOVERED_DTYPE), *self.recovered]),
        )


class Engine:
    """Takes batches of owned partitions and keeps what they lead to until it is committed."""

    def __init__(self) -> None:
        self.state = State()
        self.series = SeriesBook()
        self.pending = Pending()
        self.alerts = AlertWatch()
        self.partitions: dict[str, Partition] = {}
        self._known = np.zeros(0, bool)
        self._next_index = 1
        self._sessions: dict[str, tuple[int, int]] = {}

    def apply_catalog(self, catalog: Catalog) -> None:
        """Take over symbols and their settings; symbols of partitions that are not owned stay inactive."""
        if not catalog.symbols:
            return
        state, owned = self.state, {(p.exchange, p.number): p.index for p in self.partitions.values()}
        state.reserve_symbols(max(catalog.symbols) + 1)
        self._load_sessions(catalog)
        self._known = np.zeros(len(state.symbols), bool)
        for number, symbol in catalog.symbols.items():
            exchange = catalog.exchanges[symbol.exchange]
            row = state.symbols[number]
            self._known[number] = True
            row["active"] = (symbol.exchange, symbol.partition) in owned
            row["partition"] = owned.get((symbol.exchange, symbol.partition), 0)
            row["sequenced"] = exchange.driver in _SEQUENCED_DRIVERS
            row["sessions_from"], row["sessions_to"] = self._sessions.get(exchange.spec.calendar or "", (0, 0))
            row["amendable"] = exchange.driver in _AMENDING_DRIVERS
            apply_settings(state.quality[number], symbol.spec.quality)
            row["grace_us"] = int(exchange.spec.close_grace.total_seconds() * 1_000_000)
            row["size_scale"] = round(1 / symbol.size_step) if symbol.size_step else 1e8
            row["timeframes"] = sum(1 << k for k, t in enumerate(TIMEFRAMES) if t.label in symbol.spec.timeframes)
            begin, end = int(row["sessions_from"]), int(row["sessions_to"])
            self.series.apply_symbol(number, symbol.spec, state.sessions[begin:end, 0] if end > begin else None)

    def _load_sessions(self, catalog: Catalog) -> None:
        """Append the sessions of calendars that are new; those known keep their place."""
        for exchange in catalog.exchanges.values():
            code = exchange.spec.calendar
            if code and code not in self._sessions:
                known = load_sessions(code)
                begin = len(self.state.sessions)
                self.state.sessions = np.concatenate([self.state.sessions, np.stack([known.opens, known.closes], 1)])
                self._sessions[code] = begin, len(self.state.sessions)

    def add_partition(self, stream: str, exchange: str, number: int, position: str, checkpoint: bytes | None) -> None:
        """Begin to own a stream, from its checkpoint on; `apply_catalog` must follow."""
        self.partitions[stream] = Partition(stream, exchange, number, self._next_index, position, position)
        self._next_index += 1
        if checkpoint is not None:
            load_partition(self.state, checkpoint)
            self.alerts.load(checkpoint)

    def remove_partition(self, stream: str) -> None:
        """Forget a stream and the state of its symbols."""
        partition = self.partitions.pop(stream)
        numbers = np.flatnonzero(self.state.symbols["partition"] == partition.index)
        drop_symbols(self.state, numbers)
        self.series.forget(numbers.tolist())
        self.alerts.drop_symbols(numbers)

    def active_symbols(self) -> list[int]:
        """Return the numbers of the symbols on owned partitions."""
        numbers: list[int] = np.flatnonzero(self.state.symbols["active"]).tolist()
        return numbers

    def needs_catalog(self, batch: Batch) -> bool:
        """Tell whether a batch names a symbol that the catalog did not hold when it was last applied."""
        numbers = batch.records["symbol_no"]
        if not len(numbers):
            return False
        return int(numbers.max()) >= len(self._known) or not bool(self._known[numbers].all())

    def take(self, batch: Batch) -> None:
        """Fold a whole batch into the state."""
        if batch.kind == Kind.CANDLES:
            self._take_candles(batch)
            return
        counts = self.state.counts[0]
        before = self.alerts.before(self.state, self.pending.quarantined)
        begin = take(self.state, batch)
        while begin < len(batch.records) or counts["releasing"]:
            self._collect_outputs()
            begin = take(self.state, batch, begin)
        self._collect_outputs()
        self.alerts.judge(batch, self.state, before, self.pending.quarantined)

    def _take_candles(self, batch: Batch) -> None:
        candles, begin = to_candles(batch.records), 0
        self.state.counts[0]["invalid"] += len(batch.records) // RECORDS_OF_CANDLE - len(candles)
        while begin < len(candles):
            begin = take_candles(candles, begin, batch.received_us, self.state.arrays())
            self._collect_outputs()

    def let_in(self, numbers: list[int], trades: Array, now_us: int) -> None:
        """Let trades into their bars that an operator released; `numbers` are theirs in quarantine."""
        begin = 0
        while begin < len(trades):
            begin = take_released(trades, begin, now_us, self.state.arrays())
            self._collect_outputs()
        self.pending.released += numbers
        for partition in self.partitions.values():
            if (self.state.symbols["partition"][trades["symbol_no"]] == partition.index).any():
                partition.touched = True

    def _collect_outputs(self) -> None:
        counts = self.state.counts[0]
        for name in OUTPUTS:
            used = counts[name]
            if used:
                getattr(self.pending, name).append(getattr(self.state, name)[:used].copy())
                counts[name] = 0

    def gaps_changed(self) -> bool:
        """Tell whether the ledger has rows to write."""
        return bool(self.state.ledger["changed"].any())

    def uncommitted(self) -> list[Partition]:
        """Return the partitions that were read beyond their last commit."""
        return [p for p in self.partitions.values() if p.position != p.committed or p.touched]

    def committed(self, positions: dict[str, str]) -> None:
        """Forget what a commit stored."""
        self.pending = Pending()
        self.alerts.committed()
        self.state.forget_closed_gaps()
        for stream, position in positions.items():
            self.partitions[stream].committed = position
            self.partitions[stream].touched = False

    def take_dirty(self) -> list[int]:
        """Return the numbers of symbols whose forming bars changed, and call them clean."""
        numbers: list[int] = np.flatnonzero(self.state.dirty).tolist()
        self.state.dirty[:] = 0
        return numbers


def decode_entry(data: bytes) -> Batch | InvalidBatch:
    """Decode an entry; what cannot be decoded is returned as the error, to be counted and skipped."""
    try:
        return decode(data)
    except InvalidBatch as error:
        return error


def symbols_of(rows: Iterable[Array]) -> set[int]:
    """Return the symbol numbers in arrays of rows."""
    return {int(number) for array in rows for number in np.unique(array["symbol_no"])}
