"""Kernels that check a trade before it reaches a bar, and hold a price that moved too far until others confirm it.

A price fails when it is both more than `change` away from the last one and more than `z_score` deviations from the
mean of the last hundred: either alone is ordinary, in a fast or in a quiet market. It is held back. Trades that
follow at that level, each at a later time, confirm it; then all held trades between the old level and the new one go
on, in order. When trades go on at the old level instead, or a minute passes, the held ones go to quarantine.
Pure: arrays in, arrays out.
"""

from typing import Final

import numpy as np

from tickloom.market.timeframes import MICROSECONDS_PER_MINUTE
from tickloom.processor.compiled import compiled
from tickloom.processor.quality_state import FRESHNESS, MINIMUM, PASSED, PRICE, VOLUME, WINDOW
from tickloom.processor.state import Array, Record
from tickloom.wire.batches import TradeFlag

CONFIRMATIONS: Final = 3
"""Following trades that make a held level the new one."""
RETURNS: Final = 10
"""Trades at the old level after which a held one is wrong."""
HOLD_US: Final = MICROSECONDS_PER_MINUTE
MAXIMUM_HELD: Final = 32
"""More trades of one symbol are not held: the level was not confirmed by so many, so it is none."""
ROOM_FOR_FAILURES: Final = MAXIMUM_HELD + 2
LATEST_US: Final = 4_102_444_800_000_000
"""The year 2100: a trade beyond it has a broken time."""
_SIZES: Final = 1000
_MINUTES: Final = 60
_HEALED: Final = int(TradeFlag.HEALED)


@compiled
def is_possible(time_us: int) -> bool:
    """Tell whether an exchange time can be true at all; sums with a time near the limit of int64 would wrap around."""
    return bool(0 < time_us < LATEST_US)


@compiled
def is_valid(price: float, size: float, time_us: int) -> bool:
    """Tell whether a trade's values can be true at all."""
    return bool(0.0 < price < np.inf and 0.0 <= size < np.inf and is_possible(time_us))


@compiled
def deviation(window: Array, count: int, price: float) -> float:
    """Return how many standard deviations a price lies from the mean of the last prices."""
    used = min(count, WINDOW)
    total = 0.0
    for i in range(used):
        total += window[i]
    mean = total / used
    squares = 0.0
    for i in range(used):
        squares += (window[i] - mean) ** 2
    spread = np.sqrt(squares / used)
    if spread > 0:
        return float(abs(price - mean) / spread)
    return np.inf if price != mean else 0.0


@compiled
def _moved_far(quality: Record, price: float) -> bool:
    return bool(quality.prices >= quality.needed and abs(price - quality.last) > quality.change * quality.last)


@compiled
def _outweighs(quality: Record, size: float) -> bool:
    # Sizes have a long tail: a block trade is wrong only if it outweighs whole minutes as well.
    usual = max(quality.volume_factor * quality.mean_size, quality.mean_volume, quality.minute_volume)
    return bool(quality.sizes >= MINIMUM and quality.mean_size > 0 and size > usual)


@compiled
def passes_at_once(quality: Record, watermark: int, price: float, size: float, time_us: int) -> bool:
    """Tell whether a live trade passes every check without a look at the prices before it."""
    return (
        is_valid(price, size, time_us)
        and time_us >= watermark - quality.max_age_us
        and not _moved_far(quality, price)
        and not _outweighs(quality, size)
    )


@compiled
def judge(
    quality: Record, window: Array, watermark: int, price: float, size: float, time_us: int, flags: int
) -> tuple[int, float, float, float]:
    """Return the code of the first check that a valid trade fails, what was measured, against what, and the z-score.

    `watermark` is the feed's own time: the local clock may be wrong, and a replay's trades are old. A trade that was
    fetched later is not stale, and when it is old its price has nothing to do with the last ones.
    """
    old = time_us < watermark - quality.max_age_us
    if old and not flags & _HEALED:
        return FRESHNESS, (watermark - time_us) / 1e6, float(watermark), np.nan
    if not old and _moved_far(quality, price):
        z_score = deviation(window, quality.prices, price)
        if z_score > quality.z_score:
            return PRICE, (price / quality.last - 1.0) * 100.0, quality.last, z_score
    if _outweighs(quality, size):
        return VOLUME, size / quality.mean_size, quality.mean_size, np.nan
    return PASSED, 0.0, 0.0, np.nan


@compiled
def observe(quality: Record, window: Array, price: float, size: float, time_us: int) -> None:
    """Remember an accepted trade."""
    window[quality.prices % WINDOW] = price
    count_in(quality, price, size, time_us)


@compiled
def count_in(quality: Record, price: float, size: float, time_us: int) -> None:
    """Remember an accepted trade whose price is in the window already."""
    quality.prices += 1
    quality.last = price
    quality.sizes += 1
    quality.mean_size += (size - quality.mean_size) / min(quality.sizes, _SIZES)
    minute = time_us // MICROSECONDS_PER_MINUTE
    if minute > quality.minute:
        if quality.minute > 0:
            quality.minutes += 1
            quality.mean_volume += (quality.minute_volume - quality.mean_volume) / min(quality.minutes, _MINUTES)
        quality.minute = minute
        quality.minute_volume = 0.0
    if minute == quality.minute:
        quality.minute_volume += size


@compiled
def note_failure(
    rows: Array, index: int, number: int, trade: Record, received_us: int, reason: int, measured: float,
    reference: float, z_score: float,
) -> None:  # fmt: skip
    """Write down a trade that failed, at an index of `held` or of the quarantine output."""
    row = rows[index]
    row.symbol_no = number
    row.exchange_us = trade.exchange_us
    row.received_us = received_us
    row.trade_id = trade.trade_id
    row.price = trade.price
    row.size = trade.size
    row.flags = np.int64(trade.flags)
    row.reason = reason
    row.flagged = 0
    row.measured = measured
    row.reference = reference
    row.z_score = z_score


@compiled
def agree(quality: Record, price: float, time_us: int) -> bool:
    """Note a price beyond the limits; tells whether the trades before it and itself make it the new level."""
    if quality.level > 0 and abs(price - quality.level) <= quality.change * quality.level:
        # Trades of one moment come from one order: a sweep through the book does not confirm itself.
        if time_us > quality.level_us:
            quality.agreeing += 1
            quality.level_us = time_us
    else:
        quality.agreeing = 0
        quality.level_us = time_us
        if quality.level == 0:
            quality.held_us = time_us
    quality.level = price
    quality.returned = 0
    return bool(quality.agreeing >= CONFIRMATIONS)


@compiled
def forget_level(quality: Record) -> None:
    """End a hold."""
    quality.level = 0.0
    quality.agreeing = 0
    quality.returned = 0
    quality.level_us = 0
    quality.held_us = 0


@compiled
def adopt_level(quality: Record) -> None:
    """Take the level for the new one: the prices before it say nothing of the next."""
    quality.left = quality.last
    quality.last = quality.level
    quality.prices = 0
    quality.needed = 1


@compiled
def is_on_the_way(quality: Record, price: float) -> bool:
    """Tell whether a held price lies between the level that was left and the one that was adopted."""
    low = min(quality.left, quality.level) * (1.0 - quality.change)
    high = max(quality.left, quality.level) * (1.0 + quality.change)
    return bool(low <= price <= high)


@compiled
def take_held(number: int, held: Array, counts: Array, out: Array) -> None:
    """Move the oldest held trade of a symbol to the first row of `out`; the others keep their order."""
    found = 0
    while held[found].symbol_no != number:
        found += 1
    out[0] = held[found]
    counts[0].held -= 1
    for i in range(found, counts[0].held):
        held[i] = held[i + 1]


@compiled
def refuse_held(number: int, quality: Record, held: Array, quarantined: Array, counts: Array) -> None:
    """Send all held trades of a symbol to quarantine."""
    while quality.held > 0:
        take_held(number, held, counts, quarantined[counts[0].quarantined :])
        counts[0].quarantined += 1
        quality.held -= 1
    forget_level(quality)


@compiled
def settle(number: int, quality: Record, watermark: int, held: Array, quarantined: Array, counts: Array) -> None:
    """Give up a hold that nobody confirmed, because the market went on at the old level or time passed."""
    if quality.level > 0 and (quality.returned >= RETURNS or watermark > quality.held_us + HOLD_US):
        refuse_held(number, quality, held, quarantined, counts)
