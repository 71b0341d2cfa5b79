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
@click.option("--venue", type=click.Choice(["binance", "alpaca", "yahoo"]), default="binance", show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=9000, show_default=True, help="Port of the REST API.")
@click.option("--websocket-port", type=click.IntRange(0, 65535), help="Port of the streams; --port + 1 if not given.")
@click.option("--replay", multiple=True, type=click.Path(path_type=Path), help="A recording; may be repeated.")
@click.option("--speed", default="1", callback=_speed, help="max, or how many times faster than recorded.")
@click.option("--faults", multiple=True, type=click.Path(path_type=Path), help="YAML file of faults; may be repeated.")
@click.option("--history-days", type=click.IntRange(0, 3650), default=0, help="Made-up days before the run, over REST.")
@click.option("--symbol", multiple=True, help="A symbol of the generated market; may be repeated.")
@click.option("--seed", default=1, show_default=True, help="Seed of the generated market.")
def simulator(
    venue: str,
    host: str,
    port: int,
    websocket_port: int | None,
    replay: tuple[Path, ...],
    speed: float | None,
    faults: tuple[Path, ...],
    history_days: int,
    symbol: tuple[str, ...],
    seed: int,
) -> None:
    r"""Serve a simulated exchange that speaks a real one's protocol, from recordings or a generated market.

    Alpaca has REST and stream on one port, and one account (simulated-key, simulated-secret); Yahoo has the minutes
    of Borsa Istanbul, a quarter of an hour late. Recordings and faults are Binance's.

    \b
    Examples:
      tickloom simulator --port 9000 --replay day.gz --speed max --faults faults.yaml
      tickloom simulator --venue alpaca --port 9000 --symbol AAPL
    """
    if venue != "binance" and (replay or faults or websocket_port is not None):
        raise click.UsageError(f"--replay, --faults and --websocket-port do not go with --venue {venue}")
    import uvloop

    from tickloom.cli.serving import stop_on_signals
    from tickloom.simulator.alpaca.options import DEFAULT_SYMBOLS as ALPACA_SYMBOLS
    from tickloom.simulator.alpaca.options import AlpacaConfig
    from tickloom.simulator.alpaca.server import run_alpaca
    from tickloom.simulator.options import DEFAULT_SYMBOLS, SimulatorConfig
    from tickloom.simulator.server import run_simulator
    from tickloom.simulator.yahoo.options import DEFAULT_SYMBOLS as YAHOO_SYMBOLS
    from tickloom.simulator.yahoo.options import YahooConfig
    from tickloom.simulator.yahoo.server import run_yahoo
    from tickloom.telemetry.logging import configure_logging

    configure_logging("info", service="simulator", instance="")
    config = SimulatorConfig(
        host,
        port,
        websocket_port,
        replay,
        speed,
        symbol or DEFAULT_SYMBOLS,
        seed,
        fault_files=faults,
        history_days=history_days,
    )

    async def run() -> None:
        if venue == "alpaca":
            alpaca = AlpacaConfig(host, port, symbol or ALPACA_SYMBOLS, seed)
            await run_alpaca(alpaca, stopped=stop_on_signals())
        elif venue == "yahoo":
            await run_yahoo(YahooConfig(host, port, symbol or YAHOO_SYMBOLS, seed), stopped=stop_on_signals())
        else:
            await run_simulator(config, stopped=stop_on_signals())

    uvloop.run(run())
