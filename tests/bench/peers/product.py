"""Tickloom itself, as its peers are run: `product.py frames|trades|small|single|batch [FILE]`.

`frames` decodes what a socket delivers and takes packed batches of a thousand; `trades` takes decoded trades in such
batches, `small` in batches of a hundred. `single` and `batch` take closed bars to twenty indicators and thirty-two
features, one bar a call of the kernel or the bars of 600 series.
"""

import sys
from collections.abc import Callable

import numpy as np
from timed import SYMBOLS, read_frames, serve

from tickloom.collector.venues.binance import parse
from tickloom.processor.derivation import derive
from tickloom.processor.engine import Engine
from tickloom.processor.features.v1 import V1
from tickloom.processor.indicators.registry import NAMES, SERIES_DTYPE
from tickloom.processor.quality_state import apply_settings
from tickloom.processor.series import SeriesBook
from tickloom.processor.state import CLOSED_DTYPE, Array
from tickloom.processor.warmup import warm_up
from tickloom.settings.resources import Quality
from tickloom.wire.batches import RECORD, Batch, Kind, decode, encode

BATCHES = {"frames": 1000, "trades": 1000, "small": 100}
BARS, BEFORE, SERIES, ROUNDS = 500, 300, 600, 20
MINUTE_US = 60_000_000


def engine() -> Engine:
    """Return an engine that owns one stream with all symbols, every check of the default settings on."""
    made = Engine()
    made.add_partition("trades:binance:0", "binance", 0, "0-0", None)
    made.state.reserve_symbols(len(SYMBOLS) + 1)
    for number in range(1, len(SYMBOLS) + 1):
        row = made.state.symbols[number]
        row["active"] = row["sequenced"] = row["partition"] = 1
        row["grace_us"], row["size_scale"] = 200_000, 1e8
        apply_settings(made.state.quality[number], Quality())
    return made


def decode_frames(frames: list[bytes], numbers: dict[str, int], take: Callable[[Batch], None], size: int) -> int:
    """Decode and pack as the venue's socket does, and hand on a batch whenever it is full."""
    buffer, used, pack = bytearray(size * RECORD.size), 0, RECORD.pack_into
    for frame in frames:
        message = parse.decode_trade(frame)
        data = message.data
        pack(buffer, used, data.T * 1000, data.t, data.p, data.q, numbers[message.stream], not data.m)
        used += 40
        if used == len(buffer):
            take(decode(encode(Kind.TRADES, 1, 0, bytes(buffer))))
            used = 0
    return len(frames)


def prepare_trades() -> Callable[[], int]:
    """Return one run over frames, or over the batches that they make."""
    frames, size, made = read_frames(), BATCHES[sys.argv[1]], engine()
    numbers = {f"{name.lower()}@trade": number for number, name in enumerate(SYMBOLS, 1)}
    if sys.argv[1] == "frames":
        return lambda: decode_frames(frames, numbers, made.take, size)
    batches: list[Batch] = []
    decode_frames(frames, numbers, batches.append, size)

    def run() -> int:
        for batch in batches:
            made.take(batch)
        return len(batches) * size

    return run


def closed_bars(count: int, series: int) -> Array:
    """Return bars of so many series, one after another in time."""
    chance = np.random.default_rng(3)
    rows = np.zeros((count, series), CLOSED_DTYPE)
    close = 100 * np.exp(np.cumsum(chance.normal(0, 0.002, (count, series)), axis=0))
    rows["open"], rows["close"], rows["high"], rows["low"] = close, close, close * 1.001, close * 0.999
    rows["volume"] = chance.uniform(1, 100, (count, series))
    rows["symbol_no"] = 1 + np.arange(series)
    rows["time"] = 28_000_000 * MINUTE_US + np.arange(count)[:, None] * MINUTE_US
    return rows


def prepare_series() -> Callable[[], int]:
    """Return one run over bars whose series have their history already."""
    single, book = sys.argv[1] == "single", SeriesBook()
    rows = closed_bars(BEFORE + (BARS if single else ROUNDS), 1 if single else SERIES)
    inputs = [book.inputs(row) for row in rows]
    for bars in inputs[:BEFORE]:
        book.take(bars)
    count = len(inputs[0])
    values, features = np.empty((count, len(NAMES))), np.empty((count, len(V1.features)))
    anchors, series, pasts = np.zeros(count, SERIES_DTYPE), book.series, book.pasts

    def run() -> int:
        for bars in inputs[BEFORE:]:
            derive(bars, series, pasts, values, features, anchors)
        return sum(map(len, inputs[BEFORE:]))

    return run


if __name__ == "__main__":
    warm_up()
    serve(prepare_trades if sys.argv[1] in BATCHES else prepare_series)
