"""cryptofeed: its Binance message handler and one OHLCV aggregation for each timeframe.

`peer_cryptofeed.py frames FILE`. Frames are aggregate trades, which is what it subscribes.
"""

import asyncio
from collections.abc import Callable

from cryptofeed.backends.aggregate import OHLCV
from cryptofeed.defines import TRADES
from cryptofeed.exchanges import Binance
from cryptofeed.symbols import Symbol, Symbols
from timed import MINUTES, SYMBOLS, read_frames, serve


async def ignore(_: object) -> None:
    """Take finished windows."""


def prepare() -> Callable[[], int]:
    """Return one run over all frames."""
    Symbols.set(Binance.id, {Symbol(n[:-4], "USDT").normalized: n for n in SYMBOLS}, {"instrument_type": {}})
    windows = [OHLCV(ignore, window=60 * minutes) for minutes in MINUTES]
    exchange = Binance(symbols=[f"{n[:-4]}-USDT" for n in SYMBOLS], channels=[TRADES], callbacks={TRADES: windows})
    frames = [frame.decode() for frame in read_frames()]

    async def take_all() -> None:
        for frame in frames:
            await exchange.message_handler(frame, None, 0.0)

    def run() -> int:
        asyncio.run(take_all())
        return len(frames)

    return run


serve(prepare)
