"""`tickloom doctor` against real servers that are well, empty, away or wrongly set."""

import asyncio
import json
import subprocess
import sys
from typing import Any

import pytest

from integration.collector.venue_server import serve_venue
from support.catalog import apply_binance
from tickloom.bus.connection import open_redis
from tickloom.store.connection import connect

NOBODY = "127.0.0.1:1"


async def run_doctor(database_url: str, redis_url: str) -> tuple[int, dict[str, list[tuple[str, str]]], str]:
    """Return the exit code, states and texts by part, and what it said on standard error."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tickloom.cli.entry", "doctor", "--json",
        env={"TICKLOOM_DATABASE_URL": database_url, "TICKLOOM_REDIS_URL": redis_url},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(60):
        output, errors = await process.communicate()
    findings: list[dict[str, Any]] = json.loads(output)
    by_part: dict[str, list[tuple[str, str]]] = {}
    for finding in findings:
        by_part.setdefault(finding["part"], []).append((finding["state"], finding["text"]))
        assert finding["state"] != "failure" or finding["remedy"]
    assert process.returncode is not None
    return process.returncode, by_part, errors.decode()


async def test_servers_that_are_well_are_told_with_what_does_not_run(postgres_url: str, redis_url: str) -> None:
    async with serve_venue("BTCUSDT") as venue:
        connection = await connect(postgres_url, "test")
        await apply_binance(connection, "BTCUSDT", endpoints=venue.endpoints)
        await connection.close()
        code, found, errors = await run_doctor(postgres_url, redis_url)
    assert (code, errors) == (0, "")
    assert found["schema"] == [("ok", "of this release")]
    assert [state for state, _ in found["database"] + found["redis"]] == ["ok", "ok"]
    assert found["processor"] == [("warning", "none runs")]
    assert found["exchange binance"][0][1].startswith("reached")


async def test_an_exchange_out_of_reach_is_a_failure_with_a_remedy(postgres_url: str, redis_url: str) -> None:
    connection = await connect(postgres_url, "test")
    endpoints = {"websocket": f"ws://{NOBODY}", "rest": f"http://{NOBODY}"}
    await apply_binance(connection, "BTCUSDT", endpoints=endpoints)
    await connection.close()
    code, found, errors = await run_doctor(postgres_url, redis_url)
    assert code == 1
    assert found["exchange binance"][0][0] == "failure"
    assert "exchange binance" in errors


async def test_a_database_without_the_schema_is_a_failure(empty_postgres_url: str, redis_url: str) -> None:
    code, found, _ = await run_doctor(empty_postgres_url, redis_url)
    assert code == 1
    assert found["schema"][0][0] == "failure"


@pytest.mark.parametrize("away", ["database", "redis"])
async def test_a_server_that_is_away_hides_nothing_of_the_others(postgres_url: str, redis_url: str, away: str) -> None:
    database = f"postgresql://tickloom:secret@{NOBODY}/none" if away == "database" else postgres_url
    bus = f"redis://{NOBODY}" if away == "redis" else redis_url
    code, found, errors = await run_doctor(database, bus)
    other = "redis" if away == "database" else "database"
    assert code == 1
    assert found[away][0][0] == "failure"
    assert found[other][0][0] == "ok"
    assert "secret" not in errors + str(found)


async def test_a_redis_that_may_evict_streams_is_a_failure(postgres_url: str, redis_url: str) -> None:
    async with open_redis(redis_url, "test") as redis:
        await redis.config_set("maxmemory-policy", "allkeys-lru")
        try:
            code, found, _ = await run_doctor(postgres_url, redis_url)
        finally:
            await redis.config_set("maxmemory-policy", "noeviction")
    assert code == 1
    assert ("failure", "may evict streams") in found["redis"]
