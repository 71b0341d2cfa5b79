"""The errors of the simulator.

SimulatorError
└── NotARecording   a file holds no trade that could be replayed: give up, the message names file and line
"""


class SimulatorError(Exception):
    """Base of all errors of this package."""


class NotARecording(SimulatorError):
    """A file is no recording."""
