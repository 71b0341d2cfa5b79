"""`tickloom gaps`: what was missed, what became of it, and another try at what was given up."""

import asyncio
import json
from pathlib import Path
from typing import Any

import click

from tickloom.cli.database import data_option, open_database
from tickloom.cli.failures import MissingSymbol


@click.command()
@click.option("--symbol", metavar="EXCHANGE:SYMBOL", help="Only this symbol.")
@click.option("--state", type=click.Choice(["open", "healed", "unhealable"]), help="Only gaps in this state.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="At most so many.")
@click.option("--heal", is_flag=True, help="First let the exchange's own candles take the place of what was given up.")
@data_option()
@click.option("--json", "as_json", is_flag=True, help="Print an array of gaps.")
def gaps(symbol: str | None, state: Any, limit: int, heal: bool, data: Path | None, as_json: bool) -> None:
    r"""List gaps, latest first; open ones are being fetched by the collector.

    \b
    Examples:
      tickloom gaps --state open
      tickloom gaps --heal --symbol binance:BTCUSDT
    """
    if heal:
        healed = asyncio.run(_heal(symbol, data))
        if not as_json:
            for name, (done, left) in healed.items():
                click.echo(f"{name}: {len(done)} gaps healed by candles, {len(left)} left")
    rows = asyncio.run(_list(symbol, state, limit, data))
    if as_json:
        click.echo(json.dumps([_described(row) for row in rows]))
        return
    for row in rows:
        ends = row["to_at"].isoformat(timespec="milliseconds") if row["to_at"] else "now"
        ids = f"{row['first_trade_id']}..{row['last_trade_id']}" if row["first_trade_id"] is not None else ""
        click.echo(
            f"{row['symbol']:<24} {row['state']:<10} {row['from_at'].isoformat(timespec='milliseconds')} {ends}"
            f" {row['healed']}/{row['missing']} {ids} {row['reason']}"
        )


async def _list(symbol: str | None, state: Any, limit: int, data: Path | None) -> list[dict[str, Any]]:
    from tickloom.store.gaps import read_gaps

    async with open_database(data) as connection:
        number = None if symbol is None else await _number_of(connection, symbol)
        return [row._asdict() for row in await read_gaps(connection, limit=limit, symbol_no=number, state=state)]


async def _number_of(connection: Any, symbol: str) -> int:
    from tickloom.store.catalog import read_catalog

    numbers = {str(s.symbol_id): n for n, s in (await read_catalog(connection)).symbols.items()}
    if symbol not in numbers:
        raise MissingSymbol(f"there is no symbol {symbol}; tickloom symbols list shows what there is")
    return numbers[symbol]


async def _heal(symbol: str | None, data: Path | None) -> dict[str, Any]:
    from tickloom.cli.history import at_work
    from tickloom.collector.clock import SystemClock
    from tickloom.history.healing import heal_by_candles

    healed = {}
    async with at_work((symbol,) if symbol else (), data) as (connection, found, venue_of):
        for one in found:
            async with venue_of(one) as venue:
                done = await heal_by_candles(connection, venue, one.symbol_no, one.symbol, SystemClock())
            healed[str(one.symbol_id)] = done
    return healed


def _described(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in row.items()}
