"""What both ways of healing by id do: ask the venue for trades, append them, and say which cannot be had.

When to fetch is decided in `catching_up` (after a connection) and `filling` (beside a healthy one).
"""

from typing import Final

from tickloom.collector.asking import FIRST_RETRY, LONGEST_RETRY, Asking
from tickloom.collector.clock import Clock
from tickloom.collector.flow import Flow
from tickloom.collector.sequence import IdRange, missing_ids
from tickloom.collector.venue import Venue, VenueRefused, VenueUnavailable
from tickloom.telemetry.logging import logger
from tickloom.wire.batches import Control

__all__ = ["FIRST_RETRY", "LACKING", "LONGEST_RETRY", "Fetcher", "GapTooLong"]
LACKING: Final = "the exchange does not have them"
_log = logger(__name__)


class GapTooLong(Exception):
    """More trades are missing than may be fetched one by one."""


class Fetcher(Asking):
    """Fetches one exchange's missing trades into its flow, a bounded number of requests at once."""

    def __init__(
        self, flow: Flow, venue: Venue, clock: Clock, *, maximum_trades: int, maximum_waiting_bytes: int
    ) -> None:
        super().__init__(flow, venue, clock, maximum_waiting_bytes)
        self.venue: Venue = venue
        self._maximum_trades = maximum_trades

    def refuse_too_many(self, missing: int) -> None:
        """Raise GapTooLong where more trades are missing than the settings allow to fetch."""
        if missing > self._maximum_trades:
            raise GapTooLong(f"more than {self._maximum_trades} trades were missed")

    async def fetch(self, number: int, first_id: int, last_id: int | None) -> tuple[int, bool]:
        """Fetch a page of trades from an id on (at most to `last_id`) and append it.

        Returns up to which id the venue has told all it has, and whether it may have more. Raises VenueError.
        """
        async with self.together:
            page = await self.venue.trades_from(self.symbols[number], number, first_id)
        await self.wait_for_room()
        page = page[page["trade_id"] >= first_id]
        if not len(page):
            return first_id - 1, False
        more = len(page) >= self.venue.page_size
        known_to = int(page["trade_id"][-1])
        if last_id is not None:
            known_to = min(known_to, last_id)
            page = page[page["trade_id"] <= last_id]
        self.flow.append_fetched(page)
        for lacking in missing_ids(number, page["trade_id"], first_id, known_to):
            self.lose(lacking, LACKING)
        return known_to, more

    def lose(self, gap: IdRange, reason: str) -> None:
        """Say in the stream that trades cannot be had."""
        _log.warning("missed trades cannot be had", exchange=self.flow.exchange, reason=reason, **gap._asdict())
        self.flow.say(
            Control.UNHEALABLE, gap.symbol_no, exchange_us=self.now_us(), trade_id=gap.first_id, size=float(gap.length)
        )

    async def latest_id(self, number: int) -> int:
        """Return the id of a symbol's latest trade, -1 where the venue refuses; waits as long as it is away."""
        retry = FIRST_RETRY
        while True:
            try:
                async with self.together:
                    return await self.venue.latest_trade_id(self.symbols[number])
            except VenueRefused as error:
                _log.warning("the latest trade is unknown", symbol=self.symbols[number], problem=str(error))
                return -1
            except VenueUnavailable as error:
                retry = await self.wait_after(error, retry)
