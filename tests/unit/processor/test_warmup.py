"""After the warm-up no kernel is compiled any more: the first trade would wait for it."""

import os
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import gc
from decimal import Decimal
import numpy as np
from numba.core.dispatcher import Dispatcher
from support.oracle import MINUTE_US, Trade
from tickloom.processor import revision
from tickloom.processor.amendments import may_enter
from tickloom.processor.columns import forming_columns
from tickloom.processor.rebuilding import rebuild_minutes, rebuild_open
from tickloom.store.candles import Minute
from tickloom.store.journal import ENTRY_DTYPE
from tickloom.processor.warmup import warm_up
from tickloom.wire.batches import RECORD_DTYPE, Control
from unit.processor.stream import closed, control, engine, heartbeat, trades

def compiled():
    return {d.py_func.__qualname__: len(d.signatures) for d in gc.get_objects() if isinstance(d, Dispatcher)}

warm_up()
before = compiled()
made = engine()
made.take(control(Control.STARTED, MINUTE_US, 0))
for number in range(1, 400):
    made.take(trades(Trade(number, number * MINUTE_US, Decimal(100 + number % 7), Decimal(1), buy=True)))
made.take(trades(Trade(400, 30 * MINUTE_US, Decimal(100), Decimal(1), buy=True), healed=True))
made.take(heartbeat(500 * MINUTE_US))
rows = closed(made)
derived = made.series.take(made.series.inputs(rows))
made.series.loaded.add(1)
made.take(trades(Trade(401, 501 * MINUTE_US, Decimal(100), Decimal(1), buy=True)))
assert forming_columns(made.state, made.series, [1])[1]["1m"].times
assert len(derived.anchors)
made.series.begin(made.series.slot(1, 0), derived.anchors[0].tobytes(), made.series.inputs(rows[:256]))
minute = 20 * MINUTE_US
record = np.array([(minute + 5, 77, 100.0, 1.0, 1, 1)], RECORD_DTYPE)
made.let_in([1], record, 1)
may_enter(made.state, record[0])
symbol, sessions = made.state.symbols[1], made.state.sessions
revision.day_of(symbol, sessions, minute)
minutes = revision.to_rows(1, [Minute(minute, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 1, 1, 1, "complete")])
entries = np.zeros(2, ENTRY_DTYPE)
entries["time"], entries["price"], entries["going"] = minute + 1, 100.0, [False, True]
entries["gone"] = entries["going"]
minutes = rebuild_minutes(symbol, 1, minutes, {minute: entries[:1]}, 99.0)
minutes = rebuild_minutes(symbol, 1, minutes, {minute: entries[1:]}, 99.0)
rebuild_open(made.state.symbols[1:2], made.state.minutes[1, 0:1], minute, entries[~entries["gone"]])
revision.refill_flat_minutes(minutes)
revision.cascade_anew(1, symbol, sessions, minutes)
after = compiled()
print({name: count for name, count in after.items() if count != before.get(name)})
"""


def test_no_kernel_is_compiled_after_the_warm_up() -> None:
    tests = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tests.parent / "services"), str(tests)])}
    found = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, timeout=100, check=False
    )
    assert (found.stdout.strip(), found.returncode) == ("{}", 0), found.stderr
