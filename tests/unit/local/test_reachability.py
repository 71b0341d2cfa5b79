"""What `tickloom up` says of exchanges that it cannot reach."""

import io

import pytest

from tickloom.local.data_directory import Mode
from tickloom.local.reachability import Reachability
from tickloom.local.terminal import Terminal
from tickloom.wire.messages import Health


def collector(*, reached: bool) -> list[Health]:
    state, detail = ("ready", "") if reached else ("degraded", "no route to host")
    return [Health("collector", "one", state, detail, 0.0, exchange="binance")]  # type: ignore[arg-type]


def told(mode: Mode, *looks: tuple[float, bool]) -> list[str]:
    output = io.StringIO()
    reachability = Reachability(Terminal(output), mode)
    for now, reached in looks:
        reachability.look(collector(reached=reached), now)
    return output.getvalue().splitlines()


def test_a_live_exchange_out_of_reach_is_told_once_with_what_works_without_it() -> None:
    lines = told("live", (0.0, False), (4.0, False), (9.0, False))
    assert lines == [
        "binance cannot be reached (no route to host): it is tried again and again; "
        "without it, try --demo or --replay FILE"
    ]


def test_a_short_loss_is_not_told() -> None:
    assert told("live", (0.0, False), (1.0, True), (5.0, False), (6.0, True)) == []


def test_an_exchange_that_comes_back_is_told() -> None:
    assert told("live", (0.0, False), (4.0, False), (5.0, True))[-1] == "binance is reached again"


@pytest.mark.parametrize("reached_before", [True, False])
def test_the_end_of_a_replay_is_no_failure(reached_before: bool) -> None:
    looks = ((0.0, reached_before), (1.0, False), (5.0, False))
    assert told("replay", *looks) == ["the replay is over: what it brought can be seen until Ctrl-C"]
