"""Requests on Ray's workers: each runs the local runner on some users' requests.

Limits hold over all workers: one actor has the limiter and the budget. A worker that is lost, for
whatever reason, is replaced, and what it had not told yet is asked again.
"""

from __future__ import annotations

import asyncio
import itertools
import socket
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from idiolect.data import Request
from idiolect.errors import (
    BudgetError,
    EndpointError,
    IdiolectError,
    MissingExtraError,
    SettingError,
)
from idiolect.journal import Row
from idiolect.limits import Limiter, Place
from idiolect.lm import Budget, Completion, Price, Prompt, Spent
from idiolect.run.engines import Job, Limits, Make

#: Shards a worker: enough for all workers to end at about the same time.
_SHARDS = 8
#: Workers in a row that may be lost without any result.
_LOST = 5
#: Seconds within which a cluster's address answers.
_ANSWERS = 5.0


@dataclass(frozen=True)
class RayEngine:
    """Runs requests on Ray's workers.

    Args:
        make: Makes the job on each worker; what it reads must be readable there, by the same path.
        limits: Over all workers.
        address: Of a cluster; None starts Ray on this machine, and ends it afterwards.
        workers: How many; None takes one a CPU.

    Raises:
        MissingExtraError: Ray is absent.
        SettingError: `workers` is below 1.
    """

    make: Make
    limits: Limits = field(default_factory=Limits)
    address: str | None = None
    workers: int | None = None

    def __post_init__(self) -> None:
        _ray()
        if self.workers is not None and self.workers < 1:
            raise SettingError(f"Found workers={self.workers!r}; give at least 1.")

    def __call__(self, job: Job, todo: Sequence[int]) -> Iterator[tuple[int, Row]]:
        """The result of each of these positions as soon as it is there.

        Raises:
            EndpointError: No cluster is at the address, or workers are lost again and again.
            IdiolectError: A worker cannot make the job.
            BudgetError: The next call would exceed a limit; what was in work has been yielded.
        """
        ray = _ray()
        started = _connect(ray, self.address)
        try:
            count = self.workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
            yield from self._run(ray, job.requests, todo, count)
        finally:
            if started:
                ray.shutdown()

    def _run(
        self, ray: Any, requests: Sequence[Request], todo: Sequence[int], count: int
    ) -> Iterator[tuple[int, Row]]:
        waiting = deque(shards(requests, todo, max(1, len(todo) // (count * _SHARDS))))
        count = min(count, len(waiting))
        hub = ray.remote(num_cpus=0)(_Hub).remote(self.limits)
        make_worker, names = ray.remote(num_cpus=1)(_Worker), itertools.count()

        def started() -> tuple[int, Any]:
            name = next(names)
            return name, make_worker.remote(self.make, self.limits, hub, name)

        idle = [started() for _ in range(count)]
        busy: dict[Any, tuple[tuple[int, Any], list[int]]] = {}
        lost, spent = 0, ""
        try:
            while busy or (waiting and not spent):
                while idle and waiting and not spent:
                    worker, shard = idle.pop(), waiting.popleft()
                    stream = worker[1].results.options(num_returns="streaming").remote(shard)
                    busy[stream] = worker, list(shard)
                for stream in ray.wait(list(busy), num_returns=1)[0]:
                    worker, left = busy[stream]
                    try:
                        told = ray.get(next(stream))
                    except StopIteration:
                        idle.append(worker)
                        del busy[stream]
                    except ray.exceptions.RayActorError as error:
                        del busy[stream]
                        lost += 1
                        if lost >= _LOST:
                            raise EndpointError(
                                f"Found {lost} of Ray's workers lost without a result between "
                                f"({str(error).strip().splitlines()[-1]}); look at their "
                                "memory and logs, or use --engine local."
                            ) from None
                        hub.forget.remote(worker[0])
                        idle.append(started())
                        if left:
                            waiting.appendleft(left)
                    else:
                        if isinstance(told, _Stopped):
                            if not told.budget:
                                raise IdiolectError(told.message)
                            spent = told.message
                            continue
                        lost = 0
                        left.remove(told[0])
                        yield told
            if spent:
                raise BudgetError(spent)
        finally:
            for _, actor in [*idle, *(worker for worker, _ in busy.values())]:
                ray.kill(actor)
            ray.kill(hub)


def shards(requests: Sequence[Request], todo: Sequence[int], size: int) -> list[list[int]]:
    """Positions in parts of about `size`; those of one user, in order, stay together."""
    users: dict[str, list[int]] = {}
    for at in todo:
        users.setdefault(requests[at].user, []).append(at)
    parts: list[list[int]] = []
    for mine in users.values():
        if not parts or len(parts[-1]) >= size:
            parts.append([])
        parts[-1] += mine
    return parts


@dataclass(frozen=True)
class _Stopped:
    """Why a worker did not go on; errors themselves need not be picklable."""

    message: str
    budget: bool


class _Worker:
    """Runs the local runner on shards."""

    def __init__(self, make: Make, limits: Limits, hub: Any, name: int) -> None:
        self._make = make
        self._made: Job | None = None
        self._limiter, self._budget = _SharedLimiter(limits, hub, name), _SharedBudget(limits, hub)

    def results(self, shard: Sequence[int]) -> Iterator[tuple[int, Row] | _Stopped]:
        """The result of each position, and why it ends if it ends early."""
        try:
            if self._made is None:
                self._made = self._make(self._limiter, self._budget)
            yield from self._made.results(shard)
        except IdiolectError as error:
            yield _Stopped(str(error), isinstance(error, BudgetError))


class _Hub:
    """The limits that all workers share; runs on Ray as an actor."""

    def __init__(self, limits: Limits) -> None:
        self._limiter, self._budget = limits.limiter, limits.budget
        self._held: dict[int, tuple[int, Place]] = {}
        self._keys, self._gone = itertools.count(), set[int]()
        self._free = asyncio.Condition()

    async def place(self, worker: int, tokens: int) -> tuple[int, float]:
        """Gives a place: its number, and in how many seconds it begins."""
        async with self._free:
            await self._free.wait_for(
                lambda: len(self._held) < self._limiter.concurrency or worker in self._gone
            )
            place, key = self._limiter.begin(tokens), next(self._keys)
            if worker not in self._gone:
                self._held[key] = worker, place
            return key, max(0.0, place.at - self._limiter.clock())

    async def used(self, key: int, tokens: int) -> None:
        """Sets right what the call at a place has used."""
        if key in self._held:
            self._limiter.used(self._held[key][1], tokens)

    async def release(self, key: int) -> None:
        """Takes a place back."""
        async with self._free:
            self._held.pop(key, None)
            self._free.notify()

    async def forget(self, worker: int) -> None:
        """Takes back all places of a worker that was lost."""
        async with self._free:
            self._gone.add(worker)
            self._held = {k: held for k, held in self._held.items() if held[0] != worker}
            self._free.notify_all()

    async def reserve(self, prompts: Sequence[Prompt], price: Price | None) -> Spent | str:
        """As `Budget.reserve`; the words of its error where it refuses."""
        try:
            return self._budget.reserve(prompts, price)
        except BudgetError as error:
            return str(error)

    async def settle(
        self, ahead: Spent, completions: Sequence[Completion], price: Price | None
    ) -> None:
        """As `Budget.settle`."""
        self._budget.settle(ahead, completions, price)


class _SharedLimiter(Limiter):
    """The hub's limiter, for one worker."""

    def __init__(self, limits: Limits, hub: Any, worker: int) -> None:
        super().__init__(limits.concurrency, limits.requests_per_minute, limits.tokens_per_minute)
        self._hub, self._worker = hub, worker

    @contextmanager
    def place(self, tokens: int = 0) -> Iterator[Place]:
        """A place for one call, held while the block runs."""
        key, pause = _ray().get(self._hub.place.remote(self._worker, tokens))
        try:
            if pause > 0:
                self.wait(pause)
            yield _Held(time.monotonic(), tokens, key=key)
        finally:
            self._hub.release.remote(key)

    def used(self, place: Place, tokens: int) -> None:
        """Sets right what a call has used."""
        if isinstance(place, _Held):
            self._hub.used.remote(place.key, tokens)


@dataclass(slots=True, eq=False)
class _Held(Place):
    """A place that the hub gave."""

    key: int = -1


class _SharedBudget(Budget):
    """The hub's budget, for one worker."""

    def __init__(self, limits: Limits, hub: Any) -> None:
        super().__init__(limits.max_calls, limits.max_tokens, limits.max_cost, limits.prices)
        self._hub = hub

    def reserve(self, prompts: Sequence[Prompt], price: Price | None) -> Spent:
        """As `Budget.reserve`.

        Raises:
            BudgetError: As there.
        """
        ahead = _ray().get(self._hub.reserve.remote(prompts, price))
        if isinstance(ahead, str):
            raise BudgetError(ahead)
        return Spent(ahead.calls, ahead.tokens, ahead.cost)

    def settle(self, ahead: Spent, completions: Sequence[Completion], price: Price | None) -> None:
        """As `Budget.settle`."""
        _ray().get(self._hub.settle.remote(ahead, completions, price))


def _ray() -> Any:
    try:
        import ray
    except ImportError:
        raise MissingExtraError("The engine 'ray'", "ray") from None
    return ray


def _connect(ray: Any, address: str | None) -> bool:
    """Starts Ray here, or joins a cluster; False where it was there already.

    Raises:
        EndpointError: No cluster is there.
    """
    if ray.is_initialized():
        return False
    try:
        if address is not None and (port := address.rpartition(":")[2]).isdigit():
            # Ray itself would try for minutes.
            host = address.removeprefix("ray://").rpartition(":")[0]
            socket.create_connection((host, int(port)), timeout=_ANSWERS).close()
        ray.init(
            address=address or "local",
            include_dashboard=False if address is None else None,
            log_to_driver=False,
            logging_level="ERROR",
        )
    except (OSError, ValueError, RuntimeError) as error:
        said = " ".join(str(error).split())[:200]
        raise EndpointError(
            f"Found no Ray cluster at {address or 'this machine'!r} ({said}); start one with "
            "`ray start --head`, correct the address, or use --engine ray for this machine alone."
        ) from None
    return True
