"""What `tickloom up` was asked for."""

from dataclasses import dataclass
from pathlib import Path

from tickloom.local.data_directory import Mode


@dataclass(frozen=True)
class UpOptions:
    """The command's options, checked for form only."""

    files: tuple[Path, ...] = ()
    """Manifests to follow; the release's own where empty."""
    mode: Mode = "live"
    recordings: tuple[Path, ...] = ()
    speed: str = "1"
    """How fast recordings play: `max`, or a multiple of their own pace."""
    host: str = "127.0.0.1"
    port: int = 8000
    """0 takes any free one."""
    data: Path | None = None
    json: bool = False
