"""A stock trade as the simulated Alpaca knows it, and the forms in which stream and REST show it. Pure."""

import struct
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

import msgspec

_BILLION: Final = 1_000_000_000
MINUTE_NS: Final = 60 * _BILLION


class Trade(NamedTuple):
    """Time in nanoseconds since 1970 (UTC); `exchange` and `tape` are the letters of the tapes."""

    symbol: str
    trade_id: int
    price: float
    size: float
    time_ns: int
    conditions: tuple[str, ...] = ("@",)
    exchange: str = "V"
    tape: str = "C"
    update: str = ""
    """What became of it: `canceled`, `incorrect` (another stands in its place) or `corrected` (it stands there)."""

    def as_message(self) -> dict[str, Any]:
        """Return the stream's message; `t` is left as nanoseconds for `encode_frame`."""
        return {"T": "t", "S": self.symbol, **self.as_row(), "t": Nanoseconds(self.time_ns)}

    def as_row(self) -> dict[str, Any]:
        """Return the row of REST."""
        return {
            "i": self.trade_id,
            "x": self.exchange,
            "p": self.price,
            "s": self.size,
            "t": rfc_3339(self.time_ns),
            "c": list(self.conditions),
            "z": self.tape,
            **({"u": self.update} if self.update else {}),
        }


class Nanoseconds(int):
    """A time that the stream shows as a msgpack timestamp or as RFC 3339 text."""


def rfc_3339(time_ns: int) -> str:
    """Return a time with nanoseconds, without trailing zeros, as `2021-02-22T15:51:44.208Z`."""
    seconds, rest = divmod(time_ns, _BILLION)
    text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f".{rest:09d}".rstrip("0").rstrip(".")
    return f"{text}{fraction}Z"


def encode_frame(messages: list[dict[str, Any]], *, binary: bool) -> bytes:
    """Return a frame of the stream: an array of messages in msgpack or JSON."""
    shown = [{name: _shown(value, binary=binary) for name, value in message.items()} for message in messages]
    return msgspec.msgpack.encode(shown) if binary else msgspec.json.encode(shown)


def _shown(value: Any, *, binary: bool) -> Any:
    if not isinstance(value, Nanoseconds):
        return value
    if not binary:
        return rfc_3339(value)
    seconds, rest = divmod(int(value), _BILLION)
    # "timestamp 64" of the msgpack specification: 30 bits of nanoseconds, 34 bits of seconds.
    return msgspec.msgpack.Ext(-1, struct.pack(">Q", rest << 34 | seconds))
