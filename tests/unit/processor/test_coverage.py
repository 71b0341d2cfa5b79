"""Gaps, lost feeds and restarts of collectors: what the bars and the ledger say of them."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.oracle import MINUTE_US, Trade
from tickloom.market.verdicts import Verdict
from tickloom.processor.engine import Engine
from tickloom.processor.state import GAP_REASONS, GAP_STATES
from tickloom.wire.batches import Batch, Control, Kind, TradeFlag
from unit.processor.stream import batch, closed, control, engine, forming_bars, heartbeat, of_timeframe, trades

START = 10 * MINUTE_US


def trade(number: int, after_us: int) -> Trade:
    return Trade(number, START + after_us, Decimal(100 + number), Decimal(1), buy=True)


def started() -> Engine:
    made = engine()
    made.take(control(Control.STARTED, START, 0))
    return made


def ledger(made: Engine) -> list[tuple[str, str, int, int]]:
    return [
        (GAP_STATES[row["state"]], GAP_REASONS[row["reason"]], int(row["missing"]), int(row["healed"]))
        for row in made.state.ledger
    ]


def verdicts(made: Engine) -> list[Verdict]:
    return [Verdict(code) for code in of_timeframe(closed(made), 0)["verdict"]]


def test_a_jump_of_the_ids_opens_a_row_and_makes_the_minute_partial() -> None:
    made = started()
    made.take(trades(trade(1, 1), trade(5, 2)))
    made.take(heartbeat(START + 2 * MINUTE_US))
    assert ledger(made) == [("open", "trade ids jumped", 3, 0)]
    assert verdicts(made) == [Verdict.PARTIAL]


def test_a_gap_that_is_filled_before_the_minute_closes_heals_the_bar() -> None:
    made = started()
    made.take(trades(trade(1, 1), trade(5, 5)))
    made.take(trades(trade(2, 2), trade(3, 3), trade(4, 4), healed=True))
    assert ledger(made) == [("healed", "trade ids jumped", 3, 3)]
    made.take(heartbeat(START + 2 * MINUTE_US))
    assert verdicts(made) == [Verdict.HEALED]
    assert of_timeframe(closed(made), 0)["trades"].tolist() == [5]


def test_a_minute_that_lies_wholly_inside_a_gap_is_feed_down_and_has_no_prices() -> None:
    made = started()
    made.take(trades(trade(1, 1), trade(5, 3 * MINUTE_US + 1)))
    made.take(heartbeat(START + 5 * MINUTE_US))
    assert verdicts(made) == [Verdict.PARTIAL, Verdict.FEED_DOWN, Verdict.FEED_DOWN, Verdict.PARTIAL]
    assert np.isnan(of_timeframe(closed(made), 0)["open"][1:3]).all()


def test_a_feed_that_is_down_never_gives_silent_flat_bars() -> None:
    made = started()
    made.take(trades(trade(1, 1)))
    made.take(control(Control.DOWN, START + MINUTE_US + 10, 1))
    made.take(heartbeat(START + 4 * MINUTE_US, live=False))
    assert verdicts(made) == [Verdict.COMPLETE, Verdict.PARTIAL, Verdict.FEED_DOWN]
    assert ledger(made) == [("open", "feed went down", 0, 0)]


def test_a_feed_that_resumes_without_a_missed_trade_leaves_complete_bars() -> None:
    made = started()
    made.take(trades(trade(1, 1)))
    made.take(control(Control.DOWN, START + 10, 1))
    made.take(control(Control.RESUMED, START + 20_000_000, 1))
    made.take(trades(trade(2, 30_000_000)))
    made.take(heartbeat(START + 2 * MINUTE_US))
    assert verdicts(made) == [Verdict.COMPLETE]
    assert ledger(made) == [("healed", "feed went down", 0, 0)]


def test_trades_fetched_after_an_outage_heal_the_minute() -> None:
    made = started()
    made.take(trades(trade(1, 1)))
    made.take(control(Control.DOWN, START + 10, 1))
    made.take(trades(trade(2, 15_000_000), trade(3, 16_000_000), healed=True))
    made.take(control(Control.RESUMED, START + 20_000_000, 3))
    made.take(heartbeat(START + 2 * MINUTE_US))
    assert verdicts(made) == [Verdict.HEALED]
    assert ledger(made) == [("healed", "feed went down", 2, 2)]


def test_a_collector_that_died_without_a_word_leaves_a_row_when_it_had_missed_trades() -> None:
    made = started()
    made.take(trades(trade(1, 1)))
    made.take(trades(trade(2, 15_000_000), healed=True))
    made.take(control(Control.RESUMED, START + 20_000_000, 2))
    assert ledger(made) == [("healed", "collector restarted", 1, 1)]


def test_bars_closed_during_an_outage_are_named_for_recovery_when_the_feed_resumes() -> None:
    made = started()
    made.take(trades(trade(1, 1)))
    made.take(control(Control.DOWN, START + 10, 1))
    made.take(heartbeat(START + 3 * MINUTE_US, live=False))
    made.take(trades(trade(2, MINUTE_US + 5), healed=True))
    made.take(control(Control.RESUMED, START + 3 * MINUTE_US + 5, 2))
    _, late, recovered = made.pending.merged()
    assert late["trade_id"].tolist() == [2]
    assert recovered[["from_us", "to_us"]].tolist() == [(START + 10, START + 2 * MINUTE_US)]


def test_coverage_that_begins_anew_after_a_loss_ends_the_row_as_unhealable() -> None:
    made = started()
    made.take(trades(trade(1, 1)))
    made.take(control(Control.DOWN, START + 10, 1))
    made.take(control(Control.STARTED, START + 2 * MINUTE_US + 5, 900))
    made.take(trades(trade(901, 2 * MINUTE_US + 6)))
    made.take(heartbeat(START + 4 * MINUTE_US))
    assert ledger(made) == [("unhealable", "feed went down", 0, 0)]
    assert verdicts(made) == [Verdict.PARTIAL, Verdict.FEED_DOWN, Verdict.PARTIAL]


def test_trades_that_cannot_be_had_end_their_row_and_leave_the_minute_partial() -> None:
    made = started()
    made.take(trades(trade(1, 1), trade(5, 5)))
    made.take(control(Control.UNHEALABLE, START + 10, 2, 3))
    made.take(heartbeat(START + 2 * MINUTE_US))
    assert ledger(made) == [("unhealable", "venue no longer has the trades", 3, 0)]
    assert verdicts(made) == [Verdict.PARTIAL]


def test_the_forming_minute_is_partial_while_the_feed_is_down() -> None:
    made = started()
    made.take(trades(trade(1, 1)))
    assert forming_bars(made.state, 1)["1m"][0].verdict == "complete"
    made.take(control(Control.DOWN, START + 10, 1))
    assert forming_bars(made.state, 1)["1m"][0].verdict == "partial"


def test_an_outage_of_months_does_not_write_a_row_for_each_minute() -> None:
    made = started()
    made.take(trades(trade(1, 1)))
    made.take(trades(trade(2, 90 * 1440 * MINUTE_US)))
    assert len(of_timeframe(closed(made), 0)) < 1500


records = st.tuples(
    st.one_of(st.integers(0, 2**40), st.integers(-(2**63), 2**63 - 1)),
    st.one_of(st.integers(-1, 50), st.integers(-(2**63), 2**63 - 1)),
    st.floats(),
    st.floats(),
    st.one_of(st.integers(0, 3), st.integers(0, 2**32 - 1)),
    st.integers(0, 2**32 - 1),
)


@given(st.lists(st.tuples(st.sampled_from(Kind), st.lists(records, max_size=8)), max_size=8))
def test_hostile_records_never_break_the_engine(
    rows: list[tuple[Kind, list[tuple[int, int, float, float, int, int]]]],
) -> None:
    made = started()
    hostile: list[Batch] = [batch(kind, items) for kind, items in rows]
    for item in hostile:
        made.take(item)
    bars = closed(made)
    priced = bars[~np.isnan(bars["open"])]
    assert (priced["high"] >= priced["low"]).all()


@pytest.mark.parametrize("exchange_us", [2**63 - 1, 2**63 - MINUTE_US, 2**62])
def test_a_heartbeat_from_the_end_of_time_is_refused(exchange_us: int) -> None:
    made = started()
    made.take(trades(trade(1, 1)))
    made.take(batch(Kind.HEARTBEAT, [(exchange_us, 1, 0.0, 0.0, 1, 1)]))
    made.take(control(Control.DOWN, exchange_us, 1))
    assert len(closed(made)) == 0


def test_flags_carry_the_number_of_raw_trades_of_an_aggregate() -> None:
    made = started()
    flags = int(TradeFlag.BUY) | 7 << 8
    made.take(batch(Kind.TRADES, [(START + 1, 1, 10.0, 1.0, 1, flags)]))
    made.take(heartbeat(START + 2 * MINUTE_US))
    assert of_timeframe(closed(made), 0)["trades"].tolist() == [7]
