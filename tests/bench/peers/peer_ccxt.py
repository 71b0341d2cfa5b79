"""ccxt.pro: its Binance trade parser and `build_ohlcvc` for each timeframe.

`peer_ccxt.py frames FILE`
"""

import json
from collections.abc import Callable
from typing import Any

import ccxt.pro
from timed import MINUTES, SYMBOLS, read_frames, serve

FRAMES = 5000
"""Fewer frames than the others take: rates are compared, and it would take minutes."""
NAMES = {1: "1m", 5: "5m", 15: "15m", 60: "1h", 240: "4h", 1440: "1d"}


def prepare() -> Callable[[], int]:
    """Return one run over the frames."""
    exchange: Any = ccxt.pro.binance()
    common = {
        "quote": "USDT", "quoteId": "USDT", "spot": True, "type": "spot", "contract": False, "active": True,
        "precision": {"price": 0.01, "amount": 0.00001}, "limits": {}, "swap": False, "future": False, "option": False,
    }  # fmt: skip
    exchange.set_markets(
        [{**common, "id": n, "symbol": f"{n[:-4]}/USDT", "base": n[:-4], "baseId": n[:-4]} for n in SYMBOLS]
    )
    frames = read_frames()[:FRAMES]

    def run() -> int:
        by_symbol: dict[str, list[Any]] = {}
        for frame in frames:
            trade = exchange.parse_ws_trade(json.loads(frame)["data"])
            by_symbol.setdefault(trade["symbol"], []).append(trade)
        for trades in by_symbol.values():
            for minutes in MINUTES:
                exchange.build_ohlcvc(trades, NAMES[minutes])
        return len(frames)

    return run


serve(prepare)
