"""Jobs of many threads, done in one go."""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from idiolect.lm.together import Together


def test_each_caller_gets_the_results_of_its_own_jobs() -> None:
    together: Together[int, int] = Together(lambda jobs: [job * job for job in jobs])
    asked = [list(range(n, n + n % 4)) for n in range(200)]
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(together, asked))
    assert [list(f) for f in found] == [[job * job for job in jobs] for jobs in asked]


def test_callers_that_come_back_are_served_together_without_a_wait() -> None:
    sizes: list[int] = []

    def do(jobs: Sequence[int]) -> Sequence[int]:
        sizes.append(len(jobs))
        time.sleep(0.005)
        return jobs

    together, start = Together(do, wait=0.5), threading.Barrier(8)

    def caller(number: int) -> None:
        start.wait()
        for _ in range(10):
            together([number])

    begun = time.perf_counter()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(caller, range(8)))
    assert sum(sizes) == 80
    assert sizes.count(8) >= 7
    # Ten rounds that each waited for half a second would take five.
    assert time.perf_counter() - begun < 3


def test_one_caller_waits_for_others_no_longer_than_told() -> None:
    together: Together[int, int] = Together(lambda jobs: jobs, wait=0.05)
    together([1])
    begun = time.perf_counter()
    together([1])
    assert time.perf_counter() - begun < 0.04, "alone the last time, it need not wait at all"


def test_it_is_never_done_by_two_at_once_and_a_failure_reaches_all_it_concerns() -> None:
    inside, most, calls = 0, 0, 0
    lock = threading.Lock()

    def do(jobs: Sequence[int]) -> Sequence[int]:
        nonlocal inside, most, calls
        with lock:
            inside, calls = inside + 1, calls + 1
            most = max(most, inside)
        time.sleep(0.001)
        with lock:
            inside -= 1
        if 13 in jobs:
            raise ValueError("unlucky")
        return jobs

    together = Together(do, wait=0.002)

    def ask(job: int) -> int | str:
        try:
            return together([job])[0]
        except ValueError as error:
            return str(error)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(ask, range(100)))
    assert most == 1
    assert calls < 100
    assert found[13] == "unlucky"
    assert all(f in (n, "unlucky") for n, f in enumerate(found))
    assert together([7]) == [7]


def test_an_interruption_frees_the_others() -> None:
    def do(jobs: Sequence[int]) -> Sequence[int]:
        raise KeyboardInterrupt

    together = Together(do)
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            together([1])
    assert together([]) == []
