"""Who may commit for a stream: one at a time, and not whoever fell silent."""

import asyncio

import pytest

from tickloom.store.connection import connect
from tickloom.store.errors import StoreUnavailable
from tickloom.store.ownership import stay_owner, try_own

STREAM = "trades:binance:0"


async def test_an_owner_that_falls_silent_loses_the_stream_and_cannot_commit_when_it_wakes(postgres_url: str) -> None:
    silent = await connect(postgres_url, "silent", idle_seconds=1)
    other = await connect(postgres_url, "other")
    assert await try_own(silent, STREAM)
    assert not await try_own(other, STREAM)
    async with asyncio.timeout(20):
        while not await try_own(other, STREAM):  # noqa: ASYNC110 - the server tells nobody
            await asyncio.sleep(0.05)
    with pytest.raises(StoreUnavailable):
        await stay_owner(silent)
    silent.terminate()
    await other.close()
