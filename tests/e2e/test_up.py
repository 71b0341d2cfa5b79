"""`tickloom up` as a user starts it: a replay over the API, a real browser, a clean end, and crashes in between."""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest

from support.oracle import PRICES, RECORDINGS, build_bars, recorded_trades

SECONDS = 90
ROOT = Path(__file__).parent.parent.parent
TRADES = len(recorded_trades())
REPLAY = ["--replay", str(RECORDINGS[0]), "--replay", str(RECORDINGS[1])]


@dataclass
class Running:
    """A started product."""

    process: asyncio.subprocess.Process
    url: str
    login_url: str
    access_token: str

    async def get(self, path: str, **parameters: str | int) -> Any:
        headers = {"Authorization": f"Bearer {self.access_token}"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.get(self.url + path, params=parameters) as response,
        ):
            return await response.json(content_type=None)

    async def bars(self, timeframe: str = "1m") -> list[dict[str, Any]]:
        """Return the bars of the recorded symbol, none while they are out of reach."""
        try:
            chart = await self.get("/api/v1/charts/binance:BTCUSDT", limit=100, timeframe=timeframe)
        except (aiohttp.ClientError, OSError):  # the API itself may be the part that was killed
            return []
        return list(chart.get("bars", []))

    async def reached(self, trades: int) -> None:
        """Wait until so many trades are in the bars."""
        async with asyncio.timeout(SECONDS):
            while sum(bar["trades"] for bar in await self.bars()) < trades:  # noqa: ASYNC110 - in other processes
                await asyncio.sleep(0.02)

    async def replayed(self) -> list[dict[str, Any]]:
        """Wait until the last minute of the recording is closed with all its trades; returns the minutes."""
        last = list(build_bars(recorded_trades(), 1).values())[-1]
        async with asyncio.timeout(SECONDS):
            while True:
                bars = await self.bars()
                newest = bars[-1] if bars else {"time": 0, "trades": 0, "closed": False}
                if (newest["time"], newest["trades"]) == (last.time_us // 1_000_000, last.trades) and newest["closed"]:
                    return list(bars)
                await asyncio.sleep(0.05)


@asynccontextmanager
async def started(data: Path, *options: str) -> AsyncIterator[Running]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tickloom.cli.entry", "up", "--json", "--port", "0", "--data", str(data), *options,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    assert process.stdout
    try:
        async with asyncio.timeout(SECONDS):
            ready = json.loads(await process.stdout.readline())
        yield Running(process, **ready)
    finally:
        if process.returncode is None:
            process.terminate()
        async with asyncio.timeout(SECONDS):
            await process.wait()


def assert_equals_the_recording(bars: list[dict[str, Any]], minutes: int = 1) -> None:
    expected = build_bars(recorded_trades(), minutes)
    assert len(bars) == len(expected)
    for bar in bars:
        wanted = expected[bar["time"] * 1_000_000]
        for name in PRICES:
            assert Decimal(repr(bar[name])) == getattr(wanted, name)
        assert Decimal(repr(bar["volume"])) == wanted.volume.normalize()
        assert bar["trades"] == wanted.trades


async def test_a_replay_gives_exact_minutes_over_the_api_and_ends_without_a_trace(tmp_path: Path) -> None:
    data = tmp_path / "with a space"
    async with started(data, *REPLAY, "--speed", "max") as product:
        bars = await product.replayed()
        longer = {label: await product.bars(label) for label in LONGER}
        children = psutil.Process(product.process.pid).children(recursive=True)
        assert (await product.get("/api/v1/symbols"))["exchanges"][0]["simulated"] is True
    assert product.process.returncode == 0
    assert not [child for child in children if child.is_running()]
    assert_equals_the_recording(bars)
    for label, minutes in LONGER.items():
        assert_equals_the_recording(longer[label], minutes)
    assert [bar["verdict"] for bar in bars] == ["partial"] + ["complete"] * 10 + ["partial"]
    assert all(bar["closed"] for bar in bars)


async def test_the_page_shows_live_candles_in_a_real_browser(tmp_path: Path) -> None:
    assert (ROOT / "frontend/dist/index.html").exists(), "build the page first: scripts/build-page"
    picture = tmp_path / "page.png"
    async with started(tmp_path / "data", "--demo") as product:
        smoke = await asyncio.create_subprocess_exec(
            "node", "e2e/smoke.mjs", "--url", product.login_url, "--screenshot", str(picture),
            "--expect-symbol", "binance:BTCUSDT", "--simulated", "--timeout", "40",
            cwd=ROOT / "frontend", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        async with asyncio.timeout(SECONDS):
            output, _ = await smoke.communicate()
    assert smoke.returncode == 0, output.decode()
    assert picture.stat().st_size > 10_000
    if kept := os.environ.get("TICKLOOM_KEEP_SCREENSHOT"):
        Path(kept).write_bytes(picture.read_bytes())  # noqa: ASYNC240 - a small file, after the test


def find_part(pid: int, name: str) -> psutil.Process:
    """Return the process of a part of the product: a service, or a server's first process."""
    marks = {"valkey": "valkey-server", "postgres": "/bin/postgres -D"}
    mark = marks.get(name, f"tickloom.cli.entry {name}")
    return next(p for p in psutil.Process(pid).children(recursive=True) if mark in " ".join(p.cmdline()))


VICTIMS = ("collector", "processor", "api", "valkey", "postgres")
CRASHES = 30
LONGER = {"5m": 5, "15m": 15, "1h": 60, "4h": 240, "1d": 1440}


@pytest.mark.parametrize("seed", range(CRASHES))
async def test_a_part_killed_at_any_moment_leaves_the_bars_of_an_undisturbed_run(tmp_path: Path, seed: int) -> None:
    randomness = random.Random(seed)
    victim, moment = VICTIMS[seed % len(VICTIMS)], randomness.random()
    async with started(tmp_path, *REPLAY, "--speed", "100") as product:
        await product.reached(int(moment * TRADES))
        find_part(product.process.pid, victim).send_signal(signal.SIGKILL)
        bars = await product.replayed()
        longer = {label: await product.bars(label) for label in LONGER}
    assert_equals_the_recording(bars)
    for label, minutes in LONGER.items():
        assert_equals_the_recording(longer[label], minutes)
    assert [bars[0]["verdict"], bars[-1]["verdict"]] == ["partial", "partial"]
    assert {bar["verdict"] for bar in bars[1:-1]} <= {"complete", "healed"}
