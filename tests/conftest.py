"""Servers for every test that asks for one: `postgres_url`, `redis_url`, and a Kubernetes, `cluster`."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from support.kubernetes import Cluster
from support.servers import Databases, flush, run, serve_valkey
from tickloom.local.runtime import runtime_directory

# How long an example takes says more of the machine than of the code.
settings.register_profile("tickloom", deadline=None)
settings.load_profile("tickloom")


@pytest.fixture(scope="session")
def servers_runtime() -> Iterator[Path]:
    with runtime_directory() as runtime:
        yield runtime


@pytest.fixture(scope="session")
def databases(servers_runtime: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    with Databases.serve(tmp_path_factory.mktemp("postgres"), servers_runtime) as databases:
        yield databases


@pytest.fixture
def postgres_url(databases: Databases) -> Iterator[str]:
    """The URL of a fresh, migrated database."""
    with databases.fresh() as url:
        yield url


@pytest.fixture
def empty_postgres_url(databases: Databases) -> Iterator[str]:
    """The URL of a fresh database without any table."""
    with databases.fresh(template="template0") as url:
        yield url


@pytest.fixture(scope="session")
def valkey_url(servers_runtime: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve_valkey(tmp_path_factory.mktemp("valkey"), servers_runtime) as url:
        yield url


@pytest.fixture
def redis_url(valkey_url: str) -> str:
    """The URL of an empty Valkey."""
    run(flush(valkey_url))
    return valkey_url


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """One Kubernetes for the whole session; it knows Tickloom's resources. Tests use namespaces of their own."""
    if os.geteuid() != 0:
        pytest.fail("tests with a Kubernetes of their own need root: run scripts/test as root")
    with Cluster.running() as running:
        yield running
