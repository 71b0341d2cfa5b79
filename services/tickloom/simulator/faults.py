"""What can be made to go wrong, and when: read from a file or posted over HTTP while the simulator runs.

A fault begins once `after` trades have happened or `at` seconds have passed since the start; at once without either.
It then concerns the next `count` messages, trades, requests or connections, as its kind says:

disconnect     all connections break; none is taken until `count` trades have happened
half_open      the connections that stand stay open and say nothing more, not even pings
shutdown       `serverShutdown` is announced and the connections are closed
silence        nothing at all is sent during `count` trades
drop           `count` messages get lost
duplicate      `count` messages are sent twice
reorder        `count` messages arrive in another order
corrupt        `count` messages are damaged so that they cannot be read
slow           `count` messages arrive `milliseconds` late, and those behind them wait
forget         `count` messages get lost, and REST does not know their trades either
status         `count` requests are answered with `status` (429, 418, 5xx) and `retry_after` seconds
slow_answers   `count` requests are answered `milliseconds` late
clock_skew     the exchange's clock is off by `milliseconds` during `count` trades; times of trades stay right
"""

from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from tickloom.settings.documents import InvalidYaml, read_documents
from tickloom.simulator.errors import NotFaults

Kind = Literal[
    "disconnect",
    "half_open",
    "shutdown",
    "silence",
    "drop",
    "duplicate",
    "reorder",
    "corrupt",
    "slow",
    "forget",
    "status",
    "slow_answers",
    "clock_skew",
]
ON_CONNECTIONS: Final = frozenset({"disconnect", "half_open", "shutdown"})
ON_REQUESTS: Final = frozenset({"status", "slow_answers"})
ON_TIME: Final = frozenset({"silence", "clock_skew", "disconnect"})
"""Last for a number of trades, whoever listens."""
LOSING: Final = frozenset({"drop", "silence", "corrupt", "forget"})
"""The messages concerned do not arrive."""


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One thing that goes wrong once; `symbol` limits it to one symbol, `seed` chooses where there is a choice."""

    kind: Kind
    after: Annotated[int, Meta(ge=0)] | None = None
    at: Annotated[float, Meta(ge=0)] | None = None
    count: Annotated[int, Meta(ge=0, le=10_000_000)] = 1
    symbol: str | None = None
    status: Annotated[int, Meta(ge=400, le=599)] = 503
    retry_after: Annotated[int, Meta(ge=0)] | None = None
    milliseconds: Annotated[int, Meta(ge=-86_400_000, le=86_400_000)] = 100
    seed: int = 0


def parse_faults(value: object) -> list[Fault]:
    """Return the faults of a decoded list, or of a single mapping; raises NotFaults saying what does not fit."""
    try:
        return msgspec.convert(value if isinstance(value, list) else [value], list[Fault])
    except msgspec.ValidationError as error:
        raise NotFaults(f"these are no faults: {error}") from error


def read_faults(path: Path) -> list[Fault]:
    """Return the faults of a YAML or JSON file; raises NotFaults."""
    try:
        return [fault for document in read_documents(path) for fault in parse_faults(document.value)]
    except NotFaults as error:
        raise NotFaults(f"{path}: {error}") from error
    except (InvalidYaml, OSError) as error:
        raise NotFaults(f"{path} cannot be read: {error}") from error
