"""A task that is being cancelled ends, whatever its clients make of that."""

import asyncio

import pytest

from tickloom.collector.cancellation import end_if_cancelled


async def turn_into_an_error() -> None:
    try:
        await asyncio.sleep(3600)
    except asyncio.CancelledError as error:
        raise OSError("the connection was lost") from error


async def try_for_ever() -> None:
    while True:
        try:
            await turn_into_an_error()
        except OSError as error:
            end_if_cancelled(error)


async def test_a_cancellation_that_came_out_as_an_error_ends_the_task() -> None:
    task = asyncio.create_task(try_for_ever())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_an_error_without_a_cancellation_is_left_to_whoever_knows_it() -> None:
    end_if_cancelled(OSError("away"))
