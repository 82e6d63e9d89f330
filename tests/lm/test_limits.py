"""The limiter, by a clock of its own and under real threads."""

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from idiolect.errors import EndpointError, SettingError
from idiolect.limits import Limiter


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def most_in_a_minute(starts: list[tuple[float, int]]) -> tuple[int, int]:
    """Calls and tokens of the fullest 60 seconds, by looking at all of them."""
    minutes = [[n for at, n in starts if begin <= at < begin + 60] for begin, _ in starts]
    return max(map(len, minutes)), max(map(sum, minutes))


@pytest.mark.parametrize("seed", range(5))
def test_no_minute_holds_more_calls_or_tokens_than_stated(seed: int) -> None:
    rng, clock = random.Random(seed), Clock()
    limiter = Limiter(4, 20, 5_000, clock=clock, sleep=clock.sleep)
    starts = []
    for _ in range(400):
        clock.now += rng.expovariate(1)
        tokens = rng.randint(1, 900)
        with limiter.place(tokens):
            starts.append((clock.now, tokens))
    calls, tokens = most_in_a_minute(starts)
    assert calls <= 20
    assert tokens <= 5_000
    assert tokens > 4_000  # and the limit is used


def test_a_limit_makes_nobody_wait_longer_than_it_must() -> None:
    clock = Clock()
    limiter = Limiter(1, requests_per_minute=10, clock=clock, sleep=clock.sleep)
    starts = []
    for _ in range(35):
        with limiter.place():
            starts.append(clock.now)
    assert starts == [0.0] * 10 + [60.0] * 10 + [120.0] * 10 + [180.0] * 5


def test_what_was_used_takes_the_place_of_what_was_expected() -> None:
    clock = Clock()
    limiter = Limiter(1, tokens_per_minute=100, clock=clock, sleep=clock.sleep)
    with limiter.place(90) as place:
        limiter.used(place, 10)
    with limiter.place(90):
        assert clock.now == 0
    with limiter.place(90) as place:
        assert clock.now == 60
        limiter.used(place, 150)  # more than a minute has: the next waits for an empty one
    with limiter.place(1):
        assert clock.now == 120


def test_a_call_larger_than_a_minute_waits_for_an_empty_one() -> None:
    clock = Clock()
    limiter = Limiter(1, tokens_per_minute=100, clock=clock, sleep=clock.sleep)
    with limiter.place(1), pytest.raises(ZeroDivisionError):
        _ = 1 / 0
    with limiter.place(5_000):
        assert clock.now == 60


def test_without_limits_a_minute_nobody_waits() -> None:
    clock = Clock()
    limiter = Limiter(1, clock=clock, sleep=clock.sleep)
    for _ in range(1_000):
        with limiter.place(10**9):
            pass
    assert clock.now == 0


def test_no_more_are_at_work_than_stated_under_threads() -> None:
    limiter, lock, at_work, peak = Limiter(3), threading.Lock(), 0, 0

    def work(_: int) -> None:
        nonlocal at_work, peak
        with limiter.place():
            with lock:
                at_work += 1
                peak = max(peak, at_work)
            time.sleep(0.002)
            with lock:
                at_work -= 1

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(work, range(100)))
    assert (at_work, peak) == (0, 3)


def test_cancelling_frees_those_that_wait_and_nobody_later() -> None:
    limiter = Limiter(2, requests_per_minute=1)
    ended: list[BaseException] = []

    def wait() -> None:
        try:
            with limiter.place():
                pass
        except EndpointError as error:
            ended.append(error)

    with limiter.place():
        # One waits for its minute, the others for a place.
        threads = [threading.Thread(target=wait, daemon=True) for _ in range(3)]
        for thread in threads:
            thread.start()
        time.sleep(0.05)
        assert not ended
        limiter.cancel()
        for thread in threads:
            thread.join(5)
        assert len(ended) == 3
        assert "stopped" in str(ended[0])
    limiter.wait(0.001)


@pytest.mark.parametrize("name", ["concurrency", "requests_per_minute", "tokens_per_minute"])
def test_a_limit_below_one_is_an_error(name: str) -> None:
    with pytest.raises(SettingError, match=f"{name} 0; give 1 or more"):
        Limiter(**{name: 0})
