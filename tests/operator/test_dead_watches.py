"""A watch that says nothing any more is noticed, because a list of the real API server shows what it kept to itself."""

import asyncio

from support.operating import Place, exchange, symbol
from tickloom_operator.access import find_access
from tickloom_operator.cluster import Cluster as ApiServer
from tickloom_operator.cluster import open_cluster
from tickloom_operator.knowledge import Knowledge
from tickloom_operator.objects import Key
from tickloom_operator.resyncing import Pulse, Resync

WAIT_SECONDS = 60.0


async def _until_looked(resync: Resync) -> None:
    """Run one resync."""
    looked = asyncio.Event()
    running = asyncio.create_task(resync.run(0.1, looked.set))
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            await looked.wait()
    finally:
        running.cancel()
        await asyncio.wait([running])


async def _unheard(server: ApiServer, place: Place) -> None:
    changed: list[str] = []
    knowledge = Knowledge(lambda kind, _: changed.append(kind))
    pulse = Pulse(WAIT_SECONDS, asyncio.get_running_loop().time)
    resync = Resync(server, place.namespace, knowledge, pulse, grace_seconds=0.1)
    await resync.fill()
    await _until_looked(resync)
    assert pulse.problem() is None

    place.apply(symbol("one", "ETHUSDT"))
    place.kubectl("delete", "symbol", "one-btcusdt")
    changed.clear()
    await _until_looked(resync)
    assert "watch of Symbol" in str(pulse.problem())
    assert changed == ["Symbol", "Symbol"]
    assert knowledge.get("Symbol", Key(place.namespace, "one-ethusdt")) is not None
    assert knowledge.get("Symbol", Key(place.namespace, "one-btcusdt")) is None


async def test_a_change_that_no_watch_told_of_is_found_and_reported(place: Place) -> None:
    place.apply(exchange("one"), symbol("one", "BTCUSDT"))
    async with open_cluster(find_access(place.kubeconfig, "", "")) as server:
        await _unheard(server, place)


def test_silence_is_a_problem_after_its_time() -> None:
    now = 0.0
    pulse = Pulse(30.0, lambda: now)
    now = 30.0
    assert pulse.problem() is None
    now = 31.0
    assert pulse.problem() == "nothing was heard of the cluster for 31 s"
    pulse.beat()
    assert pulse.problem() is None
