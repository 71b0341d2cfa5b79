"""One authority for the whole cluster, and the kubeconfig of each program."""

import json

from cluster.places import API_SERVICE, FABRIC, PKI, SERVER, STATE
from cluster.shell import run

_CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def certificate(name: str, subject: str, names: str = "", *, server: bool = False) -> None:
    """Make a key and a certificate that the cluster's authority signed; `names` as openssl's subjectAltName."""
    extensions = PKI / f"{name}.ext"
    usage = "serverAuth,clientAuth" if server else "clientAuth"
    extensions.write_text(
        f"authorityKeyIdentifier=keyid\nextendedKeyUsage={usage}\n" + (f"subjectAltName={names}\n" if names else "")
    )
    request = PKI / f"{name}.csr"
    run(
        "openssl", "req", "-new", *_CURVE, "-keyout", PKI / f"{name}.key", "-out", request, "-subj", subject, quiet=True
    )
    authority = ("-CA", PKI / "ca.crt", "-CAkey", PKI / "ca.key", "-CAcreateserial", "-days", "3650")
    run(
        "openssl",
        "x509",
        "-req",
        "-in",
        request,
        *authority,
        "-extfile",
        extensions,
        "-out",
        PKI / f"{name}.crt",
        quiet=True,
    )


def kubeconfig(name: str, subject: str = "") -> None:
    """Write STATE/{name}.kubeconfig, with a certificate of its own where a subject is given."""
    if subject:
        certificate(name, subject)
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "tickloom",
        "clusters": [{"name": "tickloom", "cluster": {"server": SERVER, "certificate-authority": str(PKI / "ca.crt")}}],
        "users": [
            {
                "name": name,
                "user": {"client-certificate": str(PKI / f"{name}.crt"), "client-key": str(PKI / f"{name}.key")},
            }
        ],
        "contexts": [{"name": "tickloom", "context": {"cluster": "tickloom", "user": name}}],
    }
    (STATE / f"{name}.kubeconfig").write_text(json.dumps(config))


def write_authority() -> None:
    """Make the authority and what the control plane needs."""
    PKI.mkdir(parents=True, exist_ok=True)
    # Python 3.13 and others who check strictly want an authority to say what its key is for.
    usage = ("-addext", "keyUsage=critical,digitalSignature,keyCertSign,cRLSign")
    own = ("-keyout", PKI / "ca.key", "-out", PKI / "ca.crt", "-subj", "/CN=tickloom-test-ca", *usage)
    run("openssl", "req", "-x509", *_CURVE, "-days", "3650", *own, quiet=True)
    run("openssl", "genrsa", "-out", PKI / "sa.key", "2048", quiet=True)
    service = "kubernetes.default.svc"
    hosts = ["localhost", "kubernetes", "kubernetes.default", service, f"{service}.cluster.local"]
    addresses = ["127.0.0.1", API_SERVICE, f"{FABRIC}.11"]
    names = ",".join([f"DNS:{host}" for host in hosts] + [f"IP:{address}" for address in addresses])
    certificate("apiserver", "/CN=kube-apiserver", names, server=True)
    certificate("apiserver-kubelet", "/O=system:masters/CN=kube-apiserver-kubelet-client")
    certificate("front-proxy", "/CN=front-proxy")
    kubeconfig("admin", "/O=system:masters/CN=admin")
    kubeconfig("controller-manager", "/CN=system:kube-controller-manager")
    kubeconfig("scheduler", "/CN=system:kube-scheduler")
    kubeconfig("proxy", "/CN=system:kube-proxy")
    kubeconfig("coredns", "/O=system:masters/CN=coredns")


def write_node(name: str, address: str) -> None:
    """Make the identity of a node's kubelet."""
    subject = f"/O=system:nodes/CN=system:node:{name}"
    certificate(f"kubelet-{name}", subject, f"DNS:{name},IP:{address}", server=True)
    kubeconfig(f"kubelet-{name}")
