"""Names of symbols: one spelling inside the product, and its forms at the edges.

A symbol id is `{exchange}:{symbol}` in the exchange's own spelling, as in `binance:BTCUSDT`.
"""

import hashlib
import re
from typing import NamedTuple, Self

_EXCHANGE_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_MAXIMUM_SYMBOL_LENGTH = 64


class InvalidSymbolId(ValueError):
    """A text is not `{exchange}:{symbol}`."""


class SymbolId(NamedTuple):
    """A symbol of one exchange."""

    exchange: str
    symbol: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `{exchange}:{symbol}`; raises InvalidSymbolId naming what is wrong."""
        exchange, separator, symbol = text.partition(":")
        if not separator:
            raise InvalidSymbolId(f"{text!r} has no exchange: write it as exchange:symbol, as binance:BTCUSDT")
        if not _EXCHANGE_NAME.fullmatch(exchange):
            raise InvalidSymbolId(f"{exchange!r} is no exchange name: lower-case letters, digits and '-' only")
        if not is_symbol(symbol):
            raise InvalidSymbolId(
                f"{symbol!r} is no symbol: 1 to {_MAXIMUM_SYMBOL_LENGTH} printable characters without spaces"
            )
        return cls(exchange, symbol)

    def __str__(self) -> str:
        return f"{self.exchange}:{self.symbol}"


def is_symbol(text: str) -> bool:
    """Tell whether a text can be an exchange's symbol; Binance uses non-ASCII letters too."""
    return 0 < len(text) <= _MAXIMUM_SYMBOL_LENGTH and text.isprintable() and not re.search(r"[\s:]", text)


def kubernetes_name(symbol: SymbolId) -> str:
    """Return a DNS label for a symbol, with a short hash where lower-casing loses information."""
    plain = f"{symbol.exchange}-{symbol.symbol}"
    label = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:50].strip("-")
    if label.upper() == plain.upper() and symbol.symbol == symbol.symbol.upper():
        return label
    return f"{label}-{hashlib.sha256(plain.encode()).hexdigest()[:8]}"


def partition_of(symbol: str, partitions: int) -> int:
    """Return the stream partition of a symbol: stable across processes, versions and machines."""
    digest = hashlib.blake2b(symbol.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") % partitions
