"""The exchange's time, judged by what arrives."""

from support.manual_clock import ManualClock
from tickloom.collector.feed_clock import FeedClock

SECOND = 1_000_000
EXCHANGE = 1_723_161_255_000_000


def test_nothing_is_known_before_the_first_frame() -> None:
    assert FeedClock(ManualClock(), "wall").now_us() is None
    assert FeedClock(ManualClock(), "feed").now_us() is None


def test_the_venues_own_clock_counts_until_frames_arrive() -> None:
    clock = ManualClock()
    feed = FeedClock(clock, "wall")
    feed.observe_answer(EXCHANGE)
    clock.tick(2)
    assert feed.now_us() == EXCHANGE + 2 * SECOND


def test_a_wrong_wall_clock_does_not_matter() -> None:
    clock = ManualClock(time_us=5)
    feed = FeedClock(clock, "wall")
    feed.observe(EXCHANGE)
    clock.tick(1)
    clock.set_wall(10**18)
    assert feed.now_us() == EXCHANGE + SECOND


def test_one_late_frame_does_not_move_the_clock_for_long() -> None:
    clock = ManualClock()
    feed = FeedClock(clock, "wall")
    for i in range(20):
        feed.observe(EXCHANGE + i * SECOND)
        clock.tick(1)
    feed.observe(EXCHANGE + 10 * SECOND)
    assert feed.now_us() == EXCHANGE + 10 * SECOND
    clock.tick(3)
    assert feed.now_us() == EXCHANGE + 23 * SECOND


def test_frames_that_pile_up_hold_the_clock_back_at_once() -> None:
    clock = ManualClock()
    feed = FeedClock(clock, "wall")
    for i in range(100):
        feed.observe(EXCHANGE + i * SECOND)
        clock.tick(1)
    clock.tick(5)
    feed.observe(EXCHANGE + 100 * SECOND)
    assert feed.now_us() == EXCHANGE + 100 * SECOND


def test_time_stands_still_while_frames_are_read_late_and_then_goes_on_from_there() -> None:
    clock = ManualClock()
    feed = FeedClock(clock, "wall")
    for i in range(100):
        feed.observe(EXCHANGE + i * SECOND)
        clock.tick(1)
    clock.tick(0.5)
    feed.observe(EXCHANGE + 100 * SECOND)
    clock.tick(0.25)
    assert feed.now_us() == EXCHANGE + 100 * SECOND
    clock.tick(0.75)
    assert feed.now_us() == EXCHANGE + 100 * SECOND + SECOND // 2


def test_a_replayed_feed_stands_still_between_frames() -> None:
    clock = ManualClock()
    feed = FeedClock(clock, "feed")
    feed.observe(EXCHANGE)
    feed.observe(EXCHANGE - SECOND)
    clock.tick(3600)
    assert feed.now_us() == feed.last_frame_us() == EXCHANGE


def test_the_time_of_the_last_frame_stays_when_the_feed_is_gone() -> None:
    clock = ManualClock()
    feed = FeedClock(clock, "wall")
    feed.observe(EXCHANGE)
    clock.tick(100)
    assert feed.last_frame_us() == EXCHANGE
    assert feed.now_us() == EXCHANGE + 100 * SECOND
