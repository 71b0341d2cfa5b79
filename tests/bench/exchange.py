"""An exchange under load: Binance's protocol at a fixed rate of trades, one frame for each trade.

The first symbol is a probe: every millisecond one trade of it carries the time at which it was written to the socket
as its price (10,000,000 and a hundredth for each microsecond since the hour began), so that a reader of any later
stage knows how old the newest trade in a bar is. The other symbols share the rest of the rate. Ids are contiguous and
times are now. Frames are made by filling digits into a table of bytes: the load itself takes little of the machine.
"""

import asyncio
import json
import sys
import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from aiohttp import web
from picows import WSFrame, WSListener, WSMsgType, WSTransport, WSUpgradeRequest, ws_create_server

TICKS_PER_SECOND = 1000
FIRST_ID = 10**9
LEAST_CENTS = 10**9


ID_DIGITS, TIME_DIGITS, PRICE_DIGITS = 10, 13, 10
Table = npt.NDArray[np.uint8]


def _digits(numbers: npt.NDArray[np.int64], count: int) -> Table:
    powers = 10 ** np.arange(count - 1, -1, -1, dtype=np.int64)
    return (numbers[:, None] // powers % 10 + ord("0")).astype(np.uint8)


class Frames:
    """Unmasked text frames (RFC 6455, section 5.2) with one combined-stream trade each, as Binance sends it.

    Every number has a fixed width, so a symbol's frame is a row of bytes in which digits are replaced.
    """

    def __init__(self, names: list[str]) -> None:
        rows = [self._row(name) for name in names]
        self._table = np.stack([np.frombuffer(row, np.uint8) for row in rows])
        row = rows[0]
        self._event, self._id, self._price = row.index(b'"E":') + 4, row.index(b'"t":') + 4, row.index(b'"p":"') + 5
        self._time = row.index(b'"T":') + 4

    @staticmethod
    def _row(name: str) -> bytes:
        payload = (
            f'{{"stream":"{name.lower()}@trade","data":{{"e":"trade","E":{10**12:d},"s":"{name}","t":{10**9:d},'
            f'"p":"{"1" * (PRICE_DIGITS - 2)}.11","q":"0.50000000","T":{10**12:d},"m":true,"M":true}}}}'
        ).encode()
        return b"\x81\x7e" + len(payload).to_bytes(2, "big") + payload

    def make(
        self, symbols: npt.NDArray[np.int64], ids: npt.NDArray[np.int64], cents: npt.NDArray[np.int64], time_ms: int
    ) -> bytes:
        """Return one frame for each trade; ids have ten digits, and prices, in hundredths, too."""
        rows = self._table[symbols]
        now = _digits(np.array([time_ms], np.int64), TIME_DIGITS)
        rows[:, self._event : self._event + TIME_DIGITS] = now
        rows[:, self._time : self._time + TIME_DIGITS] = now
        rows[:, self._id : self._id + ID_DIGITS] = _digits(ids, ID_DIGITS)
        price = _digits(cents, PRICE_DIGITS)
        rows[:, self._price : self._price + PRICE_DIGITS - 2] = price[:, :-2]
        rows[:, self._price + PRICE_DIGITS - 1 : self._price + PRICE_DIGITS + 1] = price[:, -2:]
        return rows.tobytes()


def symbol_name(number: int) -> str:
    """Return a symbol; all have the same length."""
    return f"SYM{number:03}USDT"


@dataclass
class Load:
    """What to send: trades per second over so many symbols, for so many seconds."""

    rate: int
    symbols: int
    seconds: float

    @property
    def names(self) -> list[str]:
        """The symbols; the first is the probe."""
        return [symbol_name(n) for n in range(self.symbols)]


class Exchange:
    """One load on one connection, begun when everything is subscribed and the caller says so."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self.transports: list[WSTransport] = []
        self.last_ids = np.full(load.symbols, FIRST_ID, np.int64)
        self.frames = Frames(load.names)
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
        per_tick = max(1, self.load.rate // TICKS_PER_SECOND)
        ticks_per_second = min(TICKS_PER_SECOND, self.load.rate)
        began, ticks, wanted = time.monotonic(), 0, int(self.load.seconds * ticks_per_second)
        self.sent = 0
        while ticks < wanted:
            due = min(wanted, int((time.monotonic() - began) * ticks_per_second))
            for _ in range(due - ticks):
                self._send_tick(per_tick)
            ticks = due
            await asyncio.sleep(0.0005)
        return {"sent": self.sent, "seconds": time.monotonic() - began, "probes": ticks}

    def _send_tick(self, count: int) -> None:
        symbols = 1 + (self.sent + np.arange(count, dtype=np.int64)) % (self.load.symbols - 1)
        symbols[-1] = 0
        now = time.time()
        # A symbol may come up several times in a tick; each time its id grows by one.
        order = np.argsort(symbols, kind="stable")
        ordered = symbols[order]
        starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
        counts = np.diff(np.r_[starts, count])
        ids = np.empty(count, np.int64)
        ids[order] = self.last_ids[ordered] + 1 + np.arange(count) - np.repeat(starts, counts)
        self.last_ids[ordered[starts]] += counts
        cents = np.full(count, LEAST_CENTS, np.int64)
        cents[-1] = LEAST_CENTS + int((now % 3600) * 1e6)
        content = self.frames.make(symbols, ids, cents, int(now * 1000))
        self.sent += count
        for transport in self.transports:
            transport.underlying_transport.write(content)

    def rest(self) -> web.Application:
        """Return the REST routes that a collector asks."""

        async def server_time(_: web.Request) -> web.Response:
            return web.json_response({"serverTime": int(time.time() * 1000)})

        async def latest(request: web.Request) -> web.Response:
            number = self.load.names.index(request.query["symbol"])
            row = {"id": int(self.last_ids[number]), "price": "1", "qty": "1", "time": int(time.time() * 1000)}
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
