"""What is appended in which order, what is held back, and what a heartbeat may claim."""

from hypothesis import given
from hypothesis import strategies as st

from tickloom.collector.sequence import IdRange
from tickloom.wire.batches import Control, Kind, decode
from unit.collector.collecting import GRACE, MINUTE, NOW, Flowing


def watermarks(flowing: Flowing) -> dict[int, tuple[int, int]]:
    """Beat, and return watermark and flags by symbol."""
    flowing.flow.heartbeat()
    return {s.symbol_no: (s.exchange_us, s.flags) for s in flowing.said() if s.kind == Kind.HEARTBEAT}


def test_trades_that_came_together_leave_as_one_entry_for_each_partition() -> None:
    flowing = Flowing()
    flowing.start(1, 2, 3)
    flowing.frame(1, 1, 2)
    flowing.frame(3, 1)
    flowing.frame(2, 1)
    entries = flowing.entries()
    assert [(partition, kind, len(decode(data).records)) for partition, kind, data in entries] == [
        (0, Kind.TRADES, 3),
        (1, Kind.TRADES, 1),
    ]


def test_a_jump_is_told_and_holds_nothing_back() -> None:
    flowing = Flowing()
    flowing.start(1)
    jumps: list[IdRange] = []
    flowing.flow.on_jump = jumps.append
    flowing.frame(1, 1, 4)
    assert flowing.ids() == [(1, 1), (1, 4)]
    assert jumps == [IdRange(1, 2, 3)]


def test_trades_are_held_back_until_released_and_follow_what_was_fetched() -> None:
    flowing = Flowing()
    flowing.start(1, 2)
    held = flowing.flow.hold(1)
    flowing.frame(1, 5, 6)
    flowing.frame(2, 1)
    assert flowing.ids() == [(2, 1)]
    assert held.first_id == 5
    flowing.flow.release(1)
    flowing.frame(1, 7)
    assert flowing.ids() == [(1, 5), (1, 6), (1, 7)]


def test_a_loss_is_said_once_and_after_the_trades_before_it() -> None:
    flowing = Flowing()
    flowing.start(1)
    flowing.frame(1, 1)
    flowing.flow.say_down([1])
    flowing.flow.say_down([1])
    said = flowing.said()
    assert [(s.kind, s.trade_id, s.flags) for s in said] == [(Kind.TRADES, 1, 0), (Kind.CONTROL, 1, Control.DOWN)]
    assert said[1].exchange_us == NOW


def test_a_loss_before_anything_was_covered_is_nothing_to_say() -> None:
    flowing = Flowing()
    flowing.flow.say_down([1])
    assert flowing.said() == []


def test_the_watermark_of_a_live_symbol_follows_the_exchanges_clock_without_trades() -> None:
    flowing = Flowing()
    flowing.start(1, 2)
    flowing.frame(1, 1)
    flowing.clock.tick(10)
    assert watermarks(flowing) == {1: (NOW + 10_000_000, 1), 2: (NOW + 10_000_000, 1)}


def test_the_watermark_waits_at_the_last_trade_while_missed_ones_are_fetched() -> None:
    flowing = Flowing()
    flowing.start(1)
    flowing.frame(1, 1)
    flowing.flow.settle()
    flowing.flow.hold(1)
    flowing.clock.tick(10)
    flowing.frame(1, 3, at=NOW + 10_000_000)
    assert watermarks(flowing) == {1: (NOW, 1)}


def test_the_watermark_goes_on_while_the_feed_is_down() -> None:
    flowing = Flowing()
    flowing.start(1)
    flowing.frame(1, 1)
    flowing.flow.say_down([1])
    flowing.clock.tick(10)
    assert watermarks(flowing) == {1: (NOW + 10_000_000, 0)}


def test_a_symbol_of_which_nothing_is_known_has_no_heartbeat() -> None:
    flowing = Flowing()
    assert watermarks(flowing) == {}


def test_a_replayed_feed_beats_after_each_minute_of_its_own_time() -> None:
    flowing = Flowing("feed")
    flowing.start(1, before_id=0)
    boundary = NOW - NOW % MINUTE + MINUTE
    flowing.frame(1, 1, at=boundary + GRACE - 1)
    flowing.said()
    flowing.frame(1, 2, at=boundary + GRACE)
    said = flowing.said()
    assert [s.kind for s in said] == [Kind.TRADES, Kind.HEARTBEAT]
    assert said[1].exchange_us == boundary + GRACE


def test_trades_beyond_the_memory_are_dropped_and_remembered_as_missing() -> None:
    flowing = Flowing(maximum_bytes=40 * 10)
    flowing.start(1, 2)
    flowing.frame(1, *range(1, 9))
    flowing.flow.settle()
    flowing.frame(2, *range(1, 9))
    flowing.flow.settle()
    flowing.frame(1, 9)
    assert flowing.ids() == [*((1, i) for i in range(1, 9)), (1, 9)]
    assert flowing.flow.dropped == {2}
    flowing.frame(2, 9)
    assert flowing.ids() == []
    assert flowing.coverage.last_id[2] == 0


def test_absurd_times_and_ids_are_skipped() -> None:
    flowing = Flowing()
    flowing.start(1)
    flowing.frame(1, 1)
    flowing.flow.heartbeat()
    flowing.said()
    flowing.frame(1, 2, at=NOW + 3 * 3600 * 1_000_000)
    flowing.frame(1, 1 << 50)
    flowing.frame(1, 2)
    assert flowing.ids() == [(1, 2)]


def test_what_still_arrives_of_a_removed_symbol_goes_nowhere() -> None:
    flowing = Flowing()
    flowing.start(1, 2)
    flowing.coverage.uncover(1)
    flowing.frame(1, 1)
    assert flowing.ids() == []
    assert set(watermarks(flowing)) == {2}


ACTIONS = st.lists(
    st.tuples(st.sampled_from(["trade", "skip", "hold", "release", "down", "beat", "tick", "late"]), st.integers(1, 3)),
    max_size=60,
)


@given(actions=ACTIONS, kind=st.sampled_from(["wall", "feed"]))
def test_no_trade_follows_a_heartbeat_that_promised_it_and_watermarks_never_go_back(
    actions: list[tuple[str, int]], kind: str
) -> None:
    flowing = Flowing(kind)
    flowing.start(1, 2, 3)
    ids = dict.fromkeys((1, 2, 3), 0)
    promised = dict.fromkeys((1, 2, 3), 0)
    for action, number in actions:
        if action == "tick":
            flowing.clock.tick(0.5)
        elif action == "hold":
            flowing.flow.hold(number)
        elif action == "release":
            flowing.flow.release(number)
        elif action == "down":
            flowing.flow.abandon(number)
            flowing.flow.say_down([number])
            flowing.flow.say(Control.RESUMED, number, exchange_us=NOW, trade_id=ids[number])
        elif action == "beat":
            flowing.flow.heartbeat()
        else:
            ids[number] += 2 if action == "skip" else 1
            at = NOW + round((flowing.clock.monotonic() - 1000) * 1e6) - (1000 if action == "late" else 0)
            flowing.frame(number, ids[number], at=at)
        for said in flowing.said():
            if said.kind == Kind.HEARTBEAT:
                assert said.exchange_us >= promised[said.symbol_no]
                promised[said.symbol_no] = said.exchange_us
            elif said.kind == Kind.TRADES and kind == "wall":
                # The feed's delay varies by a millisecond here; a bar stays open for much longer than that.
                assert said.exchange_us >= promised[said.symbol_no] - 1000
