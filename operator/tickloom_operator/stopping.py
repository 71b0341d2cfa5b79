"""The wish that the process ends: one flag, raised by SIGTERM and SIGINT."""

import asyncio
import signal


class Stop:
    """Raised once and for all."""

    def __init__(self) -> None:
        self.stopped = asyncio.Event()

    def on_signals(self) -> None:
        """Have SIGTERM and SIGINT raise it, whoever else took them meanwhile."""
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self.stopped.set)
