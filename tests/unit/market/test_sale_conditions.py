"""Which sale conditions keep a stock trade out of which part of a bar."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickloom.market.sale_conditions import ALL, Updates, updates_of


@pytest.mark.parametrize("conditions", [["@"], ["@", "F"], [" "], [], ["@", "5"], ["@", "X", "unknown"]])
def test_regular_trades_update_everything(conditions: list[str]) -> None:
    assert updates_of(conditions, "C") == ALL


def test_an_odd_lot_counts_for_the_volume_alone() -> None:
    assert updates_of(["@", "I"], "C") == Updates(last=False, range=False, volume=True)


def test_a_trade_out_of_sequence_moves_high_and_low_but_neither_open_nor_close() -> None:
    assert updates_of(["@", "Z"], "A") == Updates(last=False, range=True, volume=True)


def test_an_official_close_has_its_volume_counted_already() -> None:
    assert updates_of(["M"], "C") == Updates(last=False, range=False, volume=False)
    assert updates_of(["9"], "A") == Updates(last=True, range=True, volume=False)


def test_the_code_of_an_average_price_depends_on_the_tape() -> None:
    assert not updates_of(["B"], "A").last
    assert updates_of(["B"], "C").last
    assert not updates_of(["W"], "C").last


@given(st.lists(st.text(max_size=2), max_size=4), st.lists(st.text(max_size=2), max_size=4), st.sampled_from("ABC"))
def test_several_conditions_restrict_as_each_does(some: list[str], others: list[str], tape: str) -> None:
    both = zip(updates_of(some, tape), updates_of(others, tape), strict=True)
    assert tuple(updates_of(some + others, tape)) == tuple(a and b for a, b in both)
