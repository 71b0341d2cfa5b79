"""The OpenAPI document is true: schemathesis asks what it allows and what it does not, with and without a token."""

import asyncio
import sys
from pathlib import Path

import pytest

from integration.api.product import Product, minute

SECONDS = 25
"""For each of the two runs."""
CONFIG = Path(__file__).with_name("schemathesis.toml")


async def examine(product: Product, place: Path, *options: str) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("schemathesis")),
        "--config-file", str(CONFIG), "run", f"{product.origin}/openapi.json", "--no-color", "--seed", "7",
        "--max-time", str(SECONDS), "--request-timeout", "10", "--generation-database", "none", *options,
        cwd=place, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    async with asyncio.timeout(SECONDS + 120):
        output, _ = await process.communicate()
    return process.returncode, output.decode()


@pytest.mark.slow
@pytest.mark.parametrize("known", [False, True], ids=["without a token", "with a token"])
async def test_schemathesis_finds_nothing(product: Product, tmp_path: Path, known: bool) -> None:
    await product.store(minute(i) for i in range(30))
    token = ["--header", f"Authorization: Bearer {product.token('ada', 'admin')}"] if known else []
    code, output = await examine(product, tmp_path, *token)
    assert code == 0, output
