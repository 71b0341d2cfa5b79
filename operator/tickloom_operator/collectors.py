"""The Deployment of an exchange's collectors, as a document to apply: pure.

What all collectors have in common (image, environment, security, resources) is the administrator's, in the template;
here is only what follows from the Exchange.
"""

import copy
import hashlib
import math
from typing import Any, Final

import orjson

from tickloom.settings.credentials import MOUNTED
from tickloom.settings.resources import ExchangeSpec
from tickloom_operator.objects import API_VERSION, APPLIED, EXCHANGE_LABEL, MANAGED, OPERATOR, Key
from tickloom_operator.settings import CONTAINER

SINGLE_CONNECTION: Final = frozenset({"alpaca"})
"""Drivers whose venue cuts an account's first connection when a second one comes: never two collectors at once."""


def wanted_replicas(spec: ExchangeSpec, active: int) -> int:
    """Return how many collectors an exchange with so many active symbols has: none for none."""
    scale = spec.collector
    if active == 0 or spec.suspend:
        return 0
    count = scale.replicas
    if count is None:
        computed = math.ceil(active / scale.symbols_per_collector)
        count = min(max(computed, scale.min_replicas, 1), scale.max_replicas)
    return min(count, 1) if spec.driver in SINGLE_CONNECTION else count


def deployment_name(exchange: str) -> str:
    """Return the name of an exchange's Deployment."""
    return f"tickloom-collector-{exchange}"


def pod_labels(exchange: str) -> dict[str, str]:
    """Return the labels that the exchange's collectors, and nothing else, have."""
    return {"app.kubernetes.io/name": "tickloom-collector", EXCHANGE_LABEL: exchange}


def selector(exchange: str) -> str:
    """Return the label selector of an exchange's collectors."""
    return ",".join(f"{name}={value}" for name, value in pod_labels(exchange).items())


def deployment(key: Key, uid: str, spec: ExchangeSpec, replicas: int, template: dict[str, Any]) -> dict[str, Any]:
    """Return the Deployment to apply, with its own digest as an annotation."""
    labels = {**pod_labels(key.name), MANAGED: OPERATOR, "app.kubernetes.io/part-of": "tickloom"}
    document: dict[str, Any] = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": deployment_name(key.name),
            "namespace": key.namespace,
            "labels": labels,
            "ownerReferences": [_owner(key.name, uid)],
        },
        "spec": {
            "replicas": replicas,
            "revisionHistoryLimit": 3,
            "strategy": _strategy(spec),
            "selector": {"matchLabels": pod_labels(key.name)},
            "template": _pod(key.name, spec, template, labels),
        },
    }
    document["metadata"]["annotations"] = {APPLIED: digest(document)}
    return document


def digest(document: dict[str, Any]) -> str:
    """Return a short digest of a document, the same for the same content."""
    return hashlib.sha256(orjson.dumps(document, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def _owner(name: str, uid: str) -> dict[str, Any]:
    return {
        "apiVersion": API_VERSION,
        "kind": "Exchange",
        "name": name,
        "uid": uid,
        "controller": True,
        "blockOwnerDeletion": False,
    }


def _strategy(spec: ExchangeSpec) -> dict[str, Any]:
    if spec.driver in SINGLE_CONNECTION:
        return {"type": "Recreate"}
    # Two collectors for a moment are harmless, because duplicates are dropped; none leaves a hole to heal.
    return {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}


def _pod(exchange: str, spec: ExchangeSpec, template: dict[str, Any], labels: dict[str, str]) -> dict[str, Any]:
    pod = copy.deepcopy(template)
    metadata = pod["metadata"]
    metadata["labels"] = {**metadata.get("labels", {}), **labels}
    container = next(one for one in pod["spec"]["containers"] if one["name"] == CONTAINER)
    ours: list[dict[str, Any]] = [
        {"name": "TICKLOOM_EXCHANGE", "value": exchange},
        {"name": "TICKLOOM_INSTANCE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
    ]
    names = {variable["name"] for variable in ours}
    container["env"] = [variable for variable in container.get("env", []) if variable["name"] not in names] + ours
    if resources := spec.collector.resources.model_dump(mode="json", exclude_unset=True):
        container["resources"] = {**container.get("resources", {}), **resources}
    if spec.credentials_secret_ref is not None:
        _mount_credentials(pod["spec"], container, spec.credentials_secret_ref.name)
    return pod


def _mount_credentials(pod: dict[str, Any], container: dict[str, Any], secret: str) -> None:
    keys = [{"key": key, "path": key} for key in ("api-key", "api-secret")]
    source = {"secretName": secret, "items": keys, "defaultMode": 0o440}
    pod["volumes"] = [*pod.get("volumes", []), {"name": "credentials", "secret": source}]
    mount = {"name": "credentials", "mountPath": str(MOUNTED), "readOnly": True}
    container["volumeMounts"] = [*container.get("volumeMounts", []), mount]
