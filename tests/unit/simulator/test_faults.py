"""Faults: what they do to messages and requests, what the ledger says of them, and how they are described."""

import asyncio
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickloom.collector.venues.binance import parse
from tickloom.simulator.disturbance import Disturbance, _damage
from tickloom.simulator.errors import NotFaults
from tickloom.simulator.faults import Fault, parse_faults, read_faults
from tickloom.simulator.ledger import Event, Ledger
from tickloom.simulator.trades import Trade
from tickloom.simulator.weights import BAN_SECONDS, PATIENCE, Weights


class Disturbed:
    """Messages with ids 1, 2, … through some faults."""

    def __init__(self, *faults: Fault) -> None:
        self.ledger = Ledger()
        self.arrived: list[Event] = []
        self.befell: list[str] = []
        self.disturbance = Disturbance(self.ledger, self, self.arrived.append)
        self.sent = 0
        for fault in faults:
            self.disturbance.add(fault)

    def break_all(self) -> int:
        self.befell.append("broken")
        return 1

    def freeze_all(self) -> int:
        self.befell.append("frozen")
        return 1

    def shut_down_all(self) -> int:
        self.befell.append("shut down")
        return 1

    def send(self, count: int, symbol: str = "X") -> list[int]:
        self.arrived.clear()
        for _ in range(count):
            self.disturbance.begin_due(self.sent)
            self.sent += 1
            self.disturbance.pass_on(Event(f"{symbol.lower()}@trade", symbol, self.sent, self.sent, b'{"e":"trade"}'))
            self.disturbance.note_trade(symbol)
        return [event.first_id for event in self.arrived]


async def test_messages_get_lost_where_a_fault_says_so_and_the_ledger_knows_them() -> None:
    line = Disturbed(Fault("drop", after=3, count=2))
    assert line.send(8) == [1, 2, 3, 6, 7, 8]
    (done,) = line.ledger.faults
    assert (done.state, done.messages, done.began_after) == ("done", 2, 3)
    assert done.as_row()["lost"] == {"x@trade": [[4, 5]]}


async def test_a_silence_lasts_for_a_number_of_trades() -> None:
    line = Disturbed(Fault("silence", after=1, count=3))
    assert line.send(2) == [1]
    assert line.disturbance.is_silent
    assert line.send(4) == [5, 6]


async def test_messages_come_twice() -> None:
    assert Disturbed(Fault("duplicate", after=1, count=2)).send(4) == [1, 2, 2, 3, 3, 4]


async def test_messages_come_in_another_order_and_none_gets_lost() -> None:
    arrived = Disturbed(Fault("reorder", after=1, count=6, seed=1)).send(9)
    assert sorted(arrived) == list(range(1, 10))
    assert arrived != sorted(arrived)
    assert arrived[0] == 1
    assert arrived[-2:] == [8, 9]


async def test_what_is_held_back_is_let_go_at_the_end() -> None:
    line = Disturbed(Fault("reorder", after=0, count=100), Fault("slow", after=0, count=100, milliseconds=3_600_000))
    assert line.send(5) == []
    line.disturbance.end()
    assert sorted(event.first_id for event in line.arrived) == [1, 2, 3, 4, 5]


async def test_late_messages_keep_those_behind_them_waiting() -> None:
    line = Disturbed(Fault("slow", after=1, count=1, milliseconds=20))
    assert line.send(4) == [1]
    async with asyncio.timeout(5):
        while len(line.arrived) < 4:  # noqa: ASYNC110 - the clock tells nobody
            await asyncio.sleep(0.001)
    assert [event.first_id for event in line.arrived] == [1, 2, 3, 4]


async def test_a_fault_of_one_symbol_spares_the_others() -> None:
    line = Disturbed(Fault("drop", symbol="Y", count=5))
    assert line.send(2, "X") == [1, 2]
    assert line.send(2, "Y") == []


@pytest.mark.parametrize(
    ("kind", "befell"), [("disconnect", "broken"), ("half_open", "frozen"), ("shutdown", "shut down")]
)
async def test_connections_are_befallen_in_their_time(kind: str, befell: str) -> None:
    line = Disturbed(Fault(kind, after=2, count=2))  # type: ignore[arg-type]
    line.send(2)
    assert line.befell == []
    line.send(1)
    assert line.befell == [befell]
    assert line.disturbance.refuses_connections == (kind == "disconnect")
    line.send(1)
    assert not line.disturbance.refuses_connections


async def test_the_clock_is_off_for_a_while() -> None:
    line = Disturbed(Fault("clock_skew", after=1, count=2, milliseconds=-5000))
    skews = []
    for _ in range(4):
        line.send(1)
        skews.append(line.disturbance.skew_ms)
    assert skews == [0, -5000, 0, 0]


async def test_requests_are_refused_or_late_as_often_as_a_fault_says() -> None:
    line = Disturbed(
        Fault("status", count=2, status=418, retry_after=7), Fault("slow_answers", count=3, milliseconds=250)
    )
    line.disturbance.begin_due(0)
    assert [line.disturbance.answer() for _ in range(4)] == [
        (418, 7, 0.25),
        (418, 7, 0.25),
        (200, None, 0.25),
        (200, None, 0.0),
    ]


@given(seed=st.integers(0, 10_000))
def test_a_damaged_frame_cannot_be_read_as_a_trade(seed: int) -> None:
    payload = Trade("X", 1, "1.5", "2.5", 1_723_161_255_342, 1_723_161_255_343, buyer_is_maker=True).as_event()
    whole = msgspec.json.encode(payload)
    with pytest.raises(parse.UNREADABLE):
        parse.decode_trade(b'{"stream":"x@trade","data":%b}' % _damage(whole, seed))


def test_faults_are_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "faults.yaml"
    file.write_text("- {kind: drop, after: 100, count: 20}\n- kind: status\n  status: 429\n  retry_after: 3\n")
    assert read_faults(file) == [Fault("drop", after=100, count=20), Fault("status", status=429, retry_after=3)]


@pytest.mark.parametrize("value", [[{"kind": "flood"}], [{"kind": "drop", "often": 3}], ["drop"], [{"count": 3}], 7])
def test_a_wrong_description_says_what_does_not_fit(value: object) -> None:
    with pytest.raises(NotFaults, match="these are no faults"):
        parse_faults(value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFaults, match=r"nowhere\.yaml"):
        read_faults(tmp_path / "nowhere.yaml")


def test_who_goes_on_over_the_limit_is_banned_and_banned_for_longer_the_next_time() -> None:
    now = [0]
    weights = Weights(lambda: now[0], limit=10)
    assert [weights.spend(5)[0] for _ in range(3)] == [200, 200, 429]
    assert [weights.spend(1)[0] for _ in range(PATIENCE)] == [429] * (PATIENCE - 1) + [418]
    assert weights.spend(1) == (418, BAN_SECONDS + 1)
    now[0] = BAN_SECONDS * 1000
    assert weights.spend(1) == (200, 0)
    assert [weights.spend(10) for _ in range(PATIENCE + 1)][-1] == (418, 2 * BAN_SECONDS)
