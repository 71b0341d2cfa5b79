"""Gaps in trade ids, against a slow obvious implementation."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tickloom.collector.sequence import IdRange, missing_ids, note_ids

BATCH = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 30)), min_size=1, max_size=40)


def slow_gaps(batch: list[tuple[int, int]], last_ids: list[int]) -> set[tuple[int, int]]:
    """Every missing (symbol, id) between what was known and the highest id of the batch."""
    missing = set()
    for symbol in {symbol for symbol, _ in batch}:
        seen = {trade_id for number, trade_id in batch if number == symbol and trade_id > last_ids[symbol]}
        if seen:
            begin = last_ids[symbol] + 1 if last_ids[symbol] >= 0 else min(seen)
            missing |= {(symbol, trade_id) for trade_id in range(begin, max(seen)) if trade_id not in seen}
            last_ids[symbol] = max(seen)
    return missing


@given(batches=st.lists(BATCH, max_size=6), first=st.integers(-1, 5))
def test_gaps_are_those_of_a_slow_search(batches: list[list[tuple[int, int]]], first: int) -> None:
    fast, slow = np.full(4, first, np.int64), [first] * 4
    for batch in batches:
        symbols, ids = np.array([b[0] for b in batch], np.uint32), np.array([b[1] for b in batch], np.int64)
        ranges = note_ids(symbols, ids, fast)
        found = {(r.symbol_no, i) for r in ranges for i in range(r.first_id, r.last_id + 1)}
        assert found == slow_gaps(batch, slow)
        assert sum(r.length for r in ranges) == len(found)
        assert fast.tolist() == slow


def test_contiguous_ids_of_interleaved_symbols_are_no_gap() -> None:
    last_ids = np.array([9, 99, -1], np.int64)
    assert note_ids(np.array([1, 0, 1, 0, 0]), np.array([100, 10, 101, 12, 11]), last_ids) == []
    assert last_ids.tolist() == [12, 101, -1]


def test_ids_seen_twice_do_not_hide_a_gap() -> None:
    last_ids = np.array([0], np.int64)
    assert note_ids(np.zeros(4, np.int64), np.array([1, 1, 4, 4]), last_ids) == [IdRange(0, 2, 3)]


@given(ids=st.lists(st.integers(0, 30)), first=st.integers(0, 30), last=st.integers(-1, 30))
def test_missing_ids_are_those_that_do_not_occur(ids: list[int], first: int, last: int) -> None:
    ranges = missing_ids(7, np.array(ids, np.int64), first, last)
    found = [i for r in ranges for i in range(r.first_id, r.last_id + 1)]
    assert found == [i for i in range(first, last + 1) if i not in ids]
