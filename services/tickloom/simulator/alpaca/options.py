"""What the simulated Alpaca plays, and what its account may do."""

from dataclasses import dataclass
from typing import Final

DEFAULT_SYMBOLS: Final = ("AAPL", "MSFT", "SPY")


@dataclass(frozen=True)
class AlpacaConfig:
    """A port of 0 is any free one; REST and the stream share it."""

    host: str = "127.0.0.1"
    port: int = 0
    symbols: tuple[str, ...] = DEFAULT_SYMBOLS
    seed: int = 1
    generate: bool = True
    """Trades happen by themselves; else only those that the owner lets happen."""
    key: str = "simulated-key"
    secret: str = "simulated-secret"  # noqa: S105 - opens nothing but a simulator
    symbol_limit: int = 30
    """Symbols of which trades may be subscribed at once."""
    authentication_seconds: float = 10.0
    linger_seconds: float = 0.0
    """How long a connection that broke off without a farewell still counts as the one that is allowed."""
