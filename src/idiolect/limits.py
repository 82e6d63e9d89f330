"""How much is asked of an endpoint: calls at once, calls a minute, tokens a minute."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from idiolect.errors import EndpointError, SettingError

MINUTE = 60.0


@dataclass(slots=True, eq=False)
class Place:
    """One call in the tokens of its minute.

    Attributes:
        at: When it begins, by the limiter's clock.
        tokens: What it is taken to use.
        counted: True while those count.
    """

    at: float
    tokens: int
    counted: bool = False


class Limiter:
    """Places for calls, first come first served; one limiter may serve several clients.

    In no 60 seconds do more calls begin, or more tokens, than stated. What a call will use is
    estimated beforehand and set right when the endpoint has counted it. A call that is larger
    than a whole minute's tokens waits for an empty minute.

    Args:
        concurrency: Calls in flight at most.
        requests_per_minute: None sets no limit.
        tokens_per_minute: Of prompts and replies; None sets no limit.
        clock: Seconds from any beginning; given by tests.
        sleep: Waits some seconds; given by tests. None waits until `cancel` at the longest.

    Raises:
        SettingError: A limit is below 1.
    """

    def __init__(
        self,
        concurrency: int = 16,
        requests_per_minute: int | None = None,
        tokens_per_minute: int | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        limits = {
            "concurrency": concurrency,
            "requests_per_minute": requests_per_minute,
            "tokens_per_minute": tokens_per_minute,
        }
        for name, limit in limits.items():
            if limit is not None and limit < 1:
                raise SettingError(f"Found {name} {limit!r}; give 1 or more.")
        self.concurrency = concurrency
        self.requests_per_minute, self.tokens_per_minute = requests_per_minute, tokens_per_minute
        self.clock, self._sleep = clock, sleep
        self._starts: deque[float] = deque()
        self._places: deque[Place] = deque()
        self._tokens = 0
        self._last = float("-inf")
        self._working = 0
        self._free = threading.Condition()
        self._stop = threading.Event()

    @contextmanager
    def place(self, tokens: int = 0) -> Iterator[Place]:
        """A place for one call, held while the block runs.

        Args:
            tokens: What the call will use, as far as is known.

        Raises:
            EndpointError: `cancel` was called while this waited.
        """
        with self._free:
            stop = self._stop
            self._free.wait_for(lambda: self._working < self.concurrency or stop.is_set())
            _go_on(stop)
            self._working += 1
            place = self.begin(tokens)
        try:
            if (pause := place.at - self.clock()) > 0:
                self._wait(pause, stop)
            yield place
        finally:
            with self._free:
                self._working -= 1
                self._free.notify()

    def begin(self, tokens: int) -> Place:
        """The next call's place in time: the earliest that keeps both limits."""
        with self._free:
            if self.requests_per_minute is None and self.tokens_per_minute is None:
                return Place(self.clock(), 0)
            at = max(self.clock(), self._last)
            # Places are given in order of time, so what lies a minute before one is done with.
            if (most := self.requests_per_minute) is not None:
                while self._starts and (len(self._starts) >= most or _past(self._starts[0], at)):
                    at = max(at, self._starts.popleft() + MINUTE)
                self._starts.append(at)
            place = Place(at, tokens)
            if (most := self.tokens_per_minute) is not None:
                place.tokens = min(tokens, most)
                while self._places and (
                    self._tokens + place.tokens > most or _past(self._places[0].at, place.at)
                ):
                    gone = self._places.popleft()
                    gone.counted = False
                    self._tokens -= gone.tokens
                    place.at = max(place.at, gone.at + MINUTE)
                self._places.append(place)
                place.counted = True
                self._tokens += place.tokens
                if self._starts:
                    self._starts[-1] = place.at
            self._last = place.at
            return place

    def used(self, place: Place, tokens: int) -> None:
        """Sets right what a call has used."""
        with self._free:
            if place.counted:
                self._tokens += tokens - place.tokens
                place.tokens = tokens

    def wait(self, seconds: float) -> None:
        """Waits, or less long where `cancel` is called.

        Raises:
            EndpointError: It was.
        """
        self._wait(seconds, self._stop)

    def cancel(self) -> None:
        """Gives up all calls that wait; those in flight end by themselves, later ones are free."""
        with self._free:
            self._stop.set()
            self._stop = threading.Event()
            self._free.notify_all()

    def _wait(self, seconds: float, stop: threading.Event) -> None:
        if self._sleep is not None:
            self._sleep(seconds)
        else:
            stop.wait(seconds)
        _go_on(stop)


def _past(start: float, at: float) -> bool:
    return start + MINUTE <= at


def _go_on(stop: threading.Event) -> None:
    if stop.is_set():
        raise EndpointError("Found the run stopped while this call waited; start it again.")
