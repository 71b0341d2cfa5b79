"""Batches as a collector would append them, and an engine that takes them, for tests."""

from collections.abc import Iterable, Sequence

import numpy as np

from support.oracle import Trade
from tickloom.processor.engine import Engine
from tickloom.processor.forming import by_label, forming_rows
from tickloom.processor.quality_state import apply_settings
from tickloom.processor.state import Array, State, load_partition, save_partition
from tickloom.settings.resources import Quality
from tickloom.wire.batches import RECORD_DTYPE, Batch, Control, Kind, decode, encode, trade_flags
from tickloom.wire.messages import Bar

STREAM = "trades:binance:0"


UNCHECKED = Quality(on_failure="accept")


def engine(symbols: Sequence[int] = (1,), *, grace_us: int = 200_000, quality: Quality = UNCHECKED) -> Engine:
    """Return an engine that owns one stream and knows some symbols with contiguous ids."""
    made = Engine()
    made.add_partition(STREAM, "binance", 0, "0-0", None)
    made.state.reserve_symbols(max(symbols) + 1)
    rows = made.state.symbols
    for number in symbols:
        rows[number]["active"] = rows[number]["sequenced"] = rows[number]["partition"] = 1
        rows[number]["grace_us"] = grace_us
        rows[number]["size_scale"] = 1e5
        apply_settings(made.state.quality[number], quality)
    return made


def batch(kind: Kind, rows: Iterable[tuple[int, int, float, float, int, int]], received_us: int = 1) -> Batch:
    """Return a batch as it comes out of a stream."""
    return decode(encode(kind, received_us, 0, np.array(list(rows), RECORD_DTYPE)))


def trades(*items: Trade, symbol: int = 1, healed: bool = False) -> Batch:
    """Return a batch of trades of one symbol."""
    return batch(
        Kind.TRADES,
        (
            (t.time_us, t.trade_id, float(t.price), float(t.size), symbol, trade_flags(buy=t.buy, healed=healed))
            for t in items
        ),
    )


def heartbeat(watermark_us: int, *, symbol: int = 1, live: bool = True) -> Batch:
    """Return a heartbeat of one symbol."""
    return batch(Kind.HEARTBEAT, [(watermark_us, -1, 0.0, 0.0, symbol, int(live))])


def control(code: Control, time_us: int, trade_id: int = -1, count: int = 0, *, symbol: int = 1) -> Batch:
    """Return a control message of one symbol."""
    return batch(Kind.CONTROL, [(time_us, trade_id, 0.0, float(count), symbol, int(code))])


def closed(made: Engine) -> Array:
    """Return all bars that an engine closed, in order."""
    rows, _, _ = made.pending.merged()
    return rows


def of_timeframe(rows: Array, index: int, symbol: int = 1) -> Array:
    """Return the rows of one symbol and timeframe."""
    kept: Array = rows[(rows["timeframe"] == index) & (rows["symbol_no"] == symbol)]
    return kept


def reborn(made: Engine, symbols: Sequence[int] = (1,), *, quality: Quality = UNCHECKED) -> Engine:
    """Return a new engine that goes on from the checkpoint of another, with its uncommitted output."""
    successor = engine(symbols, quality=quality)
    index = next(iter(made.partitions.values())).index
    load_partition(successor.state, save_partition(made.state, index))
    successor.pending = made.pending
    return successor


def forming_bars(state: State, number: int) -> dict[str, list[Bar]]:
    """Return the bars of a symbol that are not closed yet, by timeframe label, oldest first."""
    return by_label(forming_rows(state, number))
