"""`tickloom-operator`, or `python -m tickloom_operator`: one replica of the operator, configured by variables alone."""

import logging
import sys

import uvloop

from tickloom.settings.environment import Settings
from tickloom.store.errors import StoreError
from tickloom.telemetry.logging import configure_logging, logger
from tickloom_operator.errors import OperatorError
from tickloom_operator.service import run_operator
from tickloom_operator.settings import OperatorSettings
from tickloom_operator.stopping import Stop


def main() -> None:
    """Run until SIGTERM or SIGINT, or until the Lease is lost; the exit code is 0 in the first case."""
    settings, own = Settings(), OperatorSettings()
    configure_logging(settings.log_level, service="operator", instance=own.identity or settings.instance)
    # What kopf says at level info is about itself.
    logging.getLogger("kopf").setLevel(logging.WARNING)
    sys.exit(uvloop.run(_run(settings, own)))


async def _run(settings: Settings, own: OperatorSettings) -> int:
    stop = Stop()
    stop.on_signals()
    try:
        await run_operator(settings, own, stop)
    except (OperatorError, StoreError, ValueError, ExceptionGroup) as error:
        expected, unexpected = _split(error)
        if unexpected is not None:
            raise
        logger(__name__).error("cannot go on", problem="; ".join(map(str, expected)))
        return 1
    return 0


def _split(error: Exception) -> tuple[list[BaseException], BaseException | None]:
    """Return the failures that are told in a line, and what is a mistake of our own."""
    if not isinstance(error, ExceptionGroup):
        return [error], None
    expected, unexpected = error.split((OperatorError, StoreError))
    return _leaves(expected) if expected else [], unexpected


def _leaves(group: BaseExceptionGroup[Exception]) -> list[BaseException]:
    leaves: list[BaseException] = []
    for error in group.exceptions:
        leaves.extend(_leaves(error) if isinstance(error, BaseExceptionGroup) else [error])
    return leaves


if __name__ == "__main__":
    main()
