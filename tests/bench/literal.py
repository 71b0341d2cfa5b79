"""The pipeline that the words `collector, Redis Stream, processor, WebSocket` suggest when taken literally.

One XADD for each trade, awaited; JSON everywhere; bars in dictionaries for six timeframes; one XACK for each
message. It is what the product is compared with in the same run, and it is written as a competent person would write
a first version: uvloop, orjson, hiredis, no needless work.
"""

import contextlib
import sys
from typing import Any

import orjson
import redis.asyncio
import websockets
from websockets.asyncio.server import ServerConnection, broadcast, serve

STREAM, GROUP, CHANNEL = "literal:trades", "literal", "literal:bars"
TIMEFRAMES_MS = (60_000, 300_000, 900_000, 3_600_000, 14_400_000, 86_400_000)


async def collect(exchange_url: str, redis_url: str, symbols: int) -> None:
    """Append every trade of the exchange to the stream."""
    client = redis.asyncio.Redis.from_url(redis_url)
    streams = [f"sym{n:03}usdt@trade" for n in range(symbols)]
    async with websockets.connect(f"{exchange_url}/stream", max_queue=None, compression=None) as socket:
        await socket.send(orjson.dumps({"method": "SUBSCRIBE", "params": streams, "id": 1}).decode())
        async for message in socket:
            data = orjson.loads(message).get("data")
            if data:
                await client.xadd(
                    STREAM,
                    {
                        "s": data["s"],
                        "t": data["t"],
                        "p": data["p"],
                        "q": data["q"],
                        "T": data["T"],
                        "m": int(data["m"]),
                    },
                    maxlen=1_000_000,
                    approximate=True,
                )


async def process(redis_url: str) -> None:
    """Build bars from the stream and publish the probe symbol's minute after each read."""
    client = redis.asyncio.Redis.from_url(redis_url)
    with contextlib.suppress(redis.exceptions.ResponseError):
        await client.xgroup_create(STREAM, GROUP, "0", mkstream=True)
    bars: dict[tuple[str, int], dict[str, Any]] = {}
    while True:
        reply: Any = await client.xreadgroup(GROUP, "one", {STREAM: ">"}, count=100, block=1000)
        if not reply:
            continue
        for entry_id, fields in reply[0][1]:
            add_trade(bars, fields)
            await client.xack(STREAM, GROUP, entry_id)
        bar = bars.get(("SYM000USDT", 60_000))
        if bar:
            await client.publish(CHANNEL, orjson.dumps({"type": "update", "bars": [bar]}))


def add_trade(bars: dict[tuple[str, int], dict[str, Any]], fields: dict[bytes, bytes]) -> None:
    """Fold one trade into the six bars of its symbol."""
    symbol, price, size = fields[b"s"].decode(), float(fields[b"p"]), float(fields[b"q"])
    time_ms = int(fields[b"T"])
    for length in TIMEFRAMES_MS:
        start, key = time_ms - time_ms % length, (symbol, length)
        bar = bars.get(key)
        if bar is None or bar["time"] != start:
            bars[key] = {
                "time": start, "open": price, "high": price, "low": price, "close": price, "volume": size, "trades": 1
            }  # fmt: skip
        else:
            bar["high"], bar["low"] = max(bar["high"], price), min(bar["low"], price)
            bar["close"] = price
            bar["volume"] += size
            bar["trades"] += 1


async def fan_out(redis_url: str, port_file: str) -> None:
    """Send every published bar to every client."""
    clients: set[ServerConnection] = set()

    async def handle(client: ServerConnection) -> None:
        clients.add(client)
        await client.wait_closed()
        clients.discard(client)

    subscriber = redis.asyncio.Redis.from_url(redis_url).pubsub()
    await subscriber.subscribe(CHANNEL)
    async with serve(handle, "127.0.0.1", 0, compression=None) as server:
        with open(port_file, "w") as file:  # noqa: ASYNC230, PTH123 - once, at start
            file.write(str(next(iter(server.sockets)).getsockname()[1]))
        async for message in subscriber.listen():
            if message["type"] == "message":
                broadcast(clients, message["data"].decode())


ROLES: dict[str, Any] = {"collect": collect, "process": process, "fan_out": fan_out}

if __name__ == "__main__":
    import uvloop

    arguments: list[Any] = [int(a) if a.isdigit() else a for a in sys.argv[2:]]
    uvloop.run(ROLES[sys.argv[1]](*arguments))
