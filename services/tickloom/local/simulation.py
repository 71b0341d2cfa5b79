"""Simulated runs: the wanted exchanges, pointed at the simulator and marked as simulated.

The collector is not told in any other way; it speaks the venue's protocol to whatever address its exchange has.
"""

from collections.abc import Collection, Sequence
from typing import Final, Literal

from tickloom.market.identity import SymbolId, kubernetes_name
from tickloom.settings.resources import Exchange, ExchangeSpec, Metadata, Symbol, SymbolSpec

AnyResource = Exchange | Symbol
DRIVER: Final = "binance"
"""The venue that the simulator speaks like."""


def simulate(
    resources: Sequence[AnyResource],
    *,
    websocket: str,
    rest: str,
    clock: Literal["wall", "feed"],
    symbols: Collection[str],
) -> list[AnyResource]:
    """Return the resources as a simulated run wants them.

    Exchanges of the simulated driver get its addresses; others, which it cannot play, are left out with their symbols.
    Each of `symbols` is added where no resource wants it yet. `clock` is as in ExchangeSpec.
    """
    exchanges = [
        resource for resource in resources if isinstance(resource, Exchange) and resource.spec.driver == DRIVER
    ]
    if not exchanges:
        exchanges = [_exchange()]
    names = {exchange.metadata.name for exchange in exchanges}
    wanted = [resource for resource in resources if isinstance(resource, Symbol) and resource.spec.exchange in names]
    known = {symbol.spec.symbol for symbol in wanted}
    home = exchanges[0].metadata.name
    return [
        *(_redirected(exchange, websocket, rest, clock) for exchange in exchanges),
        *wanted,
        *(_symbol(SymbolId(home, symbol)) for symbol in sorted(set(symbols) - known)),
    ]


def _exchange() -> Exchange:
    return Exchange(
        api_version="tickloom.dev/v1alpha1",
        kind="Exchange",
        metadata=Metadata(name=DRIVER),
        spec=ExchangeSpec(driver=DRIVER),
    )


def _symbol(symbol: SymbolId) -> Symbol:
    return Symbol(
        api_version="tickloom.dev/v1alpha1",
        kind="Symbol",
        metadata=Metadata(name=kubernetes_name(symbol)),
        spec=SymbolSpec(exchange=symbol.exchange, symbol=symbol.symbol),
    )


def _redirected(exchange: Exchange, websocket: str, rest: str, clock: Literal["wall", "feed"]) -> Exchange:
    spec = exchange.spec.model_dump(by_alias=True, exclude_unset=True, mode="json")
    spec |= {"endpoints": {"websocket": websocket, "rest": rest}, "simulated": True, "clock": clock}
    return exchange.model_copy(update={"spec": ExchangeSpec.model_validate(spec)})
