"""Tells in one plain line that an exchange cannot be reached, that it is tried again, and what works without it.

The exchange of a replay takes no connections once it has sent its recordings: that is the end, and said as such.
"""

import asyncio
import time
from typing import Final

from tickloom.bus.connection import open_redis
from tickloom.bus.errors import BusUnavailable
from tickloom.bus.health import read_health
from tickloom.local.data_directory import Mode
from tickloom.local.terminal import Terminal
from tickloom.wire.messages import Health

_POLL_SECONDS: Final = 1.0
_PATIENCE_SECONDS: Final = 3.0
"""A collector that has only just started is not yet a collector that fails."""


class Reachability:
    """Remembers what was said of each collector, so that it is said once when it changes."""

    def __init__(self, terminal: Terminal, mode: Mode) -> None:
        self._terminal = terminal
        self._mode = mode
        self._failing: dict[str, float] = {}
        self._told: set[str] = set()

    def look(self, records: list[Health], now: float) -> None:
        """Take the health of all processes at the time `now` (seconds of any steady clock)."""
        for record in records:
            if record.role != "collector":
                continue
            name = record.exchange or record.instance
            if record.state == "degraded":
                self._fails(name, record.detail, now)
            elif record.state == "ready":
                self._works(name)

    def _fails(self, name: str, detail: str, now: float) -> None:
        since = self._failing.setdefault(name, now)
        if name in self._told or now - since < _PATIENCE_SECONDS:
            return
        self._told.add(name)
        if self._mode == "replay":
            self._terminal.say("the replay is over: what it brought can be seen until Ctrl-C")
            return
        instead = "; without it, try --demo or --replay FILE" if self._mode == "live" else ""
        self._terminal.say(f"{name} cannot be reached ({detail}): it is tried again and again{instead}")

    def _works(self, name: str) -> None:
        self._failing.pop(name, None)
        if name in self._told:
            self._told.discard(name)
            self._terminal.say(f"{name} is reached again")


async def watch_reachability(redis_url: str, terminal: Terminal, mode: Mode) -> None:
    """Follow the collectors' health; never ends."""
    reachability = Reachability(terminal, mode)
    async with open_redis(redis_url, "up") as redis:
        while True:
            await asyncio.sleep(_POLL_SECONDS)
            try:
                reachability.look(await read_health(redis), time.monotonic())
            except BusUnavailable:
                # The supervisor starts Valkey again and says so itself.
                continue
