"""The operator asks for exactly what its Role allows, and for nothing that writes while nothing changes."""

import json
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from support.operating import Place, Replica, eventually, exchange, symbol

READS = {"get", "list", "watch"}
IDLE_SECONDS = 20.0
"""With a resync and a look at the data every second: as much as in forty and five idle minutes of an installation."""


class Right(NamedTuple):
    group: str
    resource: str
    verb: str


def allowed(place: Place) -> set[Right]:
    roles = place.get("roles", "-l", "app.kubernetes.io/name=tickloom-operator")["items"]
    return {
        Right(group, resource, verb)
        for role in roles
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def asked(place: Place) -> list[dict[str, Any]]:
    lines = place.cluster.audit_log.read_text().splitlines()
    entries = (json.loads(line) for line in lines if place.account in line)
    # Which APIs there are is open to every account.
    return [entry for entry in entries if entry["user"]["username"] == place.account and "objectRef" in entry]


def used(entry: dict[str, Any]) -> Iterator[Right]:
    at = entry["objectRef"]
    resource = "/".join(filter(None, (at["resource"], at.get("subresource"))))
    yield Right(at.get("apiGroup", ""), resource, entry["verb"])
    if entry["verb"] == "patch" and entry.get("responseStatus", {}).get("code") == 201:
        yield Right(at.get("apiGroup", ""), resource, "create")


@pytest.fixture(scope="module")
def replica(place: Place) -> Replica:
    path = place.folder / "backfill.yaml"
    pod = {"spec": {"containers": [{"name": "backfill", "image": "localhost/nowhere/absent:test"}]}}
    path.write_text(json.dumps(pod))
    return place.start(resync_seconds="1", observe_seconds="1", backfill_template=str(path))


def settle(place: Place) -> None:
    def look() -> None:
        assert place.condition("exchange", "idle")[1] == "CollectorsReady"
        assert place.condition("exchange", "idle", "MarketOpen")[0] == "True"
        for name in ("idle-btcusdt", "idle-ethusdt"):
            assert place.condition("symbol", name)[1] == "CollectorReady"
            assert place.condition("symbol", name, "Fresh")[1] == "NoBarsYet"
        assert place.condition("symbol", "idle-lost")[1] == "ExchangeMissing"

    eventually(look)


def running_backfill(place: Place) -> None:
    assert place.condition("symbol", "idle-btcusdt", "Backfilled")[1] == "Running"


def test_what_the_operator_does_is_exactly_what_its_role_allows(place: Place, replica: Replica) -> None:
    lost = symbol("missing", "BTCUSDT")
    lost["metadata"] = {"name": "idle-lost"}
    place.apply(exchange("idle"), symbol("idle", "BTCUSDT", backfill={"days": 1}), symbol("idle", "ETHUSDT"), lost)
    settle(place)
    eventually(lambda: running_backfill(place))
    place.apply(symbol("idle", "BTCUSDT"))
    settle(place)

    def every_right_was_used() -> None:
        rights = {right for entry in asked(place) for right in used(entry)}
        assert rights == allowed(place)

    eventually(every_right_was_used)
    assert [entry for entry in asked(place) if entry["responseStatus"]["code"] in {401, 403}] == []


def test_an_idle_operator_writes_nothing_but_its_lease(place: Place, replica: Replica) -> None:
    settle(place)
    before = len(asked(place))
    time.sleep(IDLE_SECONDS)
    since = asked(place)[before:]
    writes = [entry["requestURI"] for entry in since if entry["verb"] not in READS]
    assert [uri for uri in writes if "/leases/" not in uri] == []
    lists = [entry for entry in since if entry["verb"] == "list" and entry["objectRef"]["resource"] == "symbols"]
    assert len(lists) > IDLE_SECONDS / 4
    assert replica.process.poll() is None
