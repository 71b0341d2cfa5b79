"""The errors of the history jobs.

HistoryError
├── NoHistory     the venue cannot tell what is asked of it, or has nothing of that time: give up
└── NotVerified   what was stored is not what the venue says: the message names the first difference
"""


class HistoryError(Exception):
    """Base of all errors of this package."""


class NoHistory(HistoryError):
    """The venue has no such history."""


class NotVerified(HistoryError):
    """The check at the end found something wrong."""
