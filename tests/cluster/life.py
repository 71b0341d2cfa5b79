"""Bringing a cluster up and taking it down."""

import os
import shutil
import sys

from cluster.binaries import build
from cluster.certificates import write_authority, write_node
from cluster.control_plane import apply_addons, kubectl, start_control_plane
from cluster.node import Node, existing_nodes
from cluster.places import BRIDGE, FABRIC, SERVICES, STATE, VOLUMES
from cluster.programs import end_all
from cluster.shell import run, wait_for


def up(count: int) -> None:
    """Start a new cluster of some nodes in place of an old one; it is ready for pods on return."""
    if os.geteuid() != 0:
        sys.exit("root is needed: nodes are namespaces")
    build()
    down()
    for folder in (STATE / "volumes", VOLUMES):
        folder.mkdir(parents=True, exist_ok=True)
    nodes = [Node(index) for index in range(1, count + 1)]
    write_authority()
    for node in nodes:
        write_node(node.name, node.address)
    _join(nodes)
    start_control_plane(nodes[0])
    for node in nodes:
        node.serve()
    apply_addons(nodes[0])
    for node in nodes:
        _wait_for_object("node", node.name)
        kubectl("wait", "--for=condition=Ready", f"node/{node.name}", "--timeout=90s", quiet=True)
    _wait_for_object("serviceaccount", "default")


def _wait_for_object(kind: str, name: str) -> None:
    wait_for(f"{kind} {name}", lambda: kubectl("get", kind, name, check=False, quiet=True) == 0)


def _join(nodes: list[Node]) -> None:
    run("ip", "link", "add", BRIDGE, "type", "bridge")
    run("ip", "addr", "add", f"{FABRIC}.1/24", "dev", BRIDGE)
    run("ip", "link", "set", BRIDGE, "up")
    for node in nodes:
        node.create(nodes)
        run("ip", "route", "add", node.pods, "via", node.address)
    run("ip", "route", "add", SERVICES, "via", nodes[0].address)


def down() -> None:
    """End every program and container, then remove what `up` made."""
    nodes = existing_nodes()
    end_all([node.holder for node in nodes])
    for node in nodes:
        run("ip", "link", "delete", node.link, check=False, quiet=True)
    run("ip", "link", "delete", BRIDGE, check=False, quiet=True)
    shutil.rmtree(STATE, ignore_errors=True)
    # Removing it takes it from every node of another cluster too, where volumes are mounted on it.
    if VOLUMES.exists() and not any(STATE.parent.glob("tickloom-cluster-*")) and not any(VOLUMES.iterdir()):
        VOLUMES.rmdir()
