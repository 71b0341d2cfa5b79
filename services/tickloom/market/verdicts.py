"""The verdict every bar carries: how much its numbers can be trusted, and why."""

from collections.abc import Iterable
from enum import IntEnum


class Verdict(IntEnum):
    """What is known of a bar's completeness, best first; the numbers are stored in checkpoints."""

    COMPLETE = 0
    """Every trade of the interval is in the bar."""
    HEALED = 1
    """Trades were missed on the live feed and fetched afterwards; the bar is whole."""
    REVISED = 2
    """The bar changed after it was closed, through a late trade, a correction or a cancel."""
    PARTIAL = 3
    """Collection began or ended inside the interval, or trades of it are known to be missing."""
    SUSPECT = 4
    """A quality check failed."""
    FEED_DOWN = 5
    """There is no data because the feed was down; the bar has no prices."""

    @property
    def label(self) -> str:
        """The spelling used in the database and at the API."""
        return self.name.lower()

    @classmethod
    def parse(cls, label: str) -> "Verdict":
        """Read a label such as `feed_down`; raises KeyError."""
        return cls[label.upper()]


def combine(children: Iterable[Verdict], *, missing: bool = False) -> Verdict:
    """Return the verdict of a longer bar from those of the minutes inside it.

    A longer bar without any data is `feed_down`; one that lacks a part of its interval is `partial`; else it is
    as trustworthy as its least trustworthy minute. `missing` says that minutes of the interval have no bar.
    """
    verdicts = set(children)
    if not verdicts or verdicts == {Verdict.FEED_DOWN}:
        return Verdict.FEED_DOWN
    if Verdict.FEED_DOWN in verdicts or missing:
        verdicts = (verdicts - {Verdict.FEED_DOWN}) | {Verdict.PARTIAL}
    return max(verdicts)
