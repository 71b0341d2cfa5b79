"""Recordings as hostile input, and the generated market."""

import gzip
import json
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.oracle import RECORDINGS, recorded_trades
from tickloom.simulator.errors import NotARecording
from tickloom.simulator.generator import Market
from tickloom.simulator.recordings import LONGEST_LINE, read_line, read_recordings
from tickloom.simulator.trades import Trade

GOOD: dict[str, Any] = {
    "e": "trade", "E": 1723161255343, "s": "BTCUSDT", "t": 3735683259, "p": "61837.63000000", "q": "0.02000000",
    "T": 1723161255342, "m": True, "M": True,
}  # fmt: skip


def line(**changes: Any) -> bytes:
    data = {"stream": "btcusdt@trade", "data": GOOD | changes}
    return b"1723161254087896568 " + json.dumps(data).encode() + b"\n"


def test_both_recordings_are_read_whole_in_order_and_once() -> None:
    trades, skipped = read_recordings([*RECORDINGS, RECORDINGS[0]])
    assert [trade.trade_id for trade in trades] == [trade.trade_id for trade in recorded_trades()]
    assert all(a.time_ms <= b.time_ms for a, b in pairwise(trades))
    assert set(skipped) == {"no trade"}, "the recordings hold other streams as well"


@pytest.mark.parametrize(
    "changes",
    [
        {"p": "NaN"}, {"p": "inf"}, {"p": "-1"}, {"p": "0"}, {"p": "1e999"}, {"p": "a price"}, {"q": "-0.1"},
        {"q": "NaN"}, {"t": -1}, {"s": ""}, {"T": 0}, {"T": -5}, {"T": 2**62}, {"T": 9_999_999_999_999},
    ],
)  # fmt: skip
def test_values_that_no_trade_has_are_skipped_and_counted(tmp_path: Path, changes: dict[str, Any]) -> None:
    recording = tmp_path / "recording"
    recording.write_bytes(line() + line(**changes) + line(t=3735683260))
    trades, skipped = read_recordings([recording])
    assert [trade.trade_id for trade in trades] == [3735683259, 3735683260]
    assert skipped == Counter({"impossible values": 1})


def test_garbage_other_events_and_endless_lines_cost_only_themselves(tmp_path: Path) -> None:
    recording = tmp_path / "recording"
    garbage = [b"\x00\xff\n", b"1 {\n", b"1 " + b"[" * 100_000 + b"\n", b"\n", line(e="kline"), line(p=1)]
    endless = b"1 " + b"x" * (LONGEST_LINE + 5) + b"\n"
    recording.write_bytes(b"".join([*garbage, endless, line()]))
    trades, skipped = read_recordings([recording])
    assert len(trades) == 1
    assert skipped["no trade"] == 1
    assert skipped["unreadable"] >= len(garbage) - 1
    assert skipped["oversized"] == 1


def test_a_truncated_file_gives_what_it_holds_and_says_so(tmp_path: Path) -> None:
    whole = gzip.compress(b"".join(line(t=number) for number in range(50_000)))
    recording = tmp_path / "recording.gz"
    recording.write_bytes(whole[: len(whole) // 2])
    trades, skipped = read_recordings([recording])
    assert 0 < len(trades) < 50_000
    assert skipped["truncated file"] == 1


@pytest.mark.parametrize("content", [b"", b"no recording\n", b"\x1f\x8b\x08\x00", gzip.compress(b"")])
def test_a_file_without_a_trade_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    recording = tmp_path / "empty.gz"
    recording.write_bytes(content)
    with pytest.raises(NotARecording, match=r"empty\.gz"):
        read_recordings([recording])


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(NotARecording, match="absent"):
        read_recordings([tmp_path / "absent"])


@given(st.binary(max_size=300))
def test_any_bytes_are_a_trade_or_a_reason(text: bytes) -> None:
    assert isinstance(read_line(text), Trade | str)


@given(st.dictionaries(st.sampled_from(sorted(GOOD)), st.none() | st.integers() | st.floats() | st.text(max_size=9)))
def test_any_fields_are_a_possible_trade_or_a_reason(changes: dict[str, Any]) -> None:
    read = read_line(line(**changes))
    if isinstance(read, Trade):
        assert 0 < float(read.price) < float("inf")
        assert 0 <= float(read.size) < float("inf")
        assert read.trade_id >= 0


def test_the_generated_market_is_the_same_for_a_seed_and_its_ids_have_no_hole() -> None:
    def run(seed: int) -> list[Trade]:
        market = Market(["BTCUSDT", "ABCUSDT"], seed)
        return [trade for tick in range(200) for trade in market.tick(1_700_000_000_000 + tick * 50)]

    assert run(1) == run(1) != run(2)
    for symbol in ("BTCUSDT", "ABCUSDT"):
        mine = [trade for trade in run(1) if trade.symbol == symbol]
        assert [trade.trade_id - mine[0].trade_id for trade in mine] == list(range(len(mine)))
        assert all(float(trade.price) > 0 and float(trade.size) > 0 for trade in mine)
