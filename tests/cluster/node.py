"""A node: namespaces, private state directories, and containerd, kubelet and kube-proxy inside."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cluster.binaries import binaries
from cluster.pause import NAME as PAUSE
from cluster.pause import pause_archive
from cluster.places import BRIDGE, DNS, FABRIC, PKI, PODS, SLOT, STATE, VOLUMES
from cluster.programs import launch, program, programs
from cluster.shell import run, wait_for

_PRIVATE: Final = (
    "/var/lib/kubelet",
    "/var/lib/containerd",
    "/run/containerd",
    "/etc/cni/net.d",
    "/var/lib/cni",
    "/var/log/pods",
    "/var/log/containers",
    "/run/netns",
)
_MOST: Final = 9


class Node:
    """The node of an index, from 1; the first runs the control plane too."""

    def __init__(self, index: int) -> None:
        self.name = f"node{index}"
        self.link = f"tl{SLOT}n{index}"
        self.address = f"{FABRIC}.1{index}"
        self.pods = f"{PODS}.{index}.0/24"
        self._directory = STATE / self.name
        self._etc = self._directory / "etc"

    @property
    def holder(self) -> int:
        """The process that holds the node's namespaces."""
        return program(f"{self.name}-holder").pid

    def enter(self) -> list[str]:
        """Return the beginning of a command that runs inside the node; paths in it must be absolute."""
        # `ip netns exec` would remount /sys and hide the cgroups from the kubelet.
        return ["nsenter", "--target", str(self.holder), "--net", "--mount", "--uts"]

    def run(self, *arguments: str | Path, check: bool = True, quiet: bool = False) -> int:
        """Run a program inside the node to its end."""
        return run(*self.enter(), *arguments, check=check, quiet=quiet)

    def start(self, name: str, *arguments: str | Path) -> None:
        """Start one of the node's programs."""
        launch(f"{self.name}-{name}", [*self.enter(), *map(str, arguments)])

    def load(self, archive: Path) -> None:
        """Import the images of a docker or OCI archive."""
        self.run("ctr", "--namespace", "k8s.io", "images", "import", "--all-platforms", archive, quiet=True)

    def create(self, nodes: Sequence["Node"]) -> None:
        """Make the namespaces, a leg on the fabric, and routes to the other nodes' pods."""
        self._etc.mkdir(parents=True, exist_ok=True)
        isolated = ["unshare", "--net", "--mount", "--uts", "--propagation", "private", "sleep", "infinity"]
        holder = launch(f"{self.name}-holder", isolated)
        own = Path("/proc/self/ns/net").readlink()
        wait_for("namespaces", lambda: Path(f"/proc/{holder}/ns/net").readlink() != own)
        run("ip", "link", "add", self.link, "type", "veth", "peer", "name", "eth0", "netns", str(holder))
        run("ip", "link", "set", self.link, "master", BRIDGE, "up")
        script = [
            f"hostname {self.name}",
            "mount --make-rshared /",
            "ip link set lo up",
            f"ip addr add {self.address}/24 dev eth0",
            "ip link set eth0 up",
            f"ip route add default via {FABRIC}.1",
            "sysctl -qw net.ipv4.ip_forward=1",
        ]
        script += [line for path in _PRIVATE for line in self._private(path)]
        script += [f"mount --bind {STATE}/volumes {VOLUMES}"]
        script += [f"ip route add {node.pods} via {node.address}" for node in nodes if node is not self]
        self.run("sh", "-ec", "\n".join(script))

    def _private(self, path: str) -> list[str]:
        own = self._directory / path.strip("/").replace("/", "-")
        own.mkdir(exist_ok=True)
        return [f"mkdir -p {path}", f"mount --bind {own} {path}", f"mount --make-rshared {path}"]

    def serve(self) -> None:
        """Start what runs pods."""
        self._write_settings()
        self.start("containerd", "containerd", "--config", self._etc / "containerd.toml")
        answers = ("ctr", "--namespace", "k8s.io", "version")
        wait_for("containerd", lambda: self.run(*answers, check=False, quiet=True) == 0)
        self.load(pause_archive())
        self.start(
            "kubelet",
            binaries() / "kubelet",
            f"--config={self._etc}/kubelet.json",
            f"--kubeconfig={STATE}/kubelet-{self.name}.kubeconfig",
            f"--hostname-override={self.name}",
            f"--node-ip={self.address}",
            "--v=2",
        )
        self.start("proxy", binaries() / "kube-proxy", f"--config={self._etc}/proxy.json")

    def _write_settings(self) -> None:
        (self._etc / "containerd.toml").write_text(_CONTAINERD)
        (self._etc / "resolv.conf").write_text("")
        (self._etc / "kubelet.json").write_text(json.dumps(self._kubelet()))
        (self._etc / "proxy.json").write_text(json.dumps(self._proxy()))
        network = {"cniVersion": "1.0.0", "name": "tickloom", "plugins": self._plugins()}
        (self._directory / "etc-cni-net.d" / "10-tickloom.conflist").write_text(json.dumps(network))

    def _plugins(self) -> list[dict[str, object]]:
        addresses = {
            "type": "host-local",
            "ranges": [[{"subnet": self.pods}]],
            "routes": [{"dst": "0.0.0.0/0"}],
        }
        bridge = {"type": "bridge", "bridge": "cni0", "isGateway": True, "ipMasq": False, "hairpinMode": True}
        return [{**bridge, "ipam": addresses}, {"type": "portmap", "capabilities": {"portMappings": True}}]

    def _kubelet(self) -> dict[str, object]:
        never = {"nodefs.available": "0%", "imagefs.available": "0%", "nodefs.inodesFree": "0%"}
        return {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "cgroupDriver": "cgroupfs",
            "cgroupsPerQOS": False,
            "enforceNodeAllocatable": [],
            "containerRuntimeEndpoint": "unix:///run/containerd/containerd.sock",
            "failSwapOn": False,
            "authentication": {
                "anonymous": {"enabled": False},
                "webhook": {"enabled": True},
                "x509": {"clientCAFile": str(PKI / "ca.crt")},
            },
            "authorization": {"mode": "Webhook"},
            "clusterDomain": "cluster.local",
            "clusterDNS": [DNS],
            "tlsCertFile": str(PKI / f"kubelet-{self.name}.crt"),
            "tlsPrivateKeyFile": str(PKI / f"kubelet-{self.name}.key"),
            "resolvConf": str(self._etc / "resolv.conf"),
            "serializeImagePulls": False,
            "imageGCHighThresholdPercent": 100,
            "imageGCLowThresholdPercent": 99,
            "evictionHard": never,
            "maxPods": 250,
            "nodeStatusUpdateFrequency": "4s",
            "nodeLeaseDurationSeconds": 10,
        }

    def _proxy(self) -> dict[str, object]:
        return {
            "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
            "kind": "KubeProxyConfiguration",
            "mode": "iptables",
            "hostnameOverride": self.name,
            "clusterCIDR": f"{PODS}.0.0/16",
            "clientConnection": {"kubeconfig": str(STATE / "proxy.kubeconfig")},
            "conntrack": {"maxPerCore": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
        }


def existing_nodes() -> list[Node]:
    """Return the nodes of the running cluster."""
    return [Node(index) for index in range(1, _MOST + 1) if f"node{index}-holder" in programs()]


_CONTAINERD: Final = f"""version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{PAUSE}"
  disable_apparmor = true
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "/etc/cni/net.d"
"""
