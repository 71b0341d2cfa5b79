"""The errors of the store: whether to try again is told by the type.

StoreError
├── StoreUnavailable   the database cannot be reached or went away: wait and try again
├── OwnershipLost      another process owns the partition now: stop writing to it
├── SchemaMismatch     the database's schema is not this release's: give up, the message says what to do
└── CatalogConflict    resources contradict each other or what the catalog already holds: change them
"""


class StoreError(Exception):
    """Base of all errors of this package."""


class StoreUnavailable(StoreError):
    """The database cannot be reached or the connection broke; the same call may work later."""


class OwnershipLost(StoreError):
    """The advisory lock of a partition is gone, so nothing may be committed for it."""


class SchemaMismatch(StoreError):
    """The database holds a schema that this release does not know."""


class CatalogConflict(StoreError):
    """Resources cannot be applied; nothing was written."""
