"""Every template as the API server sees it, in a namespace that admits only restricted pods."""

from typing import Any

import pytest
import yaml

from support.charts import Helm
from support.kubernetes import Cluster

NAMESPACE = "dry-run"
VARIANTS: dict[str, dict[str, Any]] = {
    "defaults": {},
    "everything": {
        "api": {
            "autoscaling": {"enabled": True},
            "ingress": {"enabled": True, "className": "nginx", "tlsSecret": "certificate"},
            "tolerations": [{"key": "dedicated", "operator": "Exists"}],
        },
        "image": {"pullSecrets": ["registry"]},
        "commonLabels": {"team": "market-data"},
        "priorityClassName": "system-cluster-critical",
        "operator": {"allNamespaces": True},
        "networkPolicy": {"clients": [{"namespaceSelector": {}}], "monitoring": [{"namespaceSelector": {}}]},
    },
    "servers of one's own": {
        "secrets": {"existing": "mine"},
        "database": {"enabled": False, "external": {"existingSecret": "mine"}},
        "valkey": {"enabled": False, "external": {"existingSecret": "mine"}},
    },
}


@pytest.fixture(scope="module")
def restricted(cluster: Cluster) -> Cluster:
    levels = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn")}
    cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": levels}})
    return cluster


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_api_server_accepts_every_template_and_finds_every_pod_restricted(
    restricted: Cluster, variant: str
) -> None:
    documents = Helm(restricted).rendered(VARIANTS[variant], "--namespace", NAMESPACE)
    # Not `apply`: that would leave out what strict validation finds.
    answered = restricted.try_kubectl(
        *("create", "--namespace", NAMESPACE, "--dry-run=server", "--validate=strict", "-f", "-"),
        given=yaml.safe_dump_all(documents),
    )
    assert answered.returncode == 0, answered.stderr
    assert "Warning" not in answered.stderr
    assert len(answered.stdout.splitlines()) == len(documents)
