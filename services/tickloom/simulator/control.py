"""The simulator's own routes: its status, its faults and its ledger. No exchange has them."""

from typing import Any

import msgspec
from aiohttp import web

from tickloom.simulator.errors import NotFaults
from tickloom.simulator.faults import parse_faults
from tickloom.simulator.playing import Player


def add_control_routes(app: web.Application, player: Player) -> None:
    """Add `/simulator/status`, `/simulator/ledger` and `/simulator/faults` (GET lists, POST adds)."""
    exchange = player.exchange

    async def status(_: web.Request) -> web.Response:
        return _json(
            {
                "source": player.source,
                "started": exchange.started,
                "finished": exchange.finished.is_set(),
                "trades_sent": exchange.sent,
                "exchange_time": exchange.true_time_ms(),
                "skipped_lines": player.skipped,
                "connections": len(exchange.listeners),
            }
        )

    async def ledger(_: web.Request) -> web.Response:
        return _json(exchange.ledger.as_document())

    async def faults(_: web.Request) -> web.Response:
        return _json([done.as_row() for done in exchange.ledger.faults])

    async def add_faults(request: web.Request) -> web.Response:
        try:
            added = parse_faults(msgspec.json.decode(await request.read()))
        except (NotFaults, ValueError, RecursionError) as error:
            return _json({"error": str(error)}, 400)
        for fault in added:
            exchange.disturbance.add(fault)
        return _json([done.as_row() for done in exchange.ledger.faults[-len(added) :]], 201)

    app.router.add_get("/simulator/status", status)
    app.router.add_get("/simulator/ledger", ledger)
    app.router.add_get("/simulator/faults", faults)
    app.router.add_post("/simulator/faults", add_faults)


def _json(value: Any, status: int = 200) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), status=status, content_type="application/json")
