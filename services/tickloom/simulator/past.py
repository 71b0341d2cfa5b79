"""What has happened of one symbol so far, as the REST routes are asked for it: by id, by time, and as klines."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import Final

from tickloom.simulator.archive import Archive
from tickloom.simulator.klines import Candles, Kline, gather
from tickloom.simulator.trades import Aggregate, Trade, aggregate

AGGREGATES_FROM: Final = 100_000_000
"""Id of the first aggregate of a run: aggregates have ids of their own."""


class History:
    """At most about `limit` trades of one symbol are remembered; klines reach back to the beginning."""

    def __init__(self, limit: int) -> None:
        self._trades: list[Trade] = []
        self._aggregates: list[Aggregate] = []
        self._next_aggregate = AGGREGATES_FROM
        self._limit = limit
        self._minutes = Candles("1m")
        self._folded = 0
        self.archive: Archive | None = None
        """What happened before the run."""
        self._forgotten_trades: set[int] = set()
        self._forgotten_aggregates: set[int] = set()

    def add(self, moment: Sequence[Trade]) -> list[Aggregate]:
        """Note trades that happened in the same millisecond; returns their aggregates."""
        self._trades += moment
        made = list(aggregate(moment, self._next_aggregate))
        self._aggregates += made
        self._next_aggregate += len(made)
        if len(self._trades) > 2 * self._limit:
            self._fold()
            del self._trades[: -self._limit]
            self._folded = len(self._trades)
        if len(self._aggregates) > 2 * self._limit:
            del self._aggregates[: -self._limit]
        return made

    def forget_trades(self, trade_ids: Iterable[int]) -> None:
        """Have no answer about trades from now on, as an exchange whose history has a hole."""
        self._forgotten_trades.update(trade_ids)

    def forget_aggregates(self, aggregate_ids: Iterable[int]) -> None:
        """Have no answer about aggregates from now on."""
        self._forgotten_aggregates.update(aggregate_ids)

    def latest_trades(self, limit: int) -> list[Trade]:
        """Return the latest trades, oldest first."""
        return [trade for trade in self._trades[-limit:] if trade.trade_id not in self._forgotten_trades]

    def trades_from(self, trade_id: int, limit: int) -> list[Trade]:
        """Return trades from an id on, oldest first."""
        begin = bisect_left(self._trades, trade_id, key=lambda trade: trade.trade_id)
        if not self._forgotten_trades:
            return self._trades[begin : begin + limit]
        return [trade for trade in self._trades[begin:] if trade.trade_id not in self._forgotten_trades][:limit]

    def latest_aggregates(self, limit: int) -> list[Aggregate]:
        """Return the latest aggregates, oldest first."""
        return self._known(self._aggregates[-limit:])

    def aggregates_from(self, aggregate_id: int, limit: int) -> list[Aggregate]:
        """Return aggregates from an id on, oldest first."""
        begin = bisect_left(self._aggregates, aggregate_id, key=lambda one: one.aggregate_id)
        return self._known(self._aggregates[begin:])[:limit]

    def aggregates_between(self, from_ms: int, to_ms: int, limit: int) -> list[Aggregate]:
        """Return aggregates of a time, both ends included, oldest first."""
        older = self.archive.aggregates(from_ms, to_ms, limit) if self.archive is not None else []
        begin = bisect_left(self._aggregates, from_ms, key=lambda one: one.time_ms)
        end = bisect_right(self._aggregates, to_ms, key=lambda one: one.time_ms)
        return [*older, *self._known(self._aggregates[begin:end])][:limit]

    def _known(self, aggregates: list[Aggregate]) -> list[Aggregate]:
        if not self._forgotten_aggregates:
            return aggregates
        return [one for one in aggregates if one.aggregate_id not in self._forgotten_aggregates]

    def klines(self, interval: str, now_ms: int) -> list[Kline]:
        """Return all klines so far, the last one unfinished."""
        if interval == "1s":
            seconds = Candles(interval)
            for trade in self._trades:
                seconds.add(trade)
            seconds.until(now_ms)
            return seconds.all
        self._fold()
        self._minutes.until(now_ms)
        return self._minutes.all if interval == "1m" else list(gather(self._minutes.all, interval))

    def _fold(self) -> None:
        for trade in self._trades[self._folded :]:
            self._minutes.add(trade)
        self._folded = len(self._trades)
