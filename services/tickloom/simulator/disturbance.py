"""Faults at work: each message and each request passes here and may get lost, changed, held back or refused.

Nothing here knows sockets; what befalls connections is told to `Connections`.
"""

import asyncio
import random
from collections import deque
from collections.abc import Callable
from typing import Final, Protocol

from tickloom.simulator.faults import LOSING, ON_CONNECTIONS, ON_REQUESTS, ON_TIME, Fault
from tickloom.simulator.ledger import Done, Event, Ledger

_GARBAGE: Final = (b"\xff\xfe\x00", b"", b"[" * 5000, b'{"e":"trade"}', b"null", b'{"e":"trade","t":"x","p":{}}')


class Connections(Protocol):
    """The connections of the exchange, as faults befall them; each returns how many it befell."""

    def break_all(self) -> int:
        """Break all connections without a word."""
        ...

    def freeze_all(self) -> int:
        """Let all connections stand and say nothing more."""
        ...

    def shut_down_all(self) -> int:
        """Announce the end of all connections and close them."""
        ...


class Disturbance:
    """The faults of one run; `deliver` takes each message that gets through."""

    def __init__(self, ledger: Ledger, connections: Connections, deliver: Callable[[Event], None]) -> None:
        self._ledger = ledger
        self._connections = connections
        self._deliver = deliver
        self._waiting: list[Done] = []
        self._active: list[Done] = []
        self._held: dict[int, list[Event]] = {}
        self._late: deque[tuple[float, Event]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._began: float | None = None

    def add(self, fault: Fault) -> None:
        """Let a fault happen in its time."""
        self._waiting.append(self._ledger.add(fault))

    def _is(self, *kinds: str) -> list[Done]:
        return [done for done in self._active if done.fault.kind in kinds]

    @property
    def refuses_connections(self) -> bool:
        """Tell whether nobody may connect now."""
        return bool(self._is("disconnect"))

    @property
    def is_silent(self) -> bool:
        """Tell whether nothing at all may be sent now."""
        return bool(self._is("silence"))

    def forgets(self, event: Event) -> bool:
        """Tell whether the exchange is to forget what a message tells of, and note that it did."""
        forgetting = [done for done in self._is("forget") if done.fault.symbol in {None, event.symbol}]
        for done in forgetting:
            done.note(event, lost=True)
        return bool(forgetting)

    @property
    def skew_ms(self) -> int:
        """Return how far the exchange's clock is off."""
        return sum(done.fault.milliseconds for done in self._is("clock_skew"))

    def begin_due(self, trades: int) -> None:
        """Begin the faults whose time has come, now that so many trades have happened."""
        if not self._waiting:
            return
        now = asyncio.get_running_loop().time()
        self._began = now if self._began is None else self._began
        seconds = now - self._began
        for done in list(self._waiting):
            fault = done.fault
            if (fault.after is None or trades >= fault.after) and (fault.at is None or seconds >= fault.at):
                self._waiting.remove(done)
                self._begin(done, trades)

    def _begin(self, done: Done, trades: int) -> None:
        done.state, done.began_after = "active", trades
        kind = done.fault.kind
        if kind == "disconnect":
            done.connections = self._connections.break_all()
        elif kind == "half_open":
            done.connections = self._connections.freeze_all()
        elif kind == "shutdown":
            done.connections = self._connections.shut_down_all()
        lasts = kind not in ON_CONNECTIONS or kind in ON_TIME
        if lasts and done.left > 0:
            self._active.append(done)
        else:
            done.state = "done"

    def note_trade(self, symbol: str) -> None:
        """Count a trade towards the faults that last for some time."""
        for done in list(self._active):
            if done.fault.kind in ON_TIME and done.fault.symbol in {None, symbol}:
                self._use(done)

    def _use(self, done: Done) -> None:
        done.use()
        if done.state == "done":
            self._active.remove(done)
            self._release(done)

    def pass_on(self, event: Event) -> None:
        """Do to a message what is to be done to it, and deliver what is left of it."""
        events = [event]
        for done in list(self._active):
            kind = done.fault.kind
            if kind in ON_REQUESTS or kind == "clock_skew" or done.fault.symbol not in {None, event.symbol}:
                continue
            if kind == "disconnect":
                done.note(event, lost=True)
                events = []
                continue
            events = [out for one in events for out in self._disturb(done, one)]
            if kind not in ON_TIME:
                self._use(done)
        for one in events:
            self._send(one)

    def _disturb(self, done: Done, event: Event) -> list[Event]:
        kind = done.fault.kind
        if kind == "forget":
            return []
        done.note(event, lost=kind in LOSING)
        if kind == "duplicate":
            return [event, event]
        if kind == "reorder":
            self._held.setdefault(done.number, []).append(event)
            return []
        if kind == "slow":
            due = asyncio.get_running_loop().time() + done.fault.milliseconds / 1000
            self._late.append((max(due, self._late[-1][0]) if self._late else due, event))
            self._wake()
            return []
        if kind == "corrupt":
            return [event._replace(payload=_damage(event.payload, done.fault.seed + done.messages), first_id=-1)]
        return []

    def _release(self, done: Done) -> None:
        events = self._held.pop(done.number, [])
        random.Random(done.fault.seed).shuffle(events)  # noqa: S311 - an order, not a secret
        for event in events:
            self._send(event)

    def _send(self, event: Event) -> None:
        if self._late:
            # What is behind a late message on the same connection cannot overtake it.
            self._late.append((self._late[-1][0], event))
        else:
            self._deliver(event)

    def _wake(self) -> None:
        if self._timer is None and self._late:
            self._timer = asyncio.get_running_loop().call_at(self._late[0][0], self._deliver_late)

    def _deliver_late(self) -> None:
        self._timer = None
        now = asyncio.get_running_loop().time()
        while self._late and self._late[0][0] <= now:
            self._deliver(self._late.popleft()[1])
        self._wake()

    def end(self) -> None:
        """Let go of everything that is held back, because nothing more will happen."""
        for done in list(self._active):
            if done.fault.kind not in ON_REQUESTS:
                done.left = 0
                self._use(done)
        while self._late:
            self._deliver(self._late.popleft()[1])

    def answer(self) -> tuple[int, int | None, float]:
        """Return a request's status (200: as usual), the seconds for Retry-After, and the seconds to wait first."""
        status, retry_after, wait = 200, None, 0.0
        for done in self._is(*ON_REQUESTS):
            done.requests += 1
            if done.fault.kind == "slow_answers":
                wait = max(wait, done.fault.milliseconds / 1000)
            else:
                status, retry_after = done.fault.status, done.fault.retry_after
            self._use(done)
        return status, retry_after, wait


def _damage(payload: bytes, seed: int) -> bytes:
    """Return what cannot be read as the message it was; a digit that is merely wrong cannot happen inside TLS."""
    chance = random.Random(seed)  # noqa: S311 - damage, not a secret
    if chance.random() < 0.5:  # noqa: PLR2004 - a coin
        return payload[: chance.randrange(len(payload))]
    return chance.choice(_GARBAGE)
