"""A program that the supervisor runs: what to execute, as whom, and how it is asked to stop."""

import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tickloom.local.accounts import Account

_LAUNCHER: Final = Path(__file__).with_name("launch.py")


@dataclass(frozen=True)
class Program:
    """One child of the supervisor."""

    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    """Added to our own environment."""
    account: Account | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    """Asks it to end cleanly; the kernel sends it too when the supervisor dies."""
    stop_seconds: float = 10.0
    """How long it may take over that before it is killed."""

    def command(self) -> list[str]:
        """Return the arguments of a process that becomes this program and ends with the calling process."""
        account = self.account or Account(-1, -1, -1)
        numbers = (os.getpid(), self.stop_signal.value, *account)
        launcher = [sys.executable, "-I", "-S", str(_LAUNCHER), *map(str, numbers), "--"]
        return [*launcher, *self.arguments]

    def full_environment(self) -> dict[str, str]:
        """Return the environment to start it with."""
        return {**os.environ, **self.environment}
