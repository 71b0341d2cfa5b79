"""What waits for Redis, and what is said again after Redis may have lost its tail."""

import numpy as np

from tickloom.collector.known import Known
from tickloom.collector.outbox import ENTRY_BYTES, TAKE_BYTES, Entry, Outbox
from tickloom.collector.replay import KEPT_BYTES, RecentEntries
from tickloom.collector.sequence import IdRange
from tickloom.wire.batches import RECORD, RECORD_DTYPE, Control, Kind, decode, encode


def records(*rows: tuple[int, int, int]) -> np.ndarray[tuple[int], np.dtype[np.void]]:
    """Records of (trade id, symbol number, flags)."""
    return np.array([(1_000_000 + i, i, 1.0, 1.0, number, flags) for i, number, flags in rows], RECORD_DTYPE)


def entry(kind: Kind, *rows: tuple[int, int, int]) -> Entry:
    return Entry(0, kind, encode(kind, 0, 0, records(*rows)))


def test_trades_are_joined_but_never_across_another_kind() -> None:
    outbox = Outbox()
    for kind in (Kind.TRADES, Kind.TRADES, Kind.CONTROL, Kind.TRADES):
        outbox.add(0, kind, records((1, 1, 0)).tobytes(), received_us=1, watermark_us=2)
    taken = [(e.kind, len(decode(e.data).records)) for e in outbox.take()]
    assert taken == [(Kind.TRADES, 2), (Kind.CONTROL, 1), (Kind.TRADES, 1)]
    assert outbox.size == 0
    assert outbox.take() == []


def test_entries_and_round_trips_have_a_largest_size() -> None:
    outbox, part = Outbox(), bytes(RECORD.size * 10_000)
    for _ in range(30):
        outbox.add(0, Kind.TRADES, part, received_us=1, watermark_us=2)
    rounds = []
    while entries := outbox.take():
        assert max(len(e.data) for e in entries) <= ENTRY_BYTES + 100
        rounds.append(sum(len(e.data) for e in entries))
    assert len(rounds) > 1
    assert max(rounds) < TAKE_BYTES + ENTRY_BYTES + 1000


def test_entries_of_the_last_seconds_are_kept() -> None:
    recent = RecentEntries()
    recent.remember([entry(Kind.TRADES, (1, 1, 0))], 10.0)
    recent.remember([entry(Kind.TRADES, (2, 1, 0)), entry(Kind.HEARTBEAT, (2, 1, 1))], 14.0)
    recent.remember([entry(Kind.TRADES, (3, 1, 0))], 16.0)
    again = [int(decode(e.data).records["trade_id"][0]) for e in recent.since(0.0, set())]
    assert again == [2, 3]


def test_what_is_kept_has_a_bound() -> None:
    recent, large = RecentEntries(), Entry(0, Kind.TRADES, bytes(KEPT_BYTES // 2 + 1))
    recent.remember([large, large], 1.0)
    assert len(list(recent.since(0.0, set()))) == 1


def test_controls_are_said_again_so_that_nothing_is_counted_twice() -> None:
    recent = RecentEntries()
    recent.remember(
        [
            entry(Kind.CONTROL, (1, 1, Control.STARTED)),
            entry(Kind.CONTROL, (2, 1, Control.DOWN), (2, 2, Control.DOWN)),
            entry(Kind.CONTROL, (3, 1, Control.UNHEALABLE)),
            entry(Kind.CONTROL, (4, 1, Control.DOWN)),
        ],
        1.0,
    )
    again = [decode(e.data).records[["symbol_no", "flags"]].tolist() for e in recent.since(0.0, {2})]
    assert again == [[(1, Control.RESUMED)], [(2, Control.DOWN)], [(1, Control.UNHEALABLE)]]


def trades(*ids: int) -> bytes:
    return entry(Kind.TRADES, *((i, 1, 0) for i in ids)).data


def control(code: Control, trade_id: int, size: float = 0.0) -> bytes:
    record = np.array([(5, trade_id, 0.0, size, 1, code)], RECORD_DTYPE)
    return encode(Kind.CONTROL, 0, 0, record)


def test_a_start_goes_on_after_the_highest_id_of_database_and_streams() -> None:
    known = Known({1: 10})
    for data in (trades(9, 10, 11), b"no batch", trades(12, 13)):
        known.note(data)
    assert known.last_ids == {1: 13}
    assert known.gaps[1] == []
    assert known.covered_us == {1: 1_000_013}


def test_a_gap_left_in_the_streams_is_known_until_it_is_filled() -> None:
    known = Known({1: 10}, gaps={1: [IdRange(1, 3, 6)]})
    known.note(trades(11, 15))
    assert known.gaps[1] == [IdRange(1, 3, 6), IdRange(1, 12, 14)]
    known.note(trades(4, 12, 13, 14, 16))
    assert known.gaps[1] == [IdRange(1, 3, 3), IdRange(1, 5, 6)]
    assert known.last_ids == {1: 16}


def test_trades_that_were_given_up_are_not_asked_for_again() -> None:
    known = Known({1: 10}, gaps={1: [IdRange(1, 3, 6)]})
    known.note(control(Control.UNHEALABLE, 4, 2.0))
    known.note(control(Control.UNHEALABLE, 11, 5.0))
    known.note(control(Control.UNHEALABLE, 11, float("nan")))
    known.note(trades(16, 17))
    assert known.gaps[1] == [IdRange(1, 3, 3), IdRange(1, 6, 6)]
    assert known.last_ids == {1: 17}


def test_a_start_in_the_stream_leaves_no_gap_before_it() -> None:
    known = Known({1: 10})
    known.note(control(Control.STARTED, 99))
    known.note(trades(100, 101))
    assert known.gaps[1] == []
    assert known.last_ids == {1: 101}
