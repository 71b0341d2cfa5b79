"""The checks of one symbol in plain Python, as `docs/QUALITY.md` tells them: lists, no state but what was seen."""

from dataclasses import dataclass, field
from statistics import fmean, pstdev
from typing import NamedTuple

from support.oracle import MINUTE_US


class Tick(NamedTuple):
    """A trade as the checks see it."""

    trade_id: int
    time_us: int
    price: float
    size: float


@dataclass
class QualityOracle:
    """Takes trades one by one; `accepted` is in the order in which they reach bars."""

    max_change: float = 0.10
    z_limit: float = 3.0
    max_age_us: int = 60_000_000
    volume_factor: float = 100.0
    accepted: list[Tick] = field(default_factory=list)
    quarantined: list[tuple[Tick, str]] = field(default_factory=list)
    prices: list[float] = field(default_factory=list)
    needed: int = 20
    mean_size: float = 0.0
    sizes: int = 0
    volumes: dict[int, float] = field(default_factory=dict)
    mean_volume: float = 0.0
    held: list[Tick] = field(default_factory=list)
    agreeing: int = 0
    returned: int = 0
    level_us: int = 0
    watermark: int = 0

    def take(self, tick: Tick) -> None:
        """Check one trade."""
        if not (0 < tick.price < float("inf") and 0 <= tick.size < float("inf")):
            self.quarantined.append((tick, "validity"))
            return
        reason = self._reason(tick)
        if self.held:
            self.returned += reason is None
            if self.returned >= 10 or max(self.watermark, tick.time_us) > self.held[0].time_us + MINUTE_US:
                self._refuse()
        if reason == "price":
            self._hold(tick)
        elif reason is not None:
            self.quarantined.append((tick, reason))
        else:
            self._accept(tick)

    def pass_time(self, watermark: int) -> None:
        """Take a heartbeat."""
        self.watermark = max(self.watermark, watermark)
        if self.held and self.watermark > self.held[0].time_us + MINUTE_US:
            self._refuse()

    def _reason(self, tick: Tick) -> str | None:
        if tick.time_us < self.watermark - self.max_age_us:
            return "freshness"
        if len(self.prices) >= self.needed:
            last, window = self.prices[-1], self.prices[-100:]
            far = abs(tick.price - last) > self.max_change * last
            if far and abs(tick.price - fmean(window)) > self.z_limit * pstdev(window):
                return "price"
        volume_now = self.volumes.get(max(self.volumes, default=0), 0.0)
        outweighs = tick.size > max(self.volume_factor * self.mean_size, self.mean_volume, volume_now)
        return "volume" if self.sizes >= 20 and self.mean_size > 0 and outweighs else None

    def _accept(self, tick: Tick) -> None:
        self.accepted.append(tick)
        self.watermark = max(self.watermark, tick.time_us)
        self.prices.append(tick.price)
        self.sizes += 1
        self.mean_size += (tick.size - self.mean_size) / min(self.sizes, 1000)
        minute, newest = tick.time_us // MINUTE_US, max(self.volumes, default=0)
        if minute > newest and self.volumes:
            self.mean_volume += (self.volumes[newest] - self.mean_volume) / min(len(self.volumes), 60)
        if minute >= newest:
            self.volumes[minute] = self.volumes.get(minute, 0.0) + tick.size

    def _hold(self, tick: Tick) -> None:
        if len(self.held) >= 32:
            self._refuse()
        if self.held and abs(tick.price - self.held[-1].price) <= self.max_change * self.held[-1].price:
            if tick.time_us > self.level_us:
                self.agreeing, self.level_us = self.agreeing + 1, tick.time_us
        else:
            self.agreeing, self.level_us = 0, tick.time_us
        self.returned = 0
        self.held.append(tick)
        if self.agreeing == 3:
            self._release()

    def _release(self) -> None:
        old, new = self.prices[-1], self.held[-1].price
        low, high = min(old, new) * (1 - self.max_change), max(old, new) * (1 + self.max_change)
        held, self.held = self.held, []
        self.agreeing = self.returned = 0
        self.prices, self.needed = [], 1
        for tick in held:
            if low <= tick.price <= high:
                self._accept(tick)
            else:
                self.quarantined.append((tick, "price"))

    def _refuse(self) -> None:
        self.quarantined += [(tick, "price") for tick in self.held]
        self.held, self.agreeing, self.returned = [], 0, 0
