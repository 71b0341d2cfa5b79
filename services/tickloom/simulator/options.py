"""What a simulated exchange plays, and where it listens."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tickloom.simulator.faults import Fault
from tickloom.simulator.weights import WEIGHT_A_MINUTE

DEFAULT_SYMBOLS: Final = ("BTCUSDT", "ETHUSDT")
CONNECTION_SECONDS: Final = 24 * 3600.0
END_SECONDS: Final = 0.5


@dataclass(frozen=True)
class SimulatorConfig:
    """Recordings where given, else a generated market of `symbols`.

    `speed` is how many times faster than recorded, None for as fast as listeners take it; ports of 0 are any free
    ones; `websocket_port` is `port` + 1 where it is None. Connections live `connection_seconds`; between the end of
    a recording's last connection and the time after it lie `end_seconds`, for who still asks. REST tells made-up
    minutes and aggregates of the `history_days` before the run.
    """

    host: str = "127.0.0.1"
    port: int = 0
    websocket_port: int | None = None
    recordings: tuple[Path, ...] = ()
    speed: float | None = 1.0
    symbols: tuple[str, ...] = DEFAULT_SYMBOLS
    seed: int = 1
    fault_files: tuple[Path, ...] = ()
    faults: tuple[Fault, ...] = ()
    connection_seconds: float = CONNECTION_SECONDS
    weight_a_minute: int = WEIGHT_A_MINUTE
    end_seconds: float = END_SECONDS
    history_days: int = 0
