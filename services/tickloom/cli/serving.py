"""Running one service as a process: settings, logs, signals, an event loop."""

import asyncio
import gc
import signal
from collections.abc import Awaitable
from typing import Protocol

import uvloop

from tickloom.cli.failures import MissingSetting
from tickloom.settings.environment import Settings
from tickloom.telemetry.logging import configure_logging


class Service(Protocol):
    """A service's entry point: runs until `stopped` is set, and has drained when it returns."""

    def __call__(self, settings: Settings, *, stopped: asyncio.Event) -> Awaitable[None]:
        """Run the service."""
        ...


def serve(name: str, run: Service) -> None:
    """Run a service until SIGTERM or SIGINT, with settings from the environment."""
    settings = Settings()
    for setting in ("database_url", "redis_url"):
        if getattr(settings, setting) is None:
            raise MissingSetting(f"set TICKLOOM_{setting.upper()}, or start everything together by tickloom up")
    configure_logging(settings.log_level, service=name, instance=settings.instance)
    settle_garbage_collection()
    uvloop.run(_until_stopped(settings, run))


def settle_garbage_collection() -> None:
    """Leave imported modules out of every later collection, and look for cycles less often.

    A full collection walks the several hundred thousand objects of the libraries: tens of milliseconds in which no
    trade moves.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


async def _until_stopped(settings: Settings, run: Service) -> None:
    await run(settings, stopped=stop_on_signals())


def stop_on_signals() -> asyncio.Event:
    """Return an event that SIGTERM and SIGINT set."""
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    return stopped
