"""A venue without a network: its history, its refusals and its sockets are what the test says."""

import asyncio
from collections.abc import Collection, Mapping

import numpy as np

from support.manual_clock import ManualClock
from tickloom.collector.intake import Intake
from tickloom.collector.venue import Steps, VenueError, VenueUnavailable
from tickloom.wire.batches import RECORD_DTYPE, Records, TradeFlag
from unit.collector.collecting import NOW


class ScriptedSocket:
    """A connection that delivers nothing by itself."""

    def __init__(self, clock: ManualClock) -> None:
        self.closed = asyncio.Event()
        self.retiring = asyncio.Event()
        self.last_frame = clock.monotonic()
        self.delivered = False
        self.farewell: str | None = None
        self.left = False
        self.symbols: dict[str, int] = {}

    async def subscribe(self, symbols: Mapping[str, int]) -> Mapping[str, str]:
        if self.closed.is_set():
            raise VenueUnavailable("the connection was lost")
        self.symbols |= symbols
        return {}

    async def unsubscribe(self, symbols: Collection[str]) -> None:
        for symbol in symbols:
            self.symbols.pop(symbol, None)

    def close(self) -> None:
        self.left = True


class ScriptedVenue:
    """Has the trades `ids` of every symbol, and raises the errors of `errors` first."""

    host = "venue.test"
    symbols_per_socket = 2
    socket_lifetime_seconds = 1000.0
    quiet_seconds = 0.0
    page_size = 10

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.time_us = NOW
        self.ids: list[int] = []
        self.errors: list[VenueError] = []
        self.connect_errors: list[VenueError] = []
        self.asked: list[int] = []
        self.sockets: list[ScriptedSocket] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def connect(self, intake: Intake) -> ScriptedSocket:  # noqa: ARG002 - the seam's signature
        if self.connect_errors:
            raise self.connect_errors.pop(0)
        self.sockets.append(ScriptedSocket(self.clock))
        return self.sockets[-1]

    async def server_time_us(self) -> int:
        return self.time_us

    async def latest_trade_id(self, symbol: str) -> int:  # noqa: ARG002 - the seam's signature
        await self._answer()
        return max(self.ids, default=-1)

    async def trades_from(self, symbol: str, symbol_no: int, first_id: int) -> Records:  # noqa: ARG002 - the seam's signature
        self.asked.append(first_id)
        await self._answer()
        page = [i for i in self.ids if i >= first_id][: self.page_size]
        return np.array([(NOW + i, i, 1.0, 1.0, symbol_no, TradeFlag.HEALED) for i in page], RECORD_DTYPE)

    async def steps(self, symbols: Collection[str]) -> dict[str, Steps]:  # noqa: ARG002 - the seam's signature
        return {}

    async def aclose(self) -> None:
        return None

    async def _answer(self) -> None:
        await self.may_answer.wait()
        if self.errors:
            raise self.errors.pop(0)
