"""Expected failures as lines for a person, and the exit code that scripts see."""

from collections.abc import Iterator
from typing import NamedTuple

from pydantic import ValidationError

from tickloom.bus.errors import BusError
from tickloom.collector.venue import VenueError
from tickloom.history.errors import HistoryError
from tickloom.local.errors import LocalError
from tickloom.settings.documents import InvalidYaml
from tickloom.settings.environment import Settings
from tickloom.settings.manifests import InvalidManifests
from tickloom.simulator.errors import SimulatorError
from tickloom.store.errors import CatalogConflict, StoreError


class Failure(NamedTuple):
    """What to print and how to exit."""

    lines: list[str]
    exit_code: int


class MissingSetting(ValueError):
    """A command needs a setting that is empty; the message names it."""


class MissingSymbol(LookupError):
    """A symbol that the catalog does not have; the message names it."""


class Interrupted(RuntimeError):
    """Long work was interrupted before its end; the message says how it goes on."""


class NotDecided(ValueError):
    """A decision on trades in quarantine does not apply to some of them; the message names them."""


class NotWell(RuntimeError):
    """A diagnosis found something that does not work; the message names it."""


class MissingUser(LookupError):
    """A user that there is not; the message names it."""


class BadPassword(ValueError):
    """A password that may not be set; the message says why, without it."""


def explain(error: Exception) -> Failure | None:
    """Return what to say of an expected failure, None for a mistake of our own: that needs its traceback."""
    if isinstance(error, ExceptionGroup):
        explained = [explain(inner) for inner in error.exceptions]
        return next(iter(explained), None) if all(explained) else None
    match error:
        case InvalidManifests():
            return Failure(error.problems, 2)
        case ValidationError() if error.title == Settings.__name__:
            return Failure(list(_settings_problems(error)), 2)
        case CatalogConflict() | InvalidYaml() | MissingSetting() | BadPassword():
            return Failure([str(error)], 2)
        case (
            LocalError()
            | SimulatorError()
            | HistoryError()
            | VenueError()
            | StoreError()
            | BusError()
            | MissingSymbol()
            | MissingUser()
            | NotDecided()
            | Interrupted()
            | NotWell()
        ):
            return Failure([str(error)], 1)
    return None


def _settings_problems(error: ValidationError) -> Iterator[str]:
    for details in error.errors(include_input=False, include_url=False):
        name = "_".join(str(part) for part in details["loc"]).upper()
        yield f"TICKLOOM_{name}: {details['msg'].removeprefix('Value error, ')}"
