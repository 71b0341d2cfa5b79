"""`tickloom simulator`: a simulated exchange by itself."""

from pathlib import Path

import click


def _speed(_context: click.Context, _parameter: click.Parameter, value: str) -> float | None:
    if value == "max":
        return None
    try:
        speed = float(value)
    except ValueError:
        speed = 0.0
    if not 0 < speed < float("inf"):
        raise click.BadParameter(f"{value!r} is no speed: use max, or how many times faster than recorded, as 1 or 60")
    return speed


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=9000, show_default=True, help="Port of the REST API.")
@click.option("--websocket-port", type=click.IntRange(0, 65535), help="Port of the streams; --port + 1 if not given.")
@click.option("--replay", multiple=True, type=click.Path(path_type=Path), help="A recording; may be repeated.")
@click.option("--speed", default="1", callback=_speed, help="max, or how many times faster than recorded.")
@click.option("--symbol", multiple=True, help="A symbol of the generated market; may be repeated.")
@click.option("--seed", default=1, show_default=True, help="Seed of the generated market.")
def simulator(
    host: str,
    port: int,
    websocket_port: int | None,
    replay: tuple[Path, ...],
    speed: float | None,
    symbol: tuple[str, ...],
    seed: int,
) -> None:
    r"""Serve a simulated exchange that speaks Binance's protocol, from recordings or a generated market.

    \b
    Example:
      tickloom simulator --port 9000 --replay day.gz --speed max
    """
    import uvloop

    from tickloom.cli.serving import stop_on_signals
    from tickloom.simulator.options import DEFAULT_SYMBOLS, SimulatorConfig
    from tickloom.simulator.server import run_simulator
    from tickloom.telemetry.logging import configure_logging

    configure_logging("info", service="simulator", instance="")
    config = SimulatorConfig(host, port, websocket_port, replay, speed, symbol or DEFAULT_SYMBOLS, seed)

    async def run() -> None:
        await run_simulator(config, stopped=stop_on_signals())

    uvloop.run(run())
