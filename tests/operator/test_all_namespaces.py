"""An operator of all namespaces serves each, and gives a name in the catalog to the oldest Exchange of that name."""

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from support.kubernetes import ROOT
from support.operating import Place, eventually, exchange, symbol


def cluster_wide(place: Place) -> list[dict[str, Any]]:
    """The operator's Role and its binding, as its comment says to make them for all namespaces."""
    documents = list(yaml.safe_load_all((ROOT / "manifests" / "operator" / "role.yaml").read_text()))
    chosen = [one for one in documents if one["metadata"]["name"] == "tickloom-operator" and "Role" in one["kind"]]
    for one in chosen:
        one["kind"] = f"Cluster{one['kind']}"
        one["metadata"]["name"] = place.namespace
        if "roleRef" in one:
            one["roleRef"] |= {"kind": "ClusterRole", "name": place.namespace}
            one["subjects"][0]["namespace"] = place.namespace
    return chosen


@pytest.fixture(scope="module", autouse=True)
def second(place: Place) -> Iterator[str]:
    other = f"{place.namespace}-second"
    place.cluster.kubectl("create", "namespace", other)
    place.cluster.apply(*cluster_wide(place))
    replica = place.start(all_namespaces="true")
    yield other
    assert replica.process.poll() is None
    place.cluster.kubectl("delete", "namespace", other, "--wait=false")
    place.cluster.kubectl("delete", "clusterrole,clusterrolebinding", place.namespace)


def ready(place: Place, namespace: str, kind: str, name: str, status: str, reason: str) -> None:
    found = place.cluster.get(kind, name, namespace=namespace)
    conditions = {one["type"]: one for one in found.get("status", {}).get("conditions", [])}
    assert "Ready" in conditions
    assert (conditions["Ready"]["status"], conditions["Ready"]["reason"]) == (status, reason)


def test_each_namespace_is_served_and_the_oldest_of_two_exchanges_has_the_name(place: Place, second: str) -> None:
    place.apply(exchange("shared"), symbol("shared", "BTCUSDT"))
    eventually(lambda: ready(place, place.namespace, "symbol", "shared-btcusdt", "True", "CollectorReady"))
    place.cluster.apply(exchange("own"), symbol("own", "BTCUSDT"), namespace=second)
    place.cluster.apply(exchange("shared"), symbol("shared", "ETHUSDT"), namespace=second)
    eventually(lambda: ready(place, second, "symbol", "own-btcusdt", "True", "CollectorReady"))
    eventually(lambda: ready(place, second, "exchange", "shared", "False", "NameTaken"))
    eventually(lambda: ready(place, second, "symbol", "shared-ethusdt", "False", "ExchangeNotReady"))
    ready(place, place.namespace, "symbol", "shared-btcusdt", "True", "CollectorReady")

    place.kubectl("delete", "exchange", "shared")
    eventually(lambda: ready(place, second, "symbol", "shared-ethusdt", "True", "CollectorReady"))
    eventually(lambda: ready(place, place.namespace, "symbol", "shared-btcusdt", "False", "ExchangeMissing"))
