"""What the simulated Yahoo plays."""

from dataclasses import dataclass
from typing import Final

DEFAULT_SYMBOLS: Final = ("THYAO.IS", "GARAN.IS", "XU100.IS")


@dataclass(frozen=True)
class YahooConfig:
    """A port of 0 is any free one; `calendar` says when the symbols trade, `zone` where."""

    host: str = "127.0.0.1"
    port: int = 0
    symbols: tuple[str, ...] = DEFAULT_SYMBOLS
    seed: int = 1
    calendar: str = "XIST"
    zone: str = "Europe/Istanbul"
    delay_seconds: float = 900.0
    """How late everything is told."""
