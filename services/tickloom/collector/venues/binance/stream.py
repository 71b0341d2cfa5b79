"""One WebSocket to Binance: frames become records in the intake, in the fewest steps Python allows.

web-socket-streams.md: combined streams, live subscribing, "Websocket Limits" (5 messages a second, 1024 streams a
connection, a ping every 20 s that wants its pong). A frame that cannot be used costs only itself.
"""

import asyncio
import json
from collections.abc import Collection, Mapping
from typing import Final

from picows import WSFrame, WSListener, WSMsgType, WSTransport

from tickloom.collector.clock import Clock
from tickloom.collector.intake import CAPACITY, Intake
from tickloom.collector.venue import VenueUnavailable
from tickloom.collector.venues.binance import parse
from tickloom.wire.batches import RECORD

MAXIMUM_FRAME: Final = 64 * 1024
"""A trade has about 200 bytes; a longer frame is not even decoded."""
STREAMS_OF_MESSAGE: Final = 100
MESSAGE_SECONDS: Final = 0.25
"""Between two messages of ours: below five a second, with room for pongs."""
CONFIRMATION_SECONDS: Final = 10.0
_SHUTDOWN: Final = "serverShutdown"
_pack_into: Final = RECORD.pack_into
_UNUSABLE: Final = (*parse.UNREADABLE, KeyError)


class TradeSocket(WSListener):
    """A connection that delivers `@trade` streams."""

    kind = "trade"

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
        self._trade_ms = 0
        self._transport: WSTransport | None = None
        self._next_message = 0.0
        self._next_id = 0
        self._confirmations: dict[int, asyncio.Future[None]] = {}

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Keep the transport."""
        self._transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Decode one frame."""
        try:
            if frame.payload_size > MAXIMUM_FRAME:
                self._reject("oversized", frame.get_payload_as_bytes())
            else:
                message = parse.decode_trade(frame.get_payload_as_memoryview())
                number, data, intake = self._numbers[message.stream], message.data, self._intake
                used = intake.used
                _pack_into(intake.buffer, used, data.T * 1000, data.t, data.p, data.q, number, not data.m)
                intake.used = used = used + 40
                self._trade_ms = data.T
                if used == CAPACITY:
                    intake.full()
        except _UNUSABLE:
            self._look_closer(transport, frame)
        if frame.last_in_buffer:
            self._end_burst()

    def _end_burst(self) -> None:
        if self._trade_ms:
            self.last_frame = self._intake.clock.observe(self._trade_ms * 1000)
            self._trade_ms = 0
            self.delivered = True
            self._intake.wake()
        else:
            self.last_frame = self._clock.monotonic()

    def on_ws_disconnected(self, _transport: WSTransport) -> None:
        """Tell whoever waits."""
        self.closed.set()
        for confirmation in self._confirmations.values():
            if not confirmation.done():
                confirmation.set_exception(VenueUnavailable("the connection was lost"))

    async def subscribe(self, symbols: Mapping[str, int]) -> Mapping[str, str]:
        """Ask for the trades of symbols, and wait until that is confirmed; refuses none. Raises VenueUnavailable."""
        streams = {f"{symbol.lower()}@{self.kind}": number for symbol, number in symbols.items()}
        self._left.difference_update(streams)
        self._numbers.update(streams)
        await self._send("SUBSCRIBE", list(streams))
        return {}

    async def unsubscribe(self, symbols: Collection[str]) -> None:
        """Ask for no more trades of symbols; what still arrives is passed over. Raises VenueUnavailable."""
        streams = [f"{symbol.lower()}@{self.kind}" for symbol in symbols]
        for stream in streams:
            self._numbers.pop(stream, None)
        self._left.update(streams)
        await self._send("UNSUBSCRIBE", streams)

    def close(self) -> None:
        """Leave; what arrives later is passed over."""
        self._left.update(self._numbers)
        self._numbers.clear()
        if self._transport is not None and not self._transport.is_disconnected:
            self._transport.send_close()
            self._transport.disconnect()

    async def _send(self, method: str, streams: list[str]) -> None:
        confirmations = [
            await self._send_one(method, streams[begin : begin + STREAMS_OF_MESSAGE])
            for begin in range(0, len(streams), STREAMS_OF_MESSAGE)
        ]
        try:
            async with asyncio.timeout(CONFIRMATION_SECONDS):
                await asyncio.gather(*confirmations)
        except TimeoutError as error:
            raise VenueUnavailable(f"the exchange did not confirm {method} in {CONFIRMATION_SECONDS:.0f} s") from error
        finally:
            self._confirmations.clear()

    async def _send_one(self, method: str, streams: list[str]) -> asyncio.Future[None]:
        now = self._clock.monotonic()
        if now < self._next_message:
            await self._clock.sleep(self._next_message - now)
        self._next_message = self._clock.monotonic() + MESSAGE_SECONDS
        if self._transport is None or self.closed.is_set():
            raise VenueUnavailable("the connection was lost")
        self._next_id += 1
        confirmation = asyncio.get_running_loop().create_future()
        self._confirmations[self._next_id] = confirmation
        message = json.dumps({"method": method, "params": streams, "id": self._next_id}, ensure_ascii=False)
        self._transport.send(WSMsgType.TEXT, message.encode())
        return confirmation

    def _reject(self, kind: str, payload: bytes) -> None:
        self._intake.rejections.count(kind, payload)

    def _look_closer(self, transport: WSTransport, frame: WSFrame) -> None:
        payload = frame.get_payload_as_bytes()
        if frame.msg_type == WSMsgType.PING:
            transport.send_pong(payload)
        elif frame.msg_type == WSMsgType.CLOSE:
            transport.send_close()
            transport.disconnect()
        elif frame.msg_type == WSMsgType.TEXT:
            self._read_notice(payload)
        elif frame.msg_type != WSMsgType.PONG:
            self._reject("unexpected_frame", payload)

    def _read_notice(self, payload: bytes) -> None:
        try:
            notice = parse.decode_notice(payload)
        except parse.UNREADABLE:
            self._reject("unreadable_frame", payload)
            return
        if notice.e == _SHUTDOWN or (notice.data is not None and notice.data.e == _SHUTDOWN):
            self.retiring.set()
        elif notice.stream in self._left:
            pass
        elif notice.stream and notice.stream not in self._numbers:
            self._reject("unknown_stream", payload)
        elif notice.stream:
            impossible = parse.is_impossible_trade(payload, self.kind)
            self._reject("impossible_value" if impossible else "unreadable_frame", payload)
        elif notice.id is not None or notice.error is not None:
            self._confirm(notice, payload)
        else:
            self._reject("unreadable_frame", payload)

    def _confirm(self, notice: parse.Notice, payload: bytes) -> None:
        confirmation = self._confirmations.get(notice.id or 0)
        if confirmation is None or confirmation.done():
            self._reject("unexpected_answer", payload)
        elif notice.error is not None:
            confirmation.set_exception(VenueUnavailable(f"the exchange refused a subscription: {notice.error.msg}"))
        else:
            confirmation.set_result(None)


class AggregateTradeSocket(TradeSocket):
    """A connection that delivers `@aggTrade` streams; a record stands for all raw trades of its aggregate."""

    kind = "aggTrade"

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Decode one frame."""
        try:
            if frame.payload_size > MAXIMUM_FRAME:
                self._reject("oversized", frame.get_payload_as_bytes())
            else:
                message = parse.decode_aggregate(frame.get_payload_as_memoryview())
                number, data, intake = self._numbers[message.stream], message.data, self._intake
                flags, used = parse.aggregate_flags(data), intake.used
                _pack_into(intake.buffer, used, data.T * 1000, data.a, data.p, data.q, number, flags)
                intake.used = used = used + 40
                self._trade_ms = data.T
                if used == CAPACITY:
                    intake.full()
        except _UNUSABLE:
            self._look_closer(transport, frame)
        if frame.last_in_buffer:
            self._end_burst()
