"""Webhooks and Slack: one POST, to public addresses only, never redirected.

Webhooks are signed as https://www.standardwebhooks.com describes: `webhook-id`, `webhook-timestamp`, and in
`webhook-signature` the HMAC-SHA256 of `id.timestamp.body`. The id is the same in every attempt.
"""

import asyncio
import base64
import errno
import hashlib
import hmac
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Final

import aiohttp
import msgspec

from tickloom.api.delivery.addresses import RefusedAddress, socket_factory
from tickloom.api.delivery.content import as_json, paragraph
from tickloom.api.delivery.errors import DeliveryFailed, Undeliverable
from tickloom.api.limits.addresses import Network
from tickloom.store.alert_deliveries import Delivery

SECONDS: Final = 10.0
LONGEST_WAIT: Final = 3600.0
_ESCAPES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def sign(secret: bytes, delivery_id: str, timestamp: int, body: bytes) -> str:
    """Return the value of `webhook-signature`."""
    digest = hmac.digest(secret, f"{delivery_id}.{timestamp}.".encode() + body, hashlib.sha256)
    return f"v1,{base64.b64encode(digest).decode()}"


@asynccontextmanager
async def open_session(allowed: Iterable[Network]) -> AsyncIterator[aiohttp.ClientSession]:
    """Open a session that connects to public addresses, and to networks that are allowed."""
    connector = aiohttp.TCPConnector(socket_factory=socket_factory(allowed), limit=64, limit_per_host=4)
    timeout = aiohttp.ClientTimeout(total=SECONDS)
    headers = {"User-Agent": "Tickloom"}
    async with aiohttp.ClientSession(
        connector=connector, timeout=timeout, headers=headers, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
    ) as session:
        yield session


async def _post(session: aiohttp.ClientSession, url: str, body: bytes, headers: Mapping[str, str]) -> None:
    try:
        async with session.post(
            url, data=body, headers={"Content-Type": "application/json", **headers}, allow_redirects=False
        ) as response:
            status, wait = response.status, response.headers.get("Retry-After", "")
    except aiohttp.ClientConnectorError as error:
        if isinstance(error.os_error, RefusedAddress) or error.os_error.errno == errno.EACCES:
            raise Undeliverable("the address is not public, and the operator does not allow it") from error
        raise DeliveryFailed(f"no connection: {error.os_error.strerror or 'refused'}") from error
    except aiohttp.InvalidURL as error:
        raise Undeliverable("the URL cannot be used") from error
    except (aiohttp.ClientError, TimeoutError, asyncio.IncompleteReadError) as error:
        raise DeliveryFailed(f"no answer: {type(error).__name__}") from error
    if status == HTTPStatus.GONE:
        raise Undeliverable("the target answered 410 Gone")
    if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        seconds = min(float(wait), LONGEST_WAIT) if wait.isdigit() else 0.0
        raise DeliveryFailed(f"the target answered {status}", retry_seconds=seconds)


async def post_webhook(session: aiohttp.ClientSession, event: Delivery, now: float) -> None:
    """Deliver an event to a webhook; `now` in Unix seconds. Raises DeliveryFailed and Undeliverable."""
    if event.signing_secret is None:
        raise Undeliverable("the alert has no webhook any more")
    name, timestamp = f"alert-delivery-{event.delivery_id}", int(now)
    body = msgspec.json.encode({"type": "alert.fired", "timestamp": event.fired_at, "data": as_json(event)})
    headers = {
        "webhook-id": name,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": sign(event.signing_secret, name, timestamp, body),
    }
    await _post(session, event.target, body, headers)


async def post_to_slack(session: aiohttp.ClientSession, events: Sequence[Delivery]) -> None:
    """Deliver events to an incoming webhook of Slack, in one message. Raises DeliveryFailed and Undeliverable."""
    text = "\n".join(paragraph(event) for event in events).translate(_ESCAPES)
    await _post(session, events[0].target, msgspec.json.encode({"text": text}), {})
