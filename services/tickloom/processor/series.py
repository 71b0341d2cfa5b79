"""The series of this process in memory: where each one's state lies, and what a symbol wants of it.

A function of the bars it was given: no clock, no input or output.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

import numpy as np

from tickloom.market.timeframes import TIMEFRAMES
from tickloom.processor.derivation import ANCHOR_BARS, derive, refill_past
from tickloom.processor.features.v1 import V1
from tickloom.processor.indicators.definition import BAR_INPUT_DTYPE, PAST_DTYPE
from tickloom.processor.indicators.kernel import peek_series
from tickloom.processor.indicators.registry import NAMES, SERIES_DTYPE, fresh_series
from tickloom.processor.state import Array
from tickloom.settings.resources import Indicators, SymbolSpec

_DAY_US: Final = 86_400_000_000
_COPIED: Final = ("time", "open", "high", "low", "close", "volume", "quote_volume")
_ROOM: Final = 64
_ALWAYS_OPEN: Final = np.zeros(0, np.int64)


class Choice(NamedTuple):
    """What is stored of a symbol; of indicators all or none, as one costs as much as all."""

    indicators: bool = True
    features: bool = True


def choice_of(spec: SymbolSpec) -> Choice:
    """Return what a symbol's spec asks for."""
    wanted = spec.indicators
    indicators = wanted.preset != "none" if isinstance(wanted, Indicators) else bool(wanted)
    return Choice(indicators, spec.features.enabled)


class Derived(NamedTuple):
    """What bars led to: indicators and features [bar, place], and the series' states at anchors (SERIES_DTYPE)."""

    values: Array
    features: Array
    anchors: Array


class SeriesBook:
    """All series by symbol number and place in TIMEFRAMES."""

    def __init__(self) -> None:
        self.series = fresh_series(_ROOM)
        self.pasts = np.zeros(_ROOM, PAST_DTYPE)
        self.loaded: set[int] = set()
        """Symbols whose series stand where their stored bars end."""
        self.definitions: tuple[int, int] | None = None
        """Numbers under which indicators and features are stored, once they were asked for."""
        self._slots: dict[tuple[int, int], int] = {}
        self._keys: dict[int, tuple[int, int]] = {}
        self._free = list(range(_ROOM - 1, -1, -1))
        self._choices: dict[int, Choice] = {}
        self._opens: dict[int, Array] = {}
        self._scratch = fresh_series(1)

    def apply_symbol(self, number: int, spec: SymbolSpec, opens: Array | None) -> None:
        """Take over what a symbol wants, and when its market's sessions open (microseconds; None: never closed)."""
        self._choices[number] = choice_of(spec)
        self._opens[number] = _ALWAYS_OPEN if opens is None else opens

    def choice(self, number: int) -> Choice:
        """Return what a symbol wants."""
        return self._choices.get(number, Choice())

    def slot(self, number: int, timeframe: int) -> int:
        """Return where a series lies; it is made if there is none."""
        key = (number, timeframe)
        if key not in self._slots:
            if not self._free:
                self._grow()
            self._slots[key] = slot = self._free.pop()
            self._keys[slot] = key
        return self._slots[key]

    def key(self, slot: int) -> tuple[int, int]:
        """Return symbol number and place in TIMEFRAMES of a series."""
        return self._keys[slot]

    def _grow(self) -> None:
        room = len(self.series)
        more = fresh_series(room)
        more["slot"] += room
        self.series = np.concatenate([self.series, more])
        self.pasts = np.concatenate([self.pasts, np.zeros(room, PAST_DTYPE)])
        self._free = list(range(2 * room - 1, room - 1, -1))

    def forget(self, numbers: Iterable[int]) -> None:
        """Forget the series of symbols that are somebody else's now."""
        gone = set(numbers)
        self.loaded -= gone
        for key in [key for key in self._slots if key[0] in gone]:
            slot = self._slots.pop(key)
            del self._keys[slot]
            self._clear(slot)
            self._free.append(slot)

    def _clear(self, slot: int) -> None:
        self.series[slot] = fresh_series(1)[0]
        self.series[slot]["slot"] = slot
        self.pasts[slot] = np.zeros(1, PAST_DTYPE)[0]

    def inputs(self, rows: Array) -> Array:
        """Return closed or forming bars (CLOSED_DTYPE, or with its fields) as the kernels take them."""
        bars = np.zeros(len(rows), BAR_INPUT_DTYPE)
        for name in _COPIED:
            bars[name] = rows[name]
        bars["session"] = bars["time"] - bars["time"] % _DAY_US
        bars["in_session"] = 1.0  # where a market closes, it has no bars outside its sessions
        pairs, which = np.unique(rows["symbol_no"] * len(TIMEFRAMES) + rows["timeframe"], return_inverse=True)
        slots = [self.slot(*divmod(int(pair), len(TIMEFRAMES))) for pair in pairs]
        bars["slot"] = np.array(slots, np.int64)[which.reshape(-1)] if slots else 0
        for number in {int(pair) // len(TIMEFRAMES) for pair in pairs}:
            opens = self._opens.get(number, _ALWAYS_OPEN)
            if len(opens):
                own = rows["symbol_no"] == number
                found = np.searchsorted(opens, bars["time"][own], side="right") - 1
                bars["session"][own] = np.where(found >= 0, opens[found], bars["session"][own])
        return bars

    def take(self, bars: Array) -> Derived:
        """Take closed bars into their series, in the order of time within each."""
        values, features = np.empty((len(bars), len(NAMES))), np.empty((len(bars), len(V1.features)))
        room = len(bars) // ANCHOR_BARS + len(np.unique(bars["slot"]))
        anchors = np.zeros(room, SERIES_DTYPE)
        kept = derive(bars, self.series, self.pasts, values, features, anchors)
        return Derived(values, features, anchors[:kept])

    def peek(self, bars: Array) -> Array:
        """Return the indicators that forming bars would have if they closed now; nothing changes."""
        values = np.empty((len(bars), len(NAMES)))
        peek_series(bars, self.series, self.pasts, self._scratch, values)
        return values

    def begin(self, slot: int, state: bytes | None, before: Array) -> None:
        """Put a series back to an anchor; `before` are the bars up to it, as many as its rings hold."""
        self._clear(slot)
        if state is not None:
            self.series[slot] = np.frombuffer(state, SERIES_DTYPE)[0]
            self.series[slot]["slot"] = slot
            refill_past(before, self.pasts[slot : slot + 1], int(self.series[slot]["count"]))
