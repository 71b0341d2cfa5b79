"""From a fresh clone to a candle on the page: cold with empty package caches, then warm; and the memory of the whole.

Clones the committed tree, starts `./scripts/up --demo` as a newcomer does, opens the login link in Chromium and waits
for the first candle. Memory is the proportional set size of every process of the product, embedded servers included,
so pages that processes share count once.
"""

import argparse
import contextlib
import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from bench.line import spread

ROOT = Path(__file__).parents[2]
COLD_SECONDS = 600.0
WARM_SECONDS = 120.0
IDLE_SECONDS = 30.0


class Start(NamedTuple):
    """Seconds from the command to its line of JSON, and to the first candle on the page; megabytes when idle."""

    ready: float
    candle: float
    memory: float


def clone(directory: Path) -> Path:
    """Return a clone of what is committed."""
    target = directory / "tickloom"
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(target)], check=True)
    return target


@contextlib.contextmanager
def up(checkout: Path, data: Path, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run the product until the block ends."""
    command = ["./scripts/up", "--demo", "--json", "--port", "0", "--data", str(data)]
    process = subprocess.Popen(
        command,
        cwd=checkout,
        env=environment,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        process.wait(60)


def first_candle(checkout: Path, login_url: str, picture: Path) -> float:
    """Open the page in a browser that runs already; returns the seconds until a candle is shown."""
    command = ["node", "e2e/smoke.mjs", "--url", login_url, "--screenshot", str(picture), "--timeframe", "1m"]
    seen = subprocess.run(
        [*command, "--expect-symbol", "binance:BTCUSDT", "--simulated", "--timeout", "60"],
        cwd=checkout / "frontend", check=True, stdout=subprocess.PIPE,
    )  # fmt: skip
    return float(json.loads(seen.stdout)["first_candle_ms"]) / 1000


def memory_of(pid: int) -> float:
    """Return the megabytes of a process and everything below it."""
    product = psutil.Process(pid)
    total = 0
    for process in [product, *product.children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess):
            total += process.memory_full_info().pss
    return total / 1e6


def start(checkout: Path, data: Path, environment: dict[str, str], idle_seconds: float) -> Start:
    """Start once, look at the page, let it idle, and stop."""
    began = time.monotonic()
    with up(checkout, data, environment) as process:
        assert process.stdout
        line = process.stdout.readline()
        ready = time.monotonic() - began
        if not line:
            raise RuntimeError(f"the product ended with code {process.wait()}")
        told: dict[str, Any] = json.loads(line)
        candle = ready + first_candle(checkout, told["login_url"], data.with_suffix(".png"))
        time.sleep(idle_seconds)
        return Start(ready, candle, memory_of(process.pid))


def compare(rounds: int) -> None:
    """Print a table of the cold start and of warm ones."""
    with tempfile.TemporaryDirectory() as text:
        directory = Path(text)
        caches = {name: str(directory / name) for name in ("PIP_CACHE_DIR", "npm_config_cache", "XDG_CACHE_HOME")}
        environment = {**os.environ, **caches}
        checkout = clone(directory)
        cold = start(checkout, directory / "cold", environment, 0.0)
        print(f"cold: {cold}", flush=True)
        warm = [start(checkout, directory / "warm", environment, IDLE_SECONDS) for _ in range(rounds)]
    print("\n| start | until the address, s | until the first candle, s | idle memory, MB |\n| --- | --- | --- | --- |")
    print(f"| cold, empty package caches | {cold.ready:.1f} | {cold.candle:.1f} | |")
    ready, candle, memory = ([getattr(run, name) for run in warm] for name in Start._fields)
    print(f"| warm | {spread(ready)} | {spread(candle)} | {spread(memory, 0)} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    compare(parser.parse_args().rounds)
