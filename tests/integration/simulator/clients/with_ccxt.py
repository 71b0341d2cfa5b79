"""What ccxt reads of an exchange: REST URL and WebSocket URL are the arguments, JSON is the answer."""

import asyncio
import json
import sys
from typing import Any

import ccxt.pro

TRADES = 100


async def main(rest: str, websocket: str) -> dict[str, Any]:
    exchange = ccxt.pro.binance({"options": {"fetchMarkets": {"types": ["spot"]}}})
    exchange.urls["api"]["public"] = f"{rest}/api/v3"
    # ccxt tells the spot market by "/stream" in the address, which Binance's host name has.
    exchange.urls["api"]["ws"]["spot"] = f"{websocket}/ws/stream"
    try:
        markets = await exchange.load_markets()
        streamed: list[int] = []
        while len(streamed) <= TRADES:
            streamed += [int(trade["id"]) for trade in await exchange.watch_trades("BTC/USDT")]
        return {
            "markets": list(markets),
            "precision": markets["BTC/USDT"]["precision"],
            "streamed": streamed,
            "fetched": len(await exchange.fetch_trades("BTC/USDT")),
            "candles": await exchange.fetch_ohlcv("BTC/USDT", "1m"),
        }
    finally:
        await exchange.close()


read = asyncio.run(main(*sys.argv[1:]))
read["precision"] = {name: read["precision"][name] for name in ("amount", "price")}
print(json.dumps(read))
