"""What many threads ask for at about the same time, done in one go."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

Job = TypeVar("Job")
Done = TypeVar("Done")


class Together(Generic[Job, Done]):
    """Gathers the jobs of callers that wait; one of them does all, the others wait for theirs.

    The one that does begins as soon as all threads that were served the last time are back (they
    come when they have used what they got), and after `wait` seconds at the latest.

    Args:
        do: Does jobs: one result a job, in order. Never called by two threads at once.
        wait: Seconds that the first caller waits for others at most.
    """

    def __init__(self, do: Callable[[Sequence[Job]], Sequence[Done]], wait: float = 0.01) -> None:
        self._do, self._wait = do, wait
        self._turn = threading.Condition()
        self._waiting: dict[int, tuple[Sequence[Job], Future[Sequence[Done]]]] = {}
        self._busy = False
        self._served: set[int] = set()

    def __call__(self, jobs: Sequence[Job]) -> Sequence[Done]:
        """The results of one caller's jobs, in order.

        Raises:
            BaseException: What `do` raised, for every caller whose jobs went with it.
        """
        if not jobs:
            return []
        mine: Future[Sequence[Done]] = Future()
        with self._turn:
            self._waiting[threading.get_ident()] = jobs, mine
            self._turn.notify_all()
            self._turn.wait_for(lambda: mine.done() or not self._busy)
            if mine.done():
                return mine.result()
            self._busy = True
            self._turn.wait_for(lambda: self._waiting.keys() >= self._served, self._wait)
            taken, self._waiting = self._waiting, {}
            self._served = set(taken)
        try:
            self._all(list(taken.values()))
        finally:
            with self._turn:
                self._busy = False
                self._turn.notify_all()
        return mine.result()

    def _all(self, taken: Sequence[tuple[Sequence[Job], Future[Sequence[Done]]]]) -> None:
        try:
            results = self._do([job for jobs, _ in taken for job in jobs])
        except BaseException as error:
            for _, future in taken:
                future.set_exception(error)
            if not isinstance(error, Exception):
                raise
            return
        at = 0
        for jobs, future in taken:
            future.set_result(results[at : at + len(jobs)])
            at += len(jobs)
