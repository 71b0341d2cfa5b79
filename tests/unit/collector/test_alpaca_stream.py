"""Alpaca's messages, good and bad: what cannot be used costs only itself."""

import struct
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from picows.picows import WSFrame, WSMsgType, _make_test_ws_frame

from tickloom.collector.venue import VenueRefused, VenueThrottled
from tickloom.collector.venues.alpaca import parse
from tickloom.collector.venues.alpaca.stream import AlpacaSocket, error_of
from tickloom.wire.batches import TradeFlag
from unit.collector.collecting import Flowing

SECONDS, NANOSECONDS = 1_723_123_800, 123_456_789
TIME_US = SECONDS * 1_000_000 + 123_456


def stamp(seconds: int = SECONDS, nanoseconds: int = NANOSECONDS) -> msgspec.msgpack.Ext:
    return msgspec.msgpack.Ext(-1, struct.pack(">Q", nanoseconds << 34 | seconds))


TRADE: dict[str, Any] = {
    "T": "t",
    "S": "AAPL",
    "i": 52983525029461,
    "x": "V",
    "p": 126.55,
    "s": 1,
    "t": stamp(),
    "c": ["@", "I"],
    "z": "C",
}
CORRECTION: dict[str, Any] = {
    "T": "c",
    "S": "AAPL",
    "x": "M",
    "oi": 7,
    "op": 39.1582,
    "os": 440000,
    "oc": [" ", "7"],
    "ci": 8,
    "cp": 39.1809,
    "cs": 440000,
    "cc": [" ", "7"],
    "z": "B",
    "t": stamp(),
}
CANCEL: dict[str, Any] = {
    "T": "x",
    "S": "AAPL",
    "i": 465,
    "x": "D",
    "p": 2697.25,
    "s": 5,
    "a": "C",
    "z": "C",
    "t": stamp(),
}
ODD_LOT = int(TradeFlag.NOT_LAST | TradeFlag.NOT_RANGE)


class Transport:
    """Notes what the socket does."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def send_close(self) -> None:
        self.done.append("close")

    def disconnect(self) -> None:
        self.done.append("disconnect")


class Listening:
    """A socket that is subscribed to AAPL (number 1), and the intake behind it."""

    def __init__(self) -> None:
        self.flowing = Flowing()
        self.transport = Transport()
        self.socket = AlpacaSocket(self.flowing.intake, self.flowing.clock)
        self.socket._numbers = {"AAPL": 1}

    def frame(self, *messages: Any, kind: WSMsgType = WSMsgType.BINARY) -> list[tuple[Any, ...]]:
        return self.payload(msgspec.msgpack.encode(list(messages)), kind)

    def payload(self, data: bytes, kind: WSMsgType = WSMsgType.BINARY) -> list[tuple[Any, ...]]:
        frame: WSFrame = _make_test_ws_frame(kind, data, True, False)
        self.socket.on_ws_frame(self.transport, frame)  # type: ignore[arg-type]
        return self.flowing.intake.take().tolist()  # type: ignore[no-any-return]


def test_a_trade_becomes_a_record_of_its_time_exchange_and_conditions() -> None:
    listening = Listening()
    identity = ord("V") << 56 | 52983525029461
    assert listening.frame(TRADE) == [(TIME_US, identity, 126.55, 1.0, 1, ODD_LOT)]
    assert listening.socket.delivered
    assert listening.flowing.feed_clock.event_us == TIME_US


def test_the_same_id_of_another_exchange_is_another_trade() -> None:
    listening = Listening()
    first, second = listening.frame(TRADE, {**TRADE, "x": "D"})
    assert first[1] != second[1]


def test_a_correction_cancels_one_trade_and_brings_another_in_its_place() -> None:
    cancel, corrected = Listening().frame(CORRECTION)
    exchange = ord("M") << 56
    assert cancel == (TIME_US, exchange | 7, 39.1582, 440000.0, 1, TradeFlag.CANCEL)
    assert corrected == (TIME_US, exchange | 8, 39.1809, 440000.0, 1, TradeFlag.CORRECTED | ODD_LOT)


def test_a_cancel_names_the_trade_that_it_takes_back() -> None:
    assert Listening().frame(CANCEL) == [(TIME_US, ord("D") << 56 | 465, 2697.25, 5.0, 1, TradeFlag.CANCEL)]


@pytest.mark.parametrize(
    "broken",
    [
        {**TRADE, "p": -1.0},
        {**TRADE, "p": "126.55"},
        {**TRADE, "i": 1 << 60},
        {**TRADE, "x": "VV"},
        {**TRADE, "t": stamp(5)},
        {**TRADE, "t": msgspec.msgpack.Ext(-1, b"abc")},
        {**TRADE, "t": msgspec.msgpack.Ext(7, bytes(8))},
        {"T": "t"},
        {"T": "new kind", "S": "AAPL"},
        {},
        None,
        7,
    ],
)
def test_a_broken_message_costs_only_itself(broken: Any) -> None:
    listening = Listening()
    assert len(listening.frame(TRADE, broken, {**TRADE, "i": 2}, CANCEL)) == 3
    assert listening.frame(broken) == []
    assert listening.frame(TRADE) != []


@given(st.binary(max_size=200))
def test_no_bytes_at_all_stop_the_socket(data: bytes) -> None:
    listening = Listening()
    listening.payload(data)
    listening.payload(data, WSMsgType.TEXT)
    assert len(listening.frame(TRADE)) == 1


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats()
    | st.text(max_size=5)
    | st.binary(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from([TRADE, CORRECTION, CANCEL]), st.data())
def test_any_value_in_any_field_makes_a_record_of_possible_values_or_none(message: dict[str, Any], data: Any) -> None:
    field = data.draw(st.sampled_from(sorted(message)))
    for time_us, _, price, size, number, _ in Listening().frame({**message, field: data.draw(values)}):
        assert 0 < time_us < 4_102_444_800_000_000
        assert 0 < price < 1e300
        assert 0 <= size < 1e300
        assert number == 1


@given(st.binary(max_size=40), st.integers(0, 400))
def test_a_corrupted_frame_leaves_the_following_ones_alone(noise: bytes, at: int) -> None:
    listening = Listening()
    frame = msgspec.msgpack.encode([TRADE, CORRECTION, TRADE])
    at %= len(frame)
    listening.payload(frame[:at] + noise + frame[at + len(noise) :])
    assert len(listening.frame(TRADE, CANCEL)) == 2


def test_stream_and_history_name_the_same_trade_alike() -> None:
    (live,) = Listening().frame(TRADE)
    row = {name: TRADE[name] for name in "ixpscz"} | {"t": "2024-08-08T13:30:00.123456789Z"}
    answer = parse.decode_old_trades(msgspec.json.encode({"trades": {"AAPL": [row]}, "next_page_token": None}))
    (old,) = parse.to_records((answer.trades or {})["AAPL"], 1).tolist()
    assert old[:5] == live[:5]
    assert old[5] == live[5] | TradeFlag.HEALED


def test_history_leaves_out_what_was_taken_back() -> None:
    row = {name: TRADE[name] for name in "ixpscz"} | {"t": "2024-08-08T13:30:00Z"}
    rows = [
        {**row, "u": update, "i": number} for number, update in enumerate(["canceled", "incorrect", "corrected", ""])
    ]
    answer = parse.decode_old_trades(msgspec.json.encode({"trades": {"AAPL": rows}}))
    records = parse.to_records((answer.trades or {})["AAPL"], 1)
    assert (records["trade_id"] & 0xFF).tolist() == [2, 3]


@given(st.text(max_size=40) | st.datetimes().map(lambda moment: moment.isoformat() + "Z"))
def test_no_text_is_taken_for_a_time_by_mistake(text: str) -> None:
    try:
        assert 0 < parse.read_time(text) < 4_102_444_800_000_000
    except ValueError:
        return


@given(
    st.binary(max_size=100)
    | st.dictionaries(st.sampled_from(["trades", "next_page_token"]), values).map(msgspec.json.encode)
)
def test_an_answer_that_makes_no_sense_is_an_error_of_its_own(answer: bytes) -> None:
    for decode in (parse.decode_old_trades, parse.decode_latest_trades, parse.decode_refusal):
        try:
            decode(answer)
        except parse.UNREADABLE:
            continue


def test_errors_say_whether_to_wait_or_to_give_up() -> None:
    limit = error_of(parse.Error(406, "connection limit exceeded"))
    assert isinstance(limit, VenueThrottled)
    assert limit.retry_seconds > 90
    assert isinstance(error_of(parse.Error(402, "auth failed")), VenueRefused)
    assert isinstance(error_of(parse.Error(409, "insufficient subscription")), VenueRefused)


def test_a_client_that_was_too_slow_knows_why_it_was_cut_off() -> None:
    listening = Listening()
    listening.frame({"T": "error", "code": 407, "msg": "slow client"})
    assert "407" in (listening.socket.farewell or "")
