"""How many exports go on at a time: each costs the database more than any other request."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from tickloom.api.problems import Limited

FOR_A_USER: Final = 2
FOR_ALL: Final = 6
"""In one process."""
_RETRY_SECONDS: Final = 5


class Slots:
    """The exports of one process that go on now."""

    def __init__(self) -> None:
        self._by_user: Counter[str] = Counter()

    @contextmanager
    def hold(self, user: str) -> Iterator[None]:
        """Take a place until the block ends; raises Limited."""
        if self._by_user[user] >= FOR_A_USER or self._by_user.total() >= FOR_ALL:
            wait = {"Retry-After": str(_RETRY_SECONDS)}
            raise Limited(f"at most {FOR_A_USER} exports at a time: wait until one has ended", wait)
        self._by_user[user] += 1
        try:
            yield
        finally:
            self._by_user[user] -= 1
            self._by_user += Counter()
