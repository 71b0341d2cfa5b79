"""Every command in a shell block of the documentation, run against a demo: none is misspelt, none ends in a traceback.

A command may say that what it was asked for is not there (exit 1 with one line): documents name symbols and numbers of
their own. What a cluster is needed for is run by the tests of the cluster.
"""

import asyncio
import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
SECONDS = 120
SERVICE_SECONDS = 4.0
"""What has not ended by then is a service: it is asked to stop."""
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)
ELSEWHERE = re.compile(r"^(\./scripts/test|(sudo )?(scripts/cluster|helm|kubectl|skaffold|docker|kind)\b)")
"""The gate runs the first itself; the others need a cluster, and tests/operator and tests/chart run them there."""


class Command(NamedTuple):
    """One command of a document."""

    document: str
    text: str

    def __str__(self) -> str:
        return f"{self.document}: {self.text}"


def documented() -> Iterator[Command]:
    """Yield the commands of all documents that this machine alone can run."""
    for path in sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]):
        for block in BLOCK.findall(path.read_text(encoding="utf-8")):
            for line in block.replace("\\\n", " ").splitlines():
                text = line.split("  #")[0].strip()
                if text and not text.startswith("#") and not ELSEWHERE.match(text):
                    yield Command(path.relative_to(ROOT).as_posix(), text)


class Demo(NamedTuple):
    """A running demo: what a shell beside it knows."""

    environment: dict[str, str]
    directory: Path


@contextlib.asynccontextmanager
async def demo(data: Path) -> AsyncIterator[Demo]:
    process = await asyncio.create_subprocess_exec(
        "./scripts/up", "--demo", "--json", "--port", "0", "--data", str(data),
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    assert process.stdout
    try:
        async with asyncio.timeout(SECONDS):
            ready: dict[str, str] = json.loads(await process.stdout.readline())
        (data / ".curlrc").write_text("fail-with-body\nsilent\n")
        servers: dict[str, Any] = json.loads((data / "running.json").read_text())
        yield Demo(
            {
                **os.environ,
                "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
                "CURL_HOME": str(data),
                "URL": ready["url"],
                "TOKEN": ready["access_token"],
                "TICKLOOM_DATABASE_URL": servers["database_url"],
                "TICKLOOM_REDIS_URL": servers["redis_url"],
            },
            ROOT,
        )
    finally:
        process.terminate()
        async with asyncio.timeout(SECONDS):
            await process.wait()


async def run(command: Command, beside: Demo, directory: Path) -> str | None:
    """Run one command in a shell; returns what is wrong with it, None if nothing is."""
    process = await asyncio.create_subprocess_exec(
        "bash", "-c", command.text.replace("./scripts/up", "./scripts/up --port 0 --data " + str(directory / "up")),
        env=beside.environment, cwd=beside.directory, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    try:
        async with asyncio.timeout(SERVICE_SECONDS):
            output, _ = await process.communicate()
    except TimeoutError:
        # To the whole group: the shell stands between.
        os.killpg(process.pid, signal.SIGTERM)
        async with asyncio.timeout(SECONDS):
            output, _ = await process.communicate()
        return output.decode() if b"Traceback" in output else None
    said = output.decode(errors="replace")
    refused = process.returncode == 1 and said.splitlines()[-1:] and said.splitlines()[-1].startswith("tickloom: ")
    return None if process.returncode == 0 or refused else f"exit {process.returncode}: {said[-800:]}"


@pytest.mark.slow
async def test_every_documented_command_runs_beside_a_demo(tmp_path: Path) -> None:
    commands = list(documented())
    assert len(commands) > 5
    async with demo(tmp_path / "demo") as running:
        wrong = [
            f"{command}: {problem}"
            for command in commands
            if (problem := await run(command, running, tmp_path)) is not None
        ]
    assert wrong == []
