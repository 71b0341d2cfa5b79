"""The simulated exchange itself: what has happened and who listens.

It knows nothing of sockets: listeners are told of events, and history is asked by the REST routes. What happens next
is decided in `playing`.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, Protocol

import msgspec

from tickloom.simulator.disturbance import Disturbance
from tickloom.simulator.faults import Fault
from tickloom.simulator.kline_streams import KlineStreams
from tickloom.simulator.ledger import Event, Ledger
from tickloom.simulator.past import History
from tickloom.simulator.trades import Aggregate, Trade, group_by_symbol

REMEMBERED: Final = 1_000_000
_encode: Final = msgspec.json.Encoder().encode


class Listener(Protocol):
    """Somebody who subscribed to streams."""

    def tell(self, event: Event) -> bool:
        """Hand over an event that happened now; tells whether it was sent."""
        ...

    def wants(self, stream: str) -> bool:
        """Tell whether a stream is listened to."""
        ...

    def streams(self) -> Iterable[str]:
        """Return all streams that are listened to."""
        ...

    async def drained(self) -> None:
        """Wait until what was told has left for the network."""
        ...

    def dismiss(self) -> None:
        """Say that the server shuts down, and close the connection."""
        ...

    def cut(self) -> None:
        """Break the connection without a word."""
        ...

    def freeze(self) -> None:
        """Keep the connection and say nothing more."""
        ...


class Exchange:
    """The symbols of one run. `now_ms` is the wall clock; `stands_still` where time passes only with the trades."""

    def __init__(
        self,
        symbols: Iterable[str],
        faults: Iterable[Fault] = (),
        *,
        stands_still: bool = False,
        began_ms: int = 0,
        now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        self.history = {symbol: History(REMEMBERED) for symbol in symbols}
        self._lower_names = {symbol.lower() for symbol in self.history}
        self.listeners: list[Listener] = []
        self.listened = asyncio.Event()
        self.closed = False
        """No new stream is served: all is over."""
        self.finished = asyncio.Event()
        self.started = False
        self.sent = 0
        """Trades that happened."""
        self.ledger = Ledger()
        self.disturbance = Disturbance(self.ledger, self, self._deliver)
        for fault in faults:
            self.disturbance.add(fault)
        self._klines = KlineStreams(self.history)
        self._now_ms = now_ms
        self._stands_still = stands_still
        self._latest_ms = began_ms
        self._wanted: frozenset[str] = frozenset()
        self._wanted_before: frozenset[str] = frozenset()

    def true_time_ms(self) -> int:
        """Return the exchange's time: a recording's stands at its latest trade until it is over; else it is ours."""
        return self._latest_ms if self._stands_still else self._now_ms()

    def time_ms(self) -> int:
        """Return the exchange's time as it tells it: its clock may be off."""
        return self.true_time_ms() + self.disturbance.skew_ms

    def pass_time(self, until_ms: int) -> None:
        """Let a recording's time go on without a trade."""
        self._latest_ms = max(self._latest_ms, until_ms)

    @property
    def takes_connections(self) -> bool:
        """Tell whether somebody may connect now."""
        return not (self.closed or self.disturbance.refuses_connections)

    def listen(self) -> None:
        """Note that subscriptions changed."""
        self._wanted_before = self._wanted or self._wanted_before
        streams = {stream for listener in self.listeners for stream in listener.streams()}
        self._wanted = frozenset(stream for stream in streams if stream.partition("@")[0] in self._lower_names)
        self._klines.want(self._wanted)
        if self._wanted:
            self.listened.set()
        else:
            self.listened.clear()

    def happen(self, moment: Sequence[Trade]) -> None:
        """Let trades of the same millisecond happen: they enter history and are told to whoever listens."""
        self.disturbance.begin_due(self.sent)
        self._latest_ms = max(self._latest_ms, moment[0].time_ms)
        for symbol, trades in group_by_symbol(moment).items():
            aggregates = self.history[symbol].add(trades)
            for event in self._events(symbol, trades, aggregates):
                self._forget(event)
                self.disturbance.pass_on(event)
            self.sent += len(trades)
            for _ in trades:
                self.disturbance.note_trade(symbol)

    def _events(self, symbol: str, trades: list[Trade], aggregates: list[Aggregate]) -> Iterator[Event]:
        skew_ms, name = self.disturbance.skew_ms, symbol.lower()
        # What nobody can listen to now is lost to whoever listened before: the ledger is to know.
        wanted = self._wanted
        if self.disturbance.refuses_connections:
            wanted = wanted or self._wanted_before
        if f"{name}@trade" in wanted:
            for trade in trades:
                payload = _encode(trade.as_event(skew_ms))
                yield Event(f"{name}@trade", symbol, trade.trade_id, trade.trade_id, payload)
        if f"{name}@aggTrade" in wanted:
            for one in aggregates:
                payload = _encode(one.as_event(skew_ms))
                yield Event(f"{name}@aggTrade", symbol, one.aggregate_id, one.aggregate_id, payload)
        for stream, kline in self._klines.after(trades, skew_ms):
            yield Event(stream, symbol, -1, -1, _encode(kline))

    def _forget(self, event: Event) -> None:
        if not self.disturbance.forgets(event):
            return
        if event.stream.endswith("@trade"):
            self.history[event.symbol].forget_trades([event.first_id])
        elif event.stream.endswith("@aggTrade"):
            self.history[event.symbol].forget_aggregates([event.first_id])

    def _deliver(self, event: Event) -> None:
        told = False
        for listener in list(self.listeners):
            if listener.wants(event.stream):
                told |= listener.tell(event)
        if told:
            self.ledger.sent(event)

    def break_all(self) -> int:
        """Break all connections without a word."""
        return self._all(lambda listener: listener.cut())

    def freeze_all(self) -> int:
        """Let all connections stand and say nothing more."""
        return self._all(lambda listener: listener.freeze())

    def shut_down_all(self) -> int:
        """Announce the end of all connections and close them."""
        return self._all(lambda listener: listener.dismiss())

    def _all(self, do: Callable[[Listener], Any]) -> int:
        listeners = list(self.listeners)
        for listener in listeners:
            do(listener)
        return len(listeners)
