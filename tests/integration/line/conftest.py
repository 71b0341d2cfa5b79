"""What all tests of the whole line need."""

import pytest

from tickloom.processor.warmup import warm_up


@pytest.fixture(scope="session", autouse=True)
def _compiled_kernels() -> None:
    """Compile before the first test: on a busy machine that takes longer than a test waits."""
    warm_up()
