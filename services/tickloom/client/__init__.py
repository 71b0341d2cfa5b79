"""The Python client of the HTTP and WebSocket API: `Tickloom` for plain code, `AsyncTickloom` for asyncio.

    from tickloom.client import Tickloom

    with Tickloom("http://127.0.0.1:8000", token="…") as tickloom:
        frame = tickloom.bars("binance:BTCUSDT", "1h", start="2024-08-01").to_pandas()
        for bar in tickloom.live("binance:BTCUSDT", "1m", closed=True):
            print(bar.time, bar.close, bar.verdict)

It needs `pip install 'tickloom[client]'`, and pandas or polars only for `to_pandas` and `to_polars`. Nothing of the
services may enter: the client knows the API as any other program does.
"""

from tickloom.client.asynchronous import AsyncTickloom
from tickloom.client.errors import (
    ApiError,
    Limited,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    TickloomError,
    Unavailable,
    Unreachable,
)
from tickloom.client.shapes import Bar, Bars, Exchange, FeatureRow, Gap, Quality, Stretch, Symbol, Version
from tickloom.client.synchronous import Tickloom

__all__ = [
    "ApiError",
    "AsyncTickloom",
    "Bar",
    "Bars",
    "Exchange",
    "FeatureRow",
    "Gap",
    "Limited",
    "NotAllowed",
    "NotAuthenticated",
    "NotFound",
    "Quality",
    "Stretch",
    "Symbol",
    "Tickloom",
    "TickloomError",
    "Unavailable",
    "Unreachable",
    "Version",
]
