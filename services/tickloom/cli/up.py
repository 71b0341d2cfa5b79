"""`tickloom up`: options in, `tickloom.local.up` called."""

import asyncio
from pathlib import Path
from typing import Literal

import click

from tickloom.cli.lists import ListsCommand, list_option

MAXIMUM_SPEED = 1000.0


def check_speed(_: click.Context, __: click.Parameter, value: str) -> str:
    """Accept `max` or a positive number."""
    try:
        if value == "max" or 0 < float(value) <= MAXIMUM_SPEED:
            return value
    except ValueError:
        pass
    raise click.BadParameter(f"{value!r} is neither max nor a number above 0, up to {MAXIMUM_SPEED:.0f}")


@click.command(cls=ListsCommand)
@list_option(
    "-f", "--file", metavar="PATH...", description="Manifests to follow: YAML files or directories. [default: its own]"
)
@click.option("--demo", is_flag=True, help="Generated data instead of live exchanges; never ends.")
@list_option("--replay", metavar="FILE...", description="Recordings instead of live exchanges.")
@click.option("--speed", default="1", metavar="max|N", callback=check_speed, help="Pace of --replay. [default: 1]")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Port of the page and the API; 0 takes a free one. [default: 8000]"
)
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="Where the data is kept.")
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON when ready, nothing else on stdout.")
def up(
    file: tuple[Path, ...],
    demo: bool,
    replay: tuple[Path, ...],
    speed: str,
    port: int | None,
    data: Path | None,
    as_json: bool,
) -> None:
    r"""Run everything on this machine: database, cache, collector, processor, API and web chart.

    Live exchanges by default. Data stays where it is, and the next start goes on with it; simulated runs
    have data directories of their own.

    \b
    Examples:
      tickloom up
      tickloom up -f manifests/ --port 9000
      tickloom up --replay btcusdt_20240808.gz btcusdt_20240809.gz --speed max
    """
    if demo and replay:
        raise click.UsageError("--demo and --replay exclude each other")
    if speed != "1" and not replay:
        raise click.UsageError("--speed goes with --replay")
    mode: Literal["live", "demo", "replay"] = "demo" if demo else "replay" if replay else "live"
    # Imported here, so that --help and mistakes answer at once.
    from tickloom.local.options import UpOptions
    from tickloom.local.up import run_up
    from tickloom.settings.environment import Settings

    settings = Settings()
    options = UpOptions(
        files=file,
        mode=mode,
        recordings=replay,
        speed=speed,
        host=settings.host,
        port=settings.port if port is None else port,
        data=data,
        json=as_json,
    )
    asyncio.run(run_up(options, settings))
