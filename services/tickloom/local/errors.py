"""The errors of `tickloom up`: each message is one line that says what to do.

LocalError
├── DirectoryInUse   another `tickloom up` has the data directory
├── PortTaken        something listens on the wanted port
└── NotSupported     this machine or user cannot run an embedded server
"""


class LocalError(Exception):
    """Base of all errors of this package: `tickloom up` cannot start, or cannot go on."""


class DirectoryInUse(LocalError):
    """Another process holds the data directory, or it was made for another kind of data."""


class PortTaken(LocalError):
    """The address that the API should listen on is in use."""


class NotSupported(LocalError):
    """An embedded server cannot be run by this user on this machine."""
