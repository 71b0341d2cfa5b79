"""Reading the cache of indicators and features: whatever is not there, or cannot be read, is missing."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
import numpy as np

from tickloom.bus.connection import Redis, translate_errors
from tickloom.market.identity import SymbolId
from tickloom.market.timeframes import Timeframe
from tickloom.wire import messages, names

Values = dict[str, float | None]
"""The indicators of one bar by name."""
_decode_names: Final = msgspec.json.Decoder(list[str]).decode


async def read_cached_indicators(
    redis: Redis, symbol: SymbolId, timeframe: str, times: Sequence[int]
) -> dict[int, Values]:
    """Return the indicators of bars (Unix seconds) that the cache holds, closed or forming. Raises BusUnavailable."""
    seconds = Timeframe.parse(timeframe).minutes * 60
    fields = [str(time // seconds % names.CACHED_VALUES) for time in times[-names.CACHED_VALUES :]]
    async with translate_errors("reading cached indicators"), redis.pipeline(transaction=False) as pipeline:
        pipeline.hmget(names.indicators(symbol, timeframe), ["names", *fields])
        pipeline.hget(names.forming_bars(symbol), names.forming_indicators(timeframe))
        (packed_names, *packed), forming = await pipeline.execute()
    try:
        found = _closed(packed_names, packed)
        if forming:
            found |= rows_of(messages.decode_indicators(forming))
    except (msgspec.DecodeError, msgspec.ValidationError, ValueError):
        return {}
    wanted = set(times)
    return {time: values for time, values in found.items() if time in wanted}


def _closed(packed_names: bytes | None, packed: list[bytes | None]) -> dict[int, Values]:
    if packed_names is None:
        return {}
    columns = _decode_names(packed_names)
    found = {}
    for data in packed:
        if data is not None and len(data) == 8 * (1 + len(columns)):
            values = np.frombuffer(data, "<f8", offset=8).tolist()
            time = int.from_bytes(data[:8], "little", signed=True)
            found[time] = {n: None if v != v else v for n, v in zip(columns, values, strict=True)}  # noqa: PLR0124 - nan
    return found


def rows_of(columns: messages.Indicators) -> dict[int, Values]:
    """Return columns as the values of each bar by its time."""
    return {
        time: {name: column[place] for name, column in columns.values.items()}
        for place, time in enumerate(columns.times)
    }


async def read_cached_features(redis: Redis, symbol: SymbolId, timeframe: str) -> messages.FeatureVector | None:
    """Return the latest features of a symbol if the cache holds them. Raises BusUnavailable."""
    async with translate_errors("reading cached features"):
        value: Any = await redis.hget(names.latest_features(symbol), timeframe)
    try:
        return messages.decode_features(value) if value else None
    except (msgspec.DecodeError, msgspec.ValidationError):
        return None
