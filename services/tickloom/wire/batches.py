"""The packed batch: the only form in which trades travel between processes.

Version 1, little-endian. Header `<B version, B kind, H reserved, I count, q received_us, q watermark_us>`, then
`count` records of 40 bytes `<q exchange_us, q trade_id, d price, d size, I symbol_no, I flags>`.
A batch lies in the field `b` of one Redis Stream entry. Times are microseconds since 1970, UTC.

kind 0, trades
    `exchange_us` is the venue's trade time; `flags` is a set of `TradeFlag` bits, with the number of raw trades
    that the record stands for in the upper 24 bits (0 means 1).
kind 1, heartbeat
    One record for each symbol that the collector covers. `exchange_us` is the symbol's watermark: every trade
    before it that the venue sent is already in the stream, but for what a live feed has under way at that moment;
    a reader allows for that by the exchange's `closeGrace`. `trade_id` is the last id seen (-1: none), `flags` is 1
    while the symbol's feed is live and 0 while it is down.
kind 2, control
    `flags` is a `Control` code; its docstrings say what the other fields hold.
kind 3, candles
    Minutes of a venue that has candles and no trades: three records each (`CANDLE_DTYPE`), which differ in price and
    size alone: open and high, low and close, volume and 0. `exchange_us` is the minute's start, `trade_id` the exchange
    time up to which the venue knows, `flags` a set of `CandleFlag` bits. A candle takes the place of all that was known
    of its minute.
"""

import struct
from enum import IntEnum, IntFlag
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

VERSION: Final = 1
HEADER: Final = struct.Struct("<BBHIqq")
RECORD: Final = struct.Struct("<qqddII")
RECORD_DTYPE: Final = np.dtype(
    [
        ("exchange_us", "<i8"),
        ("trade_id", "<i8"),
        ("price", "<f8"),
        ("size", "<f8"),
        ("symbol_no", "<u4"),
        ("flags", "<u4"),
    ]
)
CANDLE_DTYPE: Final = np.dtype(
    [
        ("start_us", "<i8"),
        ("known_us", "<i8"),
        ("open", "<f8"),
        ("high", "<f8"),
        ("symbol_no", "<u4"),
        ("flags", "<u4"),
        ("low", "<f8"),
        ("close", "<f8"),
        ("volume", "<f8"),
    ]
)
"""A candle of kind 3 as one row."""
RECORDS_OF_CANDLE: Final = 3
MAXIMUM_RECORDS: Final = 1_000_000
_TRADE_COUNT_SHIFT: Final = 8

Records = npt.NDArray[np.void]
"""A one-dimensional array of RECORD_DTYPE."""


class InvalidBatch(ValueError):
    """Bytes are not a packed batch of a known version."""


class Kind(IntEnum):
    """What a batch holds."""

    TRADES = 0
    HEARTBEAT = 1
    CONTROL = 2
    CANDLES = 3


class TradeFlag(IntFlag):
    """Properties of one trade record."""

    BUY = 1
    """The taker bought."""
    HEALED = 2
    """Fetched over REST after the live feed missed it."""
    CANCEL = 4
    """The venue takes the trade `trade_id` back; `exchange_us`, `price` and `size` are the trade's own where known."""
    CORRECTED = 8
    """Takes the place of the trade that the record before cancels, at that trade's time."""
    NOT_LAST = 16
    """By its sale conditions the trade moves neither open nor close."""
    NOT_RANGE = 32
    """By its sale conditions the trade moves neither high nor low; then it moves neither open nor close."""
    NOT_VOLUME = 64
    """By its sale conditions the trade's size does not count."""
    SUSPECT = 128
    """Set by the processor alone: failed a check and was let in."""


class CandleFlag(IntFlag):
    """Properties of one candle."""

    FORMING = 1
    """Its minute is not over at the venue: the next candle of it replaces this one."""
    DELAYED = 2
    """The venue tells its data late, by agreement with the exchange; `known_us` says how late."""


class Control(IntEnum):
    """What a collector says of one symbol's coverage."""

    STARTED = 1
    """Collection begins at `exchange_us`, nothing is known before; `trade_id` is the last id before (-1: unknown)."""
    RESUMED = 2
    """The feed is back: every trade up to `trade_id` is in the stream, and it is live from `exchange_us` on."""
    DOWN = 3
    """The feed went down at `exchange_us`; `trade_id` is the last id seen (-1: none)."""
    UNHEALABLE = 4
    """The `int(size)` trades from `trade_id` on cannot be had any more; `exchange_us` is when that was found."""


class Batch(NamedTuple):
    """One decoded stream entry; `records` is a view of the bytes it was decoded from."""

    kind: Kind
    received_us: int
    watermark_us: int
    records: Records


def encode(kind: Kind, received_us: int, watermark_us: int, records: Records | bytes | memoryview) -> bytes:
    """Pack records (an array of RECORD_DTYPE, or its bytes) into one batch."""
    body = records.tobytes() if isinstance(records, np.ndarray) else bytes(records)
    count, rest = divmod(len(body), RECORD.size)
    if rest:
        raise InvalidBatch(f"{len(body)} bytes are not a whole number of {RECORD.size}-byte records")
    return HEADER.pack(VERSION, kind, 0, count, received_us, watermark_us) + body


def decode(data: bytes) -> Batch:
    """Unpack one batch without copying its records; raises InvalidBatch saying what does not fit."""
    if len(data) < HEADER.size:
        raise InvalidBatch(f"{len(data)} bytes are shorter than the {HEADER.size}-byte header")
    version, kind, _, count, received_us, watermark_us = HEADER.unpack_from(data)
    if version != VERSION:
        raise InvalidBatch(f"version {version} is unknown: this release reads version {VERSION}")
    if count > MAXIMUM_RECORDS or len(data) != HEADER.size + count * RECORD.size:
        raise InvalidBatch(f"{len(data)} bytes do not hold the {count} records that the header announces")
    try:
        known_kind = Kind(kind)
    except ValueError:
        raise InvalidBatch(f"kind {kind} is unknown: 0 trades, 1 heartbeat, 2 control, 3 candles") from None
    return Batch(known_kind, received_us, watermark_us, np.frombuffer(data, RECORD_DTYPE, count, HEADER.size))


def from_candles(candles: npt.NDArray[np.void]) -> Records:
    """Return candles (CANDLE_DTYPE) as the records that carry them."""
    records = np.zeros((len(candles), RECORDS_OF_CANDLE), RECORD_DTYPE)
    for name, source in (("exchange_us", "start_us"), ("trade_id", "known_us"), ("symbol_no",) * 2, ("flags",) * 2):
        records[name] = candles[source][:, None]
    records["price"] = np.stack([candles["open"], candles["low"], candles["volume"]], 1)
    records["size"] = np.stack([candles["high"], candles["close"], np.zeros(len(candles))], 1)
    return records.reshape(-1)


def to_candles(records: Records) -> npt.NDArray[np.void]:
    """Return the candles (CANDLE_DTYPE) of records, without those whose three records do not belong together."""
    whole = records[: len(records) // RECORDS_OF_CANDLE * RECORDS_OF_CANDLE].reshape(-1, RECORDS_OF_CANDLE)
    same = np.ones(len(whole), bool)
    for name in ("exchange_us", "trade_id", "symbol_no", "flags"):
        same &= (whole[name] == whole[name][:, :1]).all(axis=1)
    whole = whole[same]
    candles = np.zeros(len(whole), CANDLE_DTYPE)
    for name, source in (("start_us", "exchange_us"), ("known_us", "trade_id"), ("symbol_no",) * 2, ("flags",) * 2):
        candles[name] = whole[source][:, 0]
    candles["open"], candles["low"], candles["volume"] = whole["price"].T
    candles["high"], candles["close"] = whole["size"][:, 0], whole["size"][:, 1]
    return candles


def trade_flags(*, buy: bool, healed: bool = False, trades: int = 1) -> int:
    """Return the `flags` of a record that stands for `trades` raw trades."""
    return buy * TradeFlag.BUY | healed * TradeFlag.HEALED | (trades - 1 and trades << _TRADE_COUNT_SHIFT)
