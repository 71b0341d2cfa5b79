"""`tickloom backfill` and `tickloom reconcile`: the past from the exchanges, and our bars beside theirs."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import click

from tickloom.cli.database import data_option, find_database, find_redis
from tickloom.cli.failures import Interrupted, MissingSymbol

MINUTE_US: Final = 60_000_000
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Moment(click.ParamType):  # type: ignore[type-arg] # click is generic since 8.3 only
    """A UTC time as RFC 3339 or a date, in microseconds since 1970, on a whole minute."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return microseconds."""
        if isinstance(value, int):
            return value
        try:
            at = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no time: use 2024-01-31 or 2024-01-31T08:30Z", param, ctx)
        time_us = (at.replace(tzinfo=at.tzinfo or UTC) - EPOCH) // timedelta(microseconds=1)
        return time_us - time_us % MINUTE_US


def _window(from_us: int, to_us: int | None) -> tuple[int, int, int]:
    """Return from, to (at most the last whole minute) and the present, in microseconds."""
    now_us = (datetime.now(UTC) - EPOCH) // timedelta(microseconds=1)
    last_us = now_us - now_us % MINUTE_US
    to_us = min(to_us or last_us, last_us)
    if from_us >= to_us:
        raise click.UsageError("--from must lie before --to and before now")
    return from_us, to_us, now_us


@click.command()
@click.argument("symbols", metavar="EXCHANGE:SYMBOL...", nargs=-1, required=True)
@click.option("--from", "from_us", type=Moment(), required=True, help="First minute, UTC.")
@click.option("--to", "to_us", type=Moment(), help="End, UTC; now if not given.")
@click.option("--timeframe", type=click.Choice(["1m"]), default="1m", help="Longer bars are made from minutes.")
@click.option(
    "--source",
    type=click.Choice(["candles", "trades"]),
    default="candles",
    show_default=True,
    help="The exchange's own candles, or bars made from its old trades: those have trade ids, and take far longer.",
)
@data_option()
@click.option("--json", "as_json", is_flag=True, help="Print an array of what was stored.")
def backfill(
    symbols: tuple[str, ...],
    from_us: int,
    to_us: int | None,
    timeframe: str,  # noqa: ARG001 - there is one
    source: Any,
    data: Path | None,
    as_json: bool,
) -> None:
    r"""Fetch the past of symbols; it can be interrupted and goes on where it was.

    \b
    Example:
      tickloom backfill binance:BTCUSDT --from 2024-01-01 --to 2025-01-01
    """
    done = asyncio.run(_backfill(symbols, _window(from_us, to_us), source, data))
    if as_json:
        click.echo(json.dumps(done))
        return
    for one in done:
        click.echo(
            f"{one['symbol']}: {one['bars']} bars of all timeframes stored, {one['minutes']} minutes verified"
            f" in {one['seconds']:.1f} s"
        )


async def _backfill(
    symbols: tuple[str, ...], window: tuple[int, int, int], source: Any, data: Path | None
) -> list[dict[str, Any]]:
    from tickloom.cli.progress import show_progress
    from tickloom.collector.clock import SystemClock
    from tickloom.history.backfill import Wanted
    from tickloom.history.backfill import backfill as run

    from_us, to_us, now_us = window
    done = []
    async with at_work(symbols, data) as (connection, found, venue_of):
        with show_progress([str(symbol.symbol_id) for symbol in found], from_us, to_us) as report_of, _interruptible():
            for symbol in found:
                async with venue_of(symbol) as venue:
                    wanted = Wanted(symbol.symbol_no, symbol.symbol, source, from_us, to_us, now_us)
                    ended = await run(connection, venue, wanted, SystemClock(), report_of(str(symbol.symbol_id)))
                done.append({"symbol": str(symbol.symbol_id), **ended._asdict()})
    return done


class _interruptible:  # noqa: N801 - reads as a block
    """Turns the first SIGINT or SIGTERM into a cancellation, which leaves the checkpoint as it is."""

    def __enter__(self) -> None:
        self._task, self._asked = asyncio.current_task(), False
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, self._stop)

    def _stop(self) -> None:
        if self._task is not None and not self._asked:
            self._asked = True
            self._task.cancel()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().remove_signal_handler(number)
        if self._asked and self._task is not None and kind is not None and issubclass(kind, asyncio.CancelledError):
            self._task.uncancel()
            raise Interrupted("interrupted; the same command goes on where it was")


@asynccontextmanager
async def at_work(symbols: tuple[str, ...], data: Path | None) -> AsyncIterator[tuple[Any, Any, Any]]:
    """Open the database, find the symbols, and know how to open their venues."""
    from tickloom.bus.connection import open_redis
    from tickloom.collector.clock import SystemClock
    from tickloom.history.candle_source import open_venue
    from tickloom.store.catalog import read_catalog
    from tickloom.store.connection import connect

    connection = await connect(find_database(data), "history")
    try:
        catalog = await read_catalog(connection)
        known = {str(symbol.symbol_id): symbol for symbol in catalog.symbols.values() if not symbol.deleted}
        if missing := [symbol for symbol in symbols if symbol not in known]:
            raise MissingSymbol(f"there is no symbol {missing[0]}; tickloom symbols list shows what there is")
        async with open_redis(find_redis(data), "history") as redis:
            yield (
                connection,
                [known[symbol] for symbol in symbols] or list(known.values()),
                lambda symbol: open_venue(catalog.exchanges[symbol.exchange], redis, SystemClock()),
            )
    finally:
        with suppress(OSError):
            await connection.close()


@click.command()
@click.argument("symbols", metavar="EXCHANGE:SYMBOL...", nargs=-1)
@click.option("--from", "from_us", type=Moment(), help="First minute, UTC.")
@click.option("--to", "to_us", type=Moment(), help="End, UTC; two minutes ago if not given.")
@click.option("--follow", is_flag=True, help="Compare all symbols once a minute, until stopped.")
@data_option()
@click.option("--json", "as_json", is_flag=True, help="Print an array with every value that differs.")
def reconcile(
    symbols: tuple[str, ...],
    from_us: int | None,
    to_us: int | None,
    follow: bool,
    data: Path | None,
    as_json: bool,
) -> None:
    r"""Compare closed bars with the exchange's own candles; what differs is stored with both values.

    \b
    Examples:
      tickloom reconcile binance:BTCUSDT --from 2024-01-01
      tickloom reconcile --follow
    """
    if follow:
        _follow()
        return
    if from_us is None:
        raise click.UsageError("give --from, or --follow")
    found = asyncio.run(_reconcile(symbols, _window(from_us, to_us), data))
    if as_json:
        click.echo(json.dumps(found))
        return
    for one in found:
        click.echo(f"{one['symbol']}: {one['minutes']} minutes compared, {one['bars']} differ")
        for mismatch in one["mismatches"]:
            at = (EPOCH + timedelta(microseconds=mismatch["time_us"])).isoformat(timespec="minutes")
            click.echo(f"  {at} {mismatch['field']:<12} ours {mismatch['ours']} theirs {mismatch['theirs']}")


async def _reconcile(symbols: tuple[str, ...], window: tuple[int, int, int], data: Path | None) -> list[dict[str, Any]]:
    from tickloom.collector.clock import SystemClock
    from tickloom.history.reconcile import reconcile as run

    compared = []
    async with at_work(symbols, data) as (connection, found, venue_of):
        for symbol in found:
            async with venue_of(symbol) as venue:
                ended = await run(connection, venue, symbol.symbol_no, symbol.symbol, *window[:2], SystemClock())
            mismatches = [mismatch._asdict() for mismatch in ended.mismatches]
            compared.append(
                {
                    "symbol": str(symbol.symbol_id),
                    "minutes": ended.minutes,
                    "bars": ended.bars,
                    "mismatches": mismatches,
                }
            )
    return compared


def _follow() -> None:
    import uvloop

    from tickloom.cli.serving import stop_on_signals
    from tickloom.history.reconcile import run_reconciler
    from tickloom.settings.environment import Settings
    from tickloom.telemetry.logging import configure_logging

    settings = Settings()
    configure_logging(settings.log_level, service="reconciler", instance=settings.instance)

    async def run() -> None:
        await run_reconciler(settings, stopped=stop_on_signals())

    uvloop.run(run())
