"""What venues share with those of other processes: their request budget, where an exchange counts by address."""

from typing import Protocol, runtime_checkable

from tickloom.bus.connection import Redis


@runtime_checkable
class SharesBudget(Protocol):
    """A venue whose requests are counted together with those of others."""

    def share(self, redis: Redis) -> None:
        """Spend from the budget of all processes that use this Redis."""
        ...
