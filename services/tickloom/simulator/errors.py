"""The errors of the simulator.

SimulatorError
├── NotARecording   a file holds no trade that could be replayed: give up, the message names file and line
└── NotFaults       a description of faults does not make sense: give up, the message says what does not fit
"""


class SimulatorError(Exception):
    """Base of all errors of this package."""


class NotARecording(SimulatorError):
    """A file is no recording."""


class NotFaults(SimulatorError):
    """What should describe faults does not."""
