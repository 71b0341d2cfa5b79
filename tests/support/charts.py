"""Helm and the charts of this repository, against the cluster of the tests or without one."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import yaml

from cluster.binaries import build
from support.kubernetes import ROOT, Cluster

CHART = ROOT / "charts" / "tickloom"


class Helm:
    """Helm as it is compiled for the tests; with a cluster it talks to that one as administrator."""

    def __init__(self, cluster: Cluster | None = None) -> None:
        self._binary = build() / "helm"
        self._environment = {**os.environ, "KUBECONFIG": str(cluster.kubeconfig if cluster else "/dev/null")}

    def attempt(self, *arguments: str | Path, values: dict[str, Any] | None = None) -> subprocess.CompletedProcess[str]:
        """Run Helm with values, and return what it said, whether it worked or not."""
        command = [str(self._binary), *map(str, arguments)]
        given = None
        if values is not None:
            command, given = [*command, "--values", "-"], json.dumps(values)
        return subprocess.run(
            command, env=self._environment, input=given, text=True, capture_output=True, check=False, timeout=280
        )

    def __call__(self, *arguments: str | Path, values: dict[str, Any] | None = None) -> str:
        """Run Helm and return what it printed; raises AssertionError with its message where it fails."""
        finished = self.attempt(*arguments, values=values)
        assert finished.returncode == 0, f"helm {' '.join(map(str, arguments))}: {finished.stderr}{finished.stdout}"
        return finished.stdout

    def rendered(self, values: dict[str, Any] | None = None, *options: str) -> list[dict[str, Any]]:
        """Return what the chart makes of values, hooks and tests too."""
        text = self("template", "tickloom", CHART, "--namespace", "tickloom", *options, values=values or {})
        return [document for document in yaml.safe_load_all(text) if document]
