"""The simulated Alpaca itself: what has happened, who listens, and what happens next. It knows nothing of sockets."""

import asyncio
import time
from bisect import insort
from collections import defaultdict
from collections.abc import Callable
from typing import Any, Final, Protocol

from tickloom.simulator.alpaca.bars import Bar, build_bars
from tickloom.simulator.alpaca.generator import TICK_SECONDS, Market
from tickloom.simulator.alpaca.options import AlpacaConfig
from tickloom.simulator.alpaca.trades import MINUTE_NS, Nanoseconds, Trade

REMEMBERED: Final = 200_000
"""Trades of one symbol that REST still has."""
_REVISION_NS: Final = 30_000_000_000


class Listener(Protocol):
    """A connection that was let in."""

    def tell(self, channel: str, symbol: str, message: dict[str, Any]) -> None:
        """Hand over a message of a channel, such as `trades`."""
        ...


class AlpacaVenue:
    """One run of the simulated venue; `now_ns` is its clock."""

    def __init__(self, config: AlpacaConfig, now_ns: Callable[[], int] = time.time_ns) -> None:
        self.config = config
        self.now_ns = now_ns
        self.listener: Listener | None = None
        """The connection that counts against the limit of one."""
        self.occupied_until_ns = 0
        """Until when a connection that broke off still counts."""
        self.history: dict[str, list[Trade]] = {symbol: [] for symbol in config.symbols}
        self._shown: dict[tuple[str, int], Bar] = {}
        self._late: defaultdict[str, set[int]] = defaultdict(set)
        self._minute_ns = 0

    async def run(self) -> None:
        """Let trades happen and minutes end; never returns."""
        market = Market(self.config.symbols, self.config.seed)
        while True:
            if self.config.generate:
                for trade in market.tick(self.now_ns()):
                    self.happen(trade)
            self.end_minutes(self.now_ns())
            await asyncio.sleep(TICK_SECONDS)

    def happen(self, trade: Trade) -> None:
        """Let a trade happen: it enters history and is told to whoever listens."""
        trades = self.history[trade.symbol]
        insort(trades, trade, key=lambda known: known.time_ns)
        if len(trades) > 2 * REMEMBERED:
            del trades[:-REMEMBERED]
        start = trade.time_ns - trade.time_ns % MINUTE_NS
        if start < self._minute_ns:
            self._late[trade.symbol].add(start)
        self._tell("trades", trade.symbol, trade.as_message())

    def cancel(self, trade: Trade, *, action: str = "C") -> None:
        """Take a trade back; `action` is `C` for a cancel and `E` for an error."""
        trades = self.history[trade.symbol]
        trades[trades.index(trade)] = trade._replace(update="canceled")
        row = trade.as_message()
        message = {name: row[name] for name in ("S", "i", "x", "p", "s", "t", "z")}
        self._tell("cancelErrors", trade.symbol, {"T": "x", **message, "a": action})

    def correct(self, trade: Trade, corrected: Trade) -> None:
        """Put another trade in place of one; its time and exchange stay."""
        trades = self.history[trade.symbol]
        index = trades.index(trade)
        trades[index] = trade._replace(update="incorrect")
        trades.insert(index, corrected._replace(time_ns=trade.time_ns, update="corrected"))
        message = {"T": "c", "S": trade.symbol, "x": trade.exchange, "z": trade.tape, "t": Nanoseconds(trade.time_ns)}
        for letter, one in (("o", trade), ("c", corrected)):
            row = one.as_row()
            message |= {letter + name: row[name] for name in "ipsc"}
        self._tell("corrections", trade.symbol, message)

    def halt(self, symbol: str, code: str = "H", reason: str = "T12") -> None:
        """Announce a trading status, as a halt (`H`) or a resumption (`T`)."""
        words = {"H": "Trading Halt", "T": "Trading Resumption"}
        message = {"T": "s", "S": symbol, "sc": code, "sm": words.get(code, code), "rc": reason, "rm": "", "z": "C"}
        self._tell("statuses", symbol, {**message, "t": Nanoseconds(self.now_ns())})

    def end_minutes(self, now_ns: int) -> None:
        """Publish the bars of a minute that has ended, and half a minute later those that late trades changed."""
        minute = now_ns - now_ns % MINUTE_NS
        if self._minute_ns and minute > self._minute_ns:
            for symbol in self.history:
                self._publish(symbol, self._minute_ns, "b", "bars")
        self._minute_ns = max(self._minute_ns, minute)
        if now_ns >= minute + _REVISION_NS:
            for symbol, starts in self._late.items():
                for start in sorted(starts):
                    self._publish(symbol, start, "u", "updatedBars")
            self._late.clear()

    def _publish(self, symbol: str, start: int, kind: str, channel: str) -> None:
        for bar in build_bars(self.between(symbol, start, start + MINUTE_NS - 1), MINUTE_NS):
            if self._shown.get((symbol, start)) != bar:
                self._shown[symbol, start] = bar
                self._tell(channel, symbol, bar.as_message(kind))

    def between(self, symbol: str, begin_ns: int, end_ns: int) -> list[Trade]:
        """Return trades of a symbol from one time to another, both included, oldest first."""
        return [trade for trade in self.history.get(symbol, []) if begin_ns <= trade.time_ns <= end_ns]

    def _tell(self, channel: str, symbol: str, message: dict[str, Any]) -> None:
        if self.listener is not None:
            self.listener.tell(channel, symbol, message)
