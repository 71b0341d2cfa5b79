"""A year of minutes from the simulated exchange into PostgreSQL: bars a second, alone and with indicators and features.

From `tests`: `python -m bench.backfill --days 365`. Exchange, database, Redis and processor share this machine. The
second time ends when the processor has answered the request for indicators and features of everything.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

from support.catalog import apply_binance
from support.servers import Databases, serve_valkey
from tickloom.bus.connection import open_redis
from tickloom.collector.clock import SystemClock
from tickloom.history.backfill import DAY_US, Wanted, backfill
from tickloom.history.candle_source import open_venue
from tickloom.local.runtime import runtime_directory
from tickloom.store.catalog import read_catalog
from tickloom.store.connection import connect

SIMULATOR = """
import asyncio, sys
from tickloom.simulator.options import SimulatorConfig
from tickloom.simulator.server import serve_simulator
async def main():
    async with serve_simulator(SimulatorConfig(history_days=int(sys.argv[1]), symbols=("BTCUSDT",))) as simulator:
        print(simulator.rest_url, simulator.websocket_url,
              simulator.exchange.history["BTCUSDT"].archive.end_ms, flush=True)
        await asyncio.Event().wait()
asyncio.run(main())
"""


async def measure(days: int, database_url: str, redis_url: str) -> None:
    """Run one backfill and print what it did."""
    simulator = await asyncio.create_subprocess_exec(sys.executable, "-c", SIMULATOR, str(days), stdout=-1)
    processor = None
    try:
        assert simulator.stdout is not None
        rest, websocket, end_ms = (await simulator.stdout.readline()).decode().split()
        connection = await connect(database_url, "bench")
        rows = await apply_binance(connection, "BTCUSDT", endpoints={"rest": rest, "websocket": websocket})
        end_us, number = int(end_ms) * 1000, rows["BTCUSDT"].symbol_no
        wanted = Wanted(number, "BTCUSDT", "candles", end_us - days * DAY_US, end_us, end_us)
        began = time.monotonic()
        async with open_redis(redis_url, "bench") as redis:
            exchange = (await read_catalog(connection)).exchanges["binance"]
            async with open_venue(exchange, redis, SystemClock()) as venue:
                done = await backfill(connection, venue, wanted, SystemClock(), lambda _done, _bars: None)
        stored = time.monotonic() - began
        print(f"{done.minutes} minutes, {done.bars} bars of all timeframes, verified, in {stored:.1f} s:")
        print(f"  {done.minutes / stored:,.0f} minutes a second, {done.bars / stored:,.0f} bars a second")
        environment = {"TICKLOOM_DATABASE_URL": database_url, "TICKLOOM_REDIS_URL": redis_url}
        began = time.monotonic()
        processor = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tickloom.cli.entry", "processor", env={**os.environ, **environment}
        )
        while await connection.fetchval("SELECT EXISTS (SELECT FROM recomputations)"):  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        computed = time.monotonic() - began
        values = await connection.fetchval(
            "SELECT (SELECT count(*) FROM indicators) + (SELECT count(*) FROM ml_features)"
        )
        print(f"{values} rows of indicators and features, start of the processor included, in {computed:.1f} s:")
        print(f"  {done.bars / (stored + computed):,.0f} bars a second stored with indicators and features")
        await connection.close()
    finally:
        for process in (simulator, processor):
            if process is not None:
                process.kill()
                await process.wait()


def main() -> None:
    """Start the servers and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=365)
    days = parser.parse_args().days
    with runtime_directory() as runtime, tempfile.TemporaryDirectory() as temporary:
        data = Path(temporary)
        (data / "postgres").mkdir()
        (data / "valkey").mkdir()
        with (
            Databases.serve(data / "postgres", runtime) as databases,
            serve_valkey(data / "valkey", runtime) as redis_url,
            databases.fresh() as database_url,
        ):
            asyncio.run(measure(days, database_url, redis_url))


if __name__ == "__main__":
    main()
