"""What was sent and what was done to it: the truth that a collector's own gap ledger can be compared with."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

import msgspec

from tickloom.simulator.faults import Fault


class Event(NamedTuple):
    """A message of a stream: its payload without the envelope, and the ids that it tells of (-1: none)."""

    stream: str
    symbol: str
    first_id: int
    last_id: int
    payload: bytes


class Ranges:
    """Ids as ranges, both ends included."""

    def __init__(self) -> None:
        self._ranges: list[list[int]] = []

    def add(self, first: int, last: int) -> None:
        """Note ids; those of a stream usually follow one another."""
        if self._ranges and first == self._ranges[-1][1] + 1:
            self._ranges[-1][1] = last
        elif first >= 0:
            self._ranges.append([first, last])

    def merged(self) -> list[list[int]]:
        """Return the ranges in order, without overlaps."""
        merged: list[list[int]] = []
        for first, last in sorted(self._ranges):
            if merged and first <= merged[-1][1] + 1:
                merged[-1][1] = max(last, merged[-1][1])
            else:
                merged.append([first, last])
        return merged


@dataclass
class Done:
    """What became of one fault; `left` is what it still concerns."""

    number: int
    fault: Fault
    left: int
    state: Literal["waiting", "active", "done"] = "waiting"
    began_after: int = -1
    messages: int = 0
    requests: int = 0
    connections: int = 0
    ids: dict[str, Ranges] = field(default_factory=dict)
    lost: dict[str, Ranges] = field(default_factory=dict)

    def note(self, event: Event, *, lost: bool) -> None:
        """Note a message that the fault concerned."""
        self.messages += 1
        for ranges in (self.ids, self.lost) if lost else (self.ids,):
            ranges.setdefault(event.stream, Ranges()).add(event.first_id, event.last_id)

    def use(self) -> None:
        """Count one of what the fault concerns; the last one ends it."""
        self.left -= 1
        if self.left <= 0:
            self.state = "done"

    def as_row(self) -> dict[str, Any]:
        """Return the fault as the ledger shows it."""
        return {
            "number": self.number,
            "fault": msgspec.to_builtins(self.fault),
            "state": self.state,
            "began_after": self.began_after,
            "messages": self.messages,
            "requests": self.requests,
            "connections": self.connections,
            "ids": {stream: ranges.merged() for stream, ranges in self.ids.items()},
            "lost": {stream: ranges.merged() for stream, ranges in self.lost.items()},
        }


class Ledger:
    """One run's messages, answers and faults."""

    def __init__(self) -> None:
        self.faults: list[Done] = []
        self._sent: dict[str, Ranges] = {}
        self._messages: Counter[str] = Counter()
        self._answers: Counter[tuple[str, int]] = Counter()

    def add(self, fault: Fault) -> Done:
        """Enter a fault that will happen."""
        done = Done(len(self.faults) + 1, fault, fault.count)
        self.faults.append(done)
        return done

    def sent(self, event: Event) -> None:
        """Note a message that somebody was sent whole."""
        self._messages[event.stream] += 1
        self._sent.setdefault(event.stream, Ranges()).add(event.first_id, event.last_id)

    def answered(self, path: str, status: int) -> None:
        """Note an answer over REST."""
        self._answers[path, status] += 1

    def as_document(self) -> dict[str, Any]:
        """Return all of it as JSON values."""
        return {
            "streams": {
                stream: {"messages": self._messages[stream], "ids": ranges.merged()}
                for stream, ranges in self._sent.items()
            },
            "answers": [
                {"path": path, "status": status, "count": count}
                for (path, status), count in sorted(self._answers.items())
            ],
            "faults": [done.as_row() for done in self.faults],
        }
