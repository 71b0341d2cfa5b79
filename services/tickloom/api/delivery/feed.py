"""Alerts to open sockets: what was published goes out at once, what was missed waits in the table for the next socket.

An event counts as delivered when one socket of its owner has taken it. A message that Redis lost is announced again by
the deliverer, so a client may see an event twice; `event_id` tells.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Final

import msgspec

from tickloom.bus.connection import Redis
from tickloom.bus.errors import BusUnavailable
from tickloom.bus.publishing import publish_updates
from tickloom.bus.subscriptions import listen_to_alerts
from tickloom.market.timeframes import Timeframe
from tickloom.store.alert_deliveries import Delivery, mark_shown, read_unshown
from tickloom.store.connection import Connection
from tickloom.store.errors import StoreUnavailable
from tickloom.telemetry.logging import logger
from tickloom.wire import messages, names
from tickloom.wire.messages import AlertEvent

RETRY_SECONDS: Final = 1.0
MOST_WAITING: Final = 1000
"""Events that wait for one socket; beyond that they stay in the table."""
_log = logger(__name__)
Send = Callable[[dict[str, Any]], Awaitable[None]]
Borrow = Callable[[], AbstractAsyncContextManager[Connection]]


def _to_event(delivery: Delivery) -> AlertEvent:
    return AlertEvent(
        event_id=delivery.event_id,
        alert_id=delivery.alert_id,
        owner=delivery.owner,
        symbol=delivery.symbol,
        condition=delivery.condition,
        threshold=delivery.threshold,
        timeframe=Timeframe(delivery.timeframe).label,
        value=delivery.value,
        price=delivery.price,
        fired_at=delivery.fired_at,
        message=delivery.message,
    )


async def announce(redis: Redis, deliveries: Sequence[Delivery]) -> None:
    """Publish events again, for sockets that are open now. Raises BusUnavailable."""
    told = messages.AlertEvents([_to_event(delivery) for delivery in deliveries])
    await publish_updates(redis, {names.ALERTS: messages.encode_json(told)})


class AlertStream:
    """The alerts of one socket."""

    def __init__(self, owner: str, borrow: Borrow) -> None:
        self.owner = owner
        self._borrow = borrow
        self._waiting: asyncio.Queue[AlertEvent] = asyncio.Queue(MOST_WAITING)
        self._sent: dict[int, None] = {}

    def offer(self, event: AlertEvent) -> None:
        """Let an event be sent; what finds no room stays in the table."""
        if not self._waiting.full():
            self._waiting.put_nowait(event)

    async def run(self, send: Send) -> None:
        """Send what was missed and what comes; never ends. Raises what `send` raises."""
        await self._offer_missed()
        while True:
            events = [await self._waiting.get()]
            while not self._waiting.empty():
                events.append(self._waiting.get_nowait())
            await self._send_new(events, send)
            await self._note([event.event_id for event in events])

    async def _offer_missed(self) -> None:
        try:
            async with self._borrow() as connection:
                missed = await read_unshown(connection, self.owner, limit=MOST_WAITING)
        except StoreUnavailable as error:
            _log.warning("alerts that were missed are not known", problem=str(error))
            return
        for delivery in missed:
            self.offer(_to_event(delivery))

    async def _send_new(self, events: Sequence[AlertEvent], send: Send) -> None:
        for event in events:
            if event.event_id not in self._sent:
                shown = msgspec.structs.asdict(event)
                del shown["owner"]
                await send({"type": "alert", **shown})
                self._sent[event.event_id] = None
        while len(self._sent) > 2 * MOST_WAITING:
            del self._sent[next(iter(self._sent))]

    async def _note(self, event_ids: Sequence[int]) -> None:
        try:
            async with self._borrow() as connection:
                await mark_shown(connection, self.owner, event_ids)
        except StoreUnavailable as error:
            _log.warning("alerts that were shown could not be noted; they are shown again", problem=str(error))


class AlertFeed:
    """The sockets of this process by user, and what is published for them."""

    def __init__(self) -> None:
        self._streams: dict[str, set[AlertStream]] = {}

    def add(self, owner: str, borrow: Borrow) -> AlertStream:
        """Return the alerts of a user from now on, for one socket; `borrow` gives a database connection."""
        stream = AlertStream(owner, borrow)
        self._streams.setdefault(owner, set()).add(stream)
        return stream

    def remove(self, stream: AlertStream) -> None:
        """Forget a socket."""
        streams = self._streams.get(stream.owner, set())
        streams.discard(stream)
        if not streams:
            self._streams.pop(stream.owner, None)

    async def run(self, redis: Redis) -> None:
        """Hand out what is published; never ends."""
        while True:
            try:
                async for message in listen_to_alerts(redis):
                    for event in message.events:
                        for stream in self._streams.get(event.owner, ()):
                            stream.offer(event)
            except BusUnavailable as error:
                _log.warning("alerts reach sockets late", problem=str(error), retry_seconds=RETRY_SECONDS)
                await asyncio.sleep(RETRY_SECONDS)
