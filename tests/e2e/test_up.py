"""`tickloom up` as a user starts it: a replay over the API, a real browser, a clean end, and crashes in between."""

import asyncio
import os
import random
import signal
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import psutil
import pytest

from e2e.stack import REPLAY, ROOT, SECONDS, find_part, started
from support.oracle import PRICES, build_bars, recorded_trades

TRADES = len(recorded_trades())


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
