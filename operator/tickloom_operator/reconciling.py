"""One look at an exchange: what is wanted goes to the catalog, the collectors follow, and the statuses say how it went.

Whatever happened only says which exchange to look at. A look at an exchange where all is well writes nothing.
"""

import time
from typing import Final

from tickloom.store.desired import WantedExchange, apply_wanted, exchanges_with_symbols
from tickloom.store.errors import CatalogConflict, StoreUnavailable
from tickloom.telemetry import metrics
from tickloom.telemetry.logging import logger
from tickloom_operator import reporting
from tickloom_operator.database import Database
from tickloom_operator.history import History
from tickloom_operator.knowledge import Knowledge
from tickloom_operator.objects import Key, Seen
from tickloom_operator.reporting import Found
from tickloom_operator.running import Collectors
from tickloom_operator.statuses import Layer, Statuses
from tickloom_operator.wanting import Problem, Reader, Want

_ANYWHERE: Final = ""
_log = logger(__name__)


class Reconciler:
    """Looks at one exchange at a time; `namespace` is the one that is served, empty for all."""

    def __init__(
        self,
        knowledge: Knowledge,
        database: Database,
        collectors: Collectors,
        history: History,
        statuses: Statuses,
        namespace: str,
    ) -> None:
        self._knowledge = knowledge
        self._database = database
        self._collectors = collectors
        self._history = history
        self._statuses = statuses
        self._namespace = namespace
        self._reader = Reader()

    def forget_symbol(self, uid: str) -> None:
        """Forget what was read of a Symbol that is gone."""
        self._reader.forget(uid)

    async def look(self, key: Key) -> None:
        """Make an exchange what its resources say. Raises StoreUnavailable and ClusterUnavailable: look again later."""
        begun = time.perf_counter()
        result = "failed"
        try:
            await self._look(key)
            result = "done"
        finally:
            metrics.operator_reconciles_total.labels(result).inc()
            metrics.operator_reconcile_duration_seconds.observe(time.perf_counter() - begun)

    async def forgotten(self) -> list[Key]:
        """Return exchanges that the catalog collects from, and that no resource speaks of any more."""
        async with self._database.connection() as connection:
            names = await exchanges_with_symbols(connection)
        known = {key.name for key in self._knowledge.exchanges()}
        return [Key(self._namespace, name) for name in names if name not in known]

    async def _look(self, key: Key) -> None:
        want = self.want(key)
        if want.exchange is not None and want.exchange.paused:
            self._statuses.pause("Exchange", want.exchange)
            return
        try:
            found = await self._carry_out(want)
        except StoreUnavailable as error:
            self._report_unavailable(want, error)
            raise
        self._report(found)
        if found.problem is None:
            await self._history.look(found.want)

    def want(self, key: Key) -> Want:
        """Return what is wanted of an exchange now."""
        exchange = self._knowledge.get("Exchange", key)
        if exchange is not None and exchange.deleting:
            exchange = None
        symbols = [seen for seen in self._knowledge.of_exchange("Symbol", key) if not seen.deleting]
        holder = next((seen.key for seen in self._knowledge.named(key.name)), None)
        return self._reader.want(key, exchange, symbols, holder)

    async def _carry_out(self, want: Want) -> Found:
        is_anothers = want.exchange is None and self._knowledge.named(want.name)
        if is_anothers or (want.exchange is not None and want.spec is None):
            return Found(want, want.problem, 0, reporting.NONE)
        try:
            active, held = await self._apply_catalog(want)
        except CatalogConflict as error:
            return Found(want, Problem("CatalogConflict", str(error)), 0, reporting.NONE)
        want = want._replace(refused={**want.refused, **held})
        if want.spec is None or want.exchange is None:
            return Found(want, want.problem, active, reporting.NONE)
        running, problem = await self._collectors.run(want.key, want.exchange, want.spec, active)
        return Found(want, problem, active, running)

    async def _apply_catalog(self, want: Want) -> tuple[int, dict[Key, Problem]]:
        names = {self._name(key): key for key in want.symbols}
        symbols = {name: want.symbols[key] for name, key in names.items()}
        wanted = WantedExchange(want.name, want.spec, symbols if want.spec else {}, want.untouched if want.spec else ())
        async with self._database.connection() as connection:
            done = await apply_wanted(connection, wanted)
        if done.applied.changed:
            created, updated, deleted = (len(part) for part in done.applied)
            _log.info("wrote the catalog", exchange=want.name, created=created, updated=updated, deleted=deleted)
        held = {
            names[name]: Problem("NameHeld", f"{holder} has this name in the catalog: give the Symbol another name")
            for name, holder in done.held.items()
        }
        return done.active, held

    def _name(self, key: Key) -> str:
        """Return the name that the catalog knows a resource by: names are unique in a namespace only."""
        return key.name if self._namespace != _ANYWHERE else f"{key.namespace}/{key.name}"

    def _report(self, found: Found) -> None:
        want = found.want
        if want.exchange is not None:
            self._statuses.want("Exchange", want.exchange, Layer.SERVED, *reporting.exchange_status(found))
        for seen in self._knowledge.of_exchange("Symbol", want.key):
            self._report_symbol(found, seen)

    def _report_symbol(self, found: Found, seen: Seen) -> None:
        if seen.deleting:
            return
        if seen.paused:
            self._statuses.pause("Symbol", seen)
            return
        spec = found.want.symbols.get(seen.key)
        self._statuses.want("Symbol", seen, Layer.SERVED, *reporting.symbol_status(found, seen, spec))

    def _report_unavailable(self, want: Want, error: StoreUnavailable) -> None:
        """Say at the Exchange that the catalog is away; what its Symbols said last is still so."""
        if want.exchange is None:
            return
        self._statuses.want("Exchange", want.exchange, Layer.SERVED, {}, reporting.unavailable(str(error)))
