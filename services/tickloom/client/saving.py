"""A file that is there whole or not at all."""

from pathlib import Path
from types import TracebackType
from typing import Self


class WholeFile:
    """Writes beside a path, and takes its place once `finish` was called; else nothing is left."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._part = Path(f"{path}.part")

    def __enter__(self) -> Self:
        self._file = self._part.open("wb")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        self._part.unlink(missing_ok=True)

    def write(self, data: bytes) -> None:
        """Write the next bytes."""
        self._file.write(data)

    def finish(self) -> None:
        """Let what was written take its place."""
        self._file.close()
        self._part.replace(self.path)
