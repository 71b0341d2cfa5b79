"""A catalog for tests: symbols of one exchange."""

from tickloom.settings.resources import Exchange, Metadata, Symbol
from tickloom.store.applying import apply_resources
from tickloom.store.catalog import CatalogSymbol, read_catalog
from tickloom.store.connection import Connection

API = "tickloom.dev/v1alpha1"


async def apply_binance(connection: Connection, *symbols: str, **spec: object) -> dict[str, CatalogSymbol]:
    """Apply an exchange `binance` (fields of its spec in camelCase) with some symbols; returns them by name."""
    return await apply_exchange(connection, "binance", *symbols, **spec)


async def apply_exchange(
    connection: Connection, driver: str, *symbols: str, **spec: object
) -> dict[str, CatalogSymbol]:
    """Apply an exchange that is named like its driver, with some symbols; returns them by name."""
    exchange = Exchange.model_validate(
        {
            "apiVersion": API,
            "kind": "Exchange",
            "metadata": Metadata(name=driver),
            "spec": {"driver": driver, **spec},
        }
    )
    wanted = [
        Symbol.model_validate(
            {
                "apiVersion": API,
                "kind": "Symbol",
                "metadata": {"name": f"{driver}-{symbol.lower()}".replace(".", "-").replace("/", "-")},
                "spec": {"exchange": driver, "symbol": symbol},
            }
        )
        for symbol in symbols
    ]
    await apply_resources(connection, [exchange, *wanted], prune=False)
    catalog = await read_catalog(connection)
    return {symbol.symbol: symbol for symbol in catalog.symbols.values()}


async def apply_alpaca(connection: Connection, *symbols: str) -> dict[str, CatalogSymbol]:
    """Apply an exchange `alpaca` that never closes, with symbols whose trades are not checked; returns them by name."""
    exchange = {"apiVersion": API, "kind": "Exchange", "metadata": {"name": "alpaca"}, "spec": {"driver": "alpaca"}}
    wanted = [
        {
            "apiVersion": API,
            "kind": "Symbol",
            "metadata": {"name": f"alpaca-{symbol.lower()}"},
            "spec": {"exchange": "alpaca", "symbol": symbol, "quality": {"onFailure": "accept"}},
        }
        for symbol in symbols
    ]
    resources: list[Exchange | Symbol] = [Exchange.model_validate(exchange), *map(Symbol.model_validate, wanted)]
    await apply_resources(connection, resources, prune=False)
    catalog = await read_catalog(connection)
    return {symbol.symbol: symbol for symbol in catalog.symbols.values() if symbol.exchange == "alpaca"}
