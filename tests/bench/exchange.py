"""An exchange under load: Binance's protocol at a fixed rate of trades, one frame for each trade.

The first symbol is a probe: every millisecond one trade of it carries the time at which it was written to the socket
as its price (microseconds since the hour began, divided by 100), so that a reader of any later stage knows how old
the newest trade in a bar is. The other symbols share the rest of the rate. Ids are contiguous and times are now.
"""

import asyncio
import json
import sys
import time
from dataclasses import dataclass

from aiohttp import web
from picows import WSFrame, WSListener, WSMsgType, WSTransport, WSUpgradeRequest, ws_create_server

TICKS_PER_SECOND = 1000


def frame(payload: bytes) -> bytes:
    """Return an unmasked text frame of RFC 6455, section 5.2."""
    length = len(payload)
    head = bytes([0x81, length]) if length < 126 else b"\x81\x7e" + length.to_bytes(2, "big")
    return head + payload


def trade(symbol: str, trade_id: int, price: str, time_ms: int) -> bytes:
    """Return one combined-stream trade as Binance sends it."""
    return (
        b'{"stream":"%b@trade","data":{"e":"trade","E":%d,"s":"%b","t":%d,"p":"%b","q":"0.50000000","T":%d,"m":true,"M":true}}'
        % (symbol.lower().encode(), time_ms, symbol.encode(), trade_id, price.encode(), time_ms)
    )


@dataclass
class Load:
    """What to send: trades per second over so many symbols, for so many seconds."""

    rate: int
    symbols: int
    seconds: float

    @property
    def names(self) -> list[str]:
        """The symbols; the first is the probe."""
        return [f"SYM{n}USDT" for n in range(self.symbols)]


class Exchange:
    """One load on one connection, begun when everything is subscribed and the caller says so."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self.transports: list[WSTransport] = []
        self.last_ids = [0] * load.symbols
        self.sent = 0

    def listener(self, _: WSUpgradeRequest) -> WSListener:
        """Return the handler of a new connection."""
        exchange = self

        class Listener(WSListener):
            def on_ws_connected(self, transport: WSTransport) -> None:
                exchange.transports.append(transport)

            def on_ws_disconnected(self, transport: WSTransport) -> None:
                exchange.transports.remove(transport)

            def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
                if frame.msg_type == WSMsgType.TEXT:
                    request = json.loads(frame.get_payload_as_bytes())
                    transport.send(WSMsgType.TEXT, json.dumps({"result": None, "id": request.get("id")}).encode())

        return Listener()

    async def run(self) -> dict[str, float]:
        """Send the load at its rate, without ever slowing down for a slow reader; returns what was sent."""
        per_tick = max(1, self.load.rate // TICKS_PER_SECOND) - 1
        ticks_per_second = min(TICKS_PER_SECOND, self.load.rate)
        names = [(name.lower().encode(), name.encode()) for name in self.load.names]
        began, ticks, wanted = time.monotonic(), 0, int(self.load.seconds * ticks_per_second)
        template = (
            b'{"stream":"%b@trade","data":{"e":"trade","E":%d,"s":"%b","t":%d,"p":"101.25000000",'
            b'"q":"0.50000000","T":%d,"m":true,"M":true}}'
        )
        ids, symbols, self.sent = self.last_ids, self.load.symbols, 0
        while ticks < wanted:
            due = min(wanted, int((time.monotonic() - began) * ticks_per_second))
            for _ in range(due - ticks):
                now = time.time()
                time_ms, parts, number = int(now * 1000), [], self.sent
                for _ in range(per_tick):
                    index = 1 + number % (symbols - 1)
                    number += 1
                    ids[index] += 1
                    lower, name = names[index]
                    payload = template % (lower, time_ms, name, ids[index], time_ms)
                    parts.append(b"\x81\x7e" + len(payload).to_bytes(2, "big"))
                    parts.append(payload)
                ids[0] += 1
                price = f"{(now % 3600) * 1e4:.2f}"
                parts.append(frame(trade("SYM0USDT", ids[0], price, time_ms)))
                self.sent = number + 1
                for transport in self.transports:
                    transport.underlying_transport.write(b"".join(parts))
            ticks = due
            await asyncio.sleep(0.0005)
        return {"sent": self.sent, "seconds": time.monotonic() - began, "probes": ticks}

    def rest(self) -> web.Application:
        """Return the REST routes that a collector asks."""

        async def server_time(_: web.Request) -> web.Response:
            return web.json_response({"serverTime": int(time.time() * 1000)})

        async def latest(request: web.Request) -> web.Response:
            number = self.load.names.index(request.query["symbol"])
            row = {"id": self.last_ids[number], "price": "1", "qty": "1", "time": int(time.time() * 1000)}
            return web.json_response([{**row, "isBuyerMaker": True}])

        async def nothing(_: web.Request) -> web.Response:
            return web.json_response([])

        async def information(_: web.Request) -> web.Response:
            filters = [
                {"filterType": "PRICE_FILTER", "tickSize": "0.01000000"},
                {"filterType": "LOT_SIZE", "stepSize": "0.00001000"},
            ]
            rows = [{"symbol": name, "status": "TRADING", "filters": filters} for name in self.load.names]
            return web.json_response({"symbols": rows, "rateLimits": []})

        app = web.Application()
        app.router.add_get("/api/v3/time", server_time)
        app.router.add_get("/api/v3/trades", latest)
        app.router.add_get("/api/v3/historicalTrades", nothing)
        app.router.add_get("/api/v3/exchangeInfo", information)
        return app


async def serve(load: Load) -> None:
    """Serve on free ports, print them, and send one load for each line read from standard input."""
    exchange = Exchange(load)
    server = await ws_create_server(exchange.listener, "127.0.0.1", 0)
    runner = web.AppRunner(exchange.rest())
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    websocket_port = server.sockets[0].getsockname()[1]
    rest_port = runner.addresses[0][1]
    print(json.dumps({"websocket": websocket_port, "rest": rest_port}), flush=True)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        rate, seconds = line.split()
        exchange.load = Load(int(rate), load.symbols, float(seconds))
        print(json.dumps(await exchange.run()), flush=True)


if __name__ == "__main__":
    import uvloop

    uvloop.run(serve(Load(rate=1000, symbols=int(sys.argv[1]), seconds=1)))
