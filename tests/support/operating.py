"""Replicas of the operator as processes, with the rights of its own service account and no others."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from support.kubernetes import ROOT, Cluster

T = TypeVar("T")
PAUSE_IMAGE = "registry.k8s.io/pause:3.10"
"""The one image that every node has; a pod of it is ready at once and does nothing."""
TEMPLATE: dict[str, Any] = {
    "spec": {"terminationGracePeriodSeconds": 1, "containers": [{"name": "collector", "image": PAUSE_IMAGE}]}
}


def eventually(look: Callable[[], T], timeout: float = 60.0) -> T:
    """Return what `look` returns as soon as it raises no AssertionError; its last one after the timeout."""
    deadline = time.monotonic() + timeout
    while True:
        try:
            return look()
        except AssertionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


class Replica:
    """One process of the operator."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path, port: int) -> None:
        self.process = process
        self.log = log
        self.port = port

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and return the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(30)

    def said(self) -> list[dict[str, Any]]:
        """Return the lines of its log."""
        return [json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")]


class Place:
    """A namespace with the operator's account, a database, and the settings of its replicas."""

    def __init__(self, cluster: Cluster, namespace: str, database_url: str, folder: Path) -> None:
        self.cluster = cluster
        self.namespace = namespace
        self.database_url = database_url
        self.folder = folder
        self.settings: dict[str, str] = {}
        self._replicas: list[Replica] = []
        cluster.kubectl("create", "namespace", namespace)
        cluster.kubectl("apply", "-n", namespace, "-f", str(ROOT / "manifests" / "operator" / "role.yaml"))
        self.kubeconfig = self._write_kubeconfig()
        self._template = folder / "collector.yaml"
        self._template.write_text(json.dumps(TEMPLATE))

    @property
    def account(self) -> str:
        """The operator's name as the API server knows it."""
        return f"system:serviceaccount:{self.namespace}:tickloom-operator"

    def _write_kubeconfig(self) -> Path:
        config = json.loads(self.cluster.kubeconfig.read_text())
        token = self.cluster.kubectl("create", "token", "tickloom-operator", "-n", self.namespace, "--duration=3h")
        config["users"][0]["user"] = {"token": token.strip()}
        config["contexts"][0]["context"]["namespace"] = self.namespace
        path = self.folder / "operator.kubeconfig"
        path.write_text(json.dumps(config))
        path.chmod(0o600)
        return path

    def start(self, *, redis_url: str = "", **settings: str) -> Replica:
        """Start a replica; settings are variables without their prefix."""
        number = len(self._replicas)
        port = 18600 + os.getpid() % 300 * 4 + number % 4
        log = self.folder / f"operator-{number}.log"
        variables = {
            "TICKLOOM_DATABASE_URL": self.database_url,
            "TICKLOOM_REDIS_URL": redis_url,
            "TICKLOOM_PROBE_PORT": str(port),
            "TICKLOOM_OPERATOR_KUBECONFIG": str(self.kubeconfig),
            "TICKLOOM_OPERATOR_COLLECTOR_TEMPLATE": str(self._template),
            "TICKLOOM_OPERATOR_IDENTITY": f"replica-{number}",
            **{f"TICKLOOM_OPERATOR_{name.upper()}": value for name, value in {**self.settings, **settings}.items()},
        }
        with log.open("ab") as output:
            command = [sys.executable, "-m", "tickloom_operator"]
            process = subprocess.Popen(command, env={**os.environ, **variables}, stdout=output, stderr=output)
        replica = Replica(process, log, port)
        self._replicas.append(replica)
        return replica

    def close(self) -> None:
        """Stop all replicas and remove the namespace."""
        for replica in self._replicas:
            with contextlib.suppress(subprocess.TimeoutExpired):
                replica.stop()
            if replica.process.poll() is None:
                replica.process.kill()
                replica.process.wait()
        self.cluster.kubectl("delete", "namespace", self.namespace, "--wait=false")

    def apply(self, *documents: dict[str, Any]) -> None:
        """Apply documents in the namespace."""
        self.cluster.apply(*documents, namespace=self.namespace)

    def kubectl(self, *arguments: str) -> str:
        """Run kubectl in the namespace."""
        return self.cluster.kubectl("-n", self.namespace, *arguments)

    def get(self, *arguments: str) -> dict[str, Any]:
        """Return an object or a list of the namespace."""
        return self.cluster.get(*arguments, namespace=self.namespace)

    def condition(self, kind: str, name: str, of: str = "Ready") -> tuple[str, str, str]:
        """Return status, reason and message of a condition; fails where the spec was not looked at yet."""
        found = self.get(kind, name)
        status = found.get("status", {})
        assert status.get("observedGeneration") == found["metadata"]["generation"], found
        conditions = {one["type"]: one for one in status["conditions"]}
        assert of in conditions, status
        return conditions[of]["status"], conditions[of]["reason"], conditions[of]["message"]

    def replicas(self, exchange: str) -> int:
        """Return how many collectors the exchange's Deployment asks for; fails where there is none."""
        found = self.cluster.try_kubectl(
            "-n",
            self.namespace,
            "get",
            "deployment",
            f"tickloom-collector-{exchange}",
            "-o",
            "jsonpath={.spec.replicas}",
        )
        assert found.returncode == 0, found.stderr
        return int(found.stdout)


@contextlib.contextmanager
def place(cluster: Cluster, namespace: str, database_url: str, folder: Path) -> Iterator[Place]:
    """Make a place for replicas and remove it at the end."""
    made = Place(cluster, namespace, database_url, folder)
    try:
        yield made
    finally:
        made.close()


def exchange(name: str, **spec: object) -> dict[str, Any]:
    """Return an Exchange document; fields of its spec in camelCase."""
    return {
        "apiVersion": "tickloom.dev/v1alpha1",
        "kind": "Exchange",
        "metadata": {"name": name},
        "spec": {"driver": "binance", **spec},
    }


def symbol(of: str, spelling: str, **spec: object) -> dict[str, Any]:
    """Return a Symbol document of an exchange."""
    return {
        "apiVersion": "tickloom.dev/v1alpha1",
        "kind": "Symbol",
        "metadata": {"name": f"{of}-{spelling.lower()}"},
        "spec": {"exchange": of, "symbol": spelling, **spec},
    }
