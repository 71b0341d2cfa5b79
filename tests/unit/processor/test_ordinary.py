"""The quick way of ordinary trades leaves the same state and the same output as the way that looks at everything."""

from typing import NamedTuple

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from support.oracle import MINUTE_US, recorded_trades
from tickloom.processor.engine import Engine
from tickloom.processor.intake import take, take_trades
from tickloom.processor.state import OUTPUTS, Array
from tickloom.settings.resources import Quality
from tickloom.wire.batches import RECORD_DTYPE, Batch, Control, Kind, TradeFlag
from unit.processor.stream import control, engine, trades

START = 28_000_000 * MINUTE_US
SYMBOLS = (1, 2)


class Step(NamedTuple):
    """How a trade differs from the one before it."""

    symbol: int
    id_step: int
    time_step: int
    price: float
    size: float
    flags: int


steps = st.builds(
    Step,
    symbol=st.sampled_from([1, 1, 2, 9]),
    id_step=st.sampled_from([1, 1, 1, 1, 1, 1, 0, 2, 5, -1]),
    time_step=st.sampled_from([0, 1_000, 500_000, 20_000_000, -90_000_000, 200_000_000]),
    price=st.sampled_from([100.0, 100.5, 99.0, 101.0, 180.0, 0.0, float("nan")]),
    size=st.sampled_from([1.0, 0.5, 2.0, 0.0, 5000.0, -1.0]),
    flags=st.sampled_from([0, 1, 1, 2, 3, 1 | 5 << 8, int(TradeFlag.NOT_RANGE), int(TradeFlag.NOT_VOLUME)]),
)


def batch_of(items: list[Step]) -> Batch:
    ids, time_us, rows = dict.fromkeys((1, 2, 9), 0), START, []
    for item in items:
        ids[item.symbol] += item.id_step
        time_us += item.time_step
        rows.append((time_us, ids[item.symbol], item.price, item.size, item.symbol, item.flags))
    return Batch(Kind.TRADES, 7, 0, np.array(rows, RECORD_DTYPE))


def begun(quality: Quality) -> Engine:
    made = engine(SYMBOLS, quality=quality)
    for symbol in SYMBOLS:
        made.take(control(Control.STARTED, START, 0, symbol=symbol))
    return made


def assert_same(quick: Engine, slow: Engine) -> None:
    used = quick.state.counts[0]
    assert quick.state.counts.tobytes() == slow.state.counts.tobytes()
    for name in ("symbols", "minutes", "higher", "quality", "recent", "dirty"):
        assert getattr(quick.state, name).tobytes() == getattr(slow.state, name).tobytes(), name
    for name in (*OUTPUTS, "holes", "gaps", "held"):
        first, second = (getattr(made.state, name)[: int(used[name])] for made in (quick, slow))
        assert first.tobytes() == second.tobytes(), name


def take_slowly(made: Engine, batch: Batch) -> None:
    """Take each trade alone: the first of a call is never taken the quick way."""
    made.state.reserve_holes(2 * len(batch.records) + 64)
    for i in range(len(batch.records)):
        one: Array = batch.records[i : i + 1]
        assert take_trades(one, 0, batch.received_us, made.state.arrays()) == 1


@given(st.lists(steps, max_size=60), st.sampled_from(["quarantine", "flag", "accept"]))
@settings(max_examples=300)
def test_any_trades_leave_the_same_state_either_way(items: list[Step], action: str) -> None:
    quality = Quality.model_validate({"onFailure": action})
    quick, slow = begun(quality), begun(quality)
    batch = batch_of(items)
    assert take(quick.state, batch) == len(batch.records)
    take_slowly(slow, batch)
    assert_same(quick, slow)


def test_a_recording_leaves_the_same_state_either_way() -> None:
    recorded = recorded_trades()
    quick, slow = engine(quality=Quality()), engine(quality=Quality())
    for made in (quick, slow):
        made.take(control(Control.STARTED, recorded[0].time_us, recorded[0].trade_id - 1))
    batch = trades(*recorded)
    assert take(quick.state, batch) == len(batch.records)
    take_slowly(slow, batch)
    assert_same(quick, slow)
