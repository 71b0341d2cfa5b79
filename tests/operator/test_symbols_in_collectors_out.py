"""Symbols and Exchanges become rows of the catalog and Deployments, and their statuses say so: on a real cluster."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from support.operating import Place, eventually, exchange, symbol
from support.servers import run
from tickloom.store.catalog import Catalog, read_catalog
from tickloom.store.connection import connect


async def _read(url: str) -> Catalog:
    connection = await connect(url, "tests")
    try:
        return await read_catalog(connection)
    finally:
        await connection.close()


def catalog(place: Place) -> Catalog:
    return run(_read(place.database_url))


def wanted(place: Place, of: str) -> dict[str, bool]:
    """The symbols of an exchange in the catalog, and whether they are suspended."""
    return {s.symbol: s.suspended for s in catalog(place).symbols.values() if s.exchange == of and not s.deleted}


@pytest.fixture(scope="module", autouse=True)
def _running(place: Place) -> Iterator[None]:
    replica = place.start()
    yield
    assert replica.process.poll() is None
    assert replica.stop() == 0


def ready(place: Place, kind: str, name: str, reason: str) -> None:
    def look() -> None:
        status, found, message = place.condition(kind, name)
        assert (status, found) == ("True", reason), message

    eventually(look)


def refused(place: Place, kind: str, name: str, reason: str) -> str:
    def look() -> str:
        status, found, message = place.condition(kind, name)
        assert (status, found) == ("False", reason), message
        return message

    return eventually(look)


def events(place: Place, name: str) -> set[str]:
    listed = place.get("events", "--field-selector", f"involvedObject.name={name}")
    return {event["reason"] for event in listed["items"]}


def container(deployment: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = deployment["spec"]["template"]["spec"]["containers"][0]
    return found


def test_a_symbol_is_collected_suspended_and_deleted(place: Place) -> None:
    place.apply(exchange("one"), symbol("one", "BTCUSDT"), symbol("one", "ETHUSDT", timeframes=["1m", "5m"]))
    ready(place, "symbol", "one-btcusdt", "CollectorReady")
    ready(place, "exchange", "one", "CollectorsReady")
    assert wanted(place, "one") == {"BTCUSDT": False, "ETHUSDT": False}
    status = place.get("symbol", "one-btcusdt")["status"]
    assert (status["symbolId"], status["collector"]) == ("one:BTCUSDT", "tickloom-collector-one")
    assert place.condition("symbol", "one-btcusdt", "Collecting")[0] == "True"
    found = place.get("exchange", "one")["status"]
    assert (found["activeSymbols"], found["replicas"], found["readyReplicas"]) == (2, 1, 1)

    place.apply(symbol("one", "BTCUSDT", suspend=True), symbol("one", "ETHUSDT", suspend=True))
    ready(place, "symbol", "one-btcusdt", "Suspended")
    ready(place, "exchange", "one", "NoActiveSymbols")
    assert wanted(place, "one") == {"BTCUSDT": True, "ETHUSDT": True}
    assert place.replicas("one") == 0
    assert "collector" not in place.get("symbol", "one-btcusdt")["status"]

    place.apply(symbol("one", "ETHUSDT", timeframes=["1m", "1h"]))
    ready(place, "symbol", "one-ethusdt", "CollectorReady")
    specs = {s.symbol: s.spec for s in catalog(place).symbols.values() if s.exchange == "one"}
    assert specs["ETHUSDT"].timeframes == ["1m", "1h"]

    place.kubectl("delete", "symbol", "one-btcusdt", "one-ethusdt")
    eventually(lambda: _equal(wanted(place, "one"), {}))
    ready(place, "exchange", "one", "NoActiveSymbols")
    assert place.replicas("one") == 0


def _equal(found: object, expected: object) -> None:
    assert found == expected


def test_the_number_of_collectors_follows_the_number_of_active_symbols(place: Place) -> None:
    symbols = [symbol("many", f"S{number}USDT") for number in range(5)]
    place.apply(exchange("many", collector={"symbolsPerCollector": 2, "maxReplicas": 4}), *symbols)
    ready(place, "exchange", "many", "CollectorsReady")
    assert place.replicas("many") == 3
    place.apply(symbol("many", "S0USDT", suspend=True))
    eventually(lambda: _equal(place.replicas("many"), 2))
    place.kubectl("scale", "exchange/many", "--replicas=1")
    eventually(lambda: _equal(place.replicas("many"), 1))
    assert {"CollectorsApplied"} <= events(place, "many")


def test_a_venue_of_one_connection_has_one_collector_that_is_never_doubled(place: Place) -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "alpaca-credentials"},
        "stringData": {"api-key": "key", "api-secret": "secret"},
    }
    spec = {"driver": "alpaca", "credentialsSecretRef": {"name": "alpaca-credentials"}}
    scale = {"symbolsPerCollector": 1, "resources": {"requests": {"cpu": "0.05", "memory": "16Mi"}}}
    place.apply(secret, exchange("alpaca", **spec, collector=scale), *(symbol("alpaca", s) for s in ("AAPL", "MSFT")))
    ready(place, "exchange", "alpaca", "CollectorsReady")
    deployment = place.get("deployment", "tickloom-collector-alpaca")
    assert deployment["spec"]["replicas"] == 1
    assert deployment["spec"]["strategy"] == {"type": "Recreate"}
    assert container(deployment)["resources"] == {"requests": {"cpu": "50m", "memory": "16Mi"}}
    assert container(deployment)["volumeMounts"][0]["mountPath"] == "/etc/tickloom/credentials"
    assert {variable["name"] for variable in container(deployment)["env"]} == {"TICKLOOM_EXCHANGE", "TICKLOOM_INSTANCE"}
    assert "secret" not in json.dumps(place.get("exchange", "alpaca")["status"])


def test_what_somebody_else_changes_in_a_deployment_is_put_right_and_what_they_add_stays(place: Place) -> None:
    place.apply(exchange("drift"), symbol("drift", "BTCUSDT"))
    ready(place, "exchange", "drift", "CollectorsReady")
    place.kubectl("scale", "deployment/tickloom-collector-drift", "--replicas=3")
    place.kubectl("annotate", "deployment/tickloom-collector-drift", "somebody.else/note=kept")
    eventually(lambda: _equal(place.replicas("drift"), 1))
    place.kubectl("delete", "deployment", "tickloom-collector-drift")
    eventually(lambda: _equal(place.replicas("drift"), 1))
    place.kubectl("annotate", "deployment/tickloom-collector-drift", "somebody.else/note=kept")
    place.apply(symbol("drift", "ETHUSDT"), exchange("drift", collector={"symbolsPerCollector": 1}))
    eventually(lambda: _equal(place.replicas("drift"), 2))
    metadata = place.get("deployment", "tickloom-collector-drift", "--show-managed-fields")["metadata"]
    assert metadata["annotations"]["somebody.else/note"] == "kept"
    managers = {entry["manager"] for entry in metadata["managedFields"] if entry["operation"] == "Apply"}
    assert managers == {"tickloom-operator"}


def test_a_broken_symbol_harms_no_other(place: Place) -> None:
    twin = symbol("sound", "BTCUSDT")
    twin["metadata"] = {"name": "twin"}
    place.apply(exchange("sound"), symbol("sound", "BTCUSDT"))
    ready(place, "symbol", "sound-btcusdt", "CollectorReady")
    place.apply(twin, symbol("nowhere", "BTCUSDT"), symbol("sound", "ETHUSDT"))
    assert "'sound-btcusdt' stands for 'BTCUSDT' already" in refused(place, "symbol", "twin", "Duplicate")
    assert "no Exchange 'nowhere'" in refused(place, "symbol", "nowhere-btcusdt", "ExchangeMissing")
    ready(place, "symbol", "sound-ethusdt", "CollectorReady")
    ready(place, "symbol", "sound-btcusdt", "CollectorReady")
    assert wanted(place, "sound") == {"BTCUSDT": False, "ETHUSDT": False}
    eventually(lambda: _equal(events(place, "twin"), {"Duplicate"}))

    place.kubectl("delete", "symbol", "sound-btcusdt")
    ready(place, "symbol", "twin", "CollectorReady")
    place.apply(exchange("nowhere"))
    ready(place, "symbol", "nowhere-btcusdt", "CollectorReady")
    eventually(lambda: _equal(events(place, "nowhere-btcusdt"), {"ExchangeMissing", "Resolved"}))


def paused(place: Place, kind: str, name: str) -> bool:
    return any(one["type"] == "Paused" for one in place.get(kind, name)["status"]["conditions"])


def test_what_is_paused_is_left_alone_until_it_is_not(place: Place) -> None:
    place.apply(exchange("still"), symbol("still", "BTCUSDT"), symbol("still", "ETHUSDT"))
    ready(place, "exchange", "still", "CollectorsReady")
    place.kubectl("annotate", "symbol/still-btcusdt", "tickloom.dev/pause=true")
    place.kubectl("patch", "symbol/still-btcusdt", "--type=merge", "-p", '{"spec": {"suspend": true}}')
    place.kubectl("patch", "symbol/still-ethusdt", "--type=merge", "-p", '{"spec": {"suspend": true}}')
    eventually(lambda: _equal(wanted(place, "still"), {"BTCUSDT": False, "ETHUSDT": True}))
    eventually(lambda: _equal(paused(place, "symbol", "still-btcusdt"), True))
    assert place.replicas("still") == 1
    untouched = place.get("symbol", "still-btcusdt")
    assert untouched["status"]["observedGeneration"] < untouched["metadata"]["generation"]

    place.kubectl("annotate", "exchange/still", "tickloom.dev/pause=true")
    eventually(lambda: _equal(paused(place, "exchange", "still"), True))
    place.kubectl("annotate", "symbol/still-btcusdt", "tickloom.dev/pause-")
    place.kubectl("scale", "deployment/tickloom-collector-still", "--replicas=2")
    place.apply(exchange("other"))
    ready(place, "exchange", "other", "NoActiveSymbols")
    assert place.replicas("still") == 2
    assert wanted(place, "still")["BTCUSDT"] is False

    place.kubectl("annotate", "exchange/still", "tickloom.dev/pause-")
    ready(place, "exchange", "still", "NoActiveSymbols")
    assert (place.replicas("still"), wanted(place, "still")["BTCUSDT"]) == (0, True)
    assert not paused(place, "exchange", "still")


def test_an_exchange_that_is_deleted_takes_its_collectors_with_it(place: Place) -> None:
    place.apply(exchange("gone"), symbol("gone", "BTCUSDT"))
    ready(place, "symbol", "gone-btcusdt", "CollectorReady")
    owners = place.get("deployment", "tickloom-collector-gone")["metadata"]["ownerReferences"]
    assert [(owner["kind"], owner["name"], owner["controller"]) for owner in owners] == [("Exchange", "gone", True)]
    place.kubectl("delete", "exchange", "gone")
    refused(place, "symbol", "gone-btcusdt", "ExchangeMissing")
    assert wanted(place, "gone") == {}

    def nothing_is_left() -> None:
        listed = place.get("deployments", "-l", "tickloom.dev/exchange=gone")
        assert listed["items"] == []

    eventually(nothing_is_left)
