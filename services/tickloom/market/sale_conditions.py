"""Which parts of a bar a stock trade may change, by its sale conditions.

The consolidated tapes say so of each code: CTS (tapes A and B) and UTP (tape C) participant specifications, the tables
of "sale conditions" with the columns high/low, last and volume. Where a trade has several, the strictest holds.
"Last" decides opens as well. The footnotes that let a late or derived price set the last one when no other trade has
happened that day are not followed: Alpaca's own bars do not follow them either.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

_NOT_LAST: Final = frozenset("CGHIMNPQRTUVZ47")
_NOT_RANGE: Final = frozenset("CHIMNQRTUV7")
_NOT_VOLUME: Final = frozenset("MQ9")
_AVERAGE_PRICE: Final = {"A": "B", "B": "B", "C": "W"}
"""By tape; on tape C a `B` is a bunched trade, and an ordinary one."""


class Updates(NamedTuple):
    """What a trade may change."""

    last: bool
    """Open and close."""
    range: bool
    """High and low."""
    volume: bool


ALL: Final = Updates(last=True, range=True, volume=True)


def updates_of(conditions: Iterable[str], tape: str) -> Updates:
    """Return what a trade with these codes on a tape (`A`, `B` or `C`) may change; unknown codes restrict nothing."""
    codes = frozenset(conditions)
    average = _AVERAGE_PRICE.get(tape) in codes
    return Updates(
        last=not (average or codes & _NOT_LAST),
        range=not (average or codes & _NOT_RANGE),
        volume=not codes & _NOT_VOLUME,
    )
