"""What is wanted of an exchange: one broken Symbol spoils no other."""

import msgspec
import orjson

from tickloom_operator.objects import Key, Metadata, Object, Seen, remember
from tickloom_operator.wanting import Reader, Want

EXCHANGE = Key("ns", "binance")


def seen(kind: str, name: str, spec: dict[str, object], *, paused: bool = False, namespace: str = "ns") -> Seen:
    annotations = {"tickloom.dev/pause": "true"} if paused else None
    metadata = Metadata(
        name=name, namespace=namespace, uid=f"uid-{namespace}-{name}", resource_version="1", annotations=annotations
    )
    return remember(kind, Object(metadata, msgspec.Raw(orjson.dumps(spec))))


BINANCE = seen("Exchange", "binance", {"driver": "binance"})


def symbol(name: str, spelling: str = "BTCUSDT", **spec: object) -> Seen:
    return seen("Symbol", name, {"exchange": "binance", "symbol": spelling, **spec})


def want(*symbols: Seen, exchange: Seen | None = BINANCE, holder: Key | None = EXCHANGE) -> Want:
    return Reader().want(EXCHANGE, exchange, symbols, holder)


def test_all_that_is_right_is_wanted() -> None:
    wanted = want(symbol("a"), symbol("b", "ETHUSDT", suspend=True))
    assert {key.name: spec.suspend for key, spec in wanted.symbols.items()} == {"a": False, "b": True}
    assert (wanted.refused, wanted.problem, wanted.untouched) == ({}, None, frozenset())


def test_a_symbol_that_cannot_be_read_keeps_its_row_and_the_others_are_wanted() -> None:
    wanted = want(symbol("a", timeframes=["2m"]), symbol("b", "ETHUSDT"))
    assert [key.name for key in wanted.symbols] == ["b"]
    assert wanted.untouched == {"BTCUSDT"}
    (problem,) = wanted.refused.values()
    assert problem.reason == "Invalid"
    assert "spec.timeframes.0" in problem.message


def test_of_two_symbols_for_one_the_older_counts() -> None:
    wanted = want(symbol("older"), symbol("younger"))
    assert [key.name for key in wanted.symbols] == ["older"]
    assert wanted.refused[Key("ns", "younger")].reason == "Duplicate"


def test_a_paused_symbol_is_not_touched() -> None:
    paused = seen("Symbol", "a", {"exchange": "binance", "symbol": "BTCUSDT"}, paused=True)
    assert want(paused).untouched == {"BTCUSDT"}


def test_an_exchange_that_is_not_there_or_cannot_be_read_is_a_problem_of_all() -> None:
    missing = want(symbol("a"), exchange=None, holder=None)
    assert missing.spec is None
    assert missing.problem is not None
    assert missing.problem.reason == "ExchangeMissing"
    broken = want(exchange=seen("Exchange", "binance", {"driver": "ccxt"}))
    assert broken.problem is not None
    assert (broken.spec, broken.problem.reason) == (None, "Invalid")


def test_the_name_of_an_exchange_belongs_to_the_oldest_of_all_namespaces() -> None:
    second = want(holder=Key("other", "binance"))
    assert second.problem is not None
    assert second.problem.reason == "NameTaken"
    assert "'other'" in second.problem.message


def test_a_changed_spec_is_read_anew() -> None:
    reader = Reader()
    before = symbol("a")
    assert not reader.want(EXCHANGE, BINANCE, [before], EXCHANGE).symbols[before.key].suspend
    after = symbol("a", suspend=True)
    assert reader.want(EXCHANGE, BINANCE, [after], EXCHANGE).symbols[after.key].suspend
