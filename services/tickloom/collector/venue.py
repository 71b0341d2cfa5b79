"""What the collector needs of a venue: the seam behind which `venues/` speaks each exchange's own protocol.

A venue decodes into the intake it is given and answers questions over REST; when to connect, heal or give up is
decided outside. Errors say what helps:

VenueError
├── VenueUnavailable   not reached, broken off, or an answer that makes no sense: try again later
│   └── VenueThrottled it asked us to wait: not before `retry_seconds`
└── VenueRefused       it will not answer this question, however often it is asked
"""

import asyncio
from collections.abc import Collection, Mapping
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from tickloom.collector.intake import Intake
from tickloom.wire.batches import Records


class VenueError(Exception):
    """Base of a venue's errors."""


class VenueUnavailable(VenueError):
    """The venue cannot be reached or does not make sense now; the same call may work later."""


class VenueThrottled(VenueUnavailable):
    """The venue wants to be left alone for a while; nothing was sent if it had said so before."""

    def __init__(self, message: str, retry_seconds: float) -> None:
        super().__init__(message)
        self.retry_seconds = retry_seconds


class VenueRefused(VenueError):
    """The venue refuses for good."""


class Steps(NamedTuple):
    """The smallest change of a symbol's price and of its size, as the venue states them."""

    price: float
    size: float


class Socket(Protocol):
    """One open connection, which puts trades into the intake by itself."""

    closed: asyncio.Event
    """Set when the connection is gone."""
    retiring: asyncio.Event
    """Set when the venue announced that it will close the connection."""
    last_frame: float
    """When anything at all arrived last, on the monotonic clock."""
    delivered: bool
    """A trade came through this connection."""
    farewell: str | None
    """Why the venue closed the connection, where it said so."""

    async def subscribe(self, symbols: Mapping[str, int]) -> Mapping[str, str]:
        """Ask for the trades of symbols (name to number) and wait until that is confirmed.

        Returns the symbols that it refuses for good, with the reason. Raises VenueError.
        """
        ...

    async def unsubscribe(self, symbols: Collection[str]) -> None:
        """Ask for no more trades of symbols; raises VenueError."""
        ...

    def close(self) -> None:
        """Leave; frames that arrive afterwards are not looked at."""
        ...


class AnyVenue(Protocol):
    """What every venue answers."""

    host: str
    """Where it is reached, for messages."""

    async def server_time_us(self) -> int:
        """Return the venue's clock in microseconds since 1970; raises VenueError."""
        ...

    async def steps(self, symbols: Collection[str]) -> dict[str, Steps]:
        """Return the steps of those of the symbols that the venue knows; raises VenueError."""
        ...

    async def aclose(self) -> None:
        """Let go of everything."""
        ...


class StreamingVenue(AnyVenue, Protocol):
    """One exchange, through its own protocol, without its history."""

    symbols_per_socket: int
    socket_lifetime_seconds: float
    """A connection is replaced before this age, because the venue would cut it."""
    quiet_seconds: float
    """For how long a healthy connection may say nothing."""

    async def connect(self, intake: Intake) -> Socket:
        """Open a connection; raises VenueError."""
        ...


class Venue(StreamingVenue, Protocol):
    """An exchange whose trade ids are contiguous: a jump is a gap, and history is asked by id."""

    page_size: int
    """Trades in one answer of `trades_from`."""

    async def latest_trade_id(self, symbol: str) -> int:
        """Return the id of a symbol's latest trade, -1 if it never traded; raises VenueError."""
        ...

    async def trades_from(self, symbol: str, symbol_no: int, first_id: int) -> Records:
        """Return a page of trades from an id on, in order of their ids, flagged HEALED; raises VenueError."""
        ...


class Page(NamedTuple):
    """A part of a venue's history, and how to ask for the next one; None where there is none."""

    records: Records
    following: str | None


@runtime_checkable
class TimedVenue(StreamingVenue, Protocol):
    """An exchange whose trade ids say nothing of what is missing: history is asked by time."""

    async def trades_since(self, symbol: str, symbol_no: int, from_us: int, page: str | None) -> Page:
        """Return a page of trades from an exchange time on, oldest first, flagged HEALED; raises VenueError.

        `page` is what the page before named as the following one.
        """
        ...


class Candles(NamedTuple):
    """A venue's own minutes (CANDLE_DTYPE), oldest first, and the exchange time up to which it knows; 0: nothing."""

    records: npt.NDArray[np.void]
    known_us: int


@runtime_checkable
class PolledVenue(AnyVenue, Protocol):
    """A venue without trades and without a stream: its candles are asked for again and again."""

    poll_seconds: float
    """Between two questions about a symbol while its market is open."""
    longest_history_us: int
    """How far back it has minutes."""

    async def candles_since(self, symbol: str, symbol_no: int, from_us: int) -> Candles:
        """Return the minutes of a symbol that begin at an exchange time or later; raises VenueError."""
        ...
