"""What dashboards and rules ask, and what the services export: names and labels to compare."""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml
from prometheus_client.metrics import MetricWrapperBase

from support.kubernetes import ROOT
from tickloom.telemetry import metrics

CHART = ROOT / "charts" / "tickloom"
FROM_SCRAPING = {"namespace", "pod", "job", "le"}
"""Labels that Prometheus adds, and that of a histogram's buckets."""
_METRIC = re.compile(r"\btickloom_\w+")
_LABELS = re.compile(r"(?:by \(([^)]*)\)|\{([^}]*)\})")


class Query(NamedTuple):
    """A query and where it stands."""

    where: str
    text: str


def dashboards() -> dict[str, dict[str, Any]]:
    """Return the dashboards that the chart ships, by file name."""
    return {path.stem: json.loads(path.read_text()) for path in sorted((CHART / "dashboards").glob("*.json"))}


def panels() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every panel that shows data, and its name."""
    for name, dashboard in dashboards().items():
        for panel in dashboard["panels"]:
            if panel["type"] != "row":
                yield f"{name}: {panel['title']}", panel


def prometheus_queries() -> list[Query]:
    """Return every query of the dashboards, with the interval that Grafana would put in."""
    return [
        Query(where, target["expr"].replace("$__rate_interval", "5m"))
        for where, panel in panels()
        for target in panel["targets"]
        if "expr" in target
    ]


def sql_queries() -> list[Query]:
    """Return every SQL query of the dashboards, with the times that Grafana would put in."""
    return [
        Query(where, re.sub(r"\$__timeFilter\(([\w.]+)\)", r"\1 BETWEEN now() - interval '3 hours' AND now()", sql))
        for where, panel in panels()
        for sql in (target["rawSql"] for target in panel["targets"] if "rawSql" in target)
    ]


def rules() -> list[dict[str, Any]]:
    """Return every rule of the chart."""
    documents = [yaml.safe_load(path.read_text()) for path in sorted((CHART / "rules").glob("*.yaml"))]
    return [rule for document in documents for group in document["groups"] for rule in group["rules"]]


def rule_queries() -> list[Query]:
    """Return every expression of the rules."""
    return [Query(rule.get("alert") or rule["record"], rule["expr"]) for rule in rules()]


def exported() -> dict[str, set[str]]:
    """Return the labels of every series that the services can export, by its name."""
    found: dict[str, set[str]] = {}
    for metric in vars(metrics).values():
        if isinstance(metric, MetricWrapperBase):
            (family,) = metric.describe()
            suffixes = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}.get(family.type, [""])
            for suffix in suffixes:
                found[family.name + suffix] = set(metric._labelnames)
    return found


def metrics_in(query: str) -> set[str]:
    """Return the product's metrics that a query names."""
    return {name for name in _METRIC.findall(query) if not name.startswith("tickloom:")}


def labels_in(query: str) -> set[str]:
    """Return the labels that a query groups or selects by."""
    found: set[str] = set()
    for grouped, selected in _LABELS.findall(query):
        found |= {name.strip() for name in grouped.split(",") if name.strip()}
        found |= set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)\s*\"", selected))
    return found
