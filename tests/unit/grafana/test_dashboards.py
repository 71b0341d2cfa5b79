"""Dashboards and rules ask for what the services export, and keep the rules of Grafana's own linter."""

import subprocess
import sys
from typing import Any

import pytest

from support.kubernetes import ROOT
from support.monitoring import (
    FROM_SCRAPING,
    Query,
    dashboards,
    exported,
    labels_in,
    metrics_in,
    panels,
    prometheus_queries,
    rule_queries,
    rules,
    sql_queries,
)

QUERIES = [*prometheus_queries(), *rule_queries()]
PANELS = dict(panels())


def test_the_chart_ships_what_the_code_makes() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "dashboards"), "--check"]
    done = subprocess.run(command, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.where)
def test_a_query_names_only_metrics_and_labels_of_the_services(query: Query) -> None:
    series = exported()
    named = metrics_in(query.text)
    assert named <= series.keys()
    known = FROM_SCRAPING.union(*(series[name] for name in named))
    if named:
        assert labels_in(query.text) <= known


def test_every_metric_that_a_query_names_is_set_somewhere() -> None:
    sources = "\n".join(
        path.read_text()
        for part in ("services", "operator")
        for path in (ROOT / part).rglob("*.py")
        if path.stem != "metrics"
    )
    for name in set().union(*(metrics_in(query.text) for query in QUERIES)):
        variable = name.removeprefix("tickloom_").removesuffix("_bucket")
        assert f"metrics.{variable}" in sources, name


def test_the_checks_of_queries_would_find_a_mistake() -> None:
    query = 'sum by (exchang) (rate(tickloom_trades_total{resul="x"}[5m]))'
    assert metrics_in(query) - exported().keys() == {"tickloom_trades_total"}
    assert labels_in(query) == {"exchang", "resul"}


@pytest.mark.parametrize("name", PANELS)
def test_a_panel_says_what_it_shows_in_which_unit_and_from_where(name: str) -> None:
    panel: dict[str, Any] = PANELS[name]
    assert panel["title"]
    assert panel["description"]
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert panel["targets"]
    for target in [panel, *panel["targets"]]:
        assert target["datasource"]["uid"] in {"${prometheus}", "${database}"}


@pytest.mark.parametrize("query", prometheus_queries(), ids=lambda query: query.where)
def test_counters_are_shown_as_rates(query: Query) -> None:
    if any(name.endswith("_total") for name in metrics_in(query.text)):
        assert "rate(" in query.text or "increase(" in query.text


def test_dashboards_cannot_be_edited_in_place_and_choose_their_data_sources() -> None:
    for dashboard in dashboards().values():
        assert not dashboard["editable"]
        assert {variable["type"] for variable in dashboard["templating"]["list"]} == {"datasource"}
    assert len({dashboard["uid"] for dashboard in dashboards().values()}) == len(dashboards())


def test_sql_reads_and_never_writes() -> None:
    assert sql_queries()
    assert all(query.text.strip().upper().startswith("SELECT") for query in sql_queries())


def test_every_alert_has_its_entry_in_the_runbook_and_every_entry_its_alert() -> None:
    alerts = {rule["alert"] for rule in rules() if "alert" in rule}
    text = (ROOT / "docs" / "RUNBOOK.md").read_text(encoding="utf-8")
    assert {line.removeprefix("## ") for line in text.splitlines() if line.startswith("## ")} == alerts
    for rule in rules():
        if "alert" in rule:
            assert rule["annotations"]["runbook_url"] == f"docs/RUNBOOK.md#{rule['alert'].lower()}"
            assert rule["annotations"]["summary"]
