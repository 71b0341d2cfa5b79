"""Recordings: lines of `<receive time, ns> {combined-stream JSON}`, gzipped or plain, read as hostile input.

A line that cannot be used is counted by reason and skipped; a file without a single trade is an error.
"""

import gzip
import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from tickloom.simulator.errors import NotARecording
from tickloom.simulator.trades import Trade

LONGEST_LINE: Final = 1024 * 1024
_EARLIEST_MS, _LATEST_MS = 1_230_768_000_000, 4_102_444_800_000


class _Payload(msgspec.Struct):
    e: str = ""
    E: int = 0
    s: str = ""
    t: int = -1
    p: str = ""
    q: str = ""
    T: int = 0
    m: bool = False


class _Line(msgspec.Struct):
    data: _Payload = msgspec.field(default_factory=_Payload)


_decode = msgspec.json.Decoder(_Line).decode


def read_line(line: bytes) -> Trade | str:
    """Return the trade of a line, or why the line holds none.

    `1723161254087896568 {"stream":"btcusdt@trade","data":{"e":"trade","E":1723161255343,"s":"BTCUSDT",
    "t":3735683259,"p":"61837.63000000","q":"0.02000000","T":1723161255342,"m":true,"M":true}}`
    """
    if len(line) > LONGEST_LINE:
        return "oversized"
    _, _, text = line.partition(b" ")
    try:
        data = _decode(text).data
    except (ValueError, RecursionError):
        return "unreadable"
    if data.e != "trade":
        return "no trade"
    try:
        price, size = float(data.p), float(data.q)
    except ValueError:
        return "impossible values"
    plausible = math.isfinite(price) and price > 0 and math.isfinite(size) and size >= 0
    if not (plausible and data.s and data.t >= 0 and _EARLIEST_MS <= data.T < _LATEST_MS):
        return "impossible values"
    return Trade(data.s, data.t, data.p, data.q, data.T, data.E or data.T, data.m)


def read_recordings(paths: Sequence[Path]) -> tuple[list[Trade], Counter[str]]:
    """Return all trades of recordings in the order of their time, each once, and the skipped lines by reason.

    Raises NotARecording.
    """
    trades: dict[tuple[str, int], Trade] = {}
    skipped: Counter[str] = Counter()
    for path in paths:
        found = 0
        try:
            with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as lines:
                while line := lines.readline(LONGEST_LINE + 1):
                    read = read_line(line)
                    if isinstance(read, str):
                        skipped[read] += 1
                    else:
                        found += 1
                        trades.setdefault((read.symbol, read.trade_id), read)
        except (EOFError, gzip.BadGzipFile) as error:
            skipped["truncated file"] += 1
            if not found:
                raise NotARecording(f"{path} is no recording: {error}") from error
        except OSError as error:
            raise NotARecording(f"{path} cannot be read: {error}") from error
        if not found:
            raise NotARecording(f"{path} holds no trade: a line is `<receive time, ns> {{combined-stream JSON}}`")
    return sorted(trades.values(), key=lambda trade: (trade.time_ms, trade.trade_id)), skipped
