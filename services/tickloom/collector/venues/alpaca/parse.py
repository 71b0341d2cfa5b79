"""Alpaca's messages as typed structures that name only what is used, and as packed records.

"Real-time Stock Data" has the stream's messages, the reference of "Historical trades" the rows of REST. Ids are unique
for a symbol, an exchange and a day, so the exchange's letter is packed into the id. Times come in nanoseconds and are
cut to microseconds, in the stream as in REST, so that a trade is the same through both. Pure.
"""

import struct
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any, Final, TypeAlias

import msgspec
import numpy as np
from msgspec import Meta
from msgspec.msgpack import Ext

from tickloom.market.sale_conditions import updates_of
from tickloom.wire.batches import RECORD_DTYPE, Records, TradeFlag

Price: TypeAlias = Annotated[float, Meta(gt=0, lt=1e300)]
Size: TypeAlias = Annotated[float, Meta(ge=0, lt=1e300)]
Id: TypeAlias = Annotated[int, Meta(ge=0, lt=1 << 56)]
Letter: TypeAlias = Annotated[str, Meta(pattern="^[A-Z]$")]
Conditions: TypeAlias = list[str] | None
Row: TypeAlias = tuple[int, int, float, float, int, int]
_EARLIEST_US, _LATEST_US = 946_684_800_000_000, 4_102_444_800_000_000
_SECONDS = struct.Struct(">I")
_SECONDS_64 = struct.Struct(">Q")
_SECONDS_96 = struct.Struct(">Iq")
_TIMESTAMP: Final = -1
_WITHDRAWN: Final = frozenset({"canceled", "incorrect"})


class Trade(msgspec.Struct, tag_field="T", tag="t", gc=False):
    """`{"T":"t","S":"AAPL","i":96921,"x":"D","p":126.55,"s":1,"t":…,"c":["@","I"],"z":"C"}`."""

    S: str
    i: Id
    x: Letter
    p: Price
    s: Size
    t: Ext
    c: Conditions = None
    z: str = ""


class Correction(msgspec.Struct, tag_field="T", tag="c", gc=False):
    """`{"T":"c","S":"EEM","x":"M","oi":52983525033527,"op":39.1582,"os":440000,"oc":[" ","7"],"ci":52983525034326,`
    `"cp":39.1809,"cs":440000,"cc":[" ","7"],"z":"B","t":…}`.
    """  # noqa: D205 - a raw payload is quoted

    S: str
    x: Letter
    oi: Id
    op: Price
    os: Size
    ci: Id
    cp: Price
    cs: Size
    t: Ext
    cc: Conditions = None
    z: str = ""


class Cancel(msgspec.Struct, tag_field="T", tag="x", gc=False):
    """`{"T":"x","S":"GOOGL","i":465,"x":"D","p":2697.25,"s":5,"a":"C","z":"C","t":…}`; `a` is C or E (error)."""

    S: str
    i: Id
    x: Letter
    p: Price
    s: Size
    t: Ext


class Status(msgspec.Struct, tag_field="T", tag="s", gc=False):
    """`{"T":"s","S":"AAPL","sc":"H","sm":"Trading Halt","rc":"T12","rm":"…","z":"C","t":…}`."""

    S: str
    sc: str = ""
    sm: str = ""
    rc: str = ""


class Bar(msgspec.Struct, tag_field="T", tag="b", gc=False):
    """`{"T":"b","S":"SPY","o":388.985,…,"t":…}`: only a sign of life here."""

    S: str


class UpdatedBar(msgspec.Struct, tag_field="T", tag="u", gc=False):
    """`{"T":"u","S":"SPY",…}`: as above, half a minute later."""

    S: str


class Success(msgspec.Struct, tag_field="T", tag="success"):
    """`{"T":"success","msg":"connected"}`, and `authenticated`."""

    msg: str


class Subscription(msgspec.Struct, tag_field="T", tag="subscription"):
    """`{"T":"subscription","trades":["AAPL"],"bars":[…],…}`: all that is subscribed now."""

    trades: list[str] = []


class Error(msgspec.Struct, tag_field="T", tag="error"):
    """`{"T":"error","code":406,"msg":"connection limit exceeded"}`."""

    code: int
    msg: str = ""


Message: TypeAlias = Trade | Correction | Cancel | Status | Bar | UpdatedBar | Success | Subscription | Error
UNREADABLE: Final = (ValueError, RecursionError)
"""What decoding raises: malformed bytes, unexpected values, text that is no UTF-8, and nesting without end."""
_decode_frame: Final = msgspec.msgpack.Decoder(list[Message]).decode
_decode_parts: Final = msgspec.msgpack.Decoder(list[msgspec.Raw]).decode
_decode_message: Final = msgspec.msgpack.Decoder(Message).decode
encode: Final = msgspec.msgpack.encode


def read_frame(payload: Any) -> tuple[list[Message], int]:
    """Return the messages of a frame, and how many of them cannot be read; raises ValueError for no frame at all."""
    try:
        return _decode_frame(payload), 0
    except UNREADABLE:
        return _read_one_by_one(_decode_parts(payload))


def _read_one_by_one(parts: list[msgspec.Raw]) -> tuple[list[Message], int]:
    messages: list[Message] = []
    for part in parts:
        try:
            messages.append(_decode_message(part))
        except UNREADABLE:
            continue
    return messages, len(parts) - len(messages)


def time_us(stamp: Ext) -> int:
    """Return a msgpack timestamp in microseconds since 1970; raises ValueError for any other thing or time."""
    data = bytes(stamp.data)
    if stamp.code != _TIMESTAMP:
        raise ValueError("an extension that is no timestamp")
    if len(data) == _SECONDS.size:
        seconds, nanoseconds = _SECONDS.unpack(data)[0], 0
    elif len(data) == _SECONDS_64.size:
        (packed,) = _SECONDS_64.unpack(data)
        seconds, nanoseconds = packed & 0x3_FFFF_FFFF, packed >> 34
    elif len(data) == _SECONDS_96.size:
        nanoseconds, seconds = _SECONDS_96.unpack(data)
    else:
        raise ValueError("a timestamp of no known length")
    return _possible(seconds * 1_000_000 + nanoseconds // 1000)


def _possible(microseconds: int) -> int:
    if not _EARLIEST_US <= microseconds < _LATEST_US:
        raise ValueError("a time at which nothing traded")
    return microseconds


def read_time(text: str) -> int:
    """Return `2021-02-06T13:04:56.334320128Z` in microseconds since 1970, cut; raises ValueError."""
    whole, _, fraction = text.removesuffix("Z").partition(".")
    if not text.endswith("Z") or (fraction and not fraction.isascii()) or (fraction and not fraction.isdecimal()):
        raise ValueError(f"{text!r} is no time in UTC")
    seconds = int(datetime.fromisoformat(f"{whole}+00:00").timestamp())
    return _possible(seconds * 1_000_000 + int(fraction[:6].ljust(6, "0")))


def identity(exchange: str, trade_id: int) -> int:
    """Return one number for the letter of an exchange and an id of it."""
    return ord(exchange) << 56 | trade_id


def restrictions(conditions: Iterable[str] | None, tape: str) -> int:
    """Return the flags that say which parts of a bar the sale conditions leave alone."""
    updates = updates_of(conditions or (), tape)
    return (
        (not updates.last) * TradeFlag.NOT_LAST
        | (not updates.range) * TradeFlag.NOT_RANGE
        | (not updates.volume) * TradeFlag.NOT_VOLUME
    )


def to_rows(message: Trade | Correction | Cancel, number: int) -> list[Row]:
    """Return the records of a message about trades: a correction cancels one and puts another in its place."""
    at = time_us(message.t)
    match message:
        case Trade():
            return [
                (at, identity(message.x, message.i), message.p, message.s, number, restrictions(message.c, message.z))
            ]
        case Cancel():
            return [(at, identity(message.x, message.i), message.p, message.s, number, int(TradeFlag.CANCEL))]
    flags = TradeFlag.CORRECTED | restrictions(message.cc, message.z)
    return [
        (at, identity(message.x, message.oi), message.op, message.os, number, int(TradeFlag.CANCEL)),
        (at, identity(message.x, message.ci), message.cp, message.cs, number, int(flags)),
    ]


class OldTrade(msgspec.Struct, gc=False):
    """`{"t":"2021-02-06T13:04:56.334320128Z","x":"C","p":387.62,"s":100,"c":[" ","T"],"i":52983525029461,"z":"B"}`,
    and `"u":"canceled"`, `"corrected"` or `"incorrect"` where something became of it.
    """  # noqa: D205 - a raw payload is quoted

    t: str
    x: Letter
    p: Price
    s: Size
    i: Id
    c: Conditions = None
    z: str = ""
    u: str = ""


class OldTrades(msgspec.Struct):
    """`{"trades":{"AAPL":[…]},"next_page_token":"QUFQTHw…"}`."""

    trades: dict[str, list[OldTrade]] | None = None
    next_page_token: str | None = None


class LatestTrades(msgspec.Struct):
    """`{"trades":{"AAPL":{"t":…},…}}`: only symbols that there are."""

    trades: dict[str, msgspec.Raw]


class Refusal(msgspec.Struct):
    """`{"message":"invalid symbol: aapl"}`."""

    message: str = ""


decode_old_trades: Final = msgspec.json.Decoder(OldTrades).decode
decode_latest_trades: Final = msgspec.json.Decoder(LatestTrades).decode
decode_refusal: Final = msgspec.json.Decoder(Refusal).decode


def to_records(trades: Iterable[OldTrade], number: int) -> Records:
    """Return trades of REST as records, without those that were cancelled or corrected since; raises ValueError."""
    rows = [
        (
            read_time(trade.t),
            identity(trade.x, trade.i),
            trade.p,
            trade.s,
            number,
            TradeFlag.HEALED | restrictions(trade.c, trade.z),
        )
        for trade in trades
        if trade.u not in _WITHDRAWN
    ]
    return np.array(rows, RECORD_DTYPE)
