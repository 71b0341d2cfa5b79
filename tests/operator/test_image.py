"""The operator's image as `manifests/operator` installs it: two restricted pods with an account, one of which leads."""

import secrets
from collections.abc import Iterator

import pytest

from cluster import images
from support.kubernetes import ROOT, Cluster
from support.operating import eventually, exchange

BASE = "localhost/base/python:3.13-slim-trixie"
IMAGE = "localhost/tickloom/operator:dev"
SECRET = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "tickloom"},
    # There is no such server: that, too, has to be told.
    "stringData": {
        "TICKLOOM_DATABASE_URL": "postgresql://tickloom@127.0.0.1:1/tickloom",
        "TICKLOOM_REDIS_URL": "redis://127.0.0.1:1",
    },
}


@pytest.fixture(scope="module")
def namespace(cluster: Cluster) -> Iterator[str]:
    images.debian(BASE, ["python3", "python3-venv"])
    images.build(IMAGE, ["--build-arg", f"BASE={BASE}", "--target", "operator", str(ROOT)])
    cluster.do("load", IMAGE)
    name = f"test-{secrets.token_hex(3)}"
    cluster.kubectl("create", "namespace", name)
    cluster.kubectl("label", "namespace", name, "pod-security.kubernetes.io/enforce=restricted")
    cluster.apply(SECRET, namespace=name)
    yield name
    cluster.kubectl("delete", "namespace", name, "--wait=false")


@pytest.mark.timeout(560)
def test_the_image_runs_as_the_manifests_install_it(cluster: Cluster, namespace: str) -> None:
    cluster.kubectl("apply", "--server-side", "-n", namespace, "-f", str(ROOT / "manifests" / "operator"))

    def available() -> None:
        status = cluster.get("deployment", "tickloom-operator", namespace=namespace)["status"]
        assert status.get("availableReplicas") == 2, status

    eventually(available, 180)
    pods = cluster.get("pods", "-l", "app.kubernetes.io/name=tickloom-operator", namespace=namespace)["items"]
    names = {pod["metadata"]["name"] for pod in pods}

    def leads() -> None:
        holder = cluster.get("lease", "tickloom-operator", namespace=namespace)["spec"]["holderIdentity"]
        assert holder.rpartition("-")[0] in names

    eventually(leads)
    cluster.apply(exchange("binance"), namespace=namespace)

    def told() -> None:
        status = cluster.get("exchange", "binance", namespace=namespace)["status"]
        (ready,) = (one for one in status["conditions"] if one["type"] == "Ready")
        assert (ready["status"], ready["reason"]) == ("False", "CatalogUnavailable")

    eventually(told)
    assert len(names) == 2
    user = cluster.kubectl("-n", namespace, "exec", next(iter(names)), "--", "id", "-u")
    assert user.strip() == "10001"
