"""Where requests are run: on threads of this process, or on Ray's workers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from idiolect.data import Population, Request
from idiolect.errors import UnknownNameError
from idiolect.journal import Row
from idiolect.limits import Limiter
from idiolect.lm import Budget, LanguageModel, Price, Spent
from idiolect.run.folder import result
from idiolect.run.runner import Build, run_iter

ENGINES = {
    "local": "threads of this process",
    "ray": "Ray on this machine (extra `ray`)",
    "ray:ADDRESS": "a Ray cluster, for example ray:10.0.0.5:6379 or ray:auto",
}


@dataclass(frozen=True)
class Job:
    """A run's requests, and all that is needed to answer them.

    Attributes:
        build: Makes the answering role around a model.
        population: What views are cut from.
        requests: What is asked; engines name requests by their position in it.
        lm: The model.
        threads: Requests at once in one process.
        price: Of the model, where it is known.
    """

    build: Build
    population: Population
    requests: Sequence[Request]
    lm: LanguageModel
    threads: int = 4
    price: Price | None = None

    def results(self, todo: Sequence[int]) -> Iterator[tuple[int, Row]]:
        """The result of each of these positions as soon as it is there.

        Raises:
            BudgetError: The next call would exceed a limit; what was in work has been yielded.
        """
        asked = (self.requests[at] for at in todo)
        found = run_iter(self.build, self.population, asked, self.lm, threads=self.threads)
        for n, outcome in found:
            yield todo[n], result(outcome, self.population, self.price)


@dataclass(frozen=True)
class Limits:
    """What holds over all processes of a run.

    Attributes:
        concurrency: Calls in flight at most.
        requests_per_minute: Calls; None sets no limit.
        tokens_per_minute: Tokens; None sets no limit.
        max_calls: As for `Budget`.
        max_tokens: As for `Budget`.
        max_cost: As for `Budget`.
        prices: As for `Budget`.
        spent: What was spent before the run went on.
    """

    concurrency: int = 16
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    max_calls: int | None = None
    max_tokens: int | None = None
    max_cost: float | None = None
    prices: Mapping[str, Price] = field(default_factory=dict)
    spent: Spent = field(default_factory=Spent)

    @property
    def limiter(self) -> Limiter:
        """A limiter with these limits."""
        return Limiter(self.concurrency, self.requests_per_minute, self.tokens_per_minute)

    @property
    def budget(self) -> Budget:
        """A budget with these limits."""
        limits = self.max_calls, self.max_tokens, self.max_cost
        return Budget(*limits, dict(self.prices), self.spent)


#: Makes a job, here or on a worker, within a limiter and a budget; it must be picklable.
Make = Callable[[Limiter, Budget], Job]


class Engine(Protocol):
    """Runs a job's requests, in any order."""

    def __call__(self, job: Job, todo: Sequence[int]) -> Iterator[tuple[int, Row]]:
        """The result of each of these positions as soon as it is there."""
        ...


def local(job: Job, todo: Sequence[int]) -> Iterator[tuple[int, Row]]:
    """On threads of this process."""
    return job.results(todo)


def engine(name: str, make: Make, limits: Limits, workers: int | None = None) -> Engine:
    """The engine of a name; see `ENGINES`.

    Args:
        name: ``local``, ``ray`` or ``ray:ADDRESS``.
        make: Makes the job on each worker.
        limits: What holds over all workers.
        workers: How many there are; default: one a CPU.

    Raises:
        UnknownNameError: There is no such engine.
        MissingExtraError: Ray is absent.
    """
    kind, colon, address = name.partition(":")
    if name == "local":
        return local
    if kind != "ray" or (colon and not address):
        raise UnknownNameError("engine", name, ENGINES)
    from idiolect.run.ray_engine import RayEngine

    return RayEngine(make, limits, address or None, workers)
