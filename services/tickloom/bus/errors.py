"""The errors of the bus: whether to try again is told by the type.

BusError
└── BusUnavailable   Redis cannot be reached or went away: wait and try again
"""


class BusError(Exception):
    """Base of all errors of this package."""


class BusUnavailable(BusError):
    """Redis cannot be reached, is still loading, or the connection broke; the same call may work later."""
