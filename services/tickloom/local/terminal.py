"""What `tickloom up` says to a person: plain lines on standard error; standard output is for the address alone."""

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final, TextIO

_REPEAT_SECONDS: Final = 30.0


class Terminal:
    """Prints lines; the same complaint is not repeated within half a minute."""

    def __init__(self, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream or sys.stderr
        self._clock = clock
        self._complained: dict[str, float] = {}

    def say(self, text: str) -> None:
        """Print one line."""
        self._write(text)

    def complain(self, source: str, text: str) -> None:
        """Print what went wrong where, unless it was just said."""
        line = f"{source}: {text}"
        now = self._clock()
        if now - self._complained.get(line, -_REPEAT_SECONDS) < _REPEAT_SECONDS:
            return
        self._complained = {known: at for known, at in self._complained.items() if now - at < _REPEAT_SECONDS}
        self._complained[line] = now
        self._write(line)

    def _write(self, text: str) -> None:
        # A terminal that was closed says nothing more; the logs have everything, and the servers still stop in order.
        with suppress(OSError):
            print("".join(c if c.isprintable() else " " for c in text), file=self._stream, flush=True)
