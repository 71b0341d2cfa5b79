"""Alerts on prices against a slow, obvious judge that looks at every trade and every alert."""

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.oracle import Trade
from tickloom.processor.alerts.book import ARMED_DTYPE, KINDS, PRICE_ABOVE, PRICE_BELOW, AlertBook, key_of
from tickloom.processor.engine import Engine
from tickloom.processor.state import LONG_AGO, Array
from tickloom.settings.resources import Quality
from tickloom.wire.batches import Batch, Kind, TradeFlag
from unit.processor.stream import STREAM, UNCHECKED, batch, engine, reborn, trades

SECOND = 1_000_000
START = 1_700_000_000 * SECOND
SYMBOLS = (1, 2, 5)


@dataclass
class Wanted:
    """An alert as the judge sees it."""

    alert_id: int
    symbol: int
    above: bool
    threshold: float
    cooldown_us: int = 0
    recurring: bool = True
    armed: bool = True
    ready_us: int = LONG_AGO

    def row(self) -> tuple[object, ...]:
        key = key_of(self.symbol, PRICE_ABOVE if self.above else PRICE_BELOW, 0)
        return (
            key, self.threshold, self.ready_us, self.cooldown_us, self.alert_id, 7, self.recurring, self.armed,
        )  # fmt: skip


class Event(NamedTuple):
    alert_id: int
    time: int
    price: float


def rows(wanted: list[Wanted]) -> Array:
    return np.array([alert.row() for alert in wanted], ARMED_DTYPE)


def judge(wanted: list[Wanted], path: list[tuple[int, int, float]]) -> list[Event]:
    """Return what a path of (symbol, time, price) fires; the alerts take note."""
    events, last = [], dict[int, float]()
    for symbol, time_us, price in path:
        before = last.get(symbol)
        last[symbol] = price
        for alert in wanted:
            if before is None or alert.symbol != symbol or not alert.armed or time_us < alert.ready_us:
                continue
            was = before > alert.threshold if alert.above else before < alert.threshold
            met = price > alert.threshold if alert.above else price < alert.threshold
            if met and not was:
                events.append(Event(alert.alert_id, time_us, price))
                alert.armed = alert.recurring
                alert.ready_us = time_us + alert.cooldown_us
    return events


def fired(made: Engine) -> list[Event]:
    events = made.alerts.take_fired()
    assert (events["value"] == events["price"]).all()
    assert (events["version"] == 7).all()
    return [Event(*row) for row in zip(*(events[n].tolist() for n in ("alert_id", "time", "price")), strict=True)]


def in_order(events: list[Event]) -> list[Event]:
    return sorted(events, key=lambda event: (event.time, event.alert_id))


PRICE = st.integers(1, 12).map(float)
ALERTS = st.lists(
    st.builds(
        Wanted,
        alert_id=st.just(0),
        symbol=st.sampled_from(SYMBOLS),
        above=st.booleans(),
        threshold=st.one_of(PRICE, st.integers(1, 12).map(lambda n: n + 0.5)),
        cooldown_us=st.sampled_from([0, SECOND, 5 * SECOND]),
        recurring=st.booleans(),
    ),
    max_size=12,
)
PATH = st.lists(st.tuples(st.sampled_from(SYMBOLS), PRICE), max_size=60)


def feed(made: Engine, path: list[tuple[int, int, float]], first_id: int = 1) -> None:
    for number, (symbol, time_us, price) in enumerate(path, first_id):
        made.take(trades(Trade(number, time_us, Decimal(price), Decimal(1), buy=True), symbol=symbol))


def one_batch(path: list[tuple[int, int, float]], first_id: int) -> Batch:
    return batch(Kind.TRADES, ((t, first_id + i, p, 1.0, s, 1) for i, (s, t, p) in enumerate(path)))


@given(ALERTS, PATH, st.integers(0, 60), st.lists(st.integers(1, 20), max_size=8))
def test_every_path_fires_what_the_judge_says_however_it_is_cut_and_whenever_the_processor_restarts(
    wanted: list[Wanted], prices: list[tuple[int, float]], restart: int, cuts: list[int]
) -> None:
    for number, alert in enumerate(wanted, 1):
        alert.alert_id = number
    path = [(symbol, START + i * SECOND, price) for i, (symbol, price) in enumerate(prices)]
    made = engine(SYMBOLS)
    made.alerts.replace([], rows(wanted))
    seen: list[Event] = []
    begin = 0
    for size in [*cuts, len(path)]:
        if begin >= restart >= 0 and begin:
            successor = reborn(made, SYMBOLS)
            successor.alerts.load(made.alerts.save(np.array(SYMBOLS)))
            kept = made.alerts.book.rows
            seen += fired(made)
            successor.alerts.replace([], kept[kept["armed"] == 1])
            made, restart = successor, -1
        made.take(one_batch(path[begin : begin + size], begin + 1))
        begin += size
    assert in_order(seen + fired(made)) == in_order(judge(wanted, path))


@given(ALERTS, ALERTS, PATH, PATH)
def test_alerts_that_come_and_go_between_batches_are_judged_from_then_on(
    first: list[Wanted], later: list[Wanted], before: list[tuple[int, float]], after: list[tuple[int, float]]
) -> None:
    for number, alert in enumerate([*first, *later], 1):
        alert.alert_id = number
        alert.recurring = True
    made = engine(SYMBOLS)
    # A lasting alert that no price reaches: so every symbol has a price when others come.
    lasting = [Wanted(1000 + symbol, symbol, True, 1e9) for symbol in SYMBOLS]
    made.alerts.replace([], rows([*first, *lasting]))
    path = [(symbol, START + i * SECOND, price) for i, (symbol, price) in enumerate([*before, *after])]
    feed(made, path[: len(before)])
    gone = [alert.alert_id for alert in first[::2]]
    made.alerts.replace(gone, rows(later))
    feed(made, path[len(before) :], len(before) + 1)
    expected = judge(first, path[: len(before)])
    ready = {alert.alert_id: alert.ready_us for alert in first}
    staying = [alert for alert in first if alert.alert_id not in gone]
    for alert in [*staying, *later]:
        alert.ready_us = ready.get(alert.alert_id, LONG_AGO)
        alert.armed = True
    known = list(judge([*staying, *later], path_after(path, len(before))))
    assert in_order(fired(made)) == in_order(expected + known)


def path_after(path: list[tuple[int, int, float]], count: int) -> list[tuple[int, int, float]]:
    """Return the rest of a path, begun by the last price of each symbol, which fires nothing."""
    last = {symbol: (symbol, time_us, price) for symbol, time_us, price in path[:count]}
    return [*last.values(), *path[count:]]


def test_a_repeated_or_late_trade_is_no_move_of_the_price() -> None:
    made = engine()
    made.alerts.replace([], rows([Wanted(1, 1, True, 100.0), Wanted(2, 1, False, 100.0)]))
    path = [(1, START, 99.0), (1, START + 1, 101.0)]
    feed(made, path)
    feed(made, path)
    assert fired(made) == [Event(1, START + 1, 101.0)]
    late = Trade(0, START - 5, Decimal(90), Decimal(1), buy=True)
    made.take(trades(late, healed=True))
    assert len(fired(made)) == 1


@pytest.mark.parametrize("flag", [TradeFlag.CANCEL, TradeFlag.CORRECTED, TradeFlag.NOT_LAST, TradeFlag.NOT_RANGE])
def test_a_record_that_moves_no_price_fires_nothing(flag: TradeFlag) -> None:
    made = engine()
    made.alerts.replace([], rows([Wanted(1, 1, True, 100.0)]))
    feed(made, [(1, START, 99.0)])
    made.take(batch(Kind.TRADES, [(START + 1, 2, 101.0, 1.0, 1, int(flag))]))
    assert fired(made) == []
    feed(made, [(1, START + 2, 101.0)], 3)
    assert fired(made) == [Event(1, START + 2, 101.0)]


CHECKED = Quality()


def quiet(made: Engine, count: int = 30, price: float = 100.0) -> int:
    feed(made, [(1, START + i * SECOND, price + i % 2) for i in range(count)])
    return count


def test_a_bad_print_fires_nothing_and_a_real_move_fires_once_it_is_believed() -> None:
    made = engine(quality=CHECKED)
    made.alerts.replace([], rows([Wanted(1, 1, True, 130.0)]))
    count = quiet(made)
    feed(made, [(1, START + count * SECOND, 150.0)], count + 1)
    feed(made, [(1, START + (count + i) * SECOND, 100.0) for i in range(1, 12)], count + 2)
    assert fired(made) == []
    count += 12
    feed(made, [(1, START + (count + i) * SECOND, 150.0 + i / 10) for i in range(6)], count + 1)
    (event,) = fired(made)
    assert event.alert_id == 1
    assert event.price >= 150.0


def test_a_peak_that_was_held_and_then_believed_fires_although_later_trades_are_lower() -> None:
    made = engine(quality=CHECKED)
    made.alerts.replace([], rows([Wanted(1, 1, True, 149.5)]))
    count = quiet(made)
    moved = [150.0, 149.0, 148.9, 149.1, 149.0, 149.2]
    feed(made, [(1, START + (count + i) * SECOND, price) for i, price in enumerate(moved)], count + 1)
    (event,) = fired(made)
    assert event.price == 150.0


def test_events_wait_for_the_commit_and_are_forgotten_by_it() -> None:
    made = engine()
    made.alerts.replace([], rows([Wanted(1, 1, True, 100.0, recurring=False)]))
    feed(made, [(1, START, 99.0), (1, START + 1, 101.0), (1, START + 2, 99.0), (1, START + 3, 101.0)])
    assert len(fired(made)) == 1
    made.committed({STREAM: "1-0"})
    assert fired(made) == []


def test_more_events_in_a_batch_than_there_is_room_for_are_all_kept() -> None:
    made = engine()
    made.alerts.replace([], rows([Wanted(n, 1, True, 100 + n / 1000) for n in range(1, 3001)]))
    feed(made, [(1, START, 99.0), (1, START + 1, 200.0), (1, START + 2, 99.0), (1, START + 3, 200.0)])
    assert sorted(event.alert_id for event in fired(made)) == sorted([*range(1, 3001)] * 2)


def test_symbols_that_are_given_away_take_their_alerts_with_them() -> None:
    made = engine((1, 2))
    made.alerts.replace([], rows([Wanted(1, 1, True, 100.0), Wanted(2, 2, True, 100.0)]))
    feed(made, [(1, START, 99.0), (2, START, 99.0)])
    made.alerts.drop_symbols(np.array([1]))
    feed(made, [(1, START + 1, 101.0), (2, START + 1, 101.0)], 10)
    assert [event.alert_id for event in fired(made)] == [2]


@given(st.lists(st.lists(st.tuples(st.integers(1, 40), st.sampled_from(SYMBOLS), st.booleans(), PRICE), max_size=80)))
def test_the_book_stays_sorted_and_knows_each_alert_once(
    changes: list[list[tuple[int, int, bool, float]]],
) -> None:
    book, known = AlertBook(), dict[int, tuple[int, bool, float]]()
    for change in changes:
        latest = {alert_id: (symbol, above, price) for alert_id, symbol, above, price in change}
        known.update(latest)
        book.replace(latest, rows([Wanted(alert_id, *values) for alert_id, values in latest.items()]))
        order = [(int(row["key"]), float(row["threshold"])) for row in book.rows]
        assert order == sorted(order)
        assert {
            int(r["alert_id"]): (int(r["key"]) // KINDS, r["key"] % KINDS == PRICE_ABOVE, float(r["threshold"]))
            for r in book.rows
        } == known
        for symbol in SYMBOLS[: len(book.spans)]:
            for kind in (PRICE_ABOVE, PRICE_BELOW):
                begin, end = book.spans[symbol, kind] if symbol < len(book.spans) else (0, 0)
                assert end - begin == sum(s == symbol and a == (kind == PRICE_ABOVE) for s, a, _ in known.values())


def test_a_checkpoint_of_an_earlier_release_holds_no_prices_and_does_no_harm() -> None:
    made = engine(quality=UNCHECKED)
    made.alerts.load(b"")
    made.alerts.replace([], rows([Wanted(1, 1, True, 100.0)]))
    feed(made, [(1, START, 101.0), (1, START + 1, 99.0), (1, START + 2, 101.0)])
    assert fired(made) == [Event(1, START + 2, 101.0)]
