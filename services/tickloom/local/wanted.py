"""The wanted exchanges and symbols: read from files, written to the catalog, and again whenever the files change."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeAlias

from tickloom.local.errors import LocalError
from tickloom.local.terminal import Terminal
from tickloom.settings.manifests import InvalidManifests, load_manifests, manifest_files
from tickloom.settings.resources import Exchange, Symbol
from tickloom.store.applying import Applied, apply_resources
from tickloom.store.catalog import read_catalog
from tickloom.store.connection import Connection, connect
from tickloom.store.errors import CatalogConflict, StoreUnavailable

AnyResource: TypeAlias = Exchange | Symbol
Transform: TypeAlias = Callable[[Sequence[AnyResource]], list[AnyResource]]
_POLL_SECONDS: Final = 1.0
_SHOWN: Final = 5

Signature: TypeAlias = tuple[object, ...]


class Wanted:
    """Files that say what is wanted, and how they are applied.

    `prune` deletes symbols that the files do not name; `transform` is what a simulated run does to the resources.
    """

    def __init__(self, paths: Sequence[Path], *, prune: bool, transform: Transform = list) -> None:
        self._paths = paths
        self._prune = prune
        self._transform = transform
        self._applied: Signature = ()

    def check(self) -> None:
        """Raise InvalidManifests where the files cannot be used."""
        load_manifests(self._paths)

    async def apply(self, url: str) -> Applied:
        """Read the files and write the catalog; raises InvalidManifests, CatalogConflict and StoreUnavailable."""
        signature = self._signature()
        resources = self._transform(await asyncio.to_thread(load_manifests, self._paths))
        connection = await connect(url, "up")
        try:
            await _refuse_other_data(connection, resources)
            applied = await apply_resources(connection, resources, prune=self._prune)
        finally:
            connection.terminate()
        self._applied = signature
        return applied

    async def follow(self, url: str, terminal: Terminal) -> None:
        """Apply the files whenever they change; what cannot be applied is told, and the old state stays. Never ends."""
        refused: Signature = ()
        while True:
            await asyncio.sleep(_POLL_SECONDS)
            signature = await asyncio.to_thread(self._signature)
            if signature in (self._applied, refused):
                continue
            try:
                _tell(await self.apply(url), terminal)
                refused = ()
            except (InvalidManifests, CatalogConflict, LocalError) as error:
                refused = signature
                for line in str(error).splitlines():
                    terminal.say(f"manifests: {line}")
                terminal.say("manifests: nothing was changed; correct the file and it is read again")
            except StoreUnavailable as error:
                terminal.complain("manifests", f"they are applied once the database is back: {error}")

    def _signature(self) -> Signature:
        """Return what differs whenever a file was written, added or removed."""
        try:
            files = manifest_files(self._paths)
            return tuple(
                (file, status.st_mtime_ns, status.st_size, status.st_ino) for file in files if (status := file.stat())
            )
        except (InvalidManifests, OSError) as error:
            return (str(error),)


async def _refuse_other_data(connection: Connection, resources: Sequence[AnyResource]) -> None:
    catalog = await read_catalog(connection)
    for resource in resources:
        if not isinstance(resource, Exchange):
            continue
        row = catalog.exchanges.get(resource.metadata.name)
        if row is not None and row.simulated != resource.spec.simulated:
            held, other = ("simulated", "live") if row.simulated else ("live", "simulated")
            raise LocalError(
                f"the database holds {held} data of {row.name}, which must not mix with {other} data: "
                "give another --data or another TICKLOOM_DATABASE_URL"
            )


def _tell(applied: Applied, terminal: Terminal) -> None:
    for word, names in (("added", applied.created), ("changed", applied.updated), ("removed", applied.deleted)):
        if names:
            shown = ", ".join(names[:_SHOWN])
            more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
            terminal.say(f"manifests: {word} {shown}{more}")
