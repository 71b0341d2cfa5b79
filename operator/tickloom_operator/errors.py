"""The errors of the operator: what to do about one is told by its type.

OperatorError
├── ClusterUnavailable   the API server cannot be reached or is overloaded: try again
├── Conflict             somebody else changed the object at the same time: read it and try again
├── NotFound             the object is not there (any more)
├── Refused              the API server will not have it: give up until something changes; the message says why
├── LeaseLost            another replica leads now, or may: end the process
├── NoCluster            no kubeconfig and not inside a cluster: the message says what to set
└── BadTemplate          the pod template of collectors cannot be used: the message says what to mend
"""


class OperatorError(Exception):
    """Base of all errors of this package."""


class ClusterUnavailable(OperatorError):
    """The API server cannot be reached, or asks to wait."""


class Conflict(OperatorError):
    """The object was changed or made by somebody else meanwhile."""


class NotFound(OperatorError):
    """There is no such object."""


class Refused(OperatorError):
    """The API server refuses the request itself."""


class LeaseLost(OperatorError):
    """Another replica leads, or may: nothing is written any more."""


class NoCluster(OperatorError):
    """Nothing says where the API server is."""


class BadTemplate(OperatorError):
    """The file with the pod template of collectors is not one."""
