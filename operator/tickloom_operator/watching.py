"""What kopf does here: it lists, watches, reconnects and hands every event to us; nothing else of it is used.

No handler of changes, no finalizer, no annotation, no peering, no posting of logs as events: see docs/OPERATOR.md.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

import kopf

from tickloom_operator.access import Access
from tickloom_operator.knowledge import Knowledge
from tickloom_operator.objects import OPERATOR, SELECTOR, remember_event
from tickloom_operator.stopping import Stop

_RESOURCES: Final = {
    "Exchange": ("tickloom.dev", "v1alpha1", "exchanges"),
    "Symbol": ("tickloom.dev", "v1alpha1", "symbols"),
    "Deployment": ("apps", "v1", "deployments"),
    "Job": ("batch", "v1", "jobs"),
}
_OWNED: Final = ("Deployment", "Job")
_TOKEN_LASTS: Final = timedelta(minutes=5)
"""A token's file is read again this often; tokens are good for an hour."""


def watched(kind: str) -> tuple[str, str, str]:
    """Return group, version and plural of a kind."""
    return _RESOURCES[kind]


async def watch(access: Access, namespace: str, knowledge: Knowledge, seen: Callable[[], None], stop: Stop) -> None:
    """Tell `knowledge` of every change until `stop`, and call `seen` for each; all namespaces where none is given.

    Ends by an exception of kopf where a watch cannot go on, such as for a missing permission.
    """
    registry = kopf.OperatorRegistry()
    for kind in _RESOURCES:
        _register(registry, kind, knowledge, seen)
    _register_login(registry, access, stop)
    await kopf.operator(
        registry=registry,
        settings=_settings(),
        # Given, because kopf would else look for the name of a user, and a container's user has none.
        identity=cast("Any", OPERATOR),
        standalone=True,
        clusterwide=not namespace,
        namespaces=[namespace] if namespace else [],
        stop_flag=stop.stopped,
    )


def _register(registry: kopf.OperatorRegistry, kind: str, knowledge: Knowledge, seen: Callable[[], None]) -> None:
    @kopf.on.event(*_RESOURCES[kind], registry=registry, id=kind)
    async def noted(event: kopf.RawEvent, **_: Any) -> None:
        seen()
        now = remember_event(kind, event["object"])
        if event["type"] == "DELETED":
            knowledge.forget(kind, now.key, now.uid, now.version)
        else:
            knowledge.note(kind, now)


def _register_login(registry: kopf.OperatorRegistry, access: Access, stop: Stop) -> None:
    @kopf.on.login(registry=registry, id="login")
    async def login(**_: Any) -> kopf.ConnectionInfo:
        # kopf has taken the signals by now, and would wait five seconds for our flag after one.
        stop.on_signals()
        return kopf.ConnectionInfo(
            server=access.server,
            ca_path=access.authority,
            token=access.bearer(),
            certificate_path=access.certificate,
            private_key_path=access.key,
            default_namespace=access.namespace,
            expiration=datetime.now(UTC) + _TOKEN_LASTS if access.token_file else None,
        )


def _settings() -> kopf.OperatorSettings:
    settings = kopf.OperatorSettings()
    # Neither CRDs nor namespaces are watched, so neither needs a permission.
    settings.scanning.disabled = True
    settings.posting.enabled = False
    settings.networking.request_timeout = 30
    settings.networking.connect_timeout = 10
    settings.watching.server_timeout = 300
    settings.watching.client_timeout = 310
    # Small pages are worked off while the next one is asked for: thousands of objects never wait in memory at once.
    settings.watching.chunk_size = 100
    settings.queueing.idle_timeout = 0.5
    for kind in _OWNED:
        settings.watching.label_selectors[_RESOURCES[kind]] = SELECTOR
    return settings
