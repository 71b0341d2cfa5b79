"""Binance's frames, good and bad: what cannot be used costs only itself."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from picows.picows import WSFrame, WSMsgType, _make_test_ws_frame
from prometheus_client import REGISTRY

from tickloom.collector.venues.binance.stream import MAXIMUM_FRAME, AggregateTradeSocket, TradeSocket
from tickloom.wire.batches import TradeFlag
from unit.collector.collecting import Flowing

TRADE: dict[str, Any] = {
    "e": "trade",
    "E": 1723161255343,
    "s": "BTCUSDT",
    "t": 3735683259,
    "p": "61837.63000000",
    "q": "0.02000000",
    "T": 1723161255342,
    "m": True,
    "M": True,
}
AGGREGATE: dict[str, Any] = {
    "e": "aggTrade",
    "E": 1672515782136,
    "s": "BTCUSDT",
    "a": 12345,
    "p": "0.001",
    "q": "100",
    "f": 100,
    "l": 105,
    "T": 1672515782136,
    "m": False,
    "M": True,
}


class Transport:
    """Notes what the socket sends."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes]] = []

    def send_pong(self, payload: bytes) -> None:
        self.sent.append(("pong", payload))

    def send_close(self) -> None:
        self.sent.append(("close", b""))

    def disconnect(self) -> None:
        self.sent.append(("disconnect", b""))


class Listening:
    """A socket that is subscribed to BTCUSDT (number 1), and the intake behind it."""

    def __init__(self, kind: type[TradeSocket] = TradeSocket) -> None:
        self.flowing = Flowing()
        self.transport = Transport()
        self.socket = kind(self.flowing.intake, self.flowing.clock)
        self.socket._numbers = {f"btcusdt@{kind.kind}": 1}

    def frame(self, payload: bytes | Any, msg_type: WSMsgType = WSMsgType.TEXT) -> None:
        data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        frame: WSFrame = _make_test_ws_frame(msg_type, data, True, False)
        self.socket.on_ws_frame(self.transport, frame)  # type: ignore[arg-type]

    def records(self) -> list[tuple[Any, ...]]:
        return self.flowing.intake.take().tolist()  # type: ignore[no-any-return]


def framed(data: dict[str, Any], stream: str = "btcusdt@trade") -> dict[str, Any]:
    return {"stream": stream, "data": data}


def rejected(kind: str) -> float:
    labels = {"exchange": "binance", "kind": kind}
    return REGISTRY.get_sample_value("tickloom_collector_errors_total", labels) or 0.0


def test_a_trade_becomes_a_record_to_the_last_digit() -> None:
    listening = Listening()
    listening.frame(framed(TRADE))
    assert listening.records() == [(1723161255342000, 3735683259, 61837.63, 0.02, 1, 0)]
    assert listening.flowing.feed_clock.event_us == 1723161255342000
    assert listening.socket.delivered


def test_the_taker_bought_where_the_buyer_was_no_maker() -> None:
    listening = Listening()
    listening.frame(framed({**TRADE, "m": False}))
    assert listening.records()[0][5] == TradeFlag.BUY


def test_an_aggregate_tells_how_many_trades_it_stands_for() -> None:
    listening = Listening(AggregateTradeSocket)
    listening.frame(framed(AGGREGATE, "btcusdt@aggTrade"))
    listening.frame(framed({**AGGREGATE, "l": 100, "a": 12346}, "btcusdt@aggTrade"))
    assert [(r[1], r[5] & 255, r[5] >> 8) for r in listening.records()] == [
        (12345, TradeFlag.BUY, 6),
        (12346, TradeFlag.BUY, 0),
    ]


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        pytest.param(b"", "unreadable_frame", id="empty"),
        pytest.param(b'{"stream":"btcusdt@trade","data":{"e":"tr', "unreadable_frame", id="truncated"),
        pytest.param(b"\xff\xfe\x00garbage", "unreadable_frame", id="garbage"),
        pytest.param(b'{"stream":"\xff\xfe","data":{}}', "unreadable_frame", id="no UTF-8"),
        pytest.param(b"[]", "unreadable_frame", id="an array"),
        pytest.param(b'{"a":' * 12_000, "unreadable_frame", id="nested without end"),
        pytest.param(framed(TRADE, "ethusdt@trade"), "unknown_stream", id="unknown symbol"),
        pytest.param(framed(TRADE, "btcusdt@depth"), "unknown_stream", id="unknown stream"),
        pytest.param(framed({**TRADE, "p": "0"}), "impossible_value", id="price zero"),
        pytest.param(framed({**TRADE, "p": "-1"}), "impossible_value", id="price negative"),
        pytest.param(framed({**TRADE, "p": "nan"}), "impossible_value", id="price not a number"),
        pytest.param(framed({**TRADE, "p": "inf"}), "impossible_value", id="price infinite"),
        pytest.param(framed({**TRADE, "q": "-0.1"}), "impossible_value", id="size negative"),
        pytest.param(framed({**TRADE, "t": -5}), "impossible_value", id="id negative"),
        pytest.param(framed({**TRADE, "T": 0}), "impossible_value", id="time of 1970"),
        pytest.param(framed({**TRADE, "T": 10**15}), "impossible_value", id="time far ahead"),
        pytest.param(framed({**TRADE, "p": "abc"}), "unreadable_frame", id="price is text"),
        pytest.param(framed(AGGREGATE), "unreadable_frame", id="an aggregate on a trade stream"),
        pytest.param({"x": 1}, "unreadable_frame", id="nothing known"),
        pytest.param({"result": None, "id": 77}, "unexpected_answer", id="an answer nobody asked for"),
        pytest.param(b" " * (MAXIMUM_FRAME + 1), "oversized", id="oversized"),
    ],
)
def test_a_bad_frame_is_counted_by_kind_and_costs_only_itself(payload: Any, kind: str) -> None:
    listening, before = Listening(), rejected(kind)
    listening.frame(framed(TRADE))
    listening.frame(payload)
    listening.frame(framed({**TRADE, "t": TRADE["t"] + 1}))
    assert [record[1] for record in listening.records()] == [TRADE["t"], TRADE["t"] + 1]
    assert rejected(kind) == before + 1


@pytest.mark.parametrize("trades", [(5, 4), (0, 1 << 24)], ids=["none", "too many"])
def test_an_aggregate_of_an_impossible_number_of_trades_is_skipped(trades: tuple[int, int]) -> None:
    listening = Listening(AggregateTradeSocket)
    listening.frame(framed({**AGGREGATE, "f": trades[0], "l": trades[1]}, "btcusdt@aggTrade"))
    assert listening.records() == []


def test_a_binary_frame_is_skipped() -> None:
    listening, before = Listening(), rejected("unexpected_frame")
    listening.frame(b"\x00", WSMsgType.BINARY)
    assert rejected("unexpected_frame") == before + 1


def test_a_ping_gets_its_pong_and_counts_as_life() -> None:
    listening = Listening()
    listening.flowing.clock.tick(30)
    listening.frame(b"1723161255343", WSMsgType.PING)
    assert listening.transport.sent == [("pong", b"1723161255343")]
    assert listening.socket.last_frame == listening.flowing.clock.monotonic()


def test_a_close_is_answered() -> None:
    listening = Listening()
    listening.frame(b"\x03\xe8", WSMsgType.CLOSE)
    assert [name for name, _ in listening.transport.sent] == ["close", "disconnect"]


@pytest.mark.parametrize(
    "frame",
    [{"e": "serverShutdown", "E": 1770123456789}, framed({"e": "serverShutdown", "E": 1}, "!serverShutdown")],
    ids=["raw", "combined"],
)
def test_an_announced_shutdown_asks_for_another_connection(frame: dict[str, Any]) -> None:
    listening = Listening()
    listening.frame(frame)
    assert listening.socket.retiring.is_set()


async def test_streams_that_were_left_are_passed_over_in_silence() -> None:
    listening, before = Listening(), rejected("unknown_stream")
    listening.socket._left, listening.socket._numbers = {"btcusdt@trade"}, {}
    listening.frame(framed(TRADE))
    assert listening.records() == []
    assert rejected("unknown_stream") == before


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
GOOD = object()
MUTATED = st.tuples(st.sampled_from(sorted(TRADE)), JSON).map(lambda change: framed({**TRADE, change[0]: change[1]}))
FRAMES = st.lists(st.just(GOOD) | st.binary(max_size=200) | JSON.map(lambda v: json.dumps(v).encode()) | MUTATED)


@given(frames=FRAMES)
def test_whatever_arrives_good_trades_are_kept_and_others_have_possible_values(frames: list[Any]) -> None:
    listening, good = Listening(), []
    for i, frame in enumerate(frames):
        if frame is GOOD:
            good.append(10_000_000_000 + i)
            listening.frame(framed({**TRADE, "t": good[-1]}))
        else:
            listening.frame(frame)
    records = listening.records()
    assert [record[1] for record in records if record[1] in good] == good
    for time_us, trade_id, price, size, number, flags in records:
        assert 0 < price < 1e300
        assert 0 <= size < 1e300
        assert 1_230_768_000_000_000 <= time_us < 4_102_444_800_000_000
        assert (trade_id >= 0, number, flags >> 8) == (True, 1, 0)


@given(cut=st.integers(0, 150), flips=st.lists(st.tuples(st.integers(0, 150), st.integers(0, 255)), max_size=4))
def test_a_damaged_frame_never_touches_its_neighbours(cut: int, flips: list[tuple[int, int]]) -> None:
    listening = Listening()
    damaged = bytearray(json.dumps(framed({**TRADE, "t": 5}), separators=(",", ":")).encode())
    for place, value in flips:
        damaged[place % len(damaged)] = value
    listening.frame(framed({**TRADE, "t": 1}))
    listening.frame(bytes(damaged[: len(damaged) - cut]))
    listening.frame(framed({**TRADE, "t": 2}))
    ids = [record[1] for record in listening.records()]
    assert (ids[0], ids[-1]) == (1, 2)
    assert len(ids) <= 3
