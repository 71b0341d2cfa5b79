"""`tickloom symbols`: the catalog without a cluster."""

import asyncio
import json
from pathlib import Path
from typing import Any

import click

from tickloom.cli.database import data_option, open_database
from tickloom.cli.failures import MissingSymbol
from tickloom.cli.lists import ListsCommand, list_option
from tickloom.settings.manifests import load_manifests, manifest_files
from tickloom.store.applying import Applied, apply_resources, delete_symbols
from tickloom.store.catalog import CatalogSymbol, read_catalog


@click.group()
def symbols() -> None:
    r"""Apply, list and delete symbols.

    \b
    Example:
      tickloom symbols apply -f manifests/
    """


@symbols.command(cls=ListsCommand)
@list_option("-f", "--file", metavar="PATH...", description="YAML files or directories.", required=True)
@click.option("--prune", is_flag=True, help="Delete the symbols that the files do not name.")
@data_option()
@click.option("--json", "as_json", is_flag=True, help='Print {"created": […], "updated": […], "deleted": […]}.')
def apply(file: tuple[Path, ...], prune: bool, data: Path | None, as_json: bool) -> None:
    r"""Write Exchange and Symbol documents into the catalog, all or nothing.

    \b
    Example:
      tickloom symbols apply -f config/exchanges.yaml config/symbols.yaml
    """
    applied = asyncio.run(_apply(file, prune=prune, data=data))
    if as_json:
        click.echo(json.dumps(applied._asdict()))
        return
    for word, names in applied._asdict().items():
        for name in names:
            click.echo(f"{name} {word}")
    if not applied.changed:
        click.echo("nothing changed")


async def _apply(files: tuple[Path, ...], *, prune: bool, data: Path | None) -> Applied:
    manifest_files(files)
    async with open_database(data) as connection:
        known = (await read_catalog(connection)).exchanges
        return await apply_resources(connection, load_manifests(files, known_exchanges=known), prune=prune)


@symbols.command(name="list")
@click.option("--all", "with_deleted", is_flag=True, help="Deleted symbols too.")
@data_option()
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
def list_(with_deleted: bool, data: Path | None, as_json: bool) -> None:
    r"""List the catalog's symbols.

    \b
    Example:
      tickloom symbols list --json
    """
    rows = [row for row in asyncio.run(_list(data)) if with_deleted or row["state"] != "deleted"]
    if as_json:
        click.echo(json.dumps(rows))
        return
    for row in rows:
        click.echo(f"{row['id']:<32} {row['state']:<10} {' '.join(row['timeframes'])}")


async def _list(data: Path | None) -> list[dict[str, Any]]:
    async with open_database(data) as connection:
        catalog = await read_catalog(connection)
    return [
        {
            "id": str(symbol.symbol_id),
            "state": _state(symbol, exchange_suspended=catalog.exchanges[symbol.exchange].suspended),
            "timeframes": list(symbol.spec.timeframes),
            "simulated": catalog.exchanges[symbol.exchange].simulated,
        }
        for symbol in catalog.symbols.values()
    ]


def _state(symbol: CatalogSymbol, *, exchange_suspended: bool) -> str:
    if symbol.deleted:
        return "deleted"
    return "suspended" if symbol.suspended or exchange_suspended else "active"


@symbols.command()
@click.argument("symbol_ids", metavar="EXCHANGE:SYMBOL...", nargs=-1, required=True)
@data_option()
@click.option("--json", "as_json", is_flag=True, help='Print {"deleted": […]}.')
def delete(symbol_ids: tuple[str, ...], data: Path | None, as_json: bool) -> None:
    r"""Stop collecting symbols; their bars stay.

    \b
    Example:
      tickloom symbols delete binance:ETHUSDT
    """
    deleted = asyncio.run(_delete(symbol_ids, data))
    click.echo(json.dumps({"deleted": deleted}) if as_json else "\n".join(f"{name} deleted" for name in deleted))


async def _delete(symbol_ids: tuple[str, ...], data: Path | None) -> list[str]:
    async with open_database(data) as connection:
        present = {str(s.symbol_id) for s in (await read_catalog(connection)).symbols.values() if not s.deleted}
        if missing := [name for name in symbol_ids if name not in present]:
            raise MissingSymbol(f"there is no symbol {missing[0]}; tickloom symbols list shows what there is")
        return await delete_symbols(connection, symbol_ids)
