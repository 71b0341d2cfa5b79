"""The operator with thousands of Symbols on a real API server, controller manager, scheduler and kubelet.

    scripts/bench operator_scale --symbols 5000 --exchanges 10

Collectors are pods of an image that does nothing, so that the operator is measured and not they. It needs root.
"""

import argparse
import asyncio
import json
import random
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import aiohttp
import asyncpg

from support.kubernetes import Cluster
from support.operating import Place, Replica, exchange, place, symbol
from support.servers import Databases
from tickloom.local.runtime import runtime_directory
from tickloom.store.connection import Connection, connect

GIVE_UP_SECONDS: Final = 240.0
CREATORS: Final = 16
_SUSPENDED: Final = "SELECT suspended FROM symbols WHERE name = $1"


class Result(dict[str, Any]):
    """What was measured, told as it comes: the whole takes minutes."""

    def __setitem__(self, name: str, value: Any) -> None:
        print(name, json.dumps(value), file=sys.stderr, flush=True)
        super().__setitem__(name, value)


class Watched:
    """The Symbols as a watch shows them: which are ready, and which generation was looked at last."""

    def __init__(self) -> None:
        self.ready: set[str] = set()
        self.observed: dict[str, int] = {}
        self.changed = asyncio.Event()
        self.begun = asyncio.Event()

    def note(self, item: dict[str, Any]) -> None:
        name, status = item["metadata"]["name"], item.get("status", {})
        self.observed[name] = status.get("observedGeneration", 0)
        conditions = {one["type"]: one["status"] for one in status.get("conditions", [])}
        (self.ready.add if conditions.get("Ready") == "True" else self.ready.discard)(name)
        self.changed.set()

    async def until(self, count: int) -> None:
        while len(self.ready) < count:
            self.changed.clear()
            await self.changed.wait()

    async def follow(self, session: aiohttp.ClientSession, path: str, version: str) -> None:
        options = {"watch": "true", "resourceVersion": version}
        timeout = aiohttp.ClientTimeout(total=None)
        async with session.get(path, params=options, timeout=timeout) as answer:
            self.begun.set()
            buffer = b""
            async for chunk in answer.content.iter_any():
                *lines, buffer = (buffer + chunk).split(b"\n")
                for line in lines:
                    self.note(json.loads(line)["object"])


async def create(session: aiohttp.ClientSession, path: str, documents: list[dict[str, Any]]) -> None:
    waiting = iter(documents)

    async def creator() -> None:
        for document in waiting:
            async with session.post(path, json=document) as answer:
                if answer.status >= 300:
                    raise SystemExit(await answer.text())

    await asyncio.gather(*(creator() for _ in range(CREATORS)))


@asynccontextmanager
async def watching(cluster: Cluster, path: str) -> AsyncIterator[Watched]:
    watched = Watched()
    # A session of its own: the creators' connections are all in use.
    async with cluster.session() as session, asyncio.TaskGroup() as group:
        async with session.get(path, params={"limit": "1"}) as answer:
            version = (await answer.json())["metadata"]["resourceVersion"]
        following = group.create_task(watched.follow(session, path, version))
        await watched.begun.wait()
        yield watched
        following.cancel()


async def edit(session: aiohttp.ClientSession, path: str, name: str, *, suspend: bool) -> int:
    headers = {"Content-Type": "application/merge-patch+json"}
    body = json.dumps({"spec": {"suspend": suspend}})
    async with session.patch(f"{path}/{name}", data=body, headers=headers) as answer:
        generation: int = (await answer.json())["metadata"]["generation"]
        return generation


async def effect(connection: Connection, name: str, *, suspend: bool) -> None:
    while await connection.fetchval(_SUSPENDED, name) is not suspend:  # noqa: ASYNC110 - the catalog is another process's
        await asyncio.sleep(0.005)


async def edits(
    session: aiohttp.ClientSession, path: str, connection: Connection, watched: Watched, names: list[str]
) -> tuple[list[float], list[float]]:
    """Edit one Symbol after the other; return the seconds to the catalog and to the status."""
    catalog, status = [], []
    for name in names:
        begun = time.perf_counter()
        generation = await edit(session, path, name, suspend=True)
        await effect(connection, name, suspend=True)
        catalog.append(time.perf_counter() - begun)
        while watched.observed.get(name, 0) < generation:
            watched.changed.clear()
            await watched.changed.wait()
        status.append(time.perf_counter() - begun)
    return catalog, status


def memory(replica: Replica) -> dict[str, float]:
    text = Path(f"/proc/{replica.process.pid}/status").read_text()
    fields = dict(line.split(":", 1) for line in text.splitlines())
    return {name: int(fields[field].split()[0]) / 1024 for name, field in (("now", "VmRSS"), ("highest", "VmHWM"))}


def processor_seconds(replica: Replica) -> float:
    parts = Path(f"/proc/{replica.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(parts[11]) + int(parts[12])) / 100


def writes(at: Place) -> int:
    lines = at.cluster.audit_log.read_text().splitlines()
    entries = (json.loads(line) for line in lines if at.account in line)
    read = {"get", "list", "watch"}
    return sum(entry["verb"] not in read and "/leases" not in entry["requestURI"] for entry in entries)


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, round(share * len(values)))]


async def measure(at: Place, options: argparse.Namespace) -> dict[str, Any]:
    path = f"/apis/tickloom.dev/v1alpha1/namespaces/{at.namespace}/symbols"
    names = [f"e{number}" for number in range(options.exchanges)]
    symbols = [symbol(names[number % options.exchanges], f"S{number}USDT") for number in range(options.symbols)]
    result = Result({"symbols": options.symbols, "exchanges": options.exchanges})
    async with at.cluster.session() as session, watching(at.cluster, path) as watched:
        connection: asyncpg.Connection[asyncpg.Record] = await connect(at.database_url, "bench")
        await create(session, path.replace("symbols", "exchanges"), [exchange(name) for name in names])
        begun = time.perf_counter()
        await create(session, path, symbols)
        result["created_seconds"] = time.perf_counter() - begun

        leader = at.start()
        begun = time.perf_counter()
        async with asyncio.timeout(GIVE_UP_SECONDS):
            await watched.until(options.symbols)
        result["cold_start_seconds"] = time.perf_counter() - begun
        result["memory_mib"] = memory(leader)

        chosen = random.Random(1).sample([one["metadata"]["name"] for one in symbols], options.edits)
        catalog, status = await edits(session, path, connection, watched, chosen)
        for name, values in (("edit_to_catalog_seconds", catalog), ("edit_to_status_seconds", status)):
            result[name] = {"p50": statistics.median(values), "p99": percentile(values, 0.99), "max": max(values)}

        # What follows the edits, such as the freshness of what is suspended now, is no idleness.
        await asyncio.sleep(30)
        before, used = writes(at), processor_seconds(leader)
        await asyncio.sleep(options.idle)
        result["idle"] = {
            "seconds": options.idle,
            "writes": writes(at) - before,
            "processor_percent": (processor_seconds(leader) - used) / options.idle * 100,
        }
        result["memory_after_idle_mib"] = memory(leader)
        result["leader_loss_seconds"] = await lose_leaders(
            at, leader, session, path, connection, chosen, options.losses
        )
    return result


async def lose_leaders(
    at: Place,
    leader: Replica,
    session: aiohttp.ClientSession,
    path: str,
    connection: Connection,
    names: list[str],
    losses: int,
) -> list[float]:
    """Kill the leader and edit a Symbol at once, several times; return the seconds until the edit has its effect."""
    found = []
    for name in names[:losses]:
        standby = at.start()
        await asyncio.sleep(8)
        begun = time.perf_counter()
        leader.stop(signal.SIGKILL)
        await edit(session, path, name, suspend=False)
        async with asyncio.timeout(GIVE_UP_SECONDS):
            await effect(connection, name, suspend=False)
        found.append(time.perf_counter() - begun)
        leader = standby
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--symbols", type=int, default=5000)
    parser.add_argument("--exchanges", type=int, default=10)
    parser.add_argument("--edits", type=int, default=100)
    parser.add_argument("--idle", type=float, default=60.0, help="seconds")
    parser.add_argument("--losses", type=int, default=3)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        runtime_directory() as runtime,
        Cluster.running() as cluster,
        Databases.serve(Path(tempfile.mkdtemp(dir=folder)), runtime) as databases,
        databases.fresh() as url,
        place(cluster, "scale", url, Path(folder)) as at,
    ):
        print(json.dumps(asyncio.run(measure(at, options)), indent=2))


if __name__ == "__main__":
    main()
