"""GET /health: open to everybody and never limited, so that a probe needs no account."""

import time
from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from tickloom.api.context import Context, context_of
from tickloom.api.symbols.freshness import present
from tickloom.bus.errors import BusUnavailable
from tickloom.bus.health import read_health
from tickloom.store.errors import StoreUnavailable

router = APIRouter(tags=["health"])
State = Literal["up", "degraded", "down"]


class Components(BaseModel):
    """The parts of the product."""

    database: State
    redis: State
    collectors: State
    processors: State


class Performance(BaseModel):
    """How much it does."""

    trades_per_second: float = Field(description="Trades that all processors took in the last second")


class HealthReport(BaseModel):
    """Whether the product works; 503 when it is down."""

    status: Literal["healthy", "degraded", "down"]
    components: Components
    performance: Performance
    simulated: bool


async def report(context: Context) -> HealthReport:
    """Look at every part."""
    components: dict[str, State] = {"database": "up", "redis": "up", "collectors": "down", "processors": "down"}
    rate = 0.0
    try:
        async with context.connection() as connection:
            await connection.fetchval("SELECT 1", timeout=2)
    except StoreUnavailable:
        components["database"] = "down"
    try:
        for record in present(await read_health(context.redis), time.time()):
            if f"{record.role}s" in components:
                components[f"{record.role}s"] = "up" if record.state == "ready" else "degraded"
            rate += record.trades_per_second if record.role == "processor" else 0.0
    except BusUnavailable:
        components["redis"] = "down"
    down = components["database"] == "down"
    return HealthReport(
        status="down" if down else "healthy" if set(components.values()) == {"up"} else "degraded",
        components=Components.model_validate(components),
        performance=Performance(trades_per_second=round(rate, 1)),
        simulated=any(exchange.simulated for exchange in context.catalog.exchanges.values()),
    )


@router.get(
    "/health",
    operation_id="get_health",
    response_model=HealthReport,
    responses={503: {"model": HealthReport, "description": "The database is away."}},
)
async def get_health(request: Request) -> JSONResponse:
    """Tell whether the product works, part by part; 503 when it is down."""
    health = await report(context_of(request))
    return JSONResponse(health.model_dump(), status_code=503 if health.status == "down" else 200)
