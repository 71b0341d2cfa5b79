"""Which venue speaks for which driver of the catalog; a venue's libraries are imported only where it is used."""

from collections.abc import Callable
from typing import Final

from tickloom.collector.clock import Clock
from tickloom.collector.venue import Venue
from tickloom.settings.resources import ExchangeSpec


def _binance(spec: ExchangeSpec, clock: Clock) -> Venue:
    from tickloom.collector.venues.binance.venue import Binance  # noqa: PLC0415 - the driver's own libraries

    return Binance(spec, clock)


DRIVERS: Final[dict[str, Callable[[ExchangeSpec, Clock], Venue]]] = {"binance": _binance}
"""Called inside the running event loop; the venue is closed with `aclose`."""
