"""Every metric object of the product. The names are public: dashboards and alerts build on them."""

from prometheus_client import Counter, Gauge, Histogram

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

# Collector: what came from the venue, and what was wrong with it.
trades_received_total = Counter("tickloom_trades_received_total", "Trades decoded from venues", ["exchange"])
collector_errors_total = Counter(
    "tickloom_collector_errors_total", "Frames, connections and requests that failed", ["exchange", "kind"]
)
websocket_reconnections_total = Counter(
    "tickloom_websocket_reconnections_total", "Connections to venues opened after the first", ["exchange"]
)
circuit_breaker_state = Gauge(
    "tickloom_circuit_breaker_state", "A venue's circuit: 0 closed, 1 half open, 2 open", ["exchange"]
)
circuit_breaker_transitions_total = Counter(
    "tickloom_circuit_breaker_transitions_total",
    "Changes of a venue's circuit, by the state they led to",
    ["exchange", "state"],
)
gap_trades_healed_total = Counter("tickloom_gap_trades_healed_total", "Missed trades fetched over REST", ["exchange"])
feed_lag_seconds = Gauge(
    "tickloom_feed_lag_seconds", "Receive time less exchange time of the latest trade", ["exchange"]
)
spilled_bytes = Gauge("tickloom_spilled_bytes", "Trades held in memory because Redis is away", ["exchange"])
trades_dropped_total = Counter(
    "tickloom_trades_dropped_total",
    "Trades dropped because memory for them ran out; they are fetched later",
    ["exchange"],
)

# Processor: what became of the trades.
trades_processed_total = Counter(
    "tickloom_trades_processed_total",
    "Trades read from streams, by what became of them",
    ["exchange", "result"],
)
gaps_total = Counter("tickloom_gaps_total", "Holes found in trade ids or coverage", ["exchange"])
bars_completed_total = Counter("tickloom_bars_completed_total", "Bars closed and stored", ["timeframe", "verdict"])
bar_completion_duration_seconds = Histogram(
    "tickloom_bar_completion_duration_seconds",
    "From the read of the entry that closed a bar to its publication",
    buckets=_SECONDS,
)
quality_checks_total = Counter(
    "tickloom_quality_checks_total", "Checks of trades before they reach a bar, by result", ["check", "result"]
)
quality_score = Gauge(
    "tickloom_quality_score", "Mean quality of a symbol over about an hour: 1 is without a fault", ["symbol"]
)
alerts_triggered_total = Counter("tickloom_alerts_triggered_total", "Alerts that fired", ["condition"])
alert_deliveries_total = Counter(
    "tickloom_alert_deliveries_total", "Attempts to deliver alerts, by result", ["channel", "result"]
)
reconciliation_mismatch_ratio = Gauge(
    "tickloom_reconciliation_mismatch_ratio",
    "Bars that differ from the venue's own, of those compared last",
    ["symbol"],
)
batches_rejected_total = Counter("tickloom_batches_rejected_total", "Stream entries that could not be decoded")
partitions_owned = Gauge("tickloom_partitions_owned", "Stream partitions that this processor owns")

# Database and API.
db_queries_total = Counter("tickloom_db_queries_total", "Statements by purpose and result", ["query", "result"])
db_query_duration_seconds = Histogram(
    "tickloom_db_query_duration_seconds", "Statement time by purpose", ["query"], buckets=_SECONDS
)
http_requests_total = Counter(
    "tickloom_http_requests_total", "Requests by route, method and status", ["route", "method", "status"]
)
http_request_duration_seconds = Histogram(
    "tickloom_http_request_duration_seconds", "Request time by route", ["route"], buckets=_SECONDS
)
websocket_connections = Gauge("tickloom_websocket_connections", "Open WebSocket connections of clients")
websocket_messages_sent_total = Counter("tickloom_websocket_messages_sent_total", "Frames sent to clients")
cache_hits_total = Counter("tickloom_cache_hits_total", "Answers from a cache", ["cache"])
cache_misses_total = Counter("tickloom_cache_misses_total", "Answers that a cache did not have", ["cache"])
rate_limit_exceeded_total = Counter("tickloom_rate_limit_exceeded_total", "Requests refused by a limit", ["limit"])

# Operator: what it looked at, and what it asked of the API server.
operator_reconciles_total = Counter("tickloom_operator_reconciles_total", "Exchanges looked at, by result", ["result"])
operator_reconcile_duration_seconds = Histogram(
    "tickloom_operator_reconcile_duration_seconds", "Time of one look at an exchange", buckets=_SECONDS
)
operator_requests_total = Counter(
    "tickloom_operator_requests_total", "Requests to the API server by verb and status", ["verb", "status"]
)
operator_status_writes_total = Counter(
    "tickloom_operator_status_writes_total", "Statuses written, because they had changed", ["kind"]
)
operator_missed_events_total = Counter(
    "tickloom_operator_missed_events_total", "Changes found by listing that no watch had told of", ["kind"]
)
operator_queue_length = Gauge("tickloom_operator_queue_length", "Exchanges and statuses that wait", ["queue"])
operator_is_leader = Gauge("tickloom_operator_is_leader", "Whether this replica acts")
