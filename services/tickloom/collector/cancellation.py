"""Clients of networks turn a cancellation into an error of their own; whoever tried again then would never end."""

import asyncio


def end_if_cancelled(error: Exception) -> None:
    """Raise CancelledError where the present task is being cancelled, whatever error that came out as."""
    if (task := asyncio.current_task()) is not None and task.cancelling():
        raise asyncio.CancelledError from error
