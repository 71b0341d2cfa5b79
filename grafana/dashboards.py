"""The dashboards: health of the product in the direction of the data, and the quality of the data itself."""

from typing import Any

from grafana.panels import dashboard, metrics, number, row, rows
from grafana.queries import (
    API_SUCCESS,
    BARS_BY_VERDICT,
    GAPS_BY_STATE,
    LATEST_BARS,
    OPEN_GAPS,
    QUARANTINE,
    RATE,
    REVISIONS,
    SCORES,
    WHOLE_BARS,
    quantile,
    rate,
)


def overview() -> dict[str, Any]:
    """Return the dashboard of the services: a line of numbers, then rate, errors and time of each."""
    panels = [
        number(
            "Trades",
            "Trades decoded a second, all exchanges",
            "short",
            rate("tickloom_trades_received_total"),
            good=1,
            bad=0.001,
        ),
        number(
            "Whole minutes",
            "Share of the minutes of the last hour that hold all trades",
            "percentunit",
            WHOLE_BARS,
            good=0.99,
            bad=0.95,
        ),
        number(
            "Worst quality",
            "Lowest quality score of a symbol",
            "percentunit",
            "min(tickloom_quality_score)",
            good=0.99,
            bad=0.9,
        ),
        number(
            "Feed lag",
            "Receive time less exchange time, of the slowest exchange",
            "s",
            "max(tickloom_feed_lag_seconds)",
            good=0.5,
            bad=5,
        ),
        number(
            "API success",
            "Share of requests of the last hour that the API did not fail",
            "percentunit",
            API_SUCCESS,
            good=0.999,
            bad=0.99,
        ),
        number(
            "Alerts",
            "Alerts of docs/RUNBOOK.md that fire now",
            "short",
            'count(ALERTS{alertstate="firing",alertname=~"Tickloom.*"}) or vector(0)',
            good=0,
            bad=1,
        ),
        row("Collectors"),
        metrics(
            "Trades received",
            "Trades decoded a second, by exchange",
            "short",
            {"{{exchange}}": rate("tickloom_trades_received_total", "exchange")},
        ),
        metrics(
            "Errors",
            "Frames, connections and requests that failed, a second",
            "short",
            {
                "{{exchange}} {{kind}}": rate("tickloom_collector_errors_total", "exchange, kind"),
                "{{exchange}} reconnected": rate("tickloom_websocket_reconnections_total", "exchange"),
            },
        ),
        metrics(
            "Feed lag",
            "Receive time less exchange time of the latest trade",
            "s",
            {"{{exchange}}": "max by (exchange) (tickloom_feed_lag_seconds)"},
        ),
        metrics(
            "Healed and dropped",
            "Trades fetched after a gap, and trades dropped because memory ran out, a second",
            "short",
            {
                "{{exchange}} healed": rate("tickloom_gap_trades_healed_total", "exchange"),
                "{{exchange}} dropped": rate("tickloom_trades_dropped_total", "exchange"),
            },
        ),
        metrics(
            "Waiting for Redis",
            "Trades held in memory because Redis is away",
            "bytes",
            {"{{exchange}}": "sum by (exchange) (tickloom_spilled_bytes)"},
        ),
        row("Processors"),
        metrics(
            "Trades processed",
            "Trades read from the streams, by what became of them",
            "short",
            {"{{result}}": rate("tickloom_trades_processed_total", "result")},
        ),
        metrics(
            "Bars",
            "Bars closed a second, by verdict",
            "short",
            {"{{verdict}}": rate("tickloom_bars_completed_total", "verdict")},
        ),
        metrics(
            "Time to a bar",
            "From the read of the entry that closed a bar to its publication",
            "s",
            {
                "p50": quantile(0.5, "tickloom_bar_completion_duration_seconds"),
                "p99": quantile(0.99, "tickloom_bar_completion_duration_seconds"),
            },
        ),
        metrics(
            "Checks that failed",
            "Trades that a quality check did not let pass, a second",
            "short",
            {"{{check}} {{result}}": rate("tickloom_quality_checks_total", "check, result", 'result!="passed"')},
        ),
        metrics(
            "Partitions",
            "Stream partitions that each processor owns",
            "short",
            {"{{pod}}": "sum by (pod) (tickloom_partitions_owned)"},
        ),
        row("API"),
        metrics(
            "Requests",
            "Requests a second, by status",
            "reqps",
            {"{{status}}": rate("tickloom_http_requests_total", "status")},
        ),
        metrics(
            "Time",
            "Time of a request",
            "s",
            {
                "p50": quantile(0.5, "tickloom_http_request_duration_seconds"),
                "p99": quantile(0.99, "tickloom_http_request_duration_seconds"),
            },
        ),
        metrics(
            "Sockets",
            "Open WebSocket connections",
            "short",
            {"{{pod}}": "sum by (pod) (tickloom_websocket_connections)"},
        ),
        metrics(
            "Frames",
            "Frames sent to clients a second",
            "short",
            {"frames": rate("tickloom_websocket_messages_sent_total")},
        ),
        metrics(
            "Refused",
            "Requests refused by a limit, a second",
            "reqps",
            {"{{limit}}": rate("tickloom_rate_limit_exceeded_total", "limit")},
        ),
        row("Operator"),
        metrics(
            "Looks",
            "Exchanges looked at, by result",
            "short",
            {"{{result}}": rate("tickloom_operator_reconciles_total", "result")},
        ),
        metrics(
            "Time of a look",
            "Time of one look at an exchange",
            "s",
            {"p99": quantile(0.99, "tickloom_operator_reconcile_duration_seconds")},
        ),
        metrics(
            "Waiting",
            "Exchanges and statuses that wait",
            "short",
            {"{{queue}}": "sum by (queue) (tickloom_operator_queue_length)"},
        ),
        row("Resources"),
        metrics("Memory", "Resident memory of each pod", "bytes", {"{{pod}}": "process_resident_memory_bytes"}, 12),
        metrics(
            "CPU",
            "Processor seconds a second of each pod",
            "short",
            {"{{pod}}": f"rate(process_cpu_seconds_total[{RATE}])"},
            12,
        ),
    ]
    about = "Health of Tickloom: what matters first, then each service in the direction of the data."
    return dashboard("tickloom-overview", "Tickloom: services", about, panels, {"prometheus": "prometheus"})


def quality() -> dict[str, Any]:
    """Return the dashboard of the data, straight from the tables."""
    panels = [
        rows(
            "Latest minutes",
            "Seconds since the latest stored minute of each symbol ended, the oldest first",
            LATEST_BARS,
            unit="s",
        ),
        rows("Open gaps", "Trades that are known to be missing and are being fetched", OPEN_GAPS),
        rows("Minutes by verdict", "Stored minutes in five minutes, by verdict", BARS_BY_VERDICT, kind="timeseries"),
        rows("Gaps by state", "Gaps found in each hour, by what became of them", GAPS_BY_STATE, kind="timeseries"),
        rows(
            "Revisions", "Bars of which an earlier version was replaced, in five minutes", REVISIONS, kind="timeseries"
        ),
        rows("Quality", "Score of each symbol; 1 is without a fault", SCORES, kind="timeseries", unit="percentunit"),
        rows("Quarantine", "Trades that a check held back, by reason", QUARANTINE, width=24),
    ]
    about = "Can the data be trusted: verdicts, gaps, revisions, quality and quarantine, as the tables have them."
    return dashboard("tickloom-quality", "Tickloom: data", about, panels, {"database": "grafana-postgresql-datasource"})


DASHBOARDS = {"services": overview, "data": quality}
