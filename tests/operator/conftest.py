"""A namespace with a database of its own, for replicas of the operator."""

import secrets
from collections.abc import Iterator

import pytest

from support.kubernetes import Cluster
from support.operating import Place
from support.operating import place as make_place
from support.servers import Databases


@pytest.fixture(scope="module")
def place(cluster: Cluster, databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A namespace and a database of the module's own."""
    name = f"test-{secrets.token_hex(3)}"
    with databases.fresh() as url, make_place(cluster, name, url, tmp_path_factory.mktemp("operator")) as made:
        yield made
