"""The life of a release on a real cluster: installed, fed by an exchange, tried, upgraded, rolled back, uninstalled.

It builds all images first, which takes minutes, so the suite leaves it out; scripts/test tests/charts/whole_release.py
runs it. The tests build on one another and run in this order: a release takes most of a minute to become ready.
"""

import json
import urllib.parse
from collections.abc import Iterator
from typing import Any

import pytest

from support.images import load_all
from support.kubernetes import ROOT, Cluster
from support.monitoring import FROM_SCRAPING, exported, metrics_in, prometheus_queries, rules
from support.operating import eventually
from support.release import Release

pytestmark = [pytest.mark.slow, pytest.mark.timeout(500)]
SYMBOLS = ("BTCUSDT", "ETHUSDT")
WITHOUT_GRAFANA = {"grafana": {"enabled": False}}
PASSWORD = "jsonpath={.data.database-password}"  # noqa: S105 - where it is


@pytest.fixture(scope="module")
def release(cluster: Cluster) -> Iterator[Release]:
    load_all(cluster)
    installed = Release(cluster, "release")
    # No package of Debian holds Grafana, and its image cannot be built here.
    installed.install(WITHOUT_GRAFANA)
    yield installed
    cluster.kubectl("delete", "namespace", installed.namespace, "--wait=false")


def compare(release: Release, symbol: str) -> int:
    """Compare the closed minutes that were collected from their beginning with the exchange's own; return how many."""
    klines = release.klines(symbol)
    whole = [bar for bar in release.bars(f"binance:{symbol}") if bar["verdict"] in {"complete", "healed", "revised"}]
    for bar in whole:
        row = klines[bar["time"]]
        ours = [bar["open"], bar["high"], bar["low"], bar["close"], bar["volume"]]
        assert ours == pytest.approx([float(value) for value in row[1:6]]), bar
        assert bar["trades"] == row[8], bar
    return len(whole)


def ready(release: Release, kind: str) -> dict[str, str]:
    conditions: dict[str, str] = {}
    for found in release.get(kind)["items"]:
        states = {one["type"]: one["status"] for one in found.get("status", {}).get("conditions", [])}
        conditions[found["metadata"]["name"]] = states.get("Ready", "")
    return conditions


def test_all_is_ready_after_an_install_with_the_defaults(release: Release) -> None:
    pods = release.get("pods")["items"]
    components = [pod["metadata"]["labels"]["app.kubernetes.io/component"] for pod in pods]
    servers = {"alertmanager", "database", "prometheus", "valkey"}
    assert set(components) == {"api", "migrate", "operator", "processor", *servers}
    unready = [p["metadata"]["name"] for p in pods if p["status"]["phase"] not in {"Running", "Succeeded"}]
    assert unready == []
    assert b"<title>" in release.open("tickloom-api", "/")


def test_collectors_appear_for_symbols_and_all_becomes_ready(release: Release) -> None:
    release.add_venue()

    def look() -> None:
        assert ready(release, "exchanges") == {"binance": "True"}
        assert ready(release, "symbols") == {f"binance-{symbol.lower()}": "True" for symbol in SYMBOLS}

    eventually(look, 90)
    assert release.get("deployment", "tickloom-collector-binance")["status"]["readyReplicas"] == 1


def test_the_releases_own_test_passes(release: Release) -> None:
    release.helm("test", "tickloom", "--namespace", release.namespace, "--timeout", "2m")


def test_an_upgrade_keeps_passwords_and_data_while_trades_flow(release: Release) -> None:
    before = release.kubectl("get", "secret", "tickloom", "-o", PASSWORD)
    release.log_in("ada")
    release.upgrade({**WITHOUT_GRAFANA, "api": {"podAnnotations": {"example.com/release": "two"}}, "logLevel": "debug"})
    assert release.kubectl("get", "secret", "tickloom", "-o", PASSWORD) == before
    hook = release.cluster.try_kubectl("--namespace", release.namespace, "get", "job", "tickloom-migrate-2")
    assert "NotFound" in hook.stderr, "a hook that succeeded is removed"


def test_bars_are_those_of_the_exchange(release: Release) -> None:
    def look() -> None:
        assert all(compare(release, symbol) >= 1 for symbol in SYMBOLS)

    eventually(look, 150)


def test_prometheus_answers_every_query_of_the_dashboards_and_judges_every_rule(release: Release) -> None:
    known = json.loads(release.open("tickloom-prometheus", "/api/v1/label/__name__/values"))["data"]
    for query in prometheus_queries():
        path = f"/api/v1/query?{urllib.parse.urlencode({'query': query.text})}"
        answer = json.loads(release.open("tickloom-prometheus", path))
        assert answer["status"] == "success", query
        # A metric with labels is there from its first event on; those without are there from the start.
        unlabelled = {name for name in metrics_in(query.text) if not exported()[name] - FROM_SCRAPING}
        assert unlabelled <= set(known), query
    groups = json.loads(release.open("tickloom-prometheus", "/api/v1/rules"))["data"]["groups"]
    assert sum(len(group["rules"]) for group in groups) == len(rules())
    assert {rule["health"] for group in groups for rule in group["rules"]} == {"ok"}


def test_prometheus_reads_the_metrics_of_every_service_and_tells_alertmanager(release: Release) -> None:
    def look() -> None:
        targets = json.loads(release.open("tickloom-prometheus", "/api/v1/targets"))["data"]["activeTargets"]
        up = {target["labels"]["job"] for target in targets if target["health"] == "up"}
        assert up == {"api", "collector", "operator", "processor"}
        received = json.loads(release.open("tickloom-prometheus", "/api/v1/query?query=tickloom_trades_received_total"))
        assert float(received["data"]["result"][0]["value"][1]) > 0

    eventually(look)
    found = json.loads(release.open("tickloom-prometheus", "/api/v1/alertmanagers"))["data"]
    assert len(found["activeAlertmanagers"]) == 1


def test_alerts_fire_when_they_should(release: Release) -> None:
    inside = ("exec", "-i", "tickloom-prometheus-0", "--", "sh", "-c")
    tests = (ROOT / "tests" / "charts" / "rules_test.yaml").read_text(encoding="utf-8")
    script = (
        "cat >/tmp/rules_test.yaml; cp /etc/tickloom/rules/tickloom.yaml /tmp; promtool test rules /tmp/rules_test.yaml"
    )
    assert "SUCCESS" in release.kubectl(*inside, script, given=tests)


def test_a_backup_is_whole_and_can_be_read_back(release: Release) -> None:
    release.kubectl("create", "job", "--from=cronjob/tickloom-backup", "backup-now")
    release.kubectl("wait", "--for=condition=Complete", "job/backup-now", "--timeout=90s")
    assert ".dump" in release.kubectl("logs", "job/backup-now")


def test_a_rollback_keeps_the_bars(release: Release) -> None:
    before = {symbol: release.bars(f"binance:{symbol}") for symbol in SYMBOLS}
    release.helm("rollback", "tickloom", "1", "--namespace", release.namespace, "--wait", "--timeout", "4m")
    container = release.get("deployment", "tickloom-processor")["spec"]["template"]["spec"]["containers"][0]
    assert {"name": "TICKLOOM_LOG_LEVEL", "value": "info"} in container["env"]
    for symbol in SYMBOLS:
        assert {bar["time"] for bar in before[symbol]} <= {bar["time"] for bar in release.bars(f"binance:{symbol}")}


def test_an_uninstall_leaves_only_volumes(release: Release) -> None:
    release.helm("uninstall", "tickloom", "--namespace", release.namespace, "--wait", "--timeout", "2m")
    # What the release made bears its name; the exchange's collectors are the Exchange's and go with it.
    release.kubectl("delete", "symbols,exchanges", "--all", "--wait=true")
    kinds = "all,secrets,configmaps,serviceaccounts,roles,rolebindings,pvc,pdb,networkpolicies,ingresses"

    def left() -> set[str]:
        found: list[dict[str, Any]] = release.get(kinds, "-l", "app.kubernetes.io/part-of=tickloom")["items"]
        found += release.get("pvc")["items"]
        return {f"{one['kind']}/{one['metadata']['name']}" for one in found if one["kind"] not in {"Pod", "ReplicaSet"}}

    def look() -> None:
        claims = {f"PersistentVolumeClaim/data-tickloom-{server}-0" for server in ("database", "valkey")}
        claims |= {f"PersistentVolumeClaim/data-tickloom-{server}-0" for server in ("alertmanager", "prometheus")}
        assert left() == claims | {"PersistentVolumeClaim/tickloom-backup"}

    eventually(look)


def test_a_new_release_takes_over_the_volumes_of_the_old_one(release: Release) -> None:
    release.install({name: {"replicas": 1} for name in ("operator", "processor", "api")} | WITHOUT_GRAFANA)
    symbols = release.open("tickloom-api", "/api/v1/symbols", token=release.log_in("grace"))
    assert b"binance:BTCUSDT" in symbols
