"""A queue of things to look at: each waits once, is worked on by one worker at a time, and comes back after a failure.

What happens to a key while it waits is seen by the one look that follows, so a flood of events costs a few looks.
"""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Hashable
from typing import Final, Generic, TypeVar

from tickloom.telemetry import metrics
from tickloom.telemetry.logging import logger

T = TypeVar("T", bound=Hashable)
FIRST_RETRY_SECONDS: Final = 0.5
LONGEST_RETRY_SECONDS: Final = 60.0
_log = logger(__name__)


class Work(Generic[T]):
    """Keys to work on by `do`; what is added while it is being worked on is worked on again.

    A failure of one of the `expected` types is told in one line, any other with its traceback; both are tried again,
    for one broken thing must not keep the others waiting. A key rests for `rest_seconds` between two looks.
    """

    def __init__(
        self,
        name: str,
        do: Callable[[T], Awaitable[None]],
        *,
        expected: tuple[type[Exception], ...],
        rest_seconds: float = 0.0,
    ) -> None:
        self._name = name
        self._do = do
        self._expected = expected
        self._rest = rest_seconds
        self._urgent: dict[T, None] = {}
        self._waiting: dict[T, None] = {}
        self._doing: set[T] = set()
        self._failures: dict[T, int] = {}
        self._wake = asyncio.Event()

    def add(self, key: T, *, urgent: bool = False) -> None:
        """Have a key worked on soon; an urgent one before all that are not."""
        (self._urgent if urgent else self._waiting)[key] = None
        self._wake.set()
        self._measure()

    def __len__(self) -> int:
        return len(self._urgent.keys() | self._waiting.keys()) + len(self._doing)

    async def run(self, workers: int) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as group:
            for _ in range(workers):
                group.create_task(self._worker())

    async def _worker(self) -> None:
        while True:
            key = self._take()
            if key is None:
                self._wake.clear()
                await self._wake.wait()
                continue
            try:
                await self._do(key)
                self._failures.pop(key, None)
            except Exception as error:  # noqa: BLE001 - it is logged and tried again, and the others go on
                self._later(key, error)
            finally:
                self._settle(key)

    def _take(self) -> T | None:
        in_order = itertools.chain(self._urgent, self._waiting)
        key = next((key for key in in_order if key not in self._doing), None)
        if key is not None:
            self._urgent.pop(key, None)
            self._waiting.pop(key, None)
            self._doing.add(key)
            self._measure()
        return key

    def _measure(self) -> None:
        metrics.operator_queue_length.labels(self._name).set(len(self._urgent) + len(self._waiting))

    def _settle(self, key: T) -> None:
        """Let a key be worked on again, after a rest."""
        if self._rest > 0:
            asyncio.get_running_loop().call_later(self._rest, self._release, key)
        else:
            self._release(key)

    def _release(self, key: T) -> None:
        self._doing.discard(key)
        if key in self._urgent or key in self._waiting:
            self._wake.set()

    def _later(self, key: T, error: Exception) -> None:
        count = self._failures.get(key, 0)
        self._failures[key] = count + 1
        wait = min(FIRST_RETRY_SECONDS * 2 ** min(count, 10), LONGEST_RETRY_SECONDS)
        trace = None if isinstance(error, self._expected) else error
        _log.warning("it is tried again", what=str(key), problem=str(error), retry_seconds=wait, exc_info=trace)
        asyncio.get_running_loop().call_later(wait, self.add, key)
