"""What the status of an Exchange and of its Symbols should say, from what was found and done: pure."""

from typing import Any, Final, NamedTuple

import orjson

from tickloom.settings.resources import SymbolSpec
from tickloom_operator.collectors import deployment_name, selector
from tickloom_operator.conditions import Condition
from tickloom_operator.objects import Seen
from tickloom_operator.wanting import Problem, Want


class Running(NamedTuple):
    """The collectors of an exchange: how many are wanted, exist and are available, and whether that is known by now."""

    wanted: int
    replicas: int
    available: int
    current: bool = True

    @property
    def complete(self) -> bool:
        """Whether all that are wanted are available, and no more are left."""
        return self.current and self.available >= self.wanted == self.replicas


NONE: Final = Running(0, 0, 0)


class Found(NamedTuple):
    """What a look at an exchange found and did; `problem` is why the exchange as a whole is not served."""

    want: Want
    problem: Problem | None
    active: int
    running: Running


def running_of(seen: Seen | None, wanted: int) -> Running:
    """Return what the Deployment says of its pods; a status of an earlier generation says nothing yet."""
    if seen is None:
        return Running(wanted, 0, 0)
    status = orjson.loads(seen.status)
    current = status.get("observedGeneration", 0) >= seen.generation
    return Running(wanted, status.get("replicas", 0), status.get("availableReplicas", 0), current)


def exchange_status(found: Found) -> tuple[dict[str, Any], list[Condition]]:
    """Return the fields of an Exchange's status and its conditions."""
    running = found.running
    fields: dict[str, Any] = {}
    if found.want.spec is not None:
        fields = {
            "activeSymbols": found.active,
            "replicas": running.replicas,
            "readyReplicas": running.available,
            "selector": selector(found.want.name),
        }
    return fields, [_exchange_ready(found)]


def unavailable(message: str) -> list[Condition]:
    """Return the conditions of an Exchange while the catalog is away."""
    return [Condition("Ready", "False", "CatalogUnavailable", message)]


def _exchange_ready(found: Found) -> Condition:
    spec, running = found.want.spec, found.running
    if found.problem is not None:
        return Condition("Ready", "False", *found.problem)
    if spec is not None and spec.suspend:
        return Condition("Ready", "True", "Suspended", "nothing is collected, as spec.suspend asks")
    if not running.complete:
        message = f"{running.available} of {running.wanted} collectors are available"
        return Condition("Ready", "False", "CollectorsProgressing", message)
    if found.active == 0:
        return Condition("Ready", "True", "NoActiveSymbols", "no Symbol is active, so no collector runs")
    return Condition("Ready", "True", "CollectorsReady", f"{running.available} collectors are available")


def symbol_status(found: Found, seen: Seen, spec: SymbolSpec | None) -> tuple[dict[str, Any], list[Condition]]:
    """Return the fields of a Symbol's status and its conditions."""
    problem = found.want.refused.get(seen.key) or _exchange_problem(found)
    if problem is not None or spec is None:
        problem = problem or Problem("Invalid", "the Symbol cannot be read")
        conditions = [Condition("Ready", "False", *problem), Condition("Collecting", "False", problem.reason)]
        return {"symbolId": None, "collector": None}, conditions
    collecting = _collecting(found, spec)
    fields = {
        "symbolId": str(spec.symbol_id),
        "collector": deployment_name(found.want.name) if collecting.status == "True" else None,
    }
    return fields, [_symbol_ready(collecting), collecting]


def _exchange_problem(found: Found) -> Problem | None:
    if found.problem is None or found.problem.reason == "ExchangeMissing":
        return found.problem
    return Problem("ExchangeNotReady", f"Exchange {found.want.name!r}: {found.problem.message}")


def _collecting(found: Found, spec: SymbolSpec) -> Condition:
    if spec.suspend:
        return Condition("Collecting", "False", "Suspended", "nothing is collected, as spec.suspend asks")
    if found.want.spec is not None and found.want.spec.suspend:
        return Condition("Collecting", "False", "ExchangeSuspended", f"Exchange {found.want.name!r} is suspended")
    if found.running.wanted == 0:
        message = f"Exchange {found.want.name!r} is scaled to no collectors"
        return Condition("Collecting", "False", "ScaledToZero", message)
    if found.running.available == 0:
        return Condition("Collecting", "False", "CollectorNotReady", "no collector of the exchange is available")
    return Condition("Collecting", "True", "CollectorReady", f"by {deployment_name(found.want.name)}")


def _symbol_ready(collecting: Condition) -> Condition:
    # Suspended is what was asked for: whoever waits for Ready must not wait for ever.
    as_asked = collecting.status == "True" or collecting.reason in {"Suspended", "ExchangeSuspended"}
    return Condition("Ready", "True" if as_asked else "False", collecting.reason, collecting.message)
