"""The bucket of one process, by a model that keeps every request it let through."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from tickloom.api.limits.buckets import MOST_LOCAL, LocalBuckets
from tickloom.bus.rate_limits import Bucket

waits = st.lists(st.floats(0, 5, allow_nan=False), min_size=1, max_size=200)


@given(waits, st.integers(1, 20), st.floats(0.1, 10))
def test_in_no_span_pass_more_than_the_bucket_holds_and_what_fills_meanwhile(
    pauses: list[float], capacity: int, per_second: float
) -> None:
    buckets, bucket = LocalBuckets(), Bucket(float(capacity), per_second)
    passed = [now for now in itertools.accumulate(pauses) if buckets.take("c", bucket, now).allowed]
    for i, first in enumerate(passed):
        for j in range(i, len(passed)):
            assert j - i + 1 <= capacity + (passed[j] - first) * per_second + 1e-6


@given(waits, st.integers(1, 20), st.floats(0.1, 10))
def test_whoever_asks_no_faster_than_the_bucket_fills_is_never_refused(
    pauses: list[float], capacity: int, per_second: float
) -> None:
    buckets, bucket, now = LocalBuckets(), Bucket(float(capacity), per_second), 0.0
    for pause in pauses:
        assert buckets.take("c", bucket, now).allowed
        now += 1 / per_second * (1 + 1e-9) + pause


def test_clients_do_not_share_and_the_memory_is_bounded() -> None:
    buckets, bucket = LocalBuckets(), Bucket(1.0, 0.001)
    assert all(buckets.take(f"c{i}", bucket, 0.0).allowed for i in range(MOST_LOCAL + 100))
    assert len(buckets._buckets) == MOST_LOCAL
    assert not buckets.take(f"c{MOST_LOCAL}", bucket, 1.0).allowed
