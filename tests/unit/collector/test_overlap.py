"""History and stream of a venue without contiguous ids overlap: each trade is appended once, by whichever is first."""

import numpy as np

from tickloom.collector.flow import Flow
from tickloom.wire.batches import RECORD_DTYPE, TradeFlag
from unit.collector.collecting import GRACE, NOW, Flowing


def unsequenced() -> Flowing:
    flowing = Flowing()
    flowing.flow = Flow(
        "alpaca", flowing.coverage, flowing.intake, flowing.clock,
        maximum_bytes=1 << 20, grace_us=GRACE, sequenced=False,
    )  # fmt: skip
    return flowing


def fetch(flowing: Flowing, *ids: int) -> None:
    rows = [(NOW + i, i, 1.0, 1.0, 1, TradeFlag.HEALED) for i in ids]
    flowing.flow.append_fetched(np.array(rows, RECORD_DTYPE))


def arrive(flowing: Flowing, *ids: int) -> None:
    for trade_id in ids:
        flowing.frame(1, trade_id, at=NOW + trade_id)


def test_a_trade_that_history_tells_before_the_stream_is_appended_once() -> None:
    flowing = unsequenced()
    arrive(flowing, 1, 2)
    fetch(flowing, 2, 3, 4, 5)
    arrive(flowing, 4, 5, 6)
    assert [trade_id for _, trade_id in flowing.ids()] == [1, 2, 3, 4, 5, 6]


def test_trades_that_were_held_back_are_appended_once_with_those_that_follow() -> None:
    flowing = unsequenced()
    flowing.flow.hold(1)
    arrive(flowing, 3, 4)
    fetch(flowing, 1, 2, 3, 4, 5)
    flowing.flow.release(1)
    arrive(flowing, 5, 6)
    assert [trade_id for _, trade_id in flowing.ids()] == [1, 2, 3, 4, 5, 6]
