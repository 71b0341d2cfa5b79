"""The API ends when it is asked to, whatever it waits for."""

import asyncio
from pathlib import Path

from pydantic import SecretStr

from tickloom.api.service import run_api
from tickloom.settings.environment import Settings


async def test_an_api_that_waits_for_its_database_ends_when_asked(tmp_path: Path) -> None:
    settings = Settings(
        database_url=f"postgresql:///tickloom?host={tmp_path}",
        redis_url=f"unix://{tmp_path}/none.sock",
        jwt_secret=SecretStr("a key of this test, of no use elsewhere"),
    )
    stopped = asyncio.Event()
    asyncio.get_running_loop().call_later(0.1, stopped.set)
    async with asyncio.timeout(20):
        await run_api(settings, stopped=stopped)
