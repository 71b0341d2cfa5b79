"""Which of the wanted symbols the venue knows, and the steps of their prices and sizes, kept in the catalog."""

from collections.abc import Sequence

from tickloom.collector.venue import AnyVenue, VenueError
from tickloom.store.catalog import CatalogSymbol, save_steps
from tickloom.store.connection import connect
from tickloom.store.errors import StoreUnavailable
from tickloom.telemetry.logging import logger

_log = logger(__name__)


class Instruments:
    """The symbols of one exchange as its venue describes them."""

    def __init__(self, exchange: str, venue: AnyVenue, database_url: str) -> None:
        self.unknown: set[str] = set()
        """Wanted symbols that the venue does not have."""
        self._exchange = exchange
        self._venue = venue
        self._database_url = database_url

    def problem(self) -> str | None:
        """Return what is wrong with the wanted symbols."""
        return f"the exchange does not know {', '.join(sorted(self.unknown))}" if self.unknown else None

    async def refresh(self, symbols: Sequence[CatalogSymbol]) -> bool:
        """Ask the venue about symbols and save their steps; tells whether both worked."""
        numbers = {symbol.symbol: symbol.symbol_no for symbol in symbols}
        try:
            found = await self._venue.steps(numbers)
            self._note_unknown(numbers.keys() - found.keys())
            connection = await connect(self._database_url, "collector-steps")
            try:
                steps = {numbers[name]: (one.price or None, one.size or None) for name, one in found.items()}
                await save_steps(connection, steps)
            finally:
                connection.terminate()
        except (VenueError, StoreUnavailable) as error:
            _log.info("price and size steps are not known yet", exchange=self._exchange, problem=str(error))
            return False
        return True

    def _note_unknown(self, unknown: set[str]) -> None:
        for symbol in sorted(unknown - self.unknown):
            _log.warning(
                "the exchange does not know a symbol; the others are collected", exchange=self._exchange, symbol=symbol
            )
        self.unknown = unknown
