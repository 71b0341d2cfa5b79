"""One WebSocket to Alpaca: msgpack frames become records in the intake. A message that cannot be used costs itself.

"WebSocket Stream": a welcome, authentication, then subscriptions, each answered in order. Whoever subscribes trades
gets their corrections and cancels too. Minute bars are asked for as a sign of life: a connection can go mute.
"""

import asyncio
from collections.abc import Collection, Mapping
from typing import Any, Final

from picows import WSFrame, WSListener, WSMsgType, WSTransport

from tickloom.collector.clock import Clock
from tickloom.collector.intake import CAPACITY, Intake
from tickloom.collector.venue import VenueError, VenueRefused, VenueThrottled, VenueUnavailable
from tickloom.collector.venues.alpaca import parse
from tickloom.settings.credentials import Credentials
from tickloom.telemetry.logging import logger
from tickloom.wire.batches import RECORD

MAXIMUM_FRAME: Final = 1024 * 1024
ANSWER_SECONDS: Final = 10.0
LIMIT_WAIT_SECONDS: Final = 100.0
"""After 406: a connection that broke off is let go of after about 90 s."""
SIGN_OF_LIFE: Final = "SPY"
"""It trades in every minute of a session, so its bars come each minute."""
SYMBOL_LIMIT: Final = 405
CONNECTION_LIMIT: Final = 406
SLOW_CLIENT: Final = 407
_REFUSALS: Final = {
    402: "Alpaca does not accept the key and the secret (402): check them, and that they belong to this account",
    409: "the subscription of this Alpaca account does not include the feed (409): use feed: iex",
}
_TOO_MANY_SYMBOLS: Final = (
    "the symbol limit of this Alpaca account is reached (405): suspend others, or change the plan"
)
_log = logger(__name__)


def error_of(error: parse.Error) -> VenueError:
    """Return what an error message of the stream means for us."""
    if error.code == CONNECTION_LIMIT:
        return VenueThrottled(
            "this Alpaca account has another connection, or one that broke off a moment ago (406)", LIMIT_WAIT_SECONDS
        )
    if error.code in _REFUSALS:
        return VenueRefused(_REFUSALS[error.code])
    if error.code == SLOW_CLIENT:
        return VenueUnavailable(
            "Alpaca cut the connection because we read too slowly (407): give the collector more CPU"
        )
    return VenueUnavailable(f"Alpaca answered with error {error.code}: {error.msg[:200]}")


class AlpacaSocket(WSListener):
    """A connection that delivers trades, and what becomes of them."""

    def __init__(self, intake: Intake, clock: Clock) -> None:
        self.closed = asyncio.Event()
        self.retiring = asyncio.Event()
        self.last_frame = clock.monotonic()
        self.delivered = False
        self.farewell: str | None = None
        self._intake = intake
        self._clock = clock
        self._numbers: dict[str, int] = {}
        self._left: set[str] = set()
        self._transport: WSTransport | None = None
        self._answer: asyncio.Future[parse.Success | parse.Subscription | parse.Error] | None = None
        self._early: list[parse.Success | parse.Subscription | parse.Error] = []
        self._event_us = 0

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Keep the transport."""
        self._transport = transport

    def on_ws_disconnected(self, transport: WSTransport) -> None:  # noqa: ARG002 - picows's signature
        """Tell whoever waits."""
        self.closed.set()
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(VenueUnavailable(self.farewell or "the connection was lost"))

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Decode one frame."""
        if frame.msg_type == WSMsgType.CLOSE:
            transport.send_close()
            transport.disconnect()
        elif frame.msg_type != WSMsgType.BINARY or frame.payload_size > MAXIMUM_FRAME:
            self._reject("unexpected_frame", frame.get_payload_as_bytes())
        else:
            self._read(frame.get_payload_as_bytes())
        self._end_frame()

    def _read(self, payload: bytes) -> None:
        try:
            messages, unreadable = parse.read_frame(payload)
        except parse.UNREADABLE:
            self._reject("unreadable_frame", payload)
            return
        if unreadable:
            self._reject("unreadable_message", payload, unreadable)
        for message in messages:
            self._take(message)

    def _take(self, message: parse.Message) -> None:
        match message:
            case parse.Trade() | parse.Correction() | parse.Cancel():
                self._take_trade(message)
            case parse.Status():
                _log.info("trading status", symbol=message.S[:64], status=message.sm[:64], reason=message.rc[:64])
                self.last_frame = self._clock.monotonic()
            case parse.Bar() | parse.UpdatedBar():
                self.last_frame = self._clock.monotonic()
            case _:
                self._take_answer(message)

    def _take_trade(self, message: parse.Trade | parse.Correction | parse.Cancel) -> None:
        number = self._numbers.get(message.S)
        if number is None:
            if message.S not in self._left:
                self._reject("unknown_symbol", message.S)
            return
        try:
            rows = parse.to_rows(message, number)
        except ValueError as error:
            self._reject("impossible_value", str(error))
            return
        intake = self._intake
        if intake.used + len(rows) * RECORD.size > CAPACITY:
            intake.full()
        for row in rows:
            RECORD.pack_into(intake.buffer, intake.used, *row)
            intake.used += RECORD.size
        if isinstance(message, parse.Trade):
            self._event_us = max(self._event_us, rows[0][0])

    def _end_frame(self) -> None:
        if self._event_us:
            self.last_frame = self._intake.clock.observe(self._event_us)
            self._event_us = 0
            self.delivered = True
        if self._intake.used:
            self._intake.wake()

    def _take_answer(self, message: parse.Success | parse.Subscription | parse.Error) -> None:
        self.last_frame = self._clock.monotonic()
        if isinstance(message, parse.Error) and message.code == SLOW_CLIENT:
            self.farewell = str(error_of(message))
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(message)
        else:
            self._early = [*self._early[-8:], message]

    async def _next_answer(self) -> parse.Success | parse.Subscription | parse.Error:
        """Return the next message that is not data; raises VenueUnavailable."""
        if self._early:
            return self._early.pop(0)
        if self.closed.is_set():
            raise VenueUnavailable(self.farewell or "the connection was lost")
        self._answer = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await self._answer
        except TimeoutError as error:
            raise VenueUnavailable(f"Alpaca did not answer in {ANSWER_SECONDS:.0f} s") from error
        finally:
            self._answer = None

    async def authenticate(self, credentials: Credentials) -> None:
        """Wait for the welcome and say who we are; raises VenueError."""
        await self._expect("connected")
        self._send(
            {
                "action": "auth",
                "key": credentials.key.get_secret_value(),
                "secret": credentials.secret.get_secret_value(),
            }
        )
        await self._expect("authenticated")

    async def _expect(self, message: str) -> None:
        answer = await self._next_answer()
        if isinstance(answer, parse.Error):
            raise error_of(answer)
        if not isinstance(answer, parse.Success) or answer.msg != message:
            raise VenueUnavailable(f"Alpaca did not say that we are {message}")

    async def subscribe(self, symbols: Mapping[str, int]) -> Mapping[str, str]:
        """Ask for the trades of symbols; returns those beyond the account's limit, with the reason.

        Raises VenueError.
        """
        self._left.difference_update(symbols)
        self._numbers.update(symbols)
        refused = await self._subscribe(sorted(symbols))
        for name in refused:
            del self._numbers[name]
        return dict.fromkeys(refused, _TOO_MANY_SYMBOLS)

    async def _subscribe(self, names: list[str]) -> list[str]:
        """Subscribe as many as the account may have: a request beyond the limit is ignored as a whole."""
        answer = await self._ask({"action": "subscribe", "trades": names, "statuses": names, "bars": [SIGN_OF_LIFE]})
        if isinstance(answer, parse.Subscription):
            return []
        if answer.code != SYMBOL_LIMIT:
            raise error_of(answer)
        if len(names) == 1:
            return names
        half = len(names) // 2
        refused = await self._subscribe(names[:half])
        return [*refused, *names[half:]] if refused else await self._subscribe(names[half:])

    async def unsubscribe(self, symbols: Collection[str]) -> None:
        """Ask for no more trades of symbols; what still arrives is passed over. Raises VenueError."""
        names = [name for name in symbols if self._numbers.pop(name, None) is not None]
        self._left.update(names)
        if names:
            answer = await self._ask({"action": "unsubscribe", "trades": names, "statuses": names})
            if isinstance(answer, parse.Error):
                raise error_of(answer)

    async def _ask(self, request: dict[str, Any]) -> parse.Subscription | parse.Error:
        self._send(request)
        while True:
            answer = await self._next_answer()
            if not isinstance(answer, parse.Success):
                return answer

    def _send(self, request: dict[str, Any]) -> None:
        if self._transport is None or self.closed.is_set():
            raise VenueUnavailable(self.farewell or "the connection was lost")
        self._transport.send(WSMsgType.BINARY, parse.encode(request))

    def close(self) -> None:
        """Leave; what arrives later is passed over."""
        self._left.update(self._numbers)
        self._numbers.clear()
        if self._transport is not None and not self._transport.is_disconnected:
            self._transport.send_close()
            self._transport.disconnect()

    def _reject(self, kind: str, sample: bytes | str, number: int = 1) -> None:
        self._intake.rejections.count(kind, sample, number)
