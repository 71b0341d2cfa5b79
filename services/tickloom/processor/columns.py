"""Indicators and features as they travel: columns by name beside the times of their bars.

A value that is not known is nan here and null on the wire.
"""

from collections.abc import Iterable
from typing import Final

import numpy as np

from tickloom.processor.carrying import Carried, Row
from tickloom.processor.features.v1 import V1
from tickloom.processor.forming import LABELS, forming_rows
from tickloom.processor.indicators.registry import NAMES
from tickloom.processor.series import SeriesBook
from tickloom.processor.state import Array, State
from tickloom.wire.messages import FeatureVector, Indicators

_SECOND: Final = 1_000_000
ByLabel = dict[str, Indicators]
"""Columns by timeframe label."""


def _columns(rows: Array, values: Array) -> dict[int, ByLabel]:
    """Return columns by symbol number and timeframe label; `rows` are oldest first in each series."""
    found: dict[int, ByLabel] = {}
    pairs = rows["symbol_no"] * len(LABELS) + rows["timeframe"]
    for pair in np.unique(pairs):
        own = pairs == pair
        number, place = divmod(int(pair), len(LABELS))
        columns = dict(zip(NAMES, values[own].T.tolist(), strict=True))
        times = (rows["time"][own] // _SECOND).tolist()
        found.setdefault(number, {})[LABELS[place]] = Indicators(times, columns)
    return found


def forming_columns(state: State, book: SeriesBook, numbers: Iterable[int]) -> dict[int, ByLabel]:
    """Return the indicators that the forming bars of symbols would have if they closed now."""
    wanted = [number for number in numbers if number in book.loaded and book.choice(number).indicators]
    if not wanted:
        return {}
    rows = np.concatenate([forming_rows(state, number) for number in wanted])
    return _columns(rows, book.peek(book.inputs(rows)))


def closed_columns(carried: Carried, keys: Iterable[Row] | None = None) -> dict[int, ByLabel]:
    """Return the indicators that a transaction stored, all of them or those of some bars."""
    wanted = carried.values.keys() if keys is None else carried.values.keys() & keys
    if not wanted:
        return {}
    rows = np.array(sorted(wanted), dtype=[("symbol_no", "<i8"), ("timeframe", "<i8"), ("time", "<i8")])
    return _columns(rows, np.stack([carried.values[key] for key in sorted(wanted)]))


def latest_features(carried: Carried) -> dict[int, dict[str, FeatureVector]]:
    """Return the features of the latest bar of each series that a transaction stored."""
    latest: dict[tuple[int, int], int] = {}
    for number, place, time in carried.features:
        latest[number, place] = max(time, latest.get((number, place), time))
    found: dict[int, dict[str, FeatureVector]] = {}
    for (number, place), time in latest.items():
        values = dict(zip(V1.names, carried.features[number, place, time].tolist(), strict=True))
        found.setdefault(number, {})[LABELS[place]] = FeatureVector(time // _SECOND, V1.version, V1.hash, values)
    return found


def joined(closed: ByLabel, forming: ByLabel) -> ByLabel:
    """Return columns of closed bars followed by those of forming ones."""
    found = dict(closed)
    for label, columns in forming.items():
        before = closed.get(label)
        found[label] = columns if before is None else _joined(before, columns)
    return found


def _joined(first: Indicators, then: Indicators) -> Indicators:
    return Indicators(
        first.times + then.times, {name: column + then.values[name] for name, column in first.values.items()}
    )
