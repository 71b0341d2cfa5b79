"""The product as a release in a cluster, beside a simulated exchange, as its users see it: Helm, kubectl and HTTP."""

import json
import secrets
import urllib.error
import urllib.request
from typing import Any

from support.charts import CHART, Helm
from support.images import image_values, name_of
from support.kubernetes import Cluster

RESTRICTED = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn")}
VENUE_PORT = 9000


class Release:
    """A namespace that admits only restricted pods, and the release `tickloom` in it."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self.cluster = cluster
        self.namespace = namespace
        self.helm = Helm(cluster)
        self._token = ""
        metadata = {"name": namespace, "labels": RESTRICTED}
        cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})

    def install(self, values: dict[str, Any] | None = None) -> None:
        """Install the chart and wait until all is ready."""
        self._bring("install", values)

    def upgrade(self, values: dict[str, Any] | None = None) -> None:
        """Upgrade the release and wait until all is ready."""
        self._bring("upgrade", values)

    def _bring(self, verb: str, values: dict[str, Any] | None) -> None:
        whole = merged(image_values(), values or {})
        options = ("--namespace", self.namespace, "--wait", "--timeout", "4m")
        self.helm(verb, "tickloom", CHART, *options, values=whole)

    def kubectl(self, *arguments: str, given: str | None = None) -> str:
        """Run kubectl in the namespace."""
        return self.cluster.kubectl("--namespace", self.namespace, *arguments, given=given)

    def get(self, *arguments: str) -> dict[str, Any]:
        """Return an object or a list of the namespace."""
        return self.cluster.get(*arguments, namespace=self.namespace)

    def address(self, service: str) -> str:
        """Return the address and port of a Service; this machine reaches it as a pod does."""
        spec = self.get("service", service)["spec"]
        return f"{spec['clusterIP']}:{spec['ports'][0]['port']}"

    def open(self, service: str, path: str, body: dict[str, Any] | None = None, token: str = "") -> bytes:
        """Return what a Service answers; raises AssertionError for any answer but a good one."""
        headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://{self.address(service)}{path}", data=data, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - it is http, see above
                return bytes(answer.read())
        except OSError as error:
            detail = error.read().decode() if isinstance(error, urllib.error.HTTPError) else ""
            raise AssertionError(f"{service}{path}: {error} {detail}") from error

    def log_in(self, user: str) -> str:
        """Make an admin as the notes of the chart say, and return the access token."""
        password = secrets.token_urlsafe(16)
        add = ("exec", "-i", "deploy/tickloom-api", "-c", "api", "--", "tickloom", "users", "add")
        self.kubectl(*add, user, "--role", "admin", given=password)
        answer = self.open("tickloom-api", "/api/v1/auth/login", {"username": user, "password": password})
        self._token = str(json.loads(answer)["access_token"])
        return self._token

    def bars(self, symbol: str) -> list[dict[str, Any]]:
        """Return the closed minutes of a symbol as the API tells them."""
        answer = self.open("tickloom-api", f"/api/v1/charts/{symbol}?timeframe=1m&limit=100", token=self._token)
        return [bar for bar in json.loads(answer)["bars"] if bar["closed"]]

    def klines(self, symbol: str) -> dict[int, list[Any]]:
        """Return the exchange's own minutes of a symbol by their time in Unix seconds."""
        answer = self.open("venue", f"/api/v3/klines?symbol={symbol}&interval=1m&limit=100")
        return {row[0] // 1000: row for row in json.loads(answer)}

    def add_venue(self) -> None:
        """Start the simulated exchange as a pod, and declare it and two of its symbols."""
        self.cluster.apply(*_venue(), namespace=self.namespace)
        endpoints = {"rest": f"http://venue:{VENUE_PORT}", "websocket": f"ws://venue:{VENUE_PORT + 1}"}
        exchange = {"driver": "binance", "endpoints": endpoints, "simulated": True}
        resources = [("Exchange", "binance", exchange)]
        resources += [
            ("Symbol", f"binance-{symbol.lower()}", {"exchange": "binance", "symbol": symbol})
            for symbol in ("BTCUSDT", "ETHUSDT")
        ]
        self.cluster.apply(
            *(
                {"apiVersion": "tickloom.dev/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": spec}
                for kind, name, spec in resources
            ),
            namespace=self.namespace,
        )


def merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Return values over others, as Helm merges them."""
    both = {key: merged(base[key], over[key]) for key in base.keys() & over.keys() if isinstance(base[key], dict)}
    return {**base, **over, **both}


def _venue() -> list[dict[str, Any]]:
    labels = {"app": "venue"}
    ports = [{"name": name, "port": VENUE_PORT + n} for n, name in enumerate(("rest", "websocket"))]
    container = {
        "name": "venue",
        "image": name_of("simulator"),
        "imagePullPolicy": "Never",
        "args": ["--port", str(VENUE_PORT)],
        "readinessProbe": {"httpGet": {"path": "/api/v3/ping", "port": VENUE_PORT}, "periodSeconds": 1},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    pod = {
        "containers": [container],
        "securityContext": {"runAsNonRoot": True, "runAsUser": 10001, "seccompProfile": {"type": "RuntimeDefault"}},
    }
    template = {"metadata": {"labels": labels}, "spec": pod}
    deployment = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}
    named = {"metadata": {"name": "venue"}}
    return [
        {"apiVersion": "apps/v1", "kind": "Deployment", **named, "spec": deployment},
        {"apiVersion": "v1", "kind": "Service", **named, "spec": {"selector": labels, "ports": ports}},
    ]
