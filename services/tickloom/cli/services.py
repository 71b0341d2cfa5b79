"""`tickloom collector`, `processor`, `api` and `operator`: one service each, configured by TICKLOOM_* variables."""

import importlib

import click


@click.command()
def collector() -> None:
    r"""Collect trades of the catalog's symbols from their exchanges into Redis.

    \b
    Example:
      TICKLOOM_DATABASE_URL=postgresql://… TICKLOOM_REDIS_URL=redis://… tickloom collector
    """
    from tickloom.cli.serving import serve
    from tickloom.collector.service import run_collector

    serve("collector", run_collector)


@click.command()
def processor() -> None:
    r"""Turn the trades in Redis into bars in the database.

    \b
    Example:
      TICKLOOM_DATABASE_URL=postgresql://… TICKLOOM_REDIS_URL=redis://… tickloom processor
    """
    from tickloom.cli.serving import serve
    from tickloom.processor.service import run_processor

    serve("processor", run_processor)


@click.command()
def api() -> None:
    r"""Serve REST, WebSocket and the web chart.

    \b
    Example:
      TICKLOOM_JWT_SECRET=… TICKLOOM_DATABASE_URL=… TICKLOOM_REDIS_URL=… tickloom api
    """
    from tickloom.api.service import run_api
    from tickloom.cli.serving import serve

    serve("api", run_api)


@click.command()
def operator() -> None:
    r"""Make the cluster and the catalog what Symbols and Exchanges of Kubernetes say.

    \b
    Example:
      TICKLOOM_OPERATOR_KUBECONFIG=~/.kube/config TICKLOOM_DATABASE_URL=… tickloom operator
    """
    try:
        entry = importlib.import_module("tickloom_operator.__main__")
    except ModuleNotFoundError as error:
        raise click.ClickException("the operator is not installed here: pip install tickloom[operator]") from error
    entry.main()
