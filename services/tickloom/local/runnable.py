"""What of the release's own manifests can run here: an exchange that needs an account is left out without one.

Manifests that the user names are never narrowed: there a missing account is a mistake, and is told as one.
"""

from collections.abc import Callable, Mapping, Sequence

from tickloom.settings.credentials import credential_variables, read_credentials
from tickloom.settings.resources import Exchange, Symbol

AnyResource = Exchange | Symbol


class Runnable:
    """Leaves out what lacks its credentials, and says so once."""

    def __init__(self, environment: Mapping[str, str], say: Callable[[str], None]) -> None:
        self._environment = environment
        self._say = say
        self._told: set[str] = set()

    def __call__(self, resources: Sequence[AnyResource]) -> list[AnyResource]:
        """Return the resources without those exchanges, and without their symbols."""
        lacking = {
            resource.metadata.name
            for resource in resources
            if isinstance(resource, Exchange)
            and resource.spec.credentials_secret_ref is not None
            and read_credentials(resource.metadata.name, self._environment) is None
        }
        for name in sorted(lacking - self._told):
            self._say(f"{name} is left out: it needs an account; set {' and '.join(credential_variables(name))}")
        self._told |= lacking
        return [resource for resource in resources if _exchange_of(resource) not in lacking]


def _exchange_of(resource: AnyResource) -> str:
    return resource.metadata.name if isinstance(resource, Exchange) else resource.spec.exchange
