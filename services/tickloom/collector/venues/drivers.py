"""Which venue speaks for which driver of the catalog; a venue's libraries are imported only where it is used."""

import os
from collections.abc import Callable
from typing import Final, TypeAlias

from tickloom.collector.clock import Clock
from tickloom.collector.venue import PolledVenue, TimedVenue, Venue
from tickloom.settings.credentials import read_credentials
from tickloom.settings.resources import ExchangeSpec

Driven: TypeAlias = Venue | TimedVenue | PolledVenue


def _binance(name: str, spec: ExchangeSpec, clock: Clock) -> Driven:
    from tickloom.collector.venues.binance.venue import Binance  # noqa: PLC0415 - the driver's own libraries

    return Binance(name, spec, clock)


def _alpaca(name: str, spec: ExchangeSpec, clock: Clock) -> Driven:
    from tickloom.collector.venues.alpaca.venue import Alpaca  # noqa: PLC0415 - the driver's own libraries

    return Alpaca(name, spec, clock, read_credentials(name, os.environ))


def _yahoo(_name: str, spec: ExchangeSpec, clock: Clock) -> Driven:
    from tickloom.collector.venues.yahoo.venue import Yahoo  # noqa: PLC0415 - pandas comes with it

    return Yahoo(spec, clock)


def _ccxt(_name: str, spec: ExchangeSpec, clock: Clock) -> Driven:
    from tickloom.collector.venues.ccxt.venue import Ccxt  # noqa: PLC0415 - it imports a hundred exchanges

    return Ccxt(spec, clock)


DRIVERS: Final[dict[str, Callable[[str, ExchangeSpec, Clock], Driven]]] = {
    "binance": _binance,
    "alpaca": _alpaca,
    "yahoo": _yahoo,
    "ccxt": _ccxt,
}
"""Called inside the running event loop with the exchange's name; the venue is closed with `aclose`."""
