"""A cluster for the tests, and kubectl as its administrator."""

import json
import os
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import aiohttp

ROOT = Path(__file__).resolve().parents[2]
SLOT = os.environ.get("TICKLOOM_TEST_CLUSTER", "7")
"""The last one: a cluster that somebody works with is another."""


class Cluster:
    """The cluster of tests/cluster in a slot of its own."""

    def __init__(self) -> None:
        self._environment = {**os.environ, "TICKLOOM_CLUSTER": SLOT, "TICKLOOM_CLUSTER_WITH": "own"}
        self.kubeconfig = Path(f"/var/lib/tickloom-cluster-{SLOT}/admin.kubeconfig")
        self.audit_log = self.kubeconfig.parent / "audit.log"

    @classmethod
    @contextmanager
    def running(cls) -> Iterator["Cluster"]:
        """Start a cluster of one node with Tickloom's resources, and remove it at the end."""
        cluster = cls()
        cluster.do("up", "--nodes", "1")
        try:
            cluster.kubectl("apply", "--server-side", "-f", str(ROOT / "manifests" / "crds"))
            cluster.kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=30s")
            yield cluster
        finally:
            cluster.do("down")

    def do(self, *arguments: str) -> None:
        """Run a command of scripts/cluster."""
        subprocess.run(
            [str(ROOT / "scripts" / "cluster"), *arguments], env=self._environment, stdout=sys.stderr, check=True
        )

    def try_kubectl(self, *arguments: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run kubectl and return what it said, whether it worked or not."""
        command = [str(ROOT / "scripts" / "cluster"), "kubectl", "--request-timeout=30s", *arguments]
        return subprocess.run(command, env=self._environment, input=given, text=True, capture_output=True, check=False)

    def kubectl(self, *arguments: str, given: str | None = None) -> str:
        """Run kubectl and return what it printed; raises AssertionError with its message where it fails."""
        finished = self.try_kubectl(*arguments, given=given)
        assert finished.returncode == 0, f"kubectl {' '.join(arguments)}: {finished.stderr}"
        return finished.stdout

    def apply(self, *documents: dict[str, Any], namespace: str = "default") -> None:
        """Apply documents in a namespace."""
        items = {"apiVersion": "v1", "kind": "List", "items": list(documents)}
        self.kubectl("apply", "--namespace", namespace, "-f", "-", given=json.dumps(items))

    def get(self, *arguments: str, namespace: str = "default") -> dict[str, Any]:
        """Return an object or a list as kubectl gets it."""
        found: dict[str, Any] = json.loads(self.kubectl("get", "--namespace", namespace, *arguments, "-o", "json"))
        return found

    @asynccontextmanager
    async def session(self) -> AsyncIterator[aiohttp.ClientSession]:
        """Open a connection to the API server as administrator; paths are relative to it."""
        config = json.loads(self.kubeconfig.read_text())
        server, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        context = ssl.create_default_context(cafile=server["certificate-authority"])
        context.load_cert_chain(user["client-certificate"], user["client-key"])
        connector = aiohttp.TCPConnector(ssl=context, limit=16)
        async with aiohttp.ClientSession(server["server"], connector=connector) as session:
            yield session
