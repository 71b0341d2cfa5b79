"""Every query of the dashboards: PromQL as functions of nothing but the product's metrics, SQL of its tables."""

from typing import Final

RATE: Final = "$__rate_interval"


def rate(metric: str, by: str = "", where: str = "") -> str:
    """Return the sum of the rates of a counter."""
    grouped = f" by ({by})" if by else ""
    return f"sum{grouped} (rate({metric}{{{where}}}[{RATE}]))"


def quantile(share: float, histogram: str, by: str = "") -> str:
    """Return a quantile of a histogram."""
    grouped = f"le, {by}" if by else "le"
    return f"histogram_quantile({share}, sum by ({grouped}) (rate({histogram}_bucket[{RATE}])))"


WHOLE_BARS: Final = (
    'sum(increase(tickloom_bars_completed_total{timeframe="1m",verdict=~"complete|healed|revised"}[1h]))'
    ' / sum(increase(tickloom_bars_completed_total{timeframe="1m"}[1h]))'
)
API_SUCCESS: Final = (
    '1 - (sum(rate(tickloom_http_requests_total{status=~"5.."}[1h])) or vector(0))'
    " / sum(rate(tickloom_http_requests_total[1h]))"
)

LATEST_BARS: Final = """
SELECT s.exchange || ':' || s.symbol AS symbol,
       extract(epoch FROM now() - max(c.time)) - 60 AS age
FROM symbols s JOIN candles c ON c.symbol_no = s.symbol_no AND c.timeframe = 1 AND c.time > now() - interval '1 day'
WHERE NOT s.deleted AND NOT s.suspended
GROUP BY 1 ORDER BY age DESC LIMIT 50
"""
BARS_BY_VERDICT: Final = """
SELECT date_bin('5 minutes', time, TIMESTAMPTZ '2000-01-01') AS time, verdict::text AS metric, count(*) AS value
FROM candles WHERE timeframe = 1 AND $__timeFilter(time)
GROUP BY 1, 2 ORDER BY 1
"""
OPEN_GAPS: Final = """
SELECT s.exchange || ':' || s.symbol AS symbol, g.reason, g.from_time, g.to_time, g.missing, g.healed, g.detected_at
FROM gaps g JOIN symbols s USING (symbol_no)
WHERE g.state = 'open' ORDER BY g.detected_at DESC LIMIT 100
"""
GAPS_BY_STATE: Final = """
SELECT date_bin('1 hour', detected_at, TIMESTAMPTZ '2000-01-01') AS time, state::text AS metric, count(*) AS value
FROM gaps WHERE $__timeFilter(detected_at)
GROUP BY 1, 2 ORDER BY 1
"""
REVISIONS: Final = """
SELECT date_bin('5 minutes', known_to, TIMESTAMPTZ '2000-01-01') AS time, count(*) AS revisions
FROM candle_revisions WHERE $__timeFilter(known_to)
GROUP BY 1 ORDER BY 1
"""
SCORES: Final = """
SELECT q.time, s.exchange || ':' || s.symbol AS metric, q.score AS value
FROM data_quality_metrics q JOIN symbols s USING (symbol_no)
WHERE $__timeFilter(q.time) ORDER BY 1
"""
QUARANTINE: Final = """
SELECT s.exchange || ':' || s.symbol AS symbol, t.reason, t.state, count(*) AS trades, max(t.quarantined_at) AS latest
FROM quarantined_trades t JOIN symbols s USING (symbol_no)
WHERE $__timeFilter(t.quarantined_at)
GROUP BY 1, 2, 3 ORDER BY trades DESC LIMIT 100
"""
