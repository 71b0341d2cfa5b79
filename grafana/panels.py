"""Panels and dashboards as Grafana's JSON: the few shapes that the dashboards are made of."""

from typing import Any, Final

PROMETHEUS: Final = {"type": "prometheus", "uid": "${prometheus}"}
DATABASE: Final = {"type": "grafana-postgresql-datasource", "uid": "${database}"}
WIDTH: Final = 24
Panel = dict[str, Any]


def _panel(kind: str, title: str, description: str, unit: str, width: int, height: int) -> Panel:
    return {
        "type": kind,
        "title": title,
        "description": description,
        "gridPos": {"w": width, "h": height, "x": 0, "y": 0},
        "fieldConfig": {"defaults": {"unit": unit}, "overrides": []},
    }


def metrics(title: str, description: str, unit: str, queries: dict[str, str], width: int = 8) -> Panel:
    """Return a time series panel of Prometheus; `queries` by legend."""
    panel = _panel("timeseries", title, description, unit, width, 8)
    panel["datasource"] = PROMETHEUS
    panel["options"] = {"tooltip": {"mode": "multi", "sort": "desc"}, "legend": {"displayMode": "list"}}
    panel["targets"] = [
        {"refId": chr(65 + n), "datasource": PROMETHEUS, "expr": query, "legendFormat": legend}
        for n, (legend, query) in enumerate(queries.items())
    ]
    return panel


def number(title: str, description: str, unit: str, query: str, *, good: float, bad: float, width: int = 4) -> Panel:
    """Return one number of Prometheus: red from `bad` on, green from `good` on."""
    panel = _panel("stat", title, description, unit, width, 4)
    low, high = ("red", "green") if good > bad else ("green", "red")
    middle, end = min(good, bad), max(good, bad)
    steps = [{"color": low, "value": None}, {"color": "orange", "value": middle}, {"color": high, "value": end}]
    panel["fieldConfig"]["defaults"]["thresholds"] = {"mode": "absolute", "steps": steps}
    panel["datasource"] = PROMETHEUS
    panel["options"] = {"reduceOptions": {"calcs": ["lastNotNull"]}, "graphMode": "area"}
    panel["targets"] = [{"refId": "A", "datasource": PROMETHEUS, "expr": query, "legendFormat": title}]
    return panel


def rows(title: str, description: str, sql: str, *, kind: str = "table", unit: str = "short", width: int = 12) -> Panel:
    """Return a panel of SQL: a table, or a time series of the columns time, metric and value."""
    panel = _panel(kind, title, description, unit, width, 9)
    panel["datasource"] = DATABASE
    shape = "table" if kind == "table" else "time_series"
    panel["targets"] = [
        {"refId": "A", "datasource": DATABASE, "format": shape, "rawQuery": True, "editorMode": "code", "rawSql": sql}
    ]
    return panel


def row(title: str) -> Panel:
    """Return the heading of the panels that follow."""
    return {"type": "row", "title": title, "collapsed": False, "gridPos": {"w": WIDTH, "h": 1, "x": 0, "y": 0}}


def dashboard(uid: str, title: str, description: str, panels: list[Panel], sources: dict[str, str]) -> dict[str, Any]:
    """Return a dashboard; `sources` are the variables of its data sources and their types."""
    variables = [
        {"name": name, "label": name.title(), "type": "datasource", "query": kind, "refresh": 1, "hide": 0}
        for name, kind in sources.items()
    ]
    return {
        "uid": uid,
        "title": title,
        "description": description,
        "tags": ["tickloom"],
        "timezone": "browser",
        "editable": False,
        "graphTooltip": 1,
        "schemaVersion": 41,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "templating": {"list": variables},
        "annotations": {"list": []},
        "panels": _placed(panels),
    }


def _placed(panels: list[Panel]) -> list[Panel]:
    """Give panels their places, from left to right and line by line, and numbers."""
    x = y = height = 0
    for identity, panel in enumerate(panels, 1):
        place = panel["gridPos"]
        if x + place["w"] > WIDTH:
            x, y, height = 0, y + height, 0
        place["x"], place["y"], panel["id"] = x, y, identity
        x, height = x + place["w"], max(height, place["h"])
    return panels
