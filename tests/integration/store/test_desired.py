"""The catalog of one exchange becomes what is wanted of it, and only what differs is written."""

from collections.abc import AsyncIterator

import pytest

from tickloom.settings.resources import ExchangeSpec, SymbolSpec
from tickloom.store.catalog import read_catalog
from tickloom.store.connection import Connection, connect
from tickloom.store.desired import WantedExchange, apply_wanted, exchanges_with_symbols
from tickloom.store.errors import CatalogConflict
from tickloom.store.observing import observe_symbols

BINANCE = ExchangeSpec.model_validate({"driver": "binance"})


@pytest.fixture
async def connection(postgres_url: str) -> AsyncIterator[Connection]:
    opened = await connect(postgres_url, "tests")
    yield opened
    opened.terminate()


def symbols(exchange: str, *spellings: str, **spec: object) -> dict[str, SymbolSpec]:
    return {
        f"{exchange}-{spelling.lower()}": SymbolSpec.model_validate({"exchange": exchange, "symbol": spelling, **spec})
        for spelling in spellings
    }


def wanted(*spellings: str, exchange: str = "one", untouched: tuple[str, ...] = (), **spec: object) -> WantedExchange:
    return WantedExchange(exchange, BINANCE, symbols(exchange, *spellings, **spec), untouched)


async def present(connection: Connection) -> dict[str, bool]:
    catalog = await read_catalog(connection)
    return {s.symbol: s.suspended for s in catalog.symbols.values() if not s.deleted}


async def test_symbols_come_change_go_and_come_back_with_their_number(connection: Connection) -> None:
    first = await apply_wanted(connection, wanted("BTC", "ETH"))
    assert (first.applied.created, first.active) == (["one", "one:BTC", "one:ETH"], 2)
    numbers = {s.symbol: s.symbol_no for s in (await read_catalog(connection)).symbols.values()}
    second = await apply_wanted(connection, wanted("BTC", suspend=True))
    assert (second.applied.updated, second.applied.deleted, second.active) == (["one:BTC"], ["one:ETH"], 0)
    third = await apply_wanted(connection, wanted("BTC", "ETH"))
    assert (third.applied.created, third.active) == (["one:ETH"], 2)
    assert {s.symbol: s.symbol_no for s in (await read_catalog(connection)).symbols.values()} == numbers


async def test_what_is_so_already_is_not_written(connection: Connection) -> None:
    await apply_wanted(connection, wanted("BTC", "ETH"))
    told: list[object] = []
    await connection.add_listener("catalog", lambda *arguments: told.append(arguments))
    assert not (await apply_wanted(connection, wanted("BTC", "ETH"))).applied.changed
    await connection.execute("SELECT 1")
    assert told == []


async def test_what_is_untouched_stays_whether_it_is_wanted_or_not(connection: Connection) -> None:
    await apply_wanted(connection, wanted("BTC", "ETH"))
    await apply_wanted(connection, wanted("ETH", untouched=("BTC", "ETH"), suspend=True))
    assert await present(connection) == {"BTC": False, "ETH": False}


async def test_an_exchange_that_is_gone_loses_its_symbols_and_no_other_does(connection: Connection) -> None:
    await apply_wanted(connection, wanted("BTC"))
    await apply_wanted(connection, wanted("ETH", exchange="two"))
    assert set(await exchanges_with_symbols(connection)) == {"one", "two"}
    await apply_wanted(connection, WantedExchange("one", None, {}))
    assert await present(connection) == {"ETH": False}
    assert await exchanges_with_symbols(connection) == ["two"]


async def test_a_name_that_another_exchange_has_is_told_and_spoils_no_other(connection: Connection) -> None:
    await apply_wanted(connection, WantedExchange("one", BINANCE, {"same": symbols("one", "BTC")["one-btc"]}))
    both = {"same": symbols("two", "BTC")["two-btc"], **symbols("two", "ETH")}
    done = await apply_wanted(connection, WantedExchange("two", BINANCE, both))
    assert (done.held, done.applied.created) == ({"same": "one:BTC"}, ["two", "two:ETH"])


async def test_another_driver_is_refused_and_nothing_is_written(connection: Connection) -> None:
    await apply_wanted(connection, wanted("BTC"))
    yahoo = ExchangeSpec.model_validate({"driver": "yahoo"})
    with pytest.raises(CatalogConflict):
        await apply_wanted(connection, WantedExchange("one", yahoo, {}))
    assert await present(connection) == {"BTC": False}


async def test_the_tables_tell_how_far_the_bars_are_and_what_is_missing(connection: Connection) -> None:
    await apply_wanted(connection, wanted("BTC", "ETH"))
    await connection.execute("""
        INSERT INTO candles (symbol_no, timeframe, time, volume, quote_volume, buy_volume, trades, verdict)
        SELECT symbol_no, 1, '2026-01-01T00:00Z'::timestamptz + minute * interval '1 minute', 0, 0, 0, 3 - minute,
            'complete' FROM symbols, generate_series(0, 3) minute WHERE symbol = 'BTC'
    """)
    await connection.execute("""
        INSERT INTO gaps (symbol_no, gap_no, state, reason, from_time, missing)
        SELECT symbol_no, no, CASE no WHEN 1 THEN 'healed' ELSE 'open' END::gap_state, 'test', now(), 1
        FROM symbols, generate_series(1, 3) no WHERE symbol = 'BTC'
    """)
    seen = await observe_symbols(connection)
    assert seen["one:ETH"] == (None, None, None, 0)
    last_bar, last_trade, verdict, gaps = seen["one:BTC"]
    assert (f"{last_bar:%H:%M}", f"{last_trade:%H:%M}", verdict, gaps) == ("00:04", "00:03", "complete", 2)
