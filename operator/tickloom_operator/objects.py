"""What the operator reads of Kubernetes objects, and where they are: the rest of them is dropped while decoding."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec
import orjson

API_VERSION: Final = "tickloom.dev/v1alpha1"
PAUSE: Final = "tickloom.dev/pause"
"""Annotation of an Exchange or a Symbol that the operator is to leave alone while it is `true`."""
EXCHANGE_LABEL: Final = "tickloom.dev/exchange"
SYMBOL_LABEL: Final = "tickloom.dev/symbol"
MANAGED: Final = "app.kubernetes.io/managed-by"
OPERATOR: Final = "tickloom-operator"
SELECTOR: Final = f"{MANAGED}={OPERATOR}"
APPLIED: Final = "tickloom.dev/applied"
"""Annotation of what we own: the digest of the document that was applied last."""
_WITH_SPEC: Final = frozenset({"Exchange", "Symbol", "Deployment"})

COLLECTIONS: Final = {
    "Exchange": "/apis/tickloom.dev/v1alpha1{namespace}/exchanges",
    "Symbol": "/apis/tickloom.dev/v1alpha1{namespace}/symbols",
    "Deployment": "/apis/apps/v1{namespace}/deployments",
    "Job": "/apis/batch/v1{namespace}/jobs",
}


class Key(NamedTuple):
    """An object of a namespace; of exchanges, the unit of the operator's work."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


class Metadata(msgspec.Struct, rename="camel"):
    """The part of metadata that is read."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = "0"
    generation: int = 0
    creation_timestamp: str = ""
    deletion_timestamp: str | None = None
    annotations: dict[str, str] | None = None
    labels: dict[str, str] | None = None


class Object(msgspec.Struct):
    """An object of any of our kinds; spec and status stay packed until somebody asks."""

    metadata: Metadata
    spec: msgspec.Raw = msgspec.Raw(b"{}")
    status: msgspec.Raw = msgspec.Raw(b"{}")


class PageMetadata(msgspec.Struct):
    """Where a list goes on."""

    continue_: str = msgspec.field(name="continue", default="")


class Page(msgspec.Struct):
    """A part of a list."""

    metadata: PageMetadata
    items: list[Object]


class Seen(msgspec.Struct, frozen=True):
    """What is remembered of an object: small, because there may be thousands."""

    key: Key
    uid: str
    version: int
    generation: int
    created: str
    deleting: bool
    paused: bool
    exchange: str
    """The exchange it belongs to: itself, that of a Symbol's spec, or that of an owned object's label."""
    symbol: str
    """The resource name of the Symbol that an owned object is for, where it is for one."""
    applied: str
    spec: bytes
    status: bytes

    @property
    def owner(self) -> Key:
        """The exchange to look at when this object changes."""
        return Key(self.key.namespace, self.exchange)


def remember(kind: str, found: Object) -> Seen:
    """Return what to remember of an object that was listed or returned."""
    spec = bytes(found.spec) if kind in _WITH_SPEC else b""
    return _seen(kind, found.metadata, spec, bytes(found.status))


def remember_event(kind: str, body: Mapping[str, Any]) -> Seen:
    """Return what to remember of an object that a watch event carries."""
    metadata = msgspec.convert(body["metadata"], Metadata)
    spec = orjson.dumps(body.get("spec", {})) if kind in _WITH_SPEC else b""
    return _seen(kind, metadata, spec, orjson.dumps(body.get("status", {})))


def _seen(kind: str, metadata: Metadata, spec: bytes, status: bytes) -> Seen:
    match kind:
        case "Exchange":
            exchange = metadata.name
        case "Symbol":
            exchange = str(orjson.loads(spec).get("exchange", ""))
        case _:
            exchange = (metadata.labels or {}).get(EXCHANGE_LABEL, "")
    annotations = metadata.annotations or {}
    return Seen(
        key=Key(metadata.namespace, metadata.name),
        uid=metadata.uid,
        # Versions are decimal numbers that grow; an older event must not overwrite a newer answer.
        version=int(metadata.resource_version),
        generation=metadata.generation,
        created=metadata.creation_timestamp,
        deleting=metadata.deletion_timestamp is not None,
        paused=annotations.get(PAUSE) == "true",
        exchange=exchange,
        symbol=(metadata.labels or {}).get(SYMBOL_LABEL, ""),
        applied=annotations.get(APPLIED, ""),
        spec=spec,
        status=status,
    )


def path_of(kind: str, key: Key) -> str:
    """Return the path of an object."""
    return f"{COLLECTIONS[kind].format(namespace=f'/namespaces/{key.namespace}')}/{key.name}"


def collection(kind: str, namespace: str) -> str:
    """Return the path of all objects of a kind, of all namespaces where none is given."""
    return COLLECTIONS[kind].format(namespace=f"/namespaces/{namespace}" if namespace else "")
