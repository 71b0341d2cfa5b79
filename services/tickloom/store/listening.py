"""Notifications over a connection that does other work too: what changed is collected until it is asked for."""

from collections.abc import Iterable

from tickloom.store.connection import Connection, translate_errors


class Notices:
    """Payloads of the channels that a connection listens to, since they were last taken."""

    def __init__(self) -> None:
        self._payloads: dict[str, set[str]] = {}

    async def listen(self, connection: Connection, channels: Iterable[str]) -> None:
        """Begin to listen. Raises StoreUnavailable."""
        async with translate_errors("listening for changes"):
            for channel in channels:
                await connection.add_listener(channel, self._note)

    def _note(self, _: object, __: int, channel: str, payload: object) -> None:
        self._payloads.setdefault(channel, set()).add(str(payload))

    def take(self, channel: str) -> set[str]:
        """Return the payloads of a channel that came since the last call."""
        return self._payloads.pop(channel, set())
