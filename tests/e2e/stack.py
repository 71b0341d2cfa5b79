"""`tickloom up` as a process of its own, and what a test asks of it."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import psutil

from support.oracle import RECORDINGS, build_bars, recorded_trades

SECONDS = 90
ROOT = Path(__file__).parent.parent.parent
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

    async def ended(self) -> None:
        """Wait until the recording is over: its last minute is closed."""
        last = recorded_trades()[-1].time_us // 60_000_000 * 60
        async with asyncio.timeout(SECONDS):
            while not any(bar["time"] == last and bar["closed"] for bar in await self.bars()):  # noqa: ASYNC110
                await asyncio.sleep(0.05)

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
        # Tests ask fifty times a second whether something has happened.
        env={**os.environ, "TICKLOOM_RATE_LIMIT": "0", "TICKLOOM_EXPORT_LIMIT": "0"},
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


def find_part(pid: int, name: str) -> psutil.Process:
    """Return the process of a part of the product: a service, or a server's first process."""
    marks = {"valkey": "valkey-server", "postgres": "/bin/postgres -D"}
    mark = marks.get(name, f"tickloom.cli.entry {name}")
    return next(p for p in psutil.Process(pid).children(recursive=True) if mark in " ".join(p.cmdline()))
