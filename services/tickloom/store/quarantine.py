"""Trades that failed a check: written by the processor, decided by an operator, let in by the processor again.

An operator's release is a request in the row. The processor that owns the symbol answers it in the transaction that
stores the revised bars, so a trade is let in exactly once, whatever is killed in between.
"""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple

from tickloom.store.connection import Connection, translate_errors
from tickloom.store.errors import OwnershipLost

CHANNEL: Final = "quarantine"
"""Notified when an operator has decided something."""
State = Literal["quarantined", "flagged", "release_requested", "released", "discarded"]
_TYPES: Final = {
    "symbol_no": "integer",
    "trade_id": "bigint",
    "exchange_us": "bigint",
    "received_us": "bigint",
    "price": "double precision",
    "size": "double precision",
    "flags": "bigint",
    "reason": "text",
    "measured": "double precision",
    "reference": "double precision",
    "z_score": "double precision",
    "state": "text",
}
_INSERT: Final = f"""
    INSERT INTO quarantined_trades ({", ".join(_TYPES)})
    SELECT {", ".join(_TYPES)} FROM unnest({", ".join(f"${n}::{kind}[]" for n, kind in enumerate(_TYPES.values(), 1))})
         WITH ORDINALITY AS row ({", ".join(_TYPES)}, position) ORDER BY position
"""  # noqa: S608 - built from the constants above only


@dataclass(frozen=True, slots=True)
class FailedTrades:
    """Trades that failed a check, as columns of equal length; times in microseconds since 1970 (UTC)."""

    symbol_no: list[int]
    trade_id: list[int]
    exchange_us: list[int]
    received_us: list[int]
    price: list[float]
    size: list[float]
    flags: list[int]
    reason: list[str]
    measured: list[float]
    reference: list[float]
    z_score: list[float | None]
    state: list[str]


assert tuple(_TYPES) == tuple(field.name for field in fields(FailedTrades))  # noqa: S101 - the statement relies on it


class Quarantined(NamedTuple):
    """A row of `quarantined_trades`, with the symbol's id."""

    quarantine_no: int
    symbol: str
    trade_id: int
    exchange_us: int
    price: float
    size: float
    reason: str
    measured: float
    reference: float
    z_score: float | None
    state: State
    quarantined_at: datetime
    decided_at: datetime | None
    decided_by: str | None


class Requested(NamedTuple):
    """A trade that an operator released and that is in no bar yet."""

    quarantine_no: int
    symbol_no: int
    trade_id: int
    exchange_us: int
    price: float
    size: float
    flags: int


async def write_failures(connection: Connection, trades: FailedTrades) -> None:
    """Store trades that failed; call it inside the transaction that stores the bars without them."""
    await connection.execute(_INSERT, *(getattr(trades, name) for name in _TYPES))


async def read_requested(connection: Connection, symbol_nos: list[int]) -> list[Requested]:
    """Return released trades of symbols that wait to be let in, in exchange-time order. Raises StoreUnavailable."""
    async with translate_errors("reading released trades"):
        rows = await connection.fetch(
            "SELECT quarantine_no, symbol_no, trade_id, exchange_us, price, size, flags FROM quarantined_trades"
            " WHERE state = 'release_requested' AND symbol_no = ANY ($1)"
            " ORDER BY symbol_no, exchange_us, quarantine_no LIMIT 10000",
            symbol_nos,
        )
    return [Requested(*row.values()) for row in rows]


async def mark_released(connection: Connection, quarantine_nos: list[int]) -> None:
    """Note that trades are let in; call it inside the transaction that stores their effect. Raises OwnershipLost."""
    released = await connection.fetchval(
        "WITH released AS (UPDATE quarantined_trades SET state = 'released', decided_at = now()"
        " WHERE quarantine_no = ANY ($1) AND state = 'release_requested' RETURNING 1) SELECT count(*) FROM released",
        quarantine_nos,
    )
    if released != len(quarantine_nos):
        raise OwnershipLost("a released trade was let in by another processor")


async def list_quarantined(
    connection: Connection,
    *,
    symbol_no: int | None = None,
    state: State | None = None,
    before: int | None = None,
    limit: int = 100,
) -> list[Quarantined]:
    """Return trades that failed a check, latest first, those numbered below `before`. Raises StoreUnavailable."""
    async with translate_errors("reading the quarantine"):
        rows = await connection.fetch(
            """
            SELECT q.quarantine_no, s.exchange || ':' || s.symbol, q.trade_id, q.exchange_us, q.price, q.size, q.reason,
                   q.measured, q.reference, q.z_score, q.state, q.quarantined_at, q.decided_at, q.decided_by
            FROM quarantined_trades q JOIN symbols s USING (symbol_no)
            WHERE ($1::int IS NULL OR symbol_no = $1) AND ($2::text IS NULL OR state = $2)
              AND ($3::bigint IS NULL OR quarantine_no < $3)
            ORDER BY quarantine_no DESC LIMIT $4
            """,
            symbol_no,
            state,
            before,
            limit,
        )
    return [Quarantined(*row.values()) for row in rows]


async def decide(
    connection: Connection, quarantine_nos: list[int], decision: Literal["release", "discard"], *, by: str
) -> dict[int, Any]:
    """Release or discard trades; returns for each number its state now, None where there is no such trade.

    Only a trade in state `quarantined` changes: what was decided stays, and a trade without valid values cannot be
    let in. Raises StoreUnavailable.
    """
    state = "release_requested" if decision == "release" else "discarded"
    async with translate_errors("deciding on quarantined trades"), connection.transaction():
        await connection.execute(
            "UPDATE quarantined_trades SET state = $2, decided_by = $3, decided_at = now()"
            " WHERE quarantine_no = ANY ($1) AND state = 'quarantined' AND ($2 <> 'release_requested'"
            " OR reason <> 'validity')",
            quarantine_nos,
            state,
            by,
        )
        rows = await connection.fetch(
            "SELECT quarantine_no, state FROM quarantined_trades WHERE quarantine_no = ANY ($1)", quarantine_nos
        )
    found = {row["quarantine_no"]: row["state"] for row in rows}
    return {number: found.get(number) for number in quarantine_nos}
