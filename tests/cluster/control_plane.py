"""etcd, API server, controller manager, scheduler, CoreDNS and volumes on the first node."""

import json
import os
from typing import Final

from cluster.binaries import binaries
from cluster.node import Node
from cluster.places import ADMIN, AUDIT_LOG, DNS, PKI, SERVICES, STATE
from cluster.shell import run, wait_for

_VOLUMES: Final = 16
_ISSUER: Final = "https://kubernetes.default.svc"


def kubectl(*arguments: str, check: bool = True, quiet: bool = False, given: str | None = None) -> int:
    """Run kubectl as the cluster's administrator."""
    environment = {**os.environ, "KUBECONFIG": str(ADMIN)}
    return run(binaries() / "kubectl", *arguments, check=check, quiet=quiet, given=given, environment=environment)


def start_control_plane(node: Node) -> None:
    """Start the control plane and wait until the API server answers."""
    node.start(
        "etcd",
        binaries() / "etcd",
        "--data-dir",
        STATE / "etcd",
        "--listen-client-urls=http://127.0.0.1:2379",
        "--advertise-client-urls=http://127.0.0.1:2379",
        "--listen-peer-urls=http://127.0.0.1:2380",
        "--log-level=warn",
        # A test cluster does not outlive its machine.
        "--unsafe-no-fsync",
    )
    _write_audit_policy()
    node.start("apiserver", binaries() / "kube-apiserver", *_api_server(node))
    wait_for("API server", lambda: kubectl("get", "--raw=/readyz", check=False, quiet=True) == 0)
    node.start("controllers", binaries() / "kube-controller-manager", *_controller_manager())
    own = f"{STATE}/scheduler.kubeconfig"
    delegated = (f"--authentication-kubeconfig={own}", f"--authorization-kubeconfig={own}")
    node.start("scheduler", binaries() / "kube-scheduler", f"--kubeconfig={own}", *delegated, "--leader-elect=false")
    (STATE / "Corefile").write_text(_COREFILE.format(address=node.address, state=STATE))
    node.start("coredns", binaries() / "coredns", "-conf", STATE / "Corefile")


def _write_audit_policy() -> None:
    # Whoever reads it asks what our own service accounts did; the system's components would drown that.
    rules: list[dict[str, object]] = [
        {"level": "None", "userGroups": ["system:nodes", "system:serviceaccounts:kube-system"]},
        {"level": "Metadata", "userGroups": ["system:serviceaccounts"]},
        {"level": "None"},
    ]
    policy = {"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": ["RequestReceived"], "rules": rules}
    (STATE / "audit-policy.json").write_text(json.dumps(policy))


def _api_server(node: Node) -> list[str]:
    return [
        "--etcd-servers=http://127.0.0.1:2379",
        "--secure-port=6443",
        f"--advertise-address={node.address}",
        f"--service-cluster-ip-range={SERVICES}",
        "--authorization-mode=Node,RBAC",
        "--allow-privileged=true",
        "--enable-admission-plugins=NodeRestriction",
        f"--client-ca-file={PKI}/ca.crt",
        f"--tls-cert-file={PKI}/apiserver.crt",
        f"--tls-private-key-file={PKI}/apiserver.key",
        f"--service-account-issuer={_ISSUER}",
        f"--service-account-key-file={PKI}/sa.key",
        f"--service-account-signing-key-file={PKI}/sa.key",
        f"--kubelet-certificate-authority={PKI}/ca.crt",
        f"--kubelet-client-certificate={PKI}/apiserver-kubelet.crt",
        f"--kubelet-client-key={PKI}/apiserver-kubelet.key",
        "--kubelet-preferred-address-types=InternalIP",
        f"--requestheader-client-ca-file={PKI}/ca.crt",
        "--requestheader-allowed-names=front-proxy",
        "--requestheader-username-headers=X-Remote-User",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        f"--proxy-client-cert-file={PKI}/front-proxy.crt",
        f"--proxy-client-key-file={PKI}/front-proxy.key",
        "--default-not-ready-toleration-seconds=10",
        "--default-unreachable-toleration-seconds=10",
        f"--audit-log-path={AUDIT_LOG}",
        f"--audit-policy-file={STATE}/audit-policy.json",
        "--audit-log-mode=blocking",
    ]


def _controller_manager() -> list[str]:
    own = f"{STATE}/controller-manager.kubeconfig"
    return [
        f"--kubeconfig={own}",
        f"--authentication-kubeconfig={own}",
        f"--authorization-kubeconfig={own}",
        "--leader-elect=false",
        f"--root-ca-file={PKI}/ca.crt",
        f"--service-account-private-key-file={PKI}/sa.key",
        "--use-service-account-credentials",
        f"--cluster-signing-cert-file={PKI}/ca.crt",
        f"--cluster-signing-key-file={PKI}/ca.key",
        f"--service-cluster-ip-range={SERVICES}",
        "--node-monitor-grace-period=16s",
        "--enable-hostpath-provisioner=true",
    ]


def apply_addons(node: Node) -> None:
    """Make the Service of CoreDNS and the default StorageClass."""
    ports = [{"name": protocol.lower(), "port": 53, "protocol": protocol} for protocol in ("UDP", "TCP")]
    dns = {"name": "kube-dns", "namespace": "kube-system"}
    default = {"storageclass.kubernetes.io/is-default-class": "true"}
    addons: list[dict[str, object]] = [
        {"apiVersion": "v1", "kind": "Service", "metadata": dns, "spec": {"clusterIP": DNS, "ports": ports}},
        {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "addressType": "IPv4",
            "metadata": {**dns, "labels": {"kubernetes.io/service-name": "kube-dns"}},
            "endpoints": [{"addresses": [node.address]}],
            "ports": ports,
        },
        {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "provisioner": "kubernetes.io/host-path",
            "metadata": {"name": "standard", "annotations": default},
        },
        *map(_volume, range(_VOLUMES)),
    ]
    kubectl("apply", "-f", "-", quiet=True, given=json.dumps({"apiVersion": "v1", "kind": "List", "items": addons}))


def _volume(number: int) -> dict[str, object]:
    """Make a volume that any user can write to: those of the provisioner belong to root, and a pod cannot be root."""
    directory = STATE / "volumes" / f"pool-{number}"
    directory.mkdir(exist_ok=True)
    directory.chmod(0o777)
    spec = {
        "storageClassName": "standard",
        "capacity": {"storage": "100Gi"},
        "accessModes": ["ReadWriteOnce"],
        "persistentVolumeReclaimPolicy": "Retain",
        "hostPath": {"path": str(directory)},
    }
    return {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": f"pool-{number}"}, "spec": spec}


_COREFILE: Final = """cluster.local:53 in-addr.arpa:53 {{
  bind {address}
  errors
  kubernetes cluster.local in-addr.arpa {{
    kubeconfig {state}/coredns.kubeconfig
    pods insecure
    ttl 5
  }}
  cache 5
  loadbalance
}}
"""
