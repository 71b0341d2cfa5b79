"""From decoded trades to entries in order: what is appended when, and what has to wait.

Synchronous throughout, so that the order of calls is the order in the stream: whoever appends a control or a
heartbeat first settles the trades that were decoded before it. Nothing here waits, connects or sends.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from tickloom.collector.clock import Clock
from tickloom.collector.coverage import Coverage
from tickloom.collector.intake import Intake
from tickloom.collector.outbox import Outbox
from tickloom.collector.recent_trades import RecentTrades
from tickloom.collector.sequence import IdRange, advance, note_ids
from tickloom.market.timeframes import MICROSECONDS_PER_MINUTE
from tickloom.telemetry import metrics
from tickloom.wire.batches import RECORD, RECORD_DTYPE, Control, Kind, Records, from_candles

HOUR_US: Final = 60 * MICROSECONDS_PER_MINUTE
FOREVER_US: Final = 1 << 62
LONGEST_JUMP: Final = 1_000_000_000
"""A trade id that lies further ahead is taken for a defect of the frame, not for a gap."""


@dataclass(slots=True)
class Held:
    """Live trades of one symbol that wait until the ones before them are in the stream."""

    parts: list[Records] = field(default_factory=list)
    first_id: int | None = None
    arrived: asyncio.Event = field(default_factory=asyncio.Event)


class Flow:
    """The trades of one exchange on their way to the outbox; live ones are dropped where it holds `maximum_bytes`.

    Without `sequenced` ids, nothing is told from them but which trades arrived twice after a connection.
    """

    def __init__(
        self,
        exchange: str,
        coverage: Coverage,
        intake: Intake,
        clock: Clock,
        *,
        maximum_bytes: int,
        grace_us: int,
        sequenced: bool = True,
    ) -> None:
        self.exchange = exchange
        self.coverage = coverage
        self.intake = intake
        self.feed_clock = intake.clock
        self.outbox = Outbox()
        self.dropped: set[int] = set()
        """Symbols of which trades were dropped for want of memory, until they are fetched again."""
        self.on_jump: Callable[[IdRange], None] = lambda _: None
        self.on_posted: Callable[[], None] = lambda: None
        self.received = 0
        self._clock = clock
        self._maximum_bytes = maximum_bytes
        self._grace_us = grace_us
        self._recent = None if sequenced else RecentTrades()
        self._fetched_us: dict[int, int] = {}
        """Time of the latest trade that was fetched of each symbol, where ids are not contiguous."""
        self._held: dict[int, Held] = {}
        self._held_bytes = 0
        self._plausible_until = FOREVER_US
        self._minute = 0
        self._counter = metrics.trades_received_total.labels(exchange)
        self._lag_us = 0
        metrics.spilled_bytes.labels(exchange).set_function(lambda: self.outbox.size)
        metrics.feed_lag_seconds.labels(exchange).set_function(lambda: self._lag_us / 1e6)
        intake.full = self.settle

    def settle(self) -> None:
        """Move what the sockets decoded into the outbox, or hold it back."""
        if not self.intake.used:
            return
        records = self.intake.take()
        self.received += len(records)
        self._counter.inc(len(records))
        self._lag_us = self._clock.time_us() - int(records["exchange_us"][-1])
        if self._latest_us(records) > self._plausible_until:
            records = self._without(records, records["exchange_us"] > self._plausible_until)
        if self.coverage.held.any():
            held = self.coverage.held[records["symbol_no"]]
            self._hold_back(records[held])
            records = records[~held]
        if self.outbox.size + records.nbytes > self._maximum_bytes:
            self._drop(records)
        else:
            self._append_live(records)
        if self.feed_clock.stands_still:
            self._beat_after_minute()

    def _latest_us(self, records: Records) -> int:
        if self.feed_clock.stands_still:
            self._plausible_until = self.feed_clock.event_us + HOUR_US
        return int(records["exchange_us"].max())

    def _without(self, records: Records, absurd: npt.NDArray[np.bool_]) -> Records:
        if not absurd.any():
            return records
        self.intake.rejections.count("absurd_value", str(records[absurd][0]), int(absurd.sum()))
        kept: Records = records[~absurd]
        return kept

    def _append_live(self, records: Records) -> None:
        if not len(records):
            return
        if self._recent is not None:
            self._append(self._without_fetched(records, self._recent))
            return
        symbol_nos, ids, last_ids = records["symbol_no"].astype(np.intp), records["trade_id"], self.coverage.last_id
        if advance(symbol_nos, ids, last_ids):
            self._post_trades(records, symbol_nos)
            return
        records = self._without(records, (ids - last_ids[symbol_nos] > LONGEST_JUMP) & (last_ids[symbol_nos] >= 0))
        for jump in self._append(records):
            self.on_jump(jump)

    def _without_fetched(self, records: Records, recent: RecentTrades) -> Records:
        """Leave out live trades that history told first: it can be ahead of what lies unread in a socket."""
        for number, until_us in self._fetched_us.items():
            mine = records["symbol_no"] == number
            if (records["exchange_us"][mine] <= until_us).any():
                records = np.concatenate([records[~mine], recent.unknown(records[mine])])
        return records

    def _append(self, records: Records) -> list[IdRange]:
        if not len(records):
            return []
        symbol_nos = records["symbol_no"].astype(np.intp)
        if self._recent is not None:
            self._recent.remember(records)
            self._post_trades(records, symbol_nos)
            return []
        jumps = note_ids(symbol_nos, records["trade_id"], self.coverage.last_id)
        self._post_trades(records, symbol_nos)
        return jumps

    def _post_trades(self, records: Records, symbol_nos: npt.NDArray[np.intp]) -> None:
        if self._recent is None:
            self.coverage.last_us[symbol_nos] = records["exchange_us"]
        else:
            np.maximum.at(self.coverage.last_us, symbol_nos, records["exchange_us"])
        self._post(Kind.TRADES, records, symbol_nos)

    def _drop(self, records: Records) -> None:
        numbers = np.unique(records["symbol_no"])
        self.coverage.held[numbers] = True
        self.dropped.update(numbers.tolist())
        metrics.trades_dropped_total.labels(self.exchange).inc(len(records))

    def _hold_back(self, records: Records) -> None:
        for number in np.unique(records["symbol_no"]).tolist():
            mine = records[records["symbol_no"] == number]
            if not self.coverage.covered[number]:
                continue
            held = self._held.get(number)
            if held is None or self._held_bytes + mine.nbytes > self._maximum_bytes:
                metrics.trades_dropped_total.labels(self.exchange).inc(len(mine))
                continue
            held.parts.append(mine)
            self._held_bytes += mine.nbytes
            first = int(mine["trade_id"].min())
            held.first_id = first if held.first_id is None else min(first, held.first_id)
            held.arrived.set()

    def _post(self, kind: Kind, records: Records, symbol_nos: npt.NDArray[np.intp], watermark_us: int = 0) -> None:
        received_us = self._clock.time_us()
        watermark_us = watermark_us or self.feed_clock.event_us
        partitions = self.coverage.partition[symbol_nos]
        counts = np.bincount(partitions)
        present = np.flatnonzero(counts).tolist()
        if len(present) > 1:
            records = records[np.argsort(partitions, kind="stable")]
        body, begin = records.tobytes(), 0
        for partition in present:
            end = begin + int(counts[partition]) * RECORD.size
            self.outbox.add(partition, kind, body[begin:end], received_us=received_us, watermark_us=watermark_us)
            begin = end
        self.on_posted()

    def hold(self, number: int) -> Held:
        """Hold the live trades of a symbol back from now on; those held before are forgotten."""
        self.settle()
        self._forget_held(number)
        self.dropped.discard(number)
        self.coverage.held[number] = True
        held = self._held[number] = Held()
        return held

    def abandon(self, number: int) -> None:
        """Forget the trades held back of a symbol, and hold back no more; they will be fetched."""
        self.settle()
        self._forget_held(number)
        self.coverage.held[number] = False

    def release(self, number: int) -> None:
        """Append the trades held back of a symbol, and let those that follow pass."""
        self.settle()
        parts = self._forget_held(number)
        self.coverage.held[number] = False
        for part in parts:
            if self._recent is None:
                self._append_live(part[part["trade_id"] > self.coverage.last_id[number]])
            else:
                self._append_live(self._recent.unknown(part))

    def _forget_held(self, number: int) -> list[Records]:
        held = self._held.pop(number, None)
        if held is None:
            return []
        self._held_bytes -= sum(part.nbytes for part in held.parts)
        return held.parts

    def append_fetched(self, records: Records) -> None:
        """Append trades that were fetched, behind everything decoded so far; ids they skip do not exist.

        Whoever fetches waits for room before, so that no memory is asked for here.
        """
        self.settle()
        if self._recent is not None:
            records = self._recent.unknown(records)
            for record in records[-1:]:
                number, latest_us = int(record["symbol_no"]), int(records["exchange_us"].max())
                self._fetched_us[number] = max(latest_us, self._fetched_us.get(number, 0))
        metrics.gap_trades_healed_total.labels(self.exchange).inc(len(records))
        self._append(records)

    def append_candles(self, number: int, candles: npt.NDArray[np.void], known_us: int) -> None:
        """Append a symbol's candles (CANDLE_DTYPE); all its minutes that end at or before `known_us` are among them."""
        self.settle()
        if len(candles):
            self.received += len(candles)
            records = from_candles(candles)
            self._post(Kind.CANDLES, records, records["symbol_no"].astype(np.intp))
        # A minute is closed a grace after its end, of which there is no need here.
        self.coverage.last_us[number] = max(known_us + self._grace_us, int(self.coverage.last_us[number]))

    def say(self, code: Control, number: int, *, exchange_us: int, trade_id: int, size: float = 0.0) -> None:
        """Append what there is to say of a symbol's coverage."""
        self.settle()
        coverage = self.coverage
        if code in {Control.STARTED, Control.RESUMED}:
            coverage.live[number], coverage.down[number] = True, False
        elif code == Control.DOWN:
            coverage.live[number], coverage.down[number] = False, True
        if code == Control.STARTED:
            coverage.last_id[number] = max(trade_id, coverage.last_id[number])
        elif code == Control.UNHEALABLE and trade_id <= coverage.last_id[number] + 1:
            coverage.last_id[number] = max(trade_id + int(size) - 1, coverage.last_id[number])
        record = np.array([(exchange_us, trade_id, 0.0, size, number, int(code))], RECORD_DTYPE)
        self._post(Kind.CONTROL, record, np.array([number]))

    def say_down(self, numbers: Iterable[int]) -> None:
        """Say that the feed of symbols was lost, at the exchange time of the last frame, where it is not said yet."""
        self.settle()
        lost_us = self.feed_clock.last_frame_us()
        for number in numbers:
            known_us = int(max(self.coverage.last_us[number], self.coverage.watermark_us[number]))
            time_us = max(known_us, lost_us or 0) if self.coverage.live[number] else known_us
            if time_us and not self.coverage.down[number]:
                trade_id = int(self.coverage.last_id[number])
                self.say(Control.DOWN, number, exchange_us=time_us, trade_id=trade_id)

    def heartbeat(self) -> None:
        """Append the watermark of every covered symbol of which one is known."""
        self.settle()
        self._beat()

    def _beat(self) -> None:
        coverage, now_us = self.coverage, self.feed_clock.now_us() or 0
        if now_us and not self.feed_clock.stands_still:
            self._plausible_until = now_us + HOUR_US
        numbers = coverage.numbers()
        # Where trades are held back or being fetched, not all before "now" are in the stream.
        follows = (coverage.live[numbers] & ~coverage.held[numbers]) | coverage.down[numbers]
        coverage.watermark_us[numbers] = np.maximum(
            coverage.watermark_us[numbers], np.where(follows, now_us, coverage.last_us[numbers])
        )
        numbers = numbers[coverage.watermark_us[numbers] > 0]
        if not len(numbers):
            return
        records = np.zeros(len(numbers), RECORD_DTYPE)
        records["exchange_us"] = coverage.watermark_us[numbers]
        records["trade_id"] = coverage.last_id[numbers]
        records["symbol_no"] = numbers
        records["flags"] = coverage.live[numbers]
        self._post(Kind.HEARTBEAT, records, numbers, now_us)

    def _beat_after_minute(self) -> None:
        minute = (self.feed_clock.event_us - self._grace_us) // MICROSECONDS_PER_MINUTE
        if minute > self._minute:
            self._minute = minute
            self._beat()
