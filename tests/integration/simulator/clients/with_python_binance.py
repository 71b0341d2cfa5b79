"""What python-binance reads of an exchange: REST URL and WebSocket URL are the arguments, JSON is the answer."""

import asyncio
import json
import sys
from typing import Any

from binance import AsyncClient, BinanceSocketManager  # type: ignore[import-untyped]
from binance.exceptions import BinanceAPIException  # type: ignore[import-untyped]

TRADES = 300


async def main(rest: str, websocket: str) -> dict[str, Any]:
    client = AsyncClient()
    client.API_URL = f"{rest}/api"
    try:
        sockets = BinanceSocketManager(client, max_queue_size=100_000)
        sockets.STREAM_URL = f"{websocket}/"
        streamed: list[int] = []
        async with sockets.trade_socket("BTCUSDT") as stream:
            while len(streamed) < TRADES:
                streamed.append((await stream.recv())["t"])
        try:
            await client.get_klines(symbol="NOPE", interval="1m")
        except BinanceAPIException as error:
            refusal = error.code
        return {
            "streamed": streamed,
            "symbol": await client.get_symbol_info("BTCUSDT"),
            "aggregates": await client.get_aggregate_trades(symbol="BTCUSDT", fromId=0, limit=50),
            "historical": [t["id"] for t in await client.get_historical_trades(symbol="BTCUSDT", fromId=0, limit=10)],
            "klines": len(await client.get_klines(symbol="BTCUSDT", interval="1m")),
            "refusal": refusal,
        }
    finally:
        await client.close_connection()


print(json.dumps(asyncio.run(main(*sys.argv[1:]))))
