"""Specs that are right and specs that are wrong, for all who read them: the API server and the models."""

from typing import Any, NamedTuple

Spec = dict[str, Any]


class Case(NamedTuple):
    """A kind, a spec, and what the API server's message holds where the spec is wrong (None where it is right)."""

    kind: str
    spec: Spec
    problem: str | None = None


def _symbol(problem: str | None = None, **fields: Any) -> Case:
    spec = {"exchange": "binance", "symbol": "BTCUSDT", **fields}
    return Case("Symbol", {name: value for name, value in spec.items() if value is not None}, problem)


def _exchange(problem: str | None = None, **fields: Any) -> Case:
    return Case("Exchange", {"driver": "binance", **fields}, problem)


_DURATION = "a duration is written as 60s, 5m or 1h30m"
_PRINTABLE = "symbol must be 1 to 64 printable characters"
_SCHEME = "must be an address with a host"

RIGHT = [
    _symbol(),
    _symbol(symbol="币安人生USDT"),
    _symbol(symbol="THYAO.IS"),
    _symbol(symbol="BTC/USDT"),
    _symbol(suspend=True),
    _symbol(timeframes=["1d", "1m"]),
    _symbol(indicators={}),
    _symbol(indicators={"preset": "none"}),
    _symbol(indicators=["rsi_14", "sma_20"]),
    _symbol(features={"enabled": False}),
    _symbol(quality={"zScore": 2.5, "maxAge": "1h30m", "onFailure": "flag"}),
    _symbol(quality={"zScore": 4}),
    _symbol(backfill={"days": 30}),
    _symbol(backfill={"from": "2024-01-01T00:00:00Z"}),
    _symbol(backfill={"from": "2024-01-01T02:00:00.5+02:00"}),
    _exchange(),
    _exchange(driver="ccxt", ccxtId="kraken"),
    _exchange(driver="alpaca", credentialsSecretRef={"name": "alpaca-credentials"}, feed="sip", calendar="XNYS"),
    _exchange(driver="yahoo", pollInterval="90s", calendar="XIST"),
    _exchange(endpoints={"websocket": "ws://127.0.0.1:9443/ws", "rest": "http://simulator.tickloom.svc:8080"}),
    _exchange(endpoints={}),
    _exchange(collector={"minReplicas": 2, "maxReplicas": 2, "symbolsPerCollector": 1, "replicas": 0}),
    _exchange(collector={"resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"cpu": 2}}}),
    _exchange(closeGrace="1s500ms", tradeStream="aggTrade", clock="feed", simulated=True, suspend=True),
]

WRONG = [
    _symbol("Required value", exchange=None),
    _symbol("Required value", symbol=None),
    _symbol(_PRINTABLE, symbol=""),
    _symbol(_PRINTABLE, symbol="BTC USDT"),
    _symbol(_PRINTABLE, symbol="binance:BTCUSDT"),
    _symbol(_PRINTABLE, symbol="BTC\tUSDT"),
    _symbol("Too long", symbol="X" * 65),
    _symbol("exchange must be 1 to 63 lower-case letters", exchange="Binance"),
    _symbol("exchange must be 1 to 63 lower-case letters", exchange="-binance"),
    _symbol("must be of type boolean", suspend="yes"),
    _symbol("timeframes must hold 1m", timeframes=["5m"]),
    _symbol("timeframes must hold 1m", timeframes=[]),
    _symbol("Unsupported value", timeframes=["1m", "2m"]),
    _symbol("Duplicate value", timeframes=["1m", "1m"]),
    _symbol("spec.indicators", indicators=5),
    _symbol("spec.indicators", indicators="default"),
    _symbol("spec.indicators", indicators=[1]),
    _symbol("Unsupported value", indicators={"preset": "all"}),
    _symbol("spec.indicators", indicators={"presets": "default"}),
    _symbol("Unsupported value", features={"version": "v9"}),
    _symbol("should be greater than 0", quality={"zScore": 0}),
    _symbol("must be of type number", quality={"zScore": "3"}),
    _symbol("should be greater than 0", quality={"volumeFactor": -1}),
    _symbol(_DURATION, quality={"maxAge": "1 minute"}),
    _symbol(_DURATION, quality={"maxAge": ""}),
    _symbol(_DURATION, quality={"maxAge": "30s1m"}),
    _symbol(_DURATION, quality={"maxAge": "9999999s"}),
    _symbol("Unsupported value", quality={"onFailure": "drop"}),
    _symbol("give either days or from", backfill={}),
    _symbol("give either days or from", backfill={"days": 1, "from": "2024-01-01T00:00:00Z"}),
    _symbol("should be greater than or equal to 1", backfill={"days": 0}),
    _symbol("should be less than or equal to 3650", backfill={"days": 3651}),
    _symbol("must be of type integer", backfill={"days": "30"}),
    _symbol("must be of type date-time", backfill={"from": "2024-01-01"}),
    _symbol("must be of type date-time", backfill={"from": "2024-13-01T00:00:00Z"}),
    _symbol("unknown field", sybmol="BTCUSDT"),
    _exchange("Unsupported value", driver="kraken"),
    _exchange("ccxtId is required with driver ccxt", driver="ccxt"),
    _exchange("ccxtId is required with driver ccxt", ccxtId="kraken"),
    _exchange(_SCHEME, endpoints={"websocket": "https://stream.binance.com"}),
    _exchange(_SCHEME, endpoints={"rest": "binance.com"}),
    _exchange(_SCHEME, endpoints={"rest": "http://"}),
    _exchange("name must be the name of a Secret", credentialsSecretRef={"name": "Not A Name"}),
    _exchange("Required value", credentialsSecretRef={}),
    _exchange("Unsupported value", feed="bars"),
    _exchange(_DURATION, pollInterval="5"),
    _exchange(_DURATION, closeGrace="soon"),
    _exchange("minReplicas must not be above maxReplicas", collector={"minReplicas": 3, "maxReplicas": 2}),
    _exchange("should be greater than or equal to 1", collector={"symbolsPerCollector": 0}),
    _exchange("should be greater than or equal to 0", collector={"replicas": -1}),
    _exchange("should match", collector={"resources": {"limits": {"cpu": "much"}}}),
    _exchange("Unsupported value", tradeStream="trades"),
    _exchange("Unsupported value", clock="sun"),
]
