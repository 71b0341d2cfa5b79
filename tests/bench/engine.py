"""The engine next to its peers on the same data: frames to bars, trades to bars, bars to indicators.

Each peer runs in an environment of its own, made from the package index once and kept in the cache. All wait; then
each runs once in turn, so that whatever else the machine does meets all of them; seconds are those of the processor.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

PEERS = Path(__file__).parent / "peers"
FRAMES = 50_000
MARKET_MS = 24 * 60_000
START_MS = 1_700_006_400_000


class Runner(NamedTuple):
    """A program of a peer: its name in the table, its environment ("" is ours), and its arguments."""

    name: str
    environment: str
    arguments: tuple[str, ...]


FRAME_RUNNERS = (
    Runner("Tickloom", "", ("product.py", "frames", "trade")),
    Runner("nautilus_trader", "nautilus", ("peer_nautilus.py", "frames", "trade")),
    Runner("cryptofeed", "cryptofeed", ("peer_cryptofeed.py", "frames", "aggTrade")),
    Runner("ccxt", "", ("peer_ccxt.py", "frames", "trade")),
)
TRADE_RUNNERS = (
    Runner("Tickloom, batches of 1000", "", ("product.py", "trades", "trade")),
    Runner("Tickloom, batches of 100", "", ("product.py", "small", "trade")),
    Runner("nautilus_trader", "nautilus", ("peer_nautilus.py", "trades", "trade")),
)
BAR_RUNNERS = (
    Runner("Tickloom, 600 series a call", "", ("product.py", "batch")),
    Runner("Tickloom, one bar a call", "", ("product.py", "single")),
    Runner("TA-Lib over 200 bars", "indicators", ("peer_talib.py",)),
    Runner("talipp", "indicators", ("peer_talipp.py",)),
)
TABLES = {
    "exchange frames to checked bars of six timeframes": FRAME_RUNNERS,
    "decoded trades to checked bars of six timeframes": TRADE_RUNNERS,
    "closed bars to indicators (Tickloom: and features)": BAR_RUNNERS,
}


def python_of(environment: str) -> str:
    """Return the interpreter of a peer's environment, which is made if it is not there."""
    if not environment:
        return sys.executable
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tickloom" / "bench" / environment
    wanted, stamp = (PEERS / f"{environment}.txt").read_text(encoding="utf-8"), cache / "installed"
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != wanted:
        subprocess.run([sys.executable, "-m", "venv", str(cache)], check=True)
        pip = [str(cache / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "-r", str(PEERS / f"{environment}.txt")], check=True)
        stamp.write_text(wanted, encoding="utf-8")
    return str(cache / "bin" / "python")


def write_frames(directory: Path) -> None:
    """Write the frames of a hundred symbols, as trades and as aggregate trades."""
    chance = random.Random(1)
    with (directory / "trade").open("w") as trades, (directory / "aggTrade").open("w") as aggregates:
        for i in range(FRAMES):
            symbol, time_ms, trade_id = f"SYM{i % 100:03}USDT", START_MS + i * MARKET_MS // FRAMES, i // 100 + 1
            price, size = (i % 100 + 1) * 10 * (1 + chance.gauss(0, 0.0005)), chance.uniform(0.001, 5)
            common = {"E": time_ms, "s": symbol, "p": f"{price:.8f}", "q": f"{size:.8f}", "T": time_ms}
            aggregate = {"e": "aggTrade", "a": trade_id, "f": i, "l": i, **common, "m": bool(i & 1), "M": True}
            trade = {"e": "trade", "t": trade_id, **common, "m": bool(i & 1), "M": True}
            for file, data in ((trades, trade), (aggregates, aggregate)):
                stream = f"{symbol.lower()}@{data['e']}"
                file.write(json.dumps({"stream": stream, "data": data}, separators=(",", ":")) + "\n")


@contextmanager
def started(runner: Runner, directory: Path) -> Iterator["subprocess.Popen[str]"]:
    """Run a peer's program until the block ends."""
    program, *arguments = runner.arguments
    if len(arguments) > 1:
        arguments[-1] = str(directory / arguments[-1])
    process = subprocess.Popen(
        [python_of(runner.environment), str(PEERS / program), *arguments],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


def run_once(process: "subprocess.Popen[str]") -> float:
    """Return how many a second one run did."""
    assert process.stdin
    assert process.stdout
    print("run", file=process.stdin, flush=True)
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"a peer ended with code {process.wait()}")
    done = json.loads(line)
    return float(done["done"] / done["seconds"])


def compare(title: str, runners: tuple[Runner, ...], rounds: int, directory: Path) -> None:
    """Run all in turn, and print a table with the ratio of the first one's median to each."""
    rates: dict[str, list[float]] = {runner.name: [] for runner in runners}
    with ExitStack() as stack:
        processes = {runner.name: stack.enter_context(started(runner, directory)) for runner in runners}
        for name, process in processes.items():
            run_once(process)  # the first run finds cold caches
            assert name in rates
        for _ in range(rounds):
            for name, process in processes.items():
                rates[name].append(run_once(process))
    medians = {name: statistics.median(found) for name, found in rates.items()}
    ours = [name for name in medians if name.startswith("Tickloom")]
    print(f"\n{title}\n\n| | a second | {' | '.join(f'{name}, times' for name in ours)} |")
    print(f"| --- | --- | {' | '.join('---' for _ in ours)} |")
    for name, found in rates.items():
        ratios = " | ".join(f"{medians[own] / medians[name]:,.1f}" for own in ours)
        print(f"| {name} | {medians[name]:,.0f} [{min(found):,.0f}..{max(found):,.0f}] | {ratios} |", flush=True)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as text:
        directory = Path(text)
        write_frames(directory)
        for title, runners in TABLES.items():
            compare(title, runners, rounds, directory)


if __name__ == "__main__":
    main()
