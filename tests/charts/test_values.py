"""The values of the chart: all documented, a misspelt one refused, and what they choose is what comes out."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.charts import CHART, Helm
from support.kubernetes import ROOT
from tickloom_operator.settings import load_template


@pytest.fixture(scope="module")
def helm() -> Helm:
    return Helm()


def find(documents: list[dict[str, Any]], kind: str, name: str) -> dict[str, Any]:
    return next(d for d in documents if (d["kind"], d["metadata"]["name"]) == (kind, name))


def names(documents: list[dict[str, Any]], kind: str) -> set[str]:
    return {d["metadata"]["name"] for d in documents if d["kind"] == kind}


def test_every_value_is_documented_and_the_schema_is_that_of_the_values() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "chart-schema"), "--check"], text=True, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_the_chart_has_no_faults_that_helm_finds(helm: Helm) -> None:
    helm("lint", "--strict", CHART)


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"apii": {"replicas": 2}}, "apii"),
        ({"api": {"replica": 2}}, "replica"),
        ({"api": {"replicas": "two"}}, "api/replicas"),
        ({"database": {"persistence": {"size": "ten"}}}, "database/persistence/size"),
        ({"valkey": {"appendFsync": "sometimes"}}, "valkey/appendFsync"),
        ({"processor": {"resources": {"request": {}}}}, "request"),
        ({"database": {"enabled": False}}, "database.external.existingSecret"),
        ({"valkey": {"enabled": False}}, "valkey.external.existingSecret"),
    ],
)
def test_a_wrong_value_is_refused_by_its_name(helm: Helm, values: dict[str, Any], problem: str) -> None:
    refused = helm.attempt("template", "tickloom", CHART, values=values)
    assert refused.returncode != 0
    assert problem in refused.stderr


def test_servers_of_ones_own_replace_those_of_the_release(helm: Helm) -> None:
    external = {"enabled": False, "external": {"existingSecret": "mine", "key": "url"}}
    documents = helm.rendered({"database": external, "valkey": external})
    assert names(documents, "StatefulSet") == {"tickloom-prometheus", "tickloom-alertmanager"}
    for deployment in ("tickloom-api", "tickloom-processor"):
        container = find(documents, "Deployment", deployment)["spec"]["template"]["spec"]["containers"][0]
        references = {e["name"]: e["valueFrom"] for e in container["env"] if e["name"].endswith("_URL")}
        assert references == {
            "TICKLOOM_DATABASE_URL": {"secretKeyRef": {"name": "mine", "key": "url"}},
            "TICKLOOM_REDIS_URL": {"secretKeyRef": {"name": "mine", "key": "url"}},
        }


def test_an_existing_secret_is_used_and_none_is_made(helm: Helm) -> None:
    documents = helm.rendered({"secrets": {"existing": "mine"}})
    assert names(documents, "Secret") == {"tickloom-alertmanager"}
    assert "tickloom" not in {
        entry["valueFrom"]["secretKeyRef"]["name"]
        for document in documents
        if document["kind"] in {"Deployment", "StatefulSet", "Job"}
        for container in document["spec"]["template"]["spec"]["containers"]
        for entry in container.get("env", [])
        if "secretKeyRef" in entry.get("valueFrom", {})
    }


def test_a_digest_pins_an_image(helm: Helm) -> None:
    digest = f"sha256:{'0' * 64}"
    documents = helm.rendered({"api": {"image": {"digest": digest}}, "image": {"registry": "example.com"}})
    container = find(documents, "Deployment", "tickloom-api")["spec"]["template"]["spec"]["containers"][0]
    assert container["image"] == f"example.com/tickloom/api@{digest}"


def test_migrations_are_a_hook_of_an_upgrade_and_part_of_an_install(helm: Helm) -> None:
    installed = find(helm.rendered(), "Job", "tickloom-migrate-1")
    upgraded = find(helm.rendered(None, "--is-upgrade"), "Job", "tickloom-migrate-1")
    assert "annotations" not in installed["metadata"]
    assert upgraded["metadata"]["annotations"]["helm.sh/hook"] == "pre-upgrade"


def test_streams_can_never_be_evicted(helm: Helm) -> None:
    settings = find(helm.rendered(), "ConfigMap", "tickloom-valkey")["data"]["valkey.conf"].splitlines()
    assert {"maxmemory-policy noeviction", "appendonly yes"} <= set(settings)


def test_a_single_pod_has_no_disruption_budget_that_would_block_a_drain(helm: Helm) -> None:
    several = {"tickloom-api", "tickloom-processor", "tickloom-operator"}
    assert names(helm.rendered(), "PodDisruptionBudget") == several
    assert names(helm.rendered({"api": {"replicas": 1}}), "PodDisruptionBudget") == several - {"tickloom-api"}


def test_the_operator_may_do_in_a_release_what_its_tests_hold_it_to(helm: Helm) -> None:
    written = yaml.safe_load_all((ROOT / "manifests" / "operator" / "role.yaml").read_text(encoding="utf-8"))
    for role in (document for document in written if document["kind"] == "Role"):
        assert find(helm.rendered(), "Role", role["metadata"]["name"])["rules"] == role["rules"]


def test_an_operator_of_all_namespaces_has_its_rights_everywhere_but_its_lease_at_home(helm: Helm) -> None:
    documents = helm.rendered({"operator": {"allNamespaces": True}})
    assert "tickloom-tickloom-operator" in names(documents, "ClusterRole")
    assert names(documents, "Role") == {"tickloom-operator-lease"}


def test_collectors_are_made_from_a_template_that_the_operator_can_read(helm: Helm, tmp_path: Path) -> None:
    text = find(helm.rendered(), "ConfigMap", "tickloom-operator")["data"]["collector.yaml"]
    (tmp_path / "collector.yaml").write_text(text, encoding="utf-8")
    container = load_template(tmp_path / "collector.yaml", "collector")["spec"]["containers"][0]
    assert container["image"].startswith("docker.io/tickloom/collector:")
