"""Binance's JSON as typed structures that name only what is used; the decoder checks every value on the way.

web-socket-streams.md, "Trade Streams", "Aggregate Trade Streams"; rest-api.md, "Market Data endpoints".
`E`, when a message was made, is not read: bars go by the time of the trade, and so does everything that judges time.
Pure: bytes in, structures or records out.
"""

from collections.abc import Callable
from typing import Annotated, Any, Final, TypeAlias

import msgspec
import numpy as np
from msgspec import Meta

from tickloom.collector.candles import CANDLE_DTYPE
from tickloom.collector.venue import Steps
from tickloom.wire.batches import RECORD_DTYPE, Records, TradeFlag, trade_flags

MAXIMUM_TRADES_OF_RECORD: Final = 1 << 24
Milliseconds: TypeAlias = Annotated[int, Meta(ge=1_230_768_000_000, lt=4_102_444_800_000)]
"""From 2009, when there was nothing to trade yet, to 2100."""
Id: TypeAlias = Annotated[int, Meta(ge=0, lt=1 << 53)]
Price: TypeAlias = Annotated[float, Meta(gt=0, lt=1e300)]
Size: TypeAlias = Annotated[float, Meta(ge=0, lt=1e300)]


class Trade(msgspec.Struct, gc=False):
    """`{"e":"trade","E":1723161255343,"s":"BTCUSDT","t":3735683259,"p":"61837.63000000","q":"0.02000000",`
    `"T":1723161255342,"m":true,"M":true}`.
    """  # noqa: D205 - a raw payload is quoted

    t: Id
    p: Price
    q: Size
    T: Milliseconds
    m: bool


class AggregateTrade(msgspec.Struct, gc=False):
    """`{"e":"aggTrade","E":1672515782136,"s":"BNBBTC","a":12345,"p":"0.001","q":"100","f":100,"l":105,`
    `"T":1672515782136,"m":true,"M":true}`.
    """  # noqa: D205 - a raw payload is quoted

    a: Id
    p: Price
    q: Size
    f: Id
    l: Id  # noqa: E741 - Binance's name
    T: Milliseconds
    m: bool


class TradeFrame(msgspec.Struct, gc=False):
    """`{"stream":"btcusdt@trade","data":{…}}`: the stream's name tells symbol and type."""

    stream: str
    data: Trade


class AggregateTradeFrame(msgspec.Struct, gc=False):
    """`{"stream":"btcusdt@aggTrade","data":{…}}`."""

    stream: str
    data: AggregateTrade


class Refusal(msgspec.Struct):
    """`{"code":-1121,"msg":"Invalid symbol."}`."""

    code: int = 0
    msg: str = ""


class Event(msgspec.Struct):
    """The part of `data` that tells the type: `{"e":"serverShutdown","E":1770123456789}`."""

    e: str = ""


class Notice(msgspec.Struct):
    """Any other frame: `{"result":null,"id":1}`, `{"e":"serverShutdown",…}`, or a frame of a stream."""

    id: int | None = None
    error: Refusal | None = None
    e: str = ""
    stream: str = ""
    data: Event | None = None


class LooseTrade(msgspec.Struct):
    """A trade of any values: tells an impossible value from a frame of another shape."""

    e: str
    p: float
    q: float
    T: int


class LooseFrame(msgspec.Struct):
    """A frame that holds one."""

    data: LooseTrade


class OldTrade(msgspec.Struct, gc=False):
    """`{"id":28457,"price":"4.00000100","qty":"12.00000000","quoteQty":"48.000012","time":1499865549590,`
    `"isBuyerMaker":true,"isBestMatch":true}`.
    """  # noqa: D205 - a raw payload is quoted

    id: Id
    price: Price
    qty: Size
    time: Milliseconds
    isBuyerMaker: bool  # noqa: N815 - Binance's name


class OldAggregateTrade(msgspec.Struct, gc=False):
    """`{"a":26129,"p":"0.01633102","q":"4.70443515","f":27781,"l":27781,"T":1498793709153,"m":true,"M":true}`."""

    a: Id
    p: Price
    q: Size
    f: Id
    l: Id  # noqa: E741 - Binance's name
    T: Milliseconds
    m: bool


Row: TypeAlias = tuple[
    Milliseconds, Price, Price, Price, Price, Size, int, Size, Annotated[int, Meta(ge=0)], Size, Size, str
]
"""A candle: open time, open, high, low, close, volume, close time, quote volume, trades, taker's volume and quote."""


class ServerTime(msgspec.Struct):
    """`{"serverTime":1499827319559}`."""

    serverTime: Milliseconds  # noqa: N815 - Binance's name


class Filter(msgspec.Struct, rename="camel"):
    """`{"filterType":"PRICE_FILTER","tickSize":"0.01000000",…}` or `{"filterType":"LOT_SIZE","stepSize":…}`."""

    filter_type: str
    tick_size: float = 0.0
    step_size: float = 0.0


class Instrument(msgspec.Struct):
    """One of `symbols` in exchangeInfo."""

    symbol: str
    filters: list[Filter] = []


class ExchangeInformation(msgspec.Struct):
    """`{"timezone":"UTC",…,"symbols":[{"symbol":"ETHBTC","status":"TRADING",…,"filters":[…]}]}`."""

    symbols: list[Instrument]


decode_trade: Final[Callable[[Any], TradeFrame]] = msgspec.json.Decoder(TradeFrame, strict=False).decode
decode_aggregate: Final[Callable[[Any], AggregateTradeFrame]] = msgspec.json.Decoder(
    AggregateTradeFrame, strict=False
).decode
decode_notice: Final = msgspec.json.Decoder(Notice).decode
_decode_loose: Final = msgspec.json.Decoder(LooseFrame, strict=False).decode
_decode_old_trades: Final = msgspec.json.Decoder(list[OldTrade], strict=False).decode
_decode_old_aggregates: Final = msgspec.json.Decoder(list[OldAggregateTrade], strict=False).decode
_decode_klines: Final = msgspec.json.Decoder(list[Row], strict=False).decode
decode_time: Final = msgspec.json.Decoder(ServerTime).decode
decode_information: Final = msgspec.json.Decoder(ExchangeInformation, strict=False).decode
decode_refusal: Final = msgspec.json.Decoder(Refusal).decode
UNREADABLE: Final = (ValueError, RecursionError)
"""What decoding raises: malformed or unexpected JSON, bytes that are no UTF-8, and nesting without end."""


def is_impossible_trade(payload: bytes, kind: str) -> bool:
    """Tell whether a frame that was refused is of the kind `trade` or `aggTrade`, with values that no trade has."""
    try:
        return _decode_loose(payload).data.e == kind
    except UNREADABLE:
        return False


def read_old_trades(payload: bytes, symbol_no: int) -> Records:
    """Read `GET /api/v3/historicalTrades` or `/trades`; raises ValueError."""
    return _records(
        [
            (t.time * 1000, t.id, t.price, t.qty, symbol_no, trade_flags(buy=not t.isBuyerMaker, healed=True))
            for t in _decode_old_trades(payload)
        ]
    )


def read_old_aggregates(payload: bytes, symbol_no: int) -> Records:
    """Read `GET /api/v3/aggTrades`; raises ValueError."""
    return _records(
        [
            (t.T * 1000, t.a, t.p, t.q, symbol_no, aggregate_flags(t) | TradeFlag.HEALED)
            for t in _decode_old_aggregates(payload)
        ]
    )


def read_klines(payload: bytes) -> Records:
    """Read `GET /api/v3/klines` as CANDLE_DTYPE; raises ValueError.

    `[[1499040000000,"0.01634790","0.80000000","0.01575800","0.01577100","148976.11427815",1499644799999,
    "2434.19055334",308,"1756.87402397","28.46694368","0"]]`
    """
    rows = _decode_klines(payload)
    candles = np.array([(r[0] * 1000, *r[1:6], r[7], r[9], r[8], -1, -1) for r in rows], CANDLE_DTYPE)
    return candles[np.argsort(candles["time"], kind="stable")]


def aggregate_flags(trade: AggregateTrade | OldAggregateTrade) -> int:
    """Return the flags of an aggregate, which stands for the raw trades f..l; raises ValueError."""
    trades = trade.l - trade.f + 1
    if not 0 < trades < MAXIMUM_TRADES_OF_RECORD:
        raise ValueError(f"trades {trade.f}..{trade.l} are no aggregate")
    return trade_flags(buy=not trade.m, trades=trades)


def steps_of(instrument: Instrument) -> Steps:
    """Return a symbol's steps, 0 where Binance names none."""
    by_type = {f.filter_type: f for f in instrument.filters}
    price, lot = by_type.get("PRICE_FILTER"), by_type.get("LOT_SIZE")
    return Steps(price.tick_size if price else 0.0, lot.step_size if lot else 0.0)


def _records(rows: list[tuple[int, int, float, float, int, int]]) -> Records:
    records = np.array(rows, RECORD_DTYPE)
    return records[np.argsort(records["trade_id"], kind="stable")]
