"""`tickloom quarantine`: trades that failed a check, and what becomes of them."""

import asyncio
import getpass
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import click

from tickloom.cli.database import data_option, open_database
from tickloom.cli.failures import MissingSymbol, NotDecided
from tickloom.store.catalog import read_catalog
from tickloom.store.quarantine import Quarantined, State, decide, list_quarantined

_STATES = ("quarantined", "flagged", "release_requested", "released", "discarded")
_DONE = {"release": {"release_requested", "released"}, "discard": {"discarded"}}


@click.group()
def quarantine() -> None:
    r"""List, release and discard trades that failed a check.

    \b
    Example:
      tickloom quarantine list --symbol binance:BTCUSDT
    """


@quarantine.command(name="list")
@click.option("--symbol", metavar="EXCHANGE:SYMBOL", help="Only this symbol.")
@click.option("--state", type=click.Choice(_STATES), help="Only trades in this state.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="At most so many.")
@data_option()
@click.option("--json", "as_json", is_flag=True, help="Print an array of trades.")
def list_trades(symbol: str | None, state: State | None, limit: int, data: Path | None, as_json: bool) -> None:
    r"""List trades that failed a check, latest first.

    \b
    Example:
      tickloom quarantine list --state quarantined
    """
    trades = asyncio.run(_list(symbol, state, limit, data))
    if as_json:
        click.echo(json.dumps([describe(trade) for trade in trades]))
        return
    for trade in trades:
        at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=trade.exchange_us)
        click.echo(
            f"{trade.quarantine_no:>8} {trade.symbol:<24} {at.isoformat(timespec='milliseconds')} "
            f"{trade.price:>14.10g} {trade.size:>14.10g} {trade.reason:<10} {trade.measured:>12.6g} {trade.state}"
        )


async def _list(symbol: str | None, state: State | None, limit: int, data: Path | None) -> list[Quarantined]:
    async with open_database(data) as connection:
        number = None
        if symbol is not None:
            numbers = {str(s.symbol_id): n for n, s in (await read_catalog(connection)).symbols.items()}
            if (number := numbers.get(symbol)) is None:
                raise MissingSymbol(f"there is no symbol {symbol}; tickloom symbols list shows what there is")
        return await list_quarantined(connection, symbol_no=number, state=state, limit=limit)


def describe(trade: Quarantined) -> dict[str, Any]:
    """Return a trade as a JSON object; numbers that JSON has not become null."""
    fields = trade._asdict()
    for name in ("quarantined_at", "decided_at"):
        fields[name] = fields[name].isoformat() if fields[name] else None
    return {k: None if isinstance(v, float) and not abs(v) < float("inf") else v for k, v in fields.items()}


@quarantine.command()
@click.argument("numbers", metavar="NUMBER...", nargs=-1, required=True, type=int)
@data_option()
@click.option("--json", "as_json", is_flag=True, help='Print {"NUMBER": "state", …}.')
def release(numbers: tuple[int, ...], data: Path | None, as_json: bool) -> None:
    r"""Let trades into their bars after all; the processor revises what is closed.

    \b
    Example:
      tickloom quarantine release 17 18
    """
    _decide(numbers, "release", data, as_json=as_json)


@quarantine.command()
@click.argument("numbers", metavar="NUMBER...", nargs=-1, required=True, type=int)
@data_option()
@click.option("--json", "as_json", is_flag=True, help='Print {"NUMBER": "state", …}.')
def discard(numbers: tuple[int, ...], data: Path | None, as_json: bool) -> None:
    r"""Keep trades out of the bars for good.

    \b
    Example:
      tickloom quarantine discard 19
    """
    _decide(numbers, "discard", data, as_json=as_json)


def _decide(
    numbers: tuple[int, ...], decision: Literal["release", "discard"], data: Path | None, *, as_json: bool
) -> None:
    states = asyncio.run(_store(numbers, decision, data))
    if as_json:
        click.echo(json.dumps(states))
    else:
        click.echo("\n".join(f"{number} {state or 'there is no such trade'}" for number, state in states.items()))
    if refused := [str(number) for number, state in states.items() if state not in _DONE[decision]]:
        raise NotDecided(f"not changed: {', '.join(refused)} (only a quarantined trade with valid values can be)")


async def _store(
    numbers: tuple[int, ...], decision: Literal["release", "discard"], data: Path | None
) -> dict[int, str | None]:
    async with open_database(data) as connection:
        return await decide(connection, list(numbers), decision, by=f"cli:{getpass.getuser()}")
