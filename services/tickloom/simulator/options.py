"""What a simulated exchange plays, and where it listens."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

DEFAULT_SYMBOLS: Final = ("BTCUSDT", "ETHUSDT")


@dataclass(frozen=True)
class SimulatorConfig:
    """Recordings where given, else a generated market of `symbols`.

    `speed` is how many times faster than recorded, None for as fast as listeners take it; ports of 0 are any free
    ones; `websocket_port` is `port` + 1 where it is None.
    """

    host: str = "127.0.0.1"
    port: int = 0
    websocket_port: int | None = None
    recordings: tuple[Path, ...] = ()
    speed: float | None = 1.0
    symbols: tuple[str, ...] = DEFAULT_SYMBOLS
    seed: int = 1
