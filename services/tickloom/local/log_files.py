"""What children write: all of it into a file that rotates, and their errors as plain lines on the terminal."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Final

from tickloom.local.terminal import Terminal

_MAXIMUM_BYTES: Final = 8 * 1024 * 1024
_KEPT: Final = 3
_LONGEST_LINE: Final = 64 * 1024
_SHOWN_FIELDS: Final = ("problem", "error")


class LogFile:
    """The output of one child, in `DIR/NAME.log` and up to three older files beside it."""

    def __init__(self, directory: Path, name: str, terminal: Terminal) -> None:
        self.path = directory / f"{name}.log"
        self._name = name
        self._terminal = terminal
        self._size = self.path.stat().st_size if self.path.exists() else 0
        self._rest = b""
        self.last_line = ""

    def feed(self, data: bytes) -> None:
        """Take what the child wrote, in pieces of any size."""
        self._store(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > _LONGEST_LINE:
            self._rest = b""
        for line in lines:
            self._read(line)

    def _store(self, data: bytes) -> None:
        try:
            if self._size + len(data) > _MAXIMUM_BYTES:
                self._rotate()
            with self.path.open("ab") as file:
                file.write(data)
            self._size += len(data)
        except OSError as error:
            self._terminal.complain(self._name, f"its log cannot be written to {self.path}: {error.strerror}")

    def _rotate(self) -> None:
        for number in range(_KEPT - 1, 0, -1):
            older = self.path.with_suffix(f".log.{number}")
            if older.exists():
                older.replace(self.path.with_suffix(f".log.{number + 1}"))
        self.path.replace(self.path.with_suffix(".log.1"))
        self._size = 0

    def _read(self, line: bytes) -> None:
        text = line.decode(errors="replace").strip()
        if not text:
            return
        event = _parse(text)
        if event is None:
            self.last_line = text
        elif event.get("level") in ("error", "critical"):
            self.last_line = _plain(event)
            self._terminal.complain(self._name, self.last_line)


def _parse(text: str) -> dict[str, object] | None:
    if text.startswith("{"):
        with suppress(ValueError):
            event = json.loads(text)
            return event if isinstance(event, dict) else None
    return None


def _plain(event: dict[str, object]) -> str:
    """Say an event in one line: `{"event": "lost", "level": "error", "problem": "x"}` is `lost: x`."""
    parts = [str(event.get("event", ""))]
    parts.extend(str(event[name]) for name in _SHOWN_FIELDS if event.get(name))
    exception = event.get("exception")
    if isinstance(exception, list) and exception and isinstance(exception[0], dict):
        parts.append(f"{exception[0].get('exc_type')}: {exception[0].get('exc_value')}")
    return ": ".join(part for part in parts if part)
