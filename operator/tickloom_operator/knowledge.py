"""What is known of the cluster: our resources and what we own, by kind and by exchange.

Fed by watch events, by the answers to our own writes, and by a full listing at the start and every few minutes. It has
no opinion; it only tells which exchange has to be looked at.
"""

from collections import defaultdict
from collections.abc import Callable
from typing import Final

from tickloom_operator.objects import Key, Seen

KINDS: Final = ("Exchange", "Symbol", "Deployment", "Job")
Changed = Callable[[str, Seen], None]
"""Called with the kind of an object and the object whenever somebody may have to do something about it."""


class Knowledge:
    """The objects, newest version of each."""

    def __init__(self, changed: Changed) -> None:
        self._objects: dict[str, dict[Key, Seen]] = {kind: {} for kind in KINDS}
        self._members: dict[str, dict[Key, set[Key]]] = {kind: defaultdict(set) for kind in KINDS}
        self._deleted: dict[str, int] = {}
        self._changed = changed

    def note(self, kind: str, seen: Seen) -> None:
        """Take in an object; an older version than the known one is dropped."""
        known = self._objects[kind].get(seen.key)
        if self._deleted.get(seen.uid, -1) >= seen.version or (known is not None and known.version >= seen.version):
            return
        if known is not None:
            self._members[kind][known.owner].discard(known.key)
        self._objects[kind][seen.key] = seen
        self._members[kind][seen.owner].add(seen.key)
        if known is None or _matters(kind, known, seen):
            self._changed(kind, seen)

    def forget(self, kind: str, key: Key, uid: str, version: int) -> None:
        """Take in that an object is gone; a later one of the same name stays."""
        self._deleted[uid] = version
        known = self._objects[kind].get(key)
        if known is None or known.uid != uid:
            return
        del self._objects[kind][key]
        self._members[kind][known.owner].discard(key)
        self._changed(kind, known)

    def was_deleted(self, seen: Seen) -> bool:
        """Tell whether an object is known to be gone in a later version."""
        return self._deleted.get(seen.uid, -1) >= seen.version

    def forget_deletions(self) -> None:
        """Forget which objects are gone: nothing older than a list comes in after it."""
        self._deleted.clear()

    def versions(self, kind: str) -> dict[Key, int]:
        """Return the known versions of a kind."""
        return {key: seen.version for key, seen in self._objects[kind].items()}

    def get(self, kind: str, key: Key) -> Seen | None:
        """Return an object, None where there is none."""
        return self._objects[kind].get(key)

    def of_exchange(self, kind: str, exchange: Key) -> list[Seen]:
        """Return the objects of a kind that belong to an exchange, oldest first."""
        objects = self._objects[kind]
        return sorted(
            (objects[key] for key in self._members[kind].get(exchange, ())), key=lambda seen: (seen.created, seen.key)
        )

    def named(self, exchange: str) -> list[Seen]:
        """Return the Exchanges of a name, in whatever namespace, oldest first."""
        found = [seen for seen in self._objects["Exchange"].values() if seen.key.name == exchange]
        return sorted(found, key=lambda seen: (seen.created, seen.key))

    def exchanges(self) -> set[Key]:
        """Return every exchange that exists or that something belongs to."""
        return {seen.owner for objects in self._objects.values() for seen in objects.values()}


def _matters(kind: str, before: Seen, now: Seen) -> bool:
    """Tell whether a change asks for work; our own writes of status do not."""
    if (before.uid, before.generation, before.deleting, before.paused) != (
        now.uid,
        now.generation,
        now.deleting,
        now.paused,
    ):
        return True
    return kind in {"Deployment", "Job"} and before.status != now.status
