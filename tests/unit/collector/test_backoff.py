"""Waits between attempts."""

from tickloom.collector.backoff import LONGEST_SECONDS, Backoff


def test_waits_double_up_to_a_minute() -> None:
    backoff = Backoff(lambda: 1.0)
    assert [backoff.next_wait() for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]


def test_jitter_takes_away_at_most_half() -> None:
    backoff = Backoff(lambda: 0.0)
    assert [backoff.next_wait() for _ in range(3)] == [0.5, 1, 2]


def test_waits_are_short_again_after_a_reset() -> None:
    backoff = Backoff(lambda: 1.0)
    while backoff.next_wait() < LONGEST_SECONDS:
        pass
    backoff.reset()
    assert backoff.next_wait() == 1
