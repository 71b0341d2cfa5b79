"""The simulator as the venue of a `--demo` or `--replay` run: its program, and what it does to the wanted resources."""

import gzip
import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from tickloom.local.errors import LocalError
from tickloom.local.options import UpOptions
from tickloom.local.probing import free_port
from tickloom.local.programs import Program
from tickloom.local.services import service
from tickloom.local.simulation import AnyResource, simulate

_LOOPBACK: Final = "127.0.0.1"
_TRADE: Final = re.compile(rb'"e":"(?:trade|aggTrade)".*?"s":"([^"]{1,64})"')


class Venue(NamedTuple):
    """A simulated venue: what to start, and how resources are pointed at it."""

    program: Program
    transform: Callable[[Sequence[AnyResource]], list[AnyResource]]


def plan_venue(options: UpOptions) -> Venue:
    """Choose the simulator's port and look into the recordings; raises LocalError for one that cannot be read."""
    port, websocket_port = free_port(_LOOPBACK), free_port(_LOOPBACK)
    arguments = ["--port", str(port), "--websocket-port", str(websocket_port)]
    for recording in options.recordings:
        arguments += ["--replay", str(recording.absolute())]
    if options.recordings:
        arguments += ["--speed", options.speed]
    symbols = {symbol for recording in options.recordings for symbol in recorded_symbols(recording)}
    transform = partial(
        simulate,
        websocket=f"ws://{_LOOPBACK}:{websocket_port}",
        rest=f"http://{_LOOPBACK}:{port}",
        clock="feed" if options.mode == "replay" else "wall",
        symbols=symbols,
    )
    return Venue(service("simulator", {}, arguments), transform)


def recorded_symbols(recording: Path) -> set[str]:
    """Return the symbols whose trades a recording holds; raises LocalError where it cannot be read.

    A line is `<receive time, ns> {"stream":"btcusdt@trade","data":{"e":"trade","s":"BTCUSDT",…}}`.
    """
    try:
        with (gzip.open if recording.suffix == ".gz" else open)(recording, "rb") as lines:
            return {match[1].decode() for line in lines if (match := _TRADE.search(line))}
    except (OSError, EOFError) as error:
        raise LocalError(f"{recording} cannot be read as a recording: {error}") from error
