"""The task that delivers: claims what is due, sends it, and notes how that ended.

Each target has one attempt at a time, so a slow one holds up nobody else, and its events arrive in order. What was
claimed by a process that died is due again when its lease ends; so is what was sent just before, with the same id.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import groupby
from typing import Final

import aiohttp

from tickloom.api.context import Context
from tickloom.api.delivery import mailing, posting
from tickloom.api.delivery.errors import DeliveryFailed, Undeliverable
from tickloom.api.delivery.feed import announce
from tickloom.api.limits.addresses import parse_networks
from tickloom.bus.errors import BusUnavailable
from tickloom.store import alert_deliveries as store
from tickloom.store.alert_deliveries import Delivery
from tickloom.store.errors import StoreUnavailable
from tickloom.telemetry import metrics
from tickloom.telemetry.logging import logger

POLL_SECONDS: Final = 1.0
RETRY_SECONDS: Final = 1.0
DRAIN_SECONDS: Final = 4.0
DELAYS: Final = (5.0, 30.0, 120.0, 600.0, 3600.0, 3 * 3600.0, 6 * 3600.0)
"""Seconds after each failed attempt; after the last one a delivery is dead."""
SHOWN_WITHIN: Final = 24 * 3600.0
"""Seconds that an alert waits for a socket of its owner …"""
ANNOUNCED_EVERY: Final = 600.0
"""… and how often it is published meanwhile; a socket that opens asks by itself."""
ATTEMPT_SECONDS: Final = store.LEASE_SECONDS / 4
AT_A_TIME: Final = 16
CLAIMED: Final = 64
KEPT_DAYS: Final = 90
_CLEAN_SECONDS: Final = 3600.0
_log = logger(__name__)


def delay_after(attempts: int, asked: float) -> float:
    """Return the seconds until the next attempt: longer each time, and at least what the target asked for."""
    return max(DELAYS[min(attempts, len(DELAYS)) - 1] * random.uniform(0.8, 1.2), asked)  # noqa: S311 - spreads load


class Deliverer:
    """Delivers the events of all alerts, beside other processes that do the same."""

    def __init__(self, context: Context, session: aiohttp.ClientSession) -> None:
        self._context = context
        self._session = session
        self._mail_server = mailing.mail_server(context.settings)
        self._running: dict[str, asyncio.Task[None]] = {}
        self._next_cleaning = time.monotonic() + _CLEAN_SECONDS

    async def run(self, stopped: asyncio.Event) -> None:
        """Deliver until stopped, then end what is under way, or leave it to others."""
        while not stopped.is_set():
            try:
                async with store.listening_for_deliveries(str(self._context.settings.database_url)) as changed:
                    while not stopped.is_set():
                        changed.clear()
                        await self._start_due()
                        await self._clean()
                        await _first_of(changed, stopped, seconds=POLL_SECONDS)
            except StoreUnavailable as error:
                _log.warning("alerts are not delivered", problem=str(error), retry_seconds=RETRY_SECONDS)
                await _first_of(stopped, seconds=RETRY_SECONDS)
        if self._running:
            await asyncio.wait(self._running.values(), timeout=DRAIN_SECONDS)
        for task in self._running.values():
            task.cancel()

    async def _start_due(self) -> None:
        """Begin what is due, as far as there is room; raises StoreUnavailable."""
        while len(self._running) < AT_A_TIME:
            async with self._context.connection() as connection:
                claimed = await store.claim_deliveries(connection, busy=self._running, limit=CLAIMED)
            if not claimed:
                return
            by_target = sorted(claimed, key=_target)
            for target, deliveries in groupby(by_target, _target):
                task = asyncio.create_task(self._deliver(list(deliveries)))
                self._running[target] = task
                task.add_done_callback(lambda _, target=target: self._running.pop(target))  # type: ignore[misc]

    async def _deliver(self, deliveries: Sequence[Delivery]) -> None:
        """Deliver what waits for one target; how it ended is in the table, never raised."""
        try:
            for obsolete in (one for one in deliveries if one.obsolete):
                await self._give_up([obsolete], str(obsolete.obsolete))
            waiting = [one for one in deliveries if not one.obsolete]
            if waiting and waiting[0].channel == "WEBSOCKET":
                await self._announce(waiting)
            elif waiting and waiting[0].channel == "WEBHOOK":
                await self._send_in_turn([[one] for one in waiting])
            elif waiting:
                await self._send_in_turn([waiting])
        except StoreUnavailable as error:
            _log.warning("deliveries could not be noted; they are repeated", problem=str(error))
        except Exception:  # noqa: BLE001 - one delivery must not end the API; it is due again when its lease ends
            _log.exception("deliveries failed", deliveries=_numbers(deliveries))

    async def _announce(self, waiting: Sequence[Delivery]) -> None:
        """Publish events again that no socket has taken yet; sockets note themselves what they have taken."""
        late = [one for one in waiting if one.age > SHOWN_WITHIN]
        await self._give_up(late, "no socket of the owner was open for a day")
        rest = [one for one in waiting if one.age <= SHOWN_WITHIN]
        async with self._context.connection() as connection:
            await store.mark_failed(connection, _numbers(rest), "no socket of the owner is open", ANNOUNCED_EVERY)
        try:
            await announce(self._context.redis, rest)
        except BusUnavailable as error:
            _log.debug("alerts were not announced", problem=str(error))

    async def _send_in_turn(self, parts: Sequence[Sequence[Delivery]]) -> None:
        """Send parts to one target; where one fails, those behind it wait for as long."""
        for place, part in enumerate(parts):
            try:
                async with asyncio.timeout(ATTEMPT_SECONDS):
                    await self._attempt(part)
            except (DeliveryFailed, TimeoutError) as error:
                metrics.alert_deliveries_total.labels(part[0].channel, "failed").inc(len(part))
                await self._note_failure([one for rest in parts[place:] for one in rest], error)
                return
            metrics.alert_deliveries_total.labels(part[0].channel, "delivered").inc(len(part))
            async with self._context.connection() as connection:
                await store.mark_delivered(connection, _numbers(part))

    async def _attempt(self, events: Sequence[Delivery]) -> None:
        if events[0].channel == "WEBHOOK":
            await posting.post_webhook(self._session, events[0], time.time())
        elif events[0].channel == "SLACK":
            await posting.post_to_slack(self._session, events)
        else:
            await mailing.send_mail(self._mail_server, events)

    async def _note_failure(self, failed: Sequence[Delivery], error: Exception) -> None:
        problem, asked = str(error) or "no answer in time", getattr(error, "retry_seconds", 0.0)
        spent = [one for one in failed if isinstance(error, Undeliverable) or one.attempts > len(DELAYS)]
        await self._give_up(spent, problem)
        for one in failed:
            if one not in spent:
                async with self._context.connection() as connection:
                    await store.mark_failed(connection, [one.delivery_id], problem, delay_after(one.attempts, asked))

    async def _give_up(self, deliveries: Sequence[Delivery], problem: str) -> None:
        if not deliveries:
            return
        _log.warning("alerts could not be delivered", deliveries=_numbers(deliveries), problem=problem)
        metrics.alert_deliveries_total.labels(deliveries[0].channel, "dead").inc(len(deliveries))
        async with self._context.connection() as connection:
            await store.mark_dead(connection, _numbers(deliveries), problem)

    async def _clean(self) -> None:
        if time.monotonic() >= self._next_cleaning:
            self._next_cleaning = time.monotonic() + _CLEAN_SECONDS
            async with self._context.connection() as connection:
                await store.forget_old_deliveries(connection, days=KEPT_DAYS)


def _target(delivery: Delivery) -> str:
    return f"{delivery.channel} {delivery.target}"


def _numbers(deliveries: Sequence[Delivery]) -> list[int]:
    return [one.delivery_id for one in deliveries]


async def _first_of(*events: asyncio.Event, seconds: float) -> None:
    """Wait until one of some events is set, or for some seconds."""
    tasks = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


@asynccontextmanager
async def open_deliverer(context: Context) -> AsyncIterator[Deliverer]:
    """Open what delivers; raises ValueError where a setting cannot be read."""
    try:
        allowed = parse_networks(context.settings.delivery_networks)
    except ValueError as error:
        raise ValueError(f"TICKLOOM_DELIVERY_NETWORKS: {error}") from error
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(posting.open_session(allowed))
        yield Deliverer(context, session)
