"""The audit log: who changed what in accounts and tokens. Written in the transaction of the change; holds no secret."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tickloom.store.connection import Connection


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, and from where."""

    name: str
    address: str | None = None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """A row of `audit_log`."""

    entry_no: int
    at: datetime
    actor: str
    action: str
    subject: str
    address: str | None
    detail: dict[str, Any]


async def write_audit(connection: Connection, actor: Actor, action: str, subject: str, **detail: Any) -> None:
    """Add an entry to the audit log; call it in the transaction of the change. `detail` must hold no secret."""
    await connection.execute(
        "INSERT INTO audit_log (actor, action, subject, address, detail) VALUES ($1, $2, $3, $4, $5::jsonb)",
        actor.name,
        action,
        subject,
        actor.address,
        json.dumps(detail),
    )


async def read_audit(
    connection: Connection, *, before: int | None, subject: str | None = None, limit: int
) -> list[AuditEntry]:
    """Return entries of the audit log, newest first, those before a number."""
    rows = await connection.fetch(
        "SELECT entry_no, at, actor, action, subject, address, detail FROM audit_log"
        " WHERE ($1::bigint IS NULL OR entry_no < $1) AND ($2::text IS NULL OR subject = $2)"
        " ORDER BY entry_no DESC LIMIT $3",
        before,
        subject,
        limit,
    )
    return [AuditEntry(**{**dict(row), "detail": json.loads(row["detail"])}) for row in rows]
