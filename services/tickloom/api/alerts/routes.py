"""The /alerts routes. Whoever may read may see his own alerts; setting them takes the role trader."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from tickloom.api.accounts.access import require
from tickloom.api.accounts.tokens import Identity
from tickloom.api.alerts import schemas
from tickloom.api.alerts.service import cursor_after, to_alert, to_defined, to_delivery, to_event, to_row
from tickloom.api.context import context_of
from tickloom.api.problems import Ambiguous, Conflict, NotAllowed, NotAuthenticated, NotFound, documented
from tickloom.store import alert_deliveries, alerts

router = APIRouter(tags=["alerts"])
Reader = Annotated[Identity, Depends(require("viewer", "alerts"))]
Setter = Annotated[Identity, Depends(require("trader", "alerts"))]
AlertId = Annotated[int, Path(ge=1, le=2**63 - 1)]
Limit = Annotated[int, Query(ge=1, le=500, description="Entries at most")]
Cursor = Annotated[str | None, Query(pattern="^[0-9]{1,18}$", description="`next_cursor` of the page before")]
_ACCESS = (NotAuthenticated, NotAllowed)


def _before(cursor: str | None) -> int | None:
    return None if cursor is None else int(cursor)


def _found(alert: alerts.Alert | None, alert_id: int) -> alerts.Alert:
    if alert is None:
        raise NotFound(f"you have no alert {alert_id}: GET /api/v1/alerts lists those there are")
    return alert


@router.get(
    "/alerts",
    operation_id="list_alerts",
    response_model=schemas.AlertList,
    responses=documented(*_ACCESS, NotFound, Ambiguous),
)
async def list_alerts(
    request: Request,
    identity: Reader,
    symbol: Annotated[str | None, Query(max_length=128, description="Only alerts of this symbol")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> schemas.AlertList:
    """List your alerts, the latest first."""
    context = context_of(request)
    number = context.find_symbol(symbol).symbol_no if symbol else None
    async with context.connection() as connection:
        rows = await alerts.list_alerts(
            connection, identity.user, symbol_no=number, before=_before(cursor), limit=limit + 1
        )
    return schemas.AlertList.model_construct(
        alerts=[to_alert(row) for row in rows[:limit]],
        next_cursor=cursor_after([row.alert_id for row in rows], limit),
    )


@router.post(
    "/alerts",
    operation_id="create_alert",
    status_code=201,
    response_model=schemas.DefinedAlert,
    responses=documented(*_ACCESS, Ambiguous, Conflict),
)
async def create_alert(
    request: Request, response: Response, identity: Setter, wanted: schemas.AlertDefinition
) -> schemas.DefinedAlert:
    """Set an alert. It fires when its condition becomes true: one that is true already has to become false first."""
    context = context_of(request)
    definition = to_row(context, wanted)
    try:
        async with context.connection() as connection:
            row = await alerts.create_alert(connection, identity.user, definition)
    except alerts.UnknownOwner as error:
        raise NotAuthenticated("your account is gone: log in again") from error
    except alerts.TooManyAlerts as error:
        raise Conflict(str(error)) from error
    response.headers["Location"] = f"{request.url.path}/{row.alert_id}"
    return to_defined(row)


@router.get(
    "/alerts/{alert_id}",
    operation_id="get_alert",
    response_model=schemas.Alert,
    responses=documented(*_ACCESS, NotFound),
)
async def get_alert(request: Request, identity: Reader, alert_id: AlertId) -> schemas.Alert:
    """Return one of your alerts."""
    async with context_of(request).connection() as connection:
        row = await alerts.read_alert(connection, identity.user, alert_id)
    return to_alert(_found(row, alert_id))


@router.put(
    "/alerts/{alert_id}",
    operation_id="replace_alert",
    response_model=schemas.DefinedAlert,
    responses=documented(*_ACCESS, NotFound, Ambiguous, Conflict),
)
async def replace_alert(
    request: Request, identity: Setter, alert_id: AlertId, wanted: schemas.AlertDefinition
) -> schemas.DefinedAlert:
    """Give one of your alerts another definition, and arm it again."""
    context = context_of(request)
    definition = to_row(context, wanted)
    async with context.connection() as connection:
        row = await alerts.replace_alert(connection, identity.user, alert_id, definition)
    return to_defined(_found(row, alert_id))


@router.delete(
    "/alerts/{alert_id}", operation_id="delete_alert", status_code=204, responses=documented(*_ACCESS, NotFound)
)
async def delete_alert(request: Request, identity: Setter, alert_id: AlertId) -> Response:
    """Delete one of your alerts; it fires no more."""
    async with context_of(request).connection() as connection:
        if not await alerts.delete_alert(connection, identity.user, alert_id):
            _found(None, alert_id)
    return Response(status_code=204)


@router.get(
    "/alerts/{alert_id}/events",
    operation_id="list_alert_events",
    response_model=schemas.AlertEventList,
    responses=documented(*_ACCESS, NotFound),
)
async def list_alert_events(
    request: Request, identity: Reader, alert_id: AlertId, limit: Limit = 100, cursor: Cursor = None
) -> schemas.AlertEventList:
    """List the times that one of your alerts fired, the latest first."""
    async with context_of(request).connection() as connection:
        _found(await alerts.read_alert(connection, identity.user, alert_id), alert_id)
        rows = await alerts.list_events(connection, alert_id, before=_before(cursor), limit=limit + 1)
    return schemas.AlertEventList(
        events=[to_event(row) for row in rows[:limit]],
        next_cursor=cursor_after([row.event_id for row in rows], limit),
    )


@router.get(
    "/alerts/{alert_id}/deliveries",
    operation_id="list_alert_deliveries",
    response_model=schemas.AlertDeliveryList,
    responses=documented(*_ACCESS, NotFound),
)
async def list_alert_deliveries(
    request: Request,
    identity: Reader,
    alert_id: AlertId,
    state: Annotated[
        schemas.DeliveryState | None, Query(description="Only these; `dead` for what was given up")
    ] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> schemas.AlertDeliveryList:
    """List where the events of one of your alerts went, and what became of each, the latest first."""
    async with context_of(request).connection() as connection:
        _found(await alerts.read_alert(connection, identity.user, alert_id), alert_id)
        rows = await alert_deliveries.list_deliveries(
            connection, alert_id, state=state, before=_before(cursor), limit=limit + 1
        )
    return schemas.AlertDeliveryList(
        deliveries=[to_delivery(row) for row in rows[:limit]],
        next_cursor=cursor_after([row.delivery_id for row in rows], limit),
    )


@router.post(
    "/alerts/{alert_id}/deliveries/{delivery_id}/retry",
    operation_id="retry_alert_delivery",
    status_code=202,
    responses=documented(*_ACCESS, NotFound),
)
async def retry_alert_delivery(request: Request, identity: Setter, alert_id: AlertId, delivery_id: AlertId) -> Response:
    """Let a delivery that was given up be tried again, from the first attempt."""
    async with context_of(request).connection() as connection:
        _found(await alerts.read_alert(connection, identity.user, alert_id), alert_id)
        if not await alert_deliveries.revive_delivery(connection, alert_id, delivery_id):
            raise NotFound(f"alert {alert_id} has no dead delivery {delivery_id}")
    return Response(status_code=202)
