"""What a transaction stored, for publication."""

from dataclasses import dataclass, field

from tickloom.market.timeframes import TIMEFRAMES
from tickloom.processor.carrying import Carried
from tickloom.processor.forming import to_bar
from tickloom.processor.state import Array
from tickloom.store.alert_events import RecordedEvent
from tickloom.store.candles import Key
from tickloom.store.gaps import GapRow
from tickloom.store.quality import QualityRow
from tickloom.wire.messages import Bar


@dataclass
class Committed:
    """What a transaction stored: bars by symbol number and timeframe label, oldest first, and what goes with them."""

    bars: dict[int, dict[str, list[Bar]]] = field(default_factory=dict)
    positions: dict[str, str] = field(default_factory=dict)
    gaps: list[GapRow] = field(default_factory=list)
    quality: list[QualityRow] = field(default_factory=list)
    carried: Carried = field(default_factory=Carried)
    again: set[int] = field(default_factory=set)
    """Symbols with bars that are what they were, but whose indicators changed with those of a bar before them."""
    events: list[RecordedEvent] = field(default_factory=list)

    def add(self, rows: Array, revisions: dict[Key, int], *, only_revised: bool = False) -> None:
        """Note stored rows; with `only_revised` those that replaced an earlier version."""
        for row in rows:
            timeframe = TIMEFRAMES[int(row["timeframe"])]
            number = int(row["symbol_no"])
            revised = revisions.get((number, timeframe.minutes, int(row["time"])), 0)
            if revised or not only_revised:
                bars = self.bars.setdefault(number, {}).setdefault(timeframe.label, [])
                bars.append(to_bar(row, revision=revised))
