"""A WebSocket client that measures how old each trade of the probe is when an update brings it.

The close of an update tells when its newest trade was written to the exchange's socket. The trades between it and the
update before were written one in each tick, so their ages are known as well: each trade counts, also those that a
stall held back.
"""

import asyncio
import json
import sys
import time

import orjson
import websockets

TICK_SECONDS = 0.001
LEAST_PRICE = 1e7


def age(close: float, now: float) -> float:
    """Return how many seconds ago the probe trade with this price was written to the exchange's socket."""
    return ((now % 3600) - (close - LEAST_PRICE) / 1e4 + 1800) % 3600 - 1800


def quantile(ordered: list[float], fraction: float) -> float:
    """Return a quantile of sorted values."""
    return ordered[min(len(ordered) - 1, int(fraction * len(ordered)))]


async def measure(url: str, token: str, quiet_seconds: float) -> dict[str, float]:
    """Read updates until none came for a while; returns latencies in milliseconds and the last bar's trades."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    ages: list[float] = []
    updates = 0
    previous, minutes, earlier = None, {}, {}
    async with websockets.connect(url, additional_headers=headers, compression=None, max_queue=None) as socket:
        print(json.dumps({"connected": True}), flush=True)
        while True:
            try:
                async with asyncio.timeout(quiet_seconds if ages else 60):
                    message = await socket.recv()
            except TimeoutError:
                break
            now = time.time()
            update = orjson.loads(message)
            if update["type"] == "initial" and update["bars"]:
                earlier = {update["bars"][-1]["time"]: update["bars"][-1]["trades"]}
            if update["type"] != "update" or not update["bars"]:
                continue
            bar = update["bars"][-1]
            minutes.update({bar["time"]: bar["trades"] for bar in update["bars"]})
            if previous is not None and bar["close"] != previous:
                updates += 1
                newest, before = age(bar["close"], now), age(previous, now)
                ages += [newest + n * TICK_SECONDS for n in range(max(1, round((before - newest) / TICK_SECONDS)))]
            previous = bar["close"]
    ordered = sorted(ages)
    return {
        "updates": updates,
        "trades": sum(trades - earlier.get(minute, 0) for minute, trades in minutes.items()),
        "p50_ms": quantile(ordered, 0.5) * 1e3,
        "p95_ms": quantile(ordered, 0.95) * 1e3,
        "p99_ms": quantile(ordered, 0.99) * 1e3,
        "max_ms": ordered[-1] * 1e3,
    }


if __name__ == "__main__":
    import uvloop

    print(json.dumps(uvloop.run(measure(sys.argv[1], sys.argv[2], float(sys.argv[3])))), flush=True)
