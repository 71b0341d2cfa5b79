"""The queue of work: nothing is looked at twice at a time, nothing is lost, a failure keeps no other waiting."""

import asyncio
from collections import Counter

from tickloom_operator.work import Work

WAIT_SECONDS = 10.0


async def _until(condition: asyncio.Event, running: Work[str], workers: int = 3) -> None:
    task = asyncio.create_task(running.run(workers))
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            await condition.wait()
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_what_is_added_while_it_is_looked_at_is_looked_at_again_and_never_twice_at_a_time() -> None:
    looks: Counter[str] = Counter()
    active: set[str] = set()
    done = asyncio.Event()

    async def look(key: str) -> None:
        assert key not in active
        active.add(key)
        looks[key] += 1
        if looks[key] == 1:
            queue.add(key)
            queue.add(key)
        await asyncio.sleep(0)
        active.discard(key)
        if looks == {"a": 2, "b": 2}:
            done.set()

    queue = Work("test", look, expected=())
    for key in ("a", "b", "a"):
        queue.add(key)
    await _until(done, queue)
    assert len(queue) == 0


async def test_a_failure_comes_back_and_keeps_no_other_waiting() -> None:
    looked: list[str] = []
    done = asyncio.Event()

    async def look(key: str) -> None:
        looked.append(key)
        if key == "bad" and looked.count("bad") == 1:
            raise KeyError("unexpected")
        if {"bad", "good"} <= set(looked) and looked.count("bad") == 2:
            done.set()

    queue = Work("test", look, expected=(ValueError,))
    queue.add("bad")
    queue.add("good")
    await _until(done, queue, workers=1)
    assert looked == ["bad", "good", "bad"]
