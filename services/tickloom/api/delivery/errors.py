"""The errors of a delivery: whether to try again is told by the type.

DeliveryFailed     the target could not be reached or refused for now: try again later
└── Undeliverable  it will never work: give up, the message tells the owner why

Messages are shown to the alert's owner. They never repeat a target's URL, which may hold a secret.
"""


class DeliveryFailed(Exception):
    """An attempt failed; the same may work later, after `retry_seconds` where the target asked for that."""

    def __init__(self, message: str, *, retry_seconds: float = 0.0) -> None:
        super().__init__(message)
        self.retry_seconds = retry_seconds


class Undeliverable(DeliveryFailed):
    """Trying again makes no sense."""
