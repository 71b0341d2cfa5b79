"""A flow without sockets or Redis: trades are put in by hand, entries taken out and decoded."""

from typing import NamedTuple

from support.manual_clock import ManualClock
from tickloom.collector.coverage import Coverage
from tickloom.collector.feed_clock import FeedClock
from tickloom.collector.flow import Flow
from tickloom.collector.intake import Intake
from tickloom.collector.rejections import Rejections
from tickloom.wire.batches import RECORD, Control, Kind, decode

NOW = 1_723_161_255_000_000
MINUTE = 60_000_000
GRACE = 200_000


class Said(NamedTuple):
    """One record of the outbox, in the order of the stream."""

    kind: Kind
    symbol_no: int
    trade_id: int
    exchange_us: int
    flags: int
    size: float


class Flowing:
    """A flow of symbols 1 and 2 in partition 0, and 3 in partition 1."""

    def __init__(self, kind: str = "wall", *, maximum_bytes: int = 1 << 20) -> None:
        self.clock = ManualClock()
        self.feed_clock = FeedClock(self.clock, kind)  # type: ignore[arg-type]
        self.coverage = Coverage()
        self.intake = Intake(self.feed_clock, Rejections("binance", self.clock))
        self.flow = Flow("binance", self.coverage, self.intake, self.clock, maximum_bytes=maximum_bytes, grace_us=GRACE)
        for number in (1, 2, 3):
            self.coverage.cover(number, number // 3, last_id=-1, last_us=0)

    def start(self, *numbers: int, before_id: int = 0) -> None:
        """Begin with symbols, as after a connection to a venue of which nothing was known."""
        for number in numbers:
            self.flow.say(Control.STARTED, number, exchange_us=NOW, trade_id=before_id)
        self.said()

    def frame(self, number: int, *ids: int, at: int = NOW, price: float = 1.0) -> None:
        """Let one frame arrive for each id."""
        for trade_id in ids:
            RECORD.pack_into(self.intake.buffer, self.intake.used, at, trade_id, price, 1.0, number, 0)
            self.intake.used += RECORD.size
            self.feed_clock.observe(at)

    def entries(self) -> list[tuple[int, Kind, bytes]]:
        """Take what waits for Redis."""
        self.flow.settle()
        taken = []
        while entries := self.flow.outbox.take():
            taken += [tuple(entry) for entry in entries]
        return taken  # type: ignore[return-value]

    def said(self) -> list[Said]:
        """Take what waits for Redis, record by record."""
        records = []
        for _, kind, data in self.entries():
            records += [Said(kind, r[4], r[1], r[0], r[5], r[3]) for r in decode(data).records.tolist()]
        return records

    def ids(self) -> list[tuple[int, int]]:
        """Take what waits for Redis, and return symbol and id of the trades."""
        return [(said.symbol_no, said.trade_id) for said in self.said() if said.kind == Kind.TRADES]
