"""Checks of trades against a slow oracle, and the rule that lets a real move through."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.oracle import MINUTE_US, Trade, recorded_trades
from support.quality_oracle import QualityOracle, Tick
from tickloom.market.verdicts import Verdict
from tickloom.processor.engine import Engine
from tickloom.processor.quality_state import CHECKS
from tickloom.processor.state import GAP_STATES
from tickloom.settings.resources import Quality
from tickloom.wire.batches import Control, Kind, TradeFlag
from unit.processor.stream import batch, closed, control, engine, forming_bars, heartbeat, of_timeframe, reborn, trades

START = 10_000 * MINUTE_US
DEFAULT = Quality()


def started(quality: Quality = DEFAULT) -> Engine:
    made = engine(quality=quality)
    made.take(control(Control.STARTED, START, 0))
    return made


def send(made: Engine, *ticks: Tick, healed: bool = False) -> None:
    flags = int(TradeFlag.HEALED) if healed else 0
    made.take(batch(Kind.TRADES, [(t.time_us, t.trade_id, t.price, t.size, 1, flags) for t in ticks]))


def steady(count: int, *, first: int = 1, price: float = 100.0, size: float = 1.0) -> list[Tick]:
    return [Tick(first + i, START + (first + i) * 100_000, price + (first + i) % 2, size) for i in range(count)]


def at(number: int, price: float, size: float = 1.0) -> Tick:
    return Tick(number, START + number * 100_000, price, size)


def quarantined(made: Engine) -> list[tuple[int, str]]:
    return [(int(row["trade_id"]), CHECKS[row["reason"]]) for row in made.pending.failures()]


def volume(made: Engine) -> float:
    return sum(bar.volume for bar in forming_bars(made.state, 1).get("1d", []))


def test_a_single_bad_print_goes_to_quarantine_when_the_market_goes_on_without_it() -> None:
    made = started()
    send(made, *steady(30), at(31, 5.0), *steady(10, first=32))
    assert quarantined(made) == [(31, "price")]
    row = made.pending.failures()[0]
    assert row["measured"] == pytest.approx(-95.0)
    assert (row["reference"], row["z_score"] > 3) == (100.0, True)
    assert (forming_bars(made.state, 1)["1m"][0].low, volume(made)) == (100.0, 40.0)


def test_a_level_that_following_trades_confirm_is_accepted_and_every_held_trade_is_in_the_bar() -> None:
    made = started()
    send(made, *steady(30), at(31, 130.0), at(32, 131.0), at(33, 130.5))
    assert (quarantined(made), volume(made)) == ([], 30.0)
    send(made, at(34, 131.5))
    assert (quarantined(made), volume(made)) == ([], 34.0)
    send(made, *[at(number, 131.0) for number in range(35, 60)], at(60, 101.0))
    assert volume(made) == 59.0


def test_a_crash_in_steps_is_released_in_order_with_the_prices_between_both_levels() -> None:
    made = started()
    steps = [at(31, 85.0), at(32, 72.0), at(33, 60.0), at(34, 60.1), at(35, 60.2), at(36, 60.3)]
    send(made, *steady(30), at(29, 0.5)._replace(trade_id=37), *steps)
    assert [number for number, _ in quarantined(made)] == [37]
    bar = forming_bars(made.state, 1)["1m"][0]
    assert (bar.low, bar.close, bar.trades) == (60.0, 60.3, 36)


def test_one_order_that_sweeps_through_the_book_does_not_confirm_itself() -> None:
    made = started()
    sweep = [Tick(31 + i, START + 3_100_000, 10.0 + i / 10, 1.0) for i in range(8)]
    send(made, *steady(30), *sweep, *steady(10, first=39))
    assert [number for number, _ in quarantined(made)] == list(range(31, 39))


def test_a_hold_ends_after_a_minute_of_the_feeds_own_time() -> None:
    made = started()
    send(made, *steady(30), at(31, 500.0))
    made.take(heartbeat(START + 60_000_000))
    assert quarantined(made) == []
    made.take(heartbeat(START + 64_000_000))
    assert quarantined(made) == [(31, "price")]


def test_a_move_confirmed_after_its_minute_closed_comes_out_as_late_trades() -> None:
    made = started()
    send(made, *steady(30), Tick(31, START + 59_000_000, 130.0, 1.0))
    made.take(heartbeat(START + MINUTE_US + 500_000))
    send(made, *[Tick(32 + i, START + MINUTE_US + 1_000_000 * (1 + i), 130.0, 1.0) for i in range(3)])
    _, late, _ = made.pending.merged()
    assert late["trade_id"].tolist() == [31]
    assert quarantined(made) == []


def test_ids_of_quarantined_trades_open_no_gap_and_their_repetition_is_a_duplicate() -> None:
    made = started()
    bad = [at(31, 5.0), Tick(32, START + 3_200_000, -1.0, 1.0), Tick(33, START + 3_300_000, float("nan"), 1.0)]
    send(made, *steady(30), *bad, *steady(10, first=34))
    send(made, *bad)
    assert len(made.state.ledger) == 0
    assert sorted(quarantined(made)) == [(31, "price"), (32, "validity"), (33, "validity")]


def test_a_quarantined_trade_that_fills_a_hole_heals_the_gap() -> None:
    made = started()
    send(made, *steady(30), *steady(5, first=32))
    send(made, Tick(31, START + 3_100_000, float("inf"), 1.0), healed=True)
    assert [GAP_STATES[row["state"]] for row in made.state.ledger] == ["healed"]
    assert quarantined(made) == [(31, "validity")]


def test_a_trade_older_than_the_feeds_own_time_is_stale_but_one_fetched_later_is_not() -> None:
    made = started()
    send(made, *steady(30))
    made.take(heartbeat(START + 120_000_000))
    send(made, at(32, 100.0))
    assert quarantined(made) == [(32, "freshness")]
    assert made.pending.failures()["measured"].tolist() == [pytest.approx(116.8)]
    send(made, at(31, 100.0), healed=True)
    assert len(quarantined(made)) == 1


def test_a_replay_of_years_ago_is_as_fresh_as_a_live_feed() -> None:
    made = started()
    for tick in steady(300):
        made.take(batch(Kind.TRADES, [(tick.time_us, tick.trade_id, tick.price, tick.size, 1, 0)], 2**60))
    assert (quarantined(made), volume(made)) == ([], 300.0)


def test_a_size_beyond_a_hundred_averages_that_outweighs_whole_minutes_is_quarantined() -> None:
    made = started()
    send(made, *steady(30), at(31, 100.0, size=99.0), at(32, 100.0, size=100_000.0))
    assert quarantined(made) == [(32, "volume")]


@pytest.mark.parametrize(("action", "verdict"), [("flag", Verdict.SUSPECT), ("accept", Verdict.COMPLETE)])
def test_a_failing_trade_that_is_let_in_makes_the_bar_suspect_only_when_flagged(action: str, verdict: Verdict) -> None:
    made = started(Quality.model_validate({"onFailure": action}))
    send(made, *steady(30), at(31, 5.0))
    made.take(heartbeat(START + 2 * MINUTE_US))
    (row,) = of_timeframe(closed(made), 0)
    assert (row["low"], row["trades"], row["verdict"]) == (5.0, 31, verdict)
    assert of_timeframe(closed(made), 1).size == 0
    assert made.pending.failures()["flagged"].tolist() == ([1] if action == "flag" else [])


def test_a_released_trade_enters_the_open_minute_and_stays_in_the_checkpoint() -> None:
    made = started()
    send(made, *steady(30), at(31, 5.0), *steady(10, first=32))
    released = batch(Kind.TRADES, [(START + 3_100_000, 31, 5.0, 1.0, 1, 0)]).records
    made.let_in([1], released, 1)
    made = reborn(made, quality=DEFAULT)
    bar = forming_bars(made.state, 1)["1m"][0]
    assert (bar.low, bar.close, bar.trades) == (5.0, 101.0 if 41 % 2 else 100.0, 41)


def test_recorded_trades_pass_every_check() -> None:
    recorded = recorded_trades()
    made = engine(quality=DEFAULT)
    made.take(control(Control.STARTED, recorded[0].time_us, recorded[0].trade_id - 1))
    made.take(trades(*recorded))
    assert quarantined(made) == []


moves = st.sampled_from([1.0, 1.0, 1.0, 1.0001, 0.9999, 1.02, 0.97, 1.3, 0.75, 4.0, 0.01])
prices = st.one_of(st.just(float("nan")), st.just(0.0), *[st.floats(0.5, 500.0)] * 8)


@st.composite
def markets(draw: st.DrawFn) -> list[Tick]:
    level, time_us, ticks = 100.0, START, []
    for number in range(1, draw(st.integers(30, 120))):
        time_us += draw(st.sampled_from([0, 1000, 200_000, 3_000_000, 30_000_000]))
        if number > 25:
            level *= draw(moves)
        jitter = 1 + (number % 5) / 1000
        price = draw(prices) if draw(st.integers(0, 15)) == 0 else level * jitter
        size = draw(st.sampled_from([1.0, 2.0, 0.5, 1.0, 150.0, 1e6]))
        back = draw(st.sampled_from([0, 0, 0, 0, 0, 90_000_000]))
        ticks.append(Tick(number, max(time_us - back, START), price, size))
    return ticks


@settings(max_examples=150, deadline=None)
@given(markets(), st.data())
def test_any_market_in_any_batches_with_restarts_is_judged_as_by_the_oracle(
    market: list[Tick], data: st.DataObject
) -> None:
    made, oracle = started(), QualityOracle()
    oracle.pass_time(0)
    begin = 0
    while begin < len(market):
        end = begin + data.draw(st.integers(1, 40))
        send(made, *market[begin:end])
        for tick in market[begin:end]:
            oracle.take(tick)
        if data.draw(st.integers(0, 3)) == 0:
            watermark = max(oracle.watermark, START) + data.draw(st.sampled_from([0, 40_000_000]))
            made.take(heartbeat(watermark))
            oracle.pass_time(watermark)
        if data.draw(st.integers(0, 3)) == 0:
            made = reborn(made, quality=DEFAULT)
        begin = end
    assert sorted(quarantined(made)) == sorted((tick.trade_id, reason) for tick, reason in oracle.quarantined)
    counted = sum(bar.trades for bar in forming_bars(made.state, 1).get("1d", []))
    days = of_timeframe(closed(made), 5)
    _, late, _ = made.pending.merged()
    assert counted + int(days["trades"].sum()) + len(late) == len(oracle.accepted)
    assert int(made.state.quality["held"][1]) == len(oracle.held)
    assert not np.isnan(made.state.quality["last"][1])


def test_trade_values_survive_the_way_into_quarantine_exactly() -> None:
    made = started()
    market = [Trade(1 + i, START + i, Decimal(100), Decimal(1), buy=True) for i in range(25)]
    made.take(trades(*market))
    made.take(batch(Kind.TRADES, [(START + 30, 26, 0.07, 3.25, 1, 1 | 7 << 8)], 12345))
    made.take(heartbeat(START + 2 * MINUTE_US))
    (row,) = made.pending.failures()
    assert (row["price"], row["size"], row["flags"], row["received_us"], row["exchange_us"]) == (
        0.07, 3.25, 1 | 7 << 8, 12345, START + 30,
    )  # fmt: skip
