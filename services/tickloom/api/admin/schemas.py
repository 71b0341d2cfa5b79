"""Shapes of `/admin`."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from tickloom.api.accounts.schemas import NewPassword, UserName
from tickloom.api.accounts.tokens import RoleName
from tickloom.api.health.routes import Components
from tickloom.store import users


class NewUser(BaseModel):
    """A user whom an admin makes."""

    model_config = ConfigDict(strict=True)

    username: UserName
    role: RoleName = "viewer"
    password: NewPassword | None = Field(default=None, description="Absent: the user cannot log in until one is set")


class UserChange(BaseModel):
    """What shall change of a user; what is absent stays."""

    model_config = ConfigDict(strict=True)

    role: RoleName | None = None
    disabled: bool | None = Field(default=None, description="True keeps the user out and ends sessions and tokens")
    password: NewPassword | None = None


class User(BaseModel):
    """A user."""

    username: str
    role: RoleName
    created_at: datetime
    disabled_at: datetime | None = Field(description="Since when the user is kept out")

    @classmethod
    def of(cls, row: users.User) -> "User":
        """Return a row as the API shows it."""
        shown = {"role": row.role, "created_at": row.created_at, "disabled_at": row.disabled_at}
        return cls.model_validate({"username": row.name, **shown})


class UserList(BaseModel):
    """Users in the order in which they came."""

    users: list[User]
    next_cursor: str | None


class AuditEntry(BaseModel):
    """A change of accounts or tokens."""

    id: int
    at: datetime
    actor: str = Field(description="A user name; `cli:…` for somebody at the command line")
    action: str = Field(examples=["user.role"])
    subject: str
    address: str | None
    detail: dict[str, Any]


class AuditList(BaseModel):
    """Entries of the audit log, latest first."""

    entries: list[AuditEntry]
    next_cursor: str | None


class Process(BaseModel):
    """What a process last said of itself."""

    role: str
    instance: str
    state: str
    detail: str
    exchange: str
    at: float = Field(description="Unix seconds")
    trades_per_second: float


class Database(BaseModel):
    """The database server, and how much it holds."""

    postgresql: str
    timescaledb: str | None
    size_bytes: int
    connections: int


class Redis(BaseModel):
    """The Redis or Valkey server."""

    version: str
    used_memory_bytes: int
    clients: int


class Catalog(BaseModel):
    """How much is collected."""

    exchanges: int
    symbols: int


class SystemReport(BaseModel):
    """How the parts are; null where one cannot be asked."""

    version: str
    components: Components
    processes: list[Process]
    database: Database | None
    redis: Redis | None
    catalog: Catalog
