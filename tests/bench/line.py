"""Exchange socket to WebSocket client through Redis: the product next to the literal pipeline, in the same run.

Prints for each round the sustained rate of the literal pipeline (the highest step of its ladder at which it kept up)
and the product's latency at the wanted rate, then medians and ranges, and the ratio of the two rates.
"""

import argparse
import asyncio
import contextlib
import json
import os
import socket
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp

from bench.exchange import symbol_name
from support.catalog import apply_binance
from support.servers import Databases, serve_valkey
from tickloom.api.accounts.tokens import Keys, create_access_token
from tickloom.bus.connection import open_redis
from tickloom.local.runtime import runtime_directory
from tickloom.store.connection import connect

SYMBOLS = 100
SECRET = "a benchmark's own secret, of no use elsewhere"  # noqa: S105 - signs tokens of a server that ends with this run
LITERAL_LADDER = (1000, 2000, 3000, 4000, 5000, 6000, 8000)
BENCH = Path(__file__).parent
QUIET_SECONDS = 1.5
START_SECONDS = 60.0


@dataclass
class Run:
    """One load through one pipeline: trades per second offered, trades sent and seen, latency in milliseconds."""

    offered: int
    sent: int
    probes: int
    seen: int
    updates: int
    p50: float
    p95: float
    p99: float

    @property
    def kept_up(self) -> bool:
        """Whether the pipeline delivered every probe and stayed within a second of the exchange."""
        return self.seen >= self.probes and self.p99 < 1000


class Child:
    """A child process that talks in lines of JSON."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def line(self, seconds: float = START_SECONDS) -> dict[str, Any]:
        """Return its next line."""
        assert self.process.stdout
        async with asyncio.timeout(seconds):
            text = await self.process.stdout.readline()
        if not text:
            raise RuntimeError(f"a child ended with code {await self.process.wait()}")
        found: dict[str, Any] = json.loads(text)
        return found

    def tell(self, text: str) -> None:
        """Write a line to its standard input."""
        assert self.process.stdin
        self.process.stdin.write(text.encode() + b"\n")


@contextlib.asynccontextmanager
async def child(*command: str, **environment: str) -> AsyncIterator[Child]:
    """Run a child until the block ends."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=None if os.environ.get("BENCH_VERBOSE") else asyncio.subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(BENCH.parent), **environment},
    )
    try:
        yield Child(process)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(10):
                await process.wait()
        except TimeoutError:
            process.kill()


async def measure(exchange: Child, url: str, token: str, rate: int, seconds: float) -> Run:
    """Send one load and read what a client sees of it."""
    async with child(str(BENCH / "probe_client.py"), url, token, str(QUIET_SECONDS)) as client:
        await client.line()
        exchange.tell(f"{rate} {seconds}")
        sent = await exchange.line(seconds * 3 + START_SECONDS)
        seen = await client.line(seconds * 20 + START_SECONDS)
    return Run(
        offered=rate,
        sent=int(sent["sent"]),
        probes=int(sent["probes"]),
        seen=int(seen["trades"]),
        updates=int(seen["updates"]),
        p50=seen["p50_ms"],
        p95=seen["p95_ms"],
        p99=seen["p99_ms"],
    )


async def run_literal(redis_url: str, rate: int, seconds: float) -> Run:
    """Run the literal pipeline at one rate."""
    async with open_redis(redis_url, "bench") as redis:
        await redis.flushall()
    script = str(BENCH / "literal.py")
    async with contextlib.AsyncExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory())
        port_file = Path(directory) / "port"
        exchange = await stack.enter_async_context(child(str(BENCH / "exchange.py"), str(SYMBOLS)))
        ports = await exchange.line()
        await stack.enter_async_context(child(script, "fan_out", redis_url, str(port_file)))
        await stack.enter_async_context(child(script, "process", redis_url))
        address = f"ws://127.0.0.1:{ports['websocket']}"
        await stack.enter_async_context(child(script, "collect", address, redis_url, str(SYMBOLS)))
        async with asyncio.timeout(START_SECONDS):
            while not (port_file.exists() and port_file.read_text()):  # noqa: ASYNC110 - another process writes it
                await asyncio.sleep(0.05)
        await asyncio.sleep(1.0)
        return await measure(exchange, f"ws://127.0.0.1:{port_file.read_text()}", "", rate, seconds)


async def sustained_literal(redis_url: str, seconds: float) -> Run:
    """Climb the ladder until the literal pipeline falls behind; returns the last run that kept up."""
    best = None
    for rate in LITERAL_LADDER:
        run = await run_literal(redis_url, rate, seconds)
        if not run.kept_up:
            break
        best = run
    if best is None:
        raise RuntimeError(f"the literal pipeline did not keep up with {LITERAL_LADDER[0]} trades/s")
    return best


async def _ready(url: str) -> None:
    async with asyncio.timeout(START_SECONDS), aiohttp.ClientSession() as session:
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                async with session.get(url) as response:
                    if response.status == 200:
                        return
            await asyncio.sleep(0.05)


async def run_product(database_url: str, redis_url: str, rate: int, seconds: float) -> Run:
    """Run collector, processor and API, as `tickloom up` does, at one rate."""
    async with open_redis(redis_url, "bench") as redis:
        await redis.flushall()
    async with contextlib.AsyncExitStack() as stack:
        exchange = await stack.enter_async_context(child(str(BENCH / "exchange.py"), str(SYMBOLS)))
        ports = await exchange.line()
        connection = await connect(database_url, "bench")
        endpoints = {
            "websocket": f"ws://127.0.0.1:{ports['websocket']}",
            "rest": f"http://127.0.0.1:{ports['rest']}",
        }
        await apply_binance(connection, *(symbol_name(n) for n in range(SYMBOLS)), endpoints=endpoints)
        await connection.close()
        free = _free_ports(3)
        common = {"TICKLOOM_DATABASE_URL": database_url, "TICKLOOM_REDIS_URL": redis_url, "TICKLOOM_JWT_SECRET": SECRET}
        common["TICKLOOM_RATE_LIMIT"] = "0"
        for role, port in zip(("processor", "api", "collector"), free, strict=True):
            name = "TICKLOOM_PORT" if role == "api" else "TICKLOOM_PROBE_PORT"
            await stack.enter_async_context(child("-m", "tickloom.cli.entry", role, **common, **{name: str(port)}))
            await _ready(f"http://127.0.0.1:{port}/readyz")
        token = create_access_token(Keys(SECRET), "bench", "viewer", _now())
        url = f"ws://127.0.0.1:{free[1]}/ws/binance:SYM000USDT?timeframe=1m&rate=1000"
        await asyncio.sleep(1.0)
        await measure(exchange, url, token, 5000, 1.0)
        return await measure(exchange, url, token, rate, seconds)


def _now() -> datetime:
    return datetime.now(UTC)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for made in sockets:
            made.bind(("127.0.0.1", 0))
        return [made.getsockname()[1] for made in sockets]
    finally:
        for made in sockets:
            made.close()


def spread(values: list[float], digits: int = 1) -> str:
    """Return `median [least..most]`."""
    return f"{statistics.median(values):,.{digits}f} [{min(values):,.{digits}f}..{max(values):,.{digits}f}]"


async def compare(rounds: int, rate: int, seconds: float) -> None:
    """Run both in turn and print a table."""
    literal, product = [], []
    with (
        runtime_directory() as runtime,
        tempfile.TemporaryDirectory() as data,
        Databases.serve(Path(data), runtime) as databases,
        serve_valkey(Path(data), runtime) as redis_url,
    ):
        for number in range(rounds):
            literal.append(await sustained_literal(redis_url, seconds))
            with databases.fresh() as database_url:
                product.append(await run_product(database_url, redis_url, rate, seconds))
            print(f"round {number + 1}: {literal[-1]}\n         {product[-1]}", flush=True)
    ratios = [mine.offered / theirs.offered for mine, theirs in zip(product, literal, strict=True)]
    lost = sum(run.probes - run.seen for run in product)
    print("\n| pipeline | trades/s | p50 ms | p95 ms | p99 ms |\n| --- | --- | --- | --- | --- |")
    for name, runs in (("literal, sustained", literal), ("Tickloom", product)):
        print(
            f"| {name} | {spread([r.offered for r in runs], 0)} | {spread([r.p50 for r in runs])} "
            f"| {spread([r.p95 for r in runs])} | {spread([r.p99 for r in runs])} |"
        )
    print(f"\nratio of rates: {spread(ratios, 0)}; probe trades not seen by the client: {lost}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rate", type=int, default=200_000)
    parser.add_argument("--seconds", type=float, default=5.0)
    options = parser.parse_args()
    asyncio.run(compare(options.rounds, options.rate, options.seconds))
