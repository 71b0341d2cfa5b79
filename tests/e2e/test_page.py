"""The page in a real browser over the whole product: what it says is what the API says.

The recording has one trade that no market made: it is kept out of its bar, then let in by an operator, so one bar is
revised. The collector is killed once, so trades are missed and fetched.
"""

import asyncio
import gzip
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from e2e.stack import ROOT, SECONDS, Running, find_part, started
from support.oracle import RECORDINGS, recorded_trades

pytestmark = pytest.mark.asyncio(loop_scope="module")
ODD_TRADE = 3000
"""Which trade of the recording is far from the market: one in the middle of a minute, long before the end."""


def write_odd_recording(path: Path) -> None:
    """Write the recordings with one price that is an eighth too high."""
    odd = recorded_trades()[ODD_TRADE]
    with path.open("w") as out:
        for recording in RECORDINGS:
            with gzip.open(recording, "rt") as lines:
                for line in lines:
                    received, text = line.split(" ", 1)
                    data = (message := json.loads(text)).get("data", {})
                    if data.get("e") == "trade" and data["t"] == odd.trade_id:
                        data["p"] = str(odd.price * 9 / 8)
                    out.write(f"{received} {json.dumps(message)}\n")


async def run_command(*arguments: str) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tickloom.cli.entry", *arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    async with asyncio.timeout(SECONDS):
        output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    return output.decode()


async def let_odd_trade_in(product: Running, data: Path) -> None:
    """Release the trade that failed its check, and wait until a bar is revised."""
    numbers: list[str] = []
    async with asyncio.timeout(SECONDS):
        while not numbers:
            listed = await run_command("quarantine", "list", "--state", "quarantined", "--data", str(data), "--json")
            numbers = [str(trade["quarantine_no"]) for trade in json.loads(listed)]
        await run_command("quarantine", "release", *numbers, "--data", str(data))
        while not any(bar["revision"] for bar in await product.bars()):  # noqa: ASYNC110 - in other processes
            await asyncio.sleep(0.05)


@asynccontextmanager
async def eventful(place: Path) -> AsyncIterator[Running]:
    """Run the product until the odd recording is over, with a gap and a revised bar behind it."""
    write_odd_recording(recording := place / "odd.jsonl")
    async with started(place / "data", "--replay", str(recording), "--speed", "100") as product:
        await product.reached(ODD_TRADE // 2)
        find_part(product.process.pid, "collector").send_signal(signal.SIGKILL)
        await product.ended()
        await let_odd_trade_in(product, place / "data")
        yield product


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def product(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    assert (ROOT / "frontend/dist/index.html").exists(), "build the page first: scripts/build-page"
    async with eventful(tmp_path_factory.mktemp("page")) as product:
        yield product


async def look(product: Running, check: str, *options: str) -> dict[str, Any]:
    """Run a check of `frontend/e2e/checks`; returns what it saw. Pictures go to TICKLOOM_KEEP_SCREENSHOTS."""
    kept = os.environ.get("TICKLOOM_KEEP_SCREENSHOTS")
    process = await asyncio.create_subprocess_exec(
        "node", "e2e/desk.mjs", check, "--url", product.url, "--token", product.access_token,
        *(["--shots", kept] if kept else []), *options,
        cwd=ROOT / "frontend", stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(2 * SECONDS):
        output, complaint = await process.communicate()
    assert process.returncode == 0, complaint.decode()
    seen: dict[str, Any] = json.loads(output)
    return seen


async def test_the_truth_overlay_tells_gaps_scores_and_every_version_of_a_bar(product: Running) -> None:
    seen = await look(product, "truth")
    assert seen["versions"] >= 2
    assert "Fetched from the exchange" in " ".join(seen["stories"])


async def test_a_replay_shows_no_bar_before_it_had_closed(product: Running) -> None:
    seen = await look(product, "replay")
    assert seen["bars"] == 12


async def test_an_alert_is_set_dragged_changed_and_removed_on_the_chart(product: Running) -> None:
    await look(product, "alerts")


async def test_the_table_has_exactly_the_prices_of_the_api(product: Running) -> None:
    seen = await look(product, "table")
    assert seen["1m"] == 12


async def test_indicators_are_chosen_moved_removed_and_remembered(product: Running) -> None:
    seen = await look(product, "indicators")
    assert seen["compared"]


async def test_typing_finds_symbols_and_intervals_and_the_address_follows(product: Running) -> None:
    await look(product, "search")


async def test_a_link_brings_back_the_view(product: Running) -> None:
    await look(product, "link")


async def test_everything_can_be_reached_and_seen_by_keyboard(product: Running) -> None:
    seen = await look(product, "keyboard")
    assert seen["keys"] >= 20


async def test_axe_finds_nothing_in_any_state_of_the_page(product: Running) -> None:
    seen = await look(product, "axe")
    assert len(seen["looked"]) == 17


async def test_a_view_is_saved_as_picture_and_files_and_copied_as_requests(product: Running) -> None:
    seen = await look(product, "export")
    assert seen["rows"] == 12


async def test_the_page_says_when_the_api_is_away_and_comes_back_by_itself(product: Running) -> None:
    api = find_part(product.process.pid, "api")
    await look(product, "reconnect", "--api-pid", str(api.pid))
