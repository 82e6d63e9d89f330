"""Many requests through one recipe: side by side, each failure on its own, nothing swallowed.

A recipe is composed anew for each request around a `Tape`, which costs microseconds and keeps what
that request asked and was told, without any state shared between threads.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from queue import SimpleQueue
from typing import Any

from idiolect.card import Recipe
from idiolect.data import Population, Request, View
from idiolect.errors import BudgetError, CapabilityError, IdiolectError, SettingError
from idiolect.lm import Call, LanguageModel, Tape
from idiolect.roles import Answers, Draft
from idiolect.run.trace import Use, Watched, fails, request_span


@dataclass(frozen=True)
class Failure:
    """Why a request has no answer.

    Attributes:
        kind: Class of the error.
        message: What it said.
        trace: Where, for errors that this package does not raise on purpose.
    """

    kind: str
    message: str
    trace: str = ""


@dataclass(frozen=True)
class Outcome:
    """One request and what came of it: an answer or a failure.

    Attributes:
        request: What was asked.
        answer: A `Draft`, scores, a user model, a session…; None after a failure.
        failure: None where there is an answer.
        calls: Prompts and replies, in order; those before a failure too.
        seconds: Wall time.
        use: What it took from the model, and what from a cache.
    """

    request: Request
    answer: Any
    failure: Failure | None
    calls: tuple[Call, ...]
    seconds: float
    use: Use = field(default_factory=Use)

    @property
    def text(self) -> str:
        """What was answered in words: the text, option or number, or the best of scored options.

        Empty after a failure and for other answers.
        """
        if isinstance(self.answer, Mapping):
            return max(self.answer, key=self.answer.__getitem__, default="")
        return self.answer.answered if isinstance(self.answer, Draft) else ""

    @property
    def tokens(self) -> int:
        """Prompt and completion tokens over all calls."""
        return sum(c.reply.prompt_tokens + c.reply.completion_tokens for c in self.calls)

    @property
    def retries(self) -> int:
        """Calls made beyond one a prompt."""
        return sum(c.reply.retries for c in self.calls)


@dataclass(frozen=True)
class Progress:
    """Where a run stands.

    Attributes:
        done: Requests that have a result.
        total: All requests.
        failed: Those without an answer.
        calls: Prompts asked.
        tokens: Of prompts and replies.
        seconds: Since this run began or went on.
        retries: Calls beyond one a prompt.
        cached: Prompts answered from a cache.
        cost: By the price of the model; None where it is not known.
        before: Of those done, how many were done before this run went on.
    """

    done: int
    total: int
    failed: int
    calls: int
    tokens: int
    seconds: float
    retries: int = 0
    cached: int = 0
    cost: float | None = None
    before: int = 0

    @property
    def rate(self) -> float:
        """Requests a second so far."""
        return (self.done - self.before) / self.seconds if self.seconds else 0.0

    @property
    def left(self) -> float:
        """Seconds left at this rate."""
        return (self.total - self.done) / self.rate if self.rate else float("inf")


Build = Callable[[LanguageModel], Any]


@dataclass(frozen=True)
class Assembly:
    """A recipe with everything it needs but the model, which each request brings on its tape.

    Attributes:
        recipe: What to compose.
        supplies: Needs other than the model, by parameter name (`encoder`, `fitted`, …).
        settings: Keywords of the recipe.

    Raises:
        CapabilityError: The recipe needs something that is not supplied.
    """

    recipe: Recipe[Any, Any]
    supplies: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        missing = [n for n in self.recipe.needs if n != "lm" and n not in self.supplies]
        if missing:
            raise CapabilityError(
                f"Recipe {self.recipe.name!r} needs {', '.join(map(repr, missing))}, which was not "
                f"supplied (supplied: {', '.join(sorted(self.supplies)) or 'nothing'})."
            )

    @property
    def name(self) -> str:
        """The recipe and the settings that are not its defaults: ``dpl:events=4,rank=2``."""
        given = self.recipe.checked(self.settings)
        apart = [
            f"{s.name}={given[s.name]}"
            for s in self.recipe.settings
            if given.get(s.name, s.default) != s.default
        ]
        return ":".join(filter(None, (self.recipe.name, ",".join(apart))))

    def __call__(self, lm: LanguageModel) -> Any:
        """What the recipe makes, around `lm`.

        Raises:
            CapabilityError: `lm` cannot honour a condition that the recipe's prompts carry.
        """
        unmet = self.recipe.conditions - lm.honours
        if unmet:
            raise CapabilityError(
                f"Recipe {self.recipe.name!r} gives the model {', '.join(sorted(unmet))} beside "
                f"the words, which {lm.name!r} cannot honour (it honours: "
                f"{', '.join(sorted(lm.honours)) or 'none'}); use an open model that can, or a "
                "recipe whose user enters by the prompt."
            )
        needs = {n: lm if n == "lm" else self.supplies[n] for n in self.recipe.needs}
        return self.recipe(**needs, **self.settings)


def run(
    build: Build,
    population: Population,
    requests: Iterable[Request],
    lm: LanguageModel,
    *,
    threads: int = 4,
    progress: Callable[[Progress], None] | None = None,
    published: bool = False,
    through: Callable[[View], View] | None = None,
    record: Callable[[int, Outcome], None] | None = None,
) -> list[Outcome]:
    """Every request's outcome, in the order of the requests.

    Args:
        build: Makes the answering role around a model, for example an `Assembly`.
        population: What views are cut from.
        requests: What is asked.
        lm: The model; every request sees it through a tape of its own.
        threads: Requests at once. The model's own limits are its own.
        progress: Called after each request, one call at a time.
        published: Views as in the papers' code, with other people's later events.
        through: Changes each view before it is used: a control.
        record: Gets each outcome as soon as it is there, with the position of its request, one
            call at a time; what it raises ends the run.

    Raises:
        SettingError: `threads` is below 1, or a setting of the recipe is wrong.
        CapabilityError: The model cannot do what the recipe asks of it.
    """
    asked = list(requests)
    found: dict[int, Outcome] = {}
    start, calls, tokens, failed = time.perf_counter(), 0, 0, 0
    for at, outcome in run_iter(
        build, population, asked, lm, threads=threads, published=published, through=through
    ):
        found[at] = outcome
        failed += outcome.failure is not None
        calls += len(outcome.calls)
        tokens += outcome.tokens
        if record is not None:
            record(at, outcome)
        if progress is not None:
            seconds = time.perf_counter() - start
            progress(Progress(len(found), len(asked), failed, calls, tokens, seconds))
    return [found[at] for at in range(len(asked))]


def run_iter(
    build: Build,
    population: Population,
    requests: Iterable[Request],
    lm: LanguageModel,
    *,
    threads: int = 4,
    published: bool = False,
    through: Callable[[View], View] | None = None,
) -> Iterator[tuple[int, Outcome]]:
    """Each outcome as soon as it is there, with the position of its request.

    Requests are taken as they are needed and outcomes are not kept, so that memory does not grow
    with their number. Whoever stops listening ends the run: what is in work is finished.

    Args:
        build: As for `run`.
        population: As for `run`.
        requests: As for `run`; they may be endless.
        lm: As for `run`.
        threads: As for `run`.
        published: As for `run`.
        through: As for `run`.

    Raises:
        SettingError: `threads` is below 1, or a setting of the recipe is wrong.
        CapabilityError: The model cannot do what the recipe asks of it.
        BudgetError: The next call would exceed a limit; what was in work has been yielded.
    """
    if threads < 1:
        raise SettingError(f"Found threads={threads!r}; give at least 1.")
    # Composed once before any cost: a wrong setting fails the run, not every request.
    build(lm)
    waiting = enumerate(requests)
    finished: SimpleQueue[Future[tuple[int, Outcome]]] = SimpleQueue()

    def one(at: int, request: Request) -> tuple[int, Outcome]:
        return at, answer(build, population, request, lm, published=published, through=through)

    with ThreadPoolExecutor(max_workers=threads) as pool:
        pending: set[Future[tuple[int, Outcome]]] = set()

        def take(most: int) -> None:
            for at, request in islice(waiting, most):
                future = pool.submit(one, at, request)
                pending.add(future)
                future.add_done_callback(finished.put)

        try:
            take(2 * threads)  # so that no thread waits while the caller writes
            spent: BudgetError | None = None
            while pending:
                future = finished.get()
                pending.discard(future)
                if isinstance(error := future.exception(), BudgetError):
                    spent = spent or error
                    continue
                if spent is None:
                    take(1)
                yield future.result()
            if spent is not None:
                raise spent
        finally:
            for future in pending:
                future.cancel()


def answer(
    build: Build,
    population: Population,
    request: Request,
    lm: LanguageModel,
    *,
    published: bool = False,
    through: Callable[[View], View] | None = None,
) -> Outcome:
    """The outcome of one request.

    Raises:
        BudgetError: The next call would exceed a limit of the run.
    """
    watched, start = Watched(lm), time.perf_counter()
    tape = Tape(watched)
    found, failure = None, None
    name = build.recipe.name if isinstance(build, Assembly) else "method"
    with request_span(name, request) as span:
        try:
            view = population.uncut(request) if published else population.as_of(request)
            view = through(view) if through is not None else view
            made = build(tape)
            found = made.answer(view) if isinstance(made, Answers) else made(view, view.request)
        except BudgetError:
            raise  # it is not about this request: the run ends
        except IdiolectError as error:
            failure = Failure(type(error).__name__, str(error))
        except Exception as error:  # noqa: BLE001 (one request must not end a run; it is reported)
            failure = Failure(type(error).__name__, str(error), traceback.format_exc())
        if failure is not None:
            fails(span, failure.kind, failure.message)
    seconds = time.perf_counter() - start
    return Outcome(request, found, failure, tuple(tape.calls), seconds, watched.use)
