"""The images of the product and stand-ins for those of other servers, built without Docker and loaded into a cluster.

Nothing is pulled: where registries cannot be reached, the same servers come from Debian packages, and Python too.
"""

import subprocess
from typing import Any, Final

from cluster import images
from support.kubernetes import ROOT, Cluster

SERVICES: Final = ("migrate", "api", "collector", "processor", "operator", "simulator")
STAND_INS: Final = ("database", "valkey", "prometheus", "alertmanager")
_PYTHON: Final = "localhost/base/python:3.13-slim-trixie"
_SERVERS: Final = "localhost/base/servers:trixie"
_PACKAGES: Final = (
    *("postgresql-17", "postgresql-17-timescaledb", "valkey-server", "valkey-tools"),
    *("prometheus", "prometheus-alertmanager"),
)


def name_of(image: str) -> str:
    """Return the full name of an image of ours or of a stand-in."""
    return f"localhost/{'tickloom' if image in SERVICES else 'stand-in'}/{image}:test"


def build_all() -> None:
    """Build what is not built of today's sources yet; layers that have not changed are taken again."""
    subprocess.run([str(ROOT / "scripts" / "build-page")], check=True)
    images.debian(_PYTHON, ["python3", "python3-venv"])
    images.debian(_SERVERS, list(_PACKAGES))
    for image in STAND_INS:
        folder = str(ROOT / "tests" / "charts" / "images")
        images.build(name_of(image), ["--build-arg", f"BASE={_SERVERS}", "--target", image, folder])
    for image in SERVICES:
        images.build(name_of(image), ["--build-arg", f"BASE={_PYTHON}", "--target", image, str(ROOT)])


def load_all(cluster: Cluster, wanted: tuple[str, ...] = (*SERVICES, *STAND_INS)) -> None:
    """Build images and load them into every node of a cluster."""
    build_all()
    cluster.do("load", *(name_of(image) for image in wanted))


def image_values() -> dict[str, Any]:
    """Return the values of the chart that name these images."""
    stand_in = {"registry": "localhost", "tag": "test"}
    return {
        "image": {"registry": "localhost", "tag": "test", "pullPolicy": "Never"},
        **{name: {"image": {**stand_in, "repository": f"stand-in/{name}"}} for name in STAND_INS},
    }
