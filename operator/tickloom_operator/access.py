"""How to reach the API server: the service account inside a pod, or a kubeconfig outside.

Tokens of service accounts are replaced within the hour, so a token's file is read again and again.
"""

import base64
import os
import ssl
import tempfile
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from tickloom_operator.errors import NoCluster

_ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")


class Access(NamedTuple):
    """Where the API server is and who we are to it."""

    server: str
    authority: str | None
    namespace: str
    token: str | None = None
    token_file: Path | None = None
    certificate: str | None = None
    key: str | None = None

    def bearer(self) -> str | None:
        """Return the token to send now."""
        return self.token_file.read_text().strip() if self.token_file else self.token

    def context(self) -> ssl.SSLContext:
        """Return what TLS needs."""
        context = ssl.create_default_context(cafile=self.authority)
        if self.certificate:
            context.load_cert_chain(self.certificate, self.key)
        return context


def find_access(kubeconfig: Path | None, host: str, port: str) -> Access:
    """Return how to reach the API server: a kubeconfig where one is given, else the pod's own account.

    Raises NoCluster.
    """
    if kubeconfig is not None:
        return _from_kubeconfig(kubeconfig)
    if host and (_ACCOUNT / "token").exists():
        address = f"[{host}]" if ":" in host else host
        namespace = (_ACCOUNT / "namespace").read_text().strip()
        return Access(f"https://{address}:{port}", str(_ACCOUNT / "ca.crt"), namespace, token_file=_ACCOUNT / "token")
    raise NoCluster("run the operator in a pod with a service account, or set TICKLOOM_KUBECONFIG or KUBECONFIG")


def _from_kubeconfig(path: Path) -> Access:
    try:
        config = yaml.safe_load(path.read_text())
        context = _named(config["contexts"], config["current-context"])["context"]
        cluster = _named(config["clusters"], context["cluster"])["cluster"]
        user = _named(config["users"], context["user"])["user"]
    except (OSError, yaml.YAMLError, KeyError, TypeError, StopIteration) as error:
        raise NoCluster(f"{path} is no kubeconfig with a current context: {error!r}") from error
    return Access(
        cluster["server"],
        _file(cluster, "certificate-authority"),
        context.get("namespace", "default"),
        token=user.get("token"),
        token_file=Path(user["tokenFile"]) if "tokenFile" in user else None,
        certificate=_file(user, "client-certificate"),
        key=_file(user, "client-key"),
    )


def _named(entries: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(entry for entry in entries if entry["name"] == name)


def _file(entry: dict[str, Any], name: str) -> str | None:
    """Return a file with what a kubeconfig holds as a path or as data."""
    if name in entry:
        return str(entry[name])
    if f"{name}-data" not in entry:
        return None
    handle, path = tempfile.mkstemp(prefix="tickloom-", suffix=".pem")
    with os.fdopen(handle, "wb") as file:
        file.write(base64.b64decode(entry[f"{name}-data"]))
    return path
