"""One real Kubernetes for all tests of the operator."""

import os
from collections.abc import Iterator

import pytest

from support.kubernetes import Cluster


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A cluster that knows Tickloom's resources."""
    if os.geteuid() != 0:
        pytest.fail("the tests of the operator need root, for a Kubernetes of their own: run scripts/test as root")
    with Cluster.running() as running:
        yield running
