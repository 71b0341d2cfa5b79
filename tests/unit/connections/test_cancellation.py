"""A task that is asked to end does end, even where a client turns the request into an error of its own."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import asyncpg
import pytest
import redis.exceptions

from tickloom.bus import connection as bus
from tickloom.bus.errors import BusUnavailable
from tickloom.store import connection as store
from tickloom.store.errors import StoreUnavailable

Translation = Callable[[str], AbstractAsyncContextManager[None]]
CASES = [
    pytest.param(store.translate_errors, asyncpg.InternalClientError("broke off"), StoreUnavailable, id="store"),
    pytest.param(bus.translate_errors, redis.exceptions.ConnectionError("broke off"), BusUnavailable, id="bus"),
]


async def try_for_ever(translate: Translation, broken: Exception, retried: type[Exception]) -> None:
    while True:
        try:
            async with translate("waiting"):
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    raise broken from None
        except retried:
            continue


@pytest.mark.parametrize(("translate", "broken", "retried"), CASES)
async def test_a_cancelled_task_does_not_try_again(
    translate: Translation, broken: Exception, retried: type[Exception]
) -> None:
    task = asyncio.create_task(try_for_ever(translate, broken, retried))
    await asyncio.sleep(0)
    task.cancel()
    done, _ = await asyncio.wait([task], timeout=5)
    assert done
    assert task.cancelled()


@pytest.mark.parametrize(("translate", "broken", "retried"), CASES)
async def test_a_lost_connection_may_be_tried_again(
    translate: Translation, broken: Exception, retried: type[Exception]
) -> None:
    with pytest.raises(retried):
        async with translate("waiting"):
            raise broken
