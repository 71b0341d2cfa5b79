"""What armed alerts cost each trade in the engine: none, one for each symbol, and a hundred thousand, in one run.

The same batches go through the same engine, the rounds of all cases interleaved. Prices walk by a cent, so of the
hundred thousand alerts within 20 % of the price thresholds are passed all the time. "Resting" alerts are passed and do
not fire; of the others some do, and each event costs what an event costs.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np

from tickloom.processor.alerts.book import ARMED_DTYPE, PRICE_ABOVE, PRICE_BELOW, key_of
from tickloom.processor.state import LONG_AGO, Array
from tickloom.settings.resources import Quality
from tickloom.wire.batches import RECORD_DTYPE, Batch, Kind, decode, encode
from unit.processor.stream import engine

SYMBOLS = 100
BATCH = 500
BATCHES = 400
WARM = 20
MANY = 100_000
START_US = 1_700_000_000_000_000


def walk() -> list[Batch]:
    """Return batches of trades whose prices walk by a cent."""
    numbers = np.random.default_rng(1)
    prices, ids, made = np.full(SYMBOLS + 1, 10_000), np.zeros(SYMBOLS + 1, int), []
    for batch in range(BATCHES):
        records = np.zeros(BATCH, RECORD_DTYPE)
        steps = numbers.integers(-1, 2, BATCH)
        for place, symbol in enumerate(numbers.integers(1, SYMBOLS + 1, BATCH)):
            prices[symbol] += steps[place]
            ids[symbol] += 1
            at = START_US + batch * 5000 + place * 10
            records[place] = (at, ids[symbol], prices[symbol] / 100, 1.0, symbol, 1)
        made.append(decode(encode(Kind.TRADES, 0, 0, records)))
    return made


def alerts(count: int, within: float, *, ready_us: int = LONG_AGO) -> Array:
    """Return alerts with thresholds within a part of the first price."""
    numbers = np.random.default_rng(2)
    rows = np.zeros(count, ARMED_DTYPE)
    places = zip(numbers.integers(1, SYMBOLS + 1, count), numbers.integers(0, 2, count), strict=True)
    rows["key"] = [key_of(int(symbol), (PRICE_ABOVE, PRICE_BELOW)[kind], 0) for symbol, kind in places]
    rows["threshold"] = np.round(100 * (1 + numbers.uniform(-within, within, count)), 4)
    rows["alert_id"] = np.arange(count)
    rows["armed"] = 1
    rows["ready_us"] = ready_us
    return rows


def one_each() -> Array:
    """Return one alert for each symbol, far away from its price."""
    rows = alerts(SYMBOLS, 0.2)
    rows["key"] = [key_of(symbol, PRICE_ABOVE, 0) for symbol in range(1, SYMBOLS + 1)]
    rows["threshold"] = 200.0
    return rows


CASES: dict[str, Callable[[], Array]] = {
    "no alert": lambda: alerts(0, 0.2),
    "one for each symbol": one_each,
    "100,000 within 20 %, resting": lambda: alerts(MANY, 0.2, ready_us=np.iinfo(np.int64).max),
    "100,000 within 20 %": lambda: alerts(MANY, 0.2),
}


def measure(batches: list[Batch], rows: Array) -> tuple[float, int]:
    """Return the nanoseconds of processor time that a trade takes, and how often alerts fired."""
    made = engine(range(1, SYMBOLS + 1), quality=Quality())
    made.alerts.replace([], rows)
    for batch in batches[:WARM]:
        made.take(batch)
    began = time.process_time()
    for batch in batches[WARM:]:
        made.take(batch)
    spent = time.process_time() - began
    return spent * 1e9 / (BATCH * (len(batches) - WARM)), len(made.alerts.take_fired())


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds, batches = parser.parse_args().rounds, walk()
    taken: dict[str, list[float]] = {name: [] for name in CASES}
    fired: dict[str, int] = {}
    for _ in range(rounds):
        for name, make in CASES.items():
            nanoseconds, fired[name] = measure(batches, make())
            taken[name].append(nanoseconds)
    for name, values in taken.items():
        median, low, high = statistics.median(values), min(values), max(values)
        print(f"{name:30} {median:6.1f} ns a trade ({low:.1f} to {high:.1f}), {fired[name]} events")


if __name__ == "__main__":
    main()
