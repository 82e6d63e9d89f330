"""A model that pays for each reply once, and keeps account of what it paid."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

from idiolect.errors import (
    BudgetError,
    CapabilityError,
    EndpointError,
    IdiolectError,
    SettingError,
)
from idiolect.lm.budget import Budget, Budgeted, Prices, price
from idiolect.lm.database import warn
from idiolect.lm.kept import completion, digest, stored
from idiolect.lm.ledger import LEASE, Ledger, Line, Outcome, Stored
from idiolect.lm.model import Completion, LanguageModel
from idiolect.lm.prompt import Prompt
from idiolect.lm.wrapped import Wrapped

Result = Completion | IdiolectError
# Raised before anything is asked, so nothing was called.
_UNASKED = (BudgetError, CapabilityError, SettingError)
_FIRST_PAUSE, _LONGEST_PAUSE = 0.01, 0.5  # seconds between looks at another process's claim
_PRUNE_EVERY = 256  # replies between looks at the limits


def guarded(
    lm: LanguageModel,
    *,
    cache: str | Path | None = None,
    budget: Budget | None = None,
    max_bytes: int | None = None,
    max_age: float | None = None,
    say: Callable[[str], None] = warn,
) -> LanguageModel:
    """A model within a budget and behind a cache, where they are given.

    What is cached counts for no budget. A free model is budgeted but not cached.

    Args:
        lm: The model.
        cache: The file of replies and ledger.
        budget: Limits, and the prices by which the ledger counts.
        max_bytes: As for `Cached`.
        max_age: As for `Cached`.
        say: As for `Cached`.
    """
    if budget is not None:
        lm = Budgeted(lm, budget)
    if cache is not None and not lm.free:
        prices = budget.prices if budget is not None else {}
        lm = Cached(lm, cache, prices=prices, max_bytes=max_bytes, max_age=max_age, say=say)
    return lm


class Cached(Wrapped):
    """A model whose replies are read from a file where they are known.

    A reply is known by the model's name, `parameters` and budget, and the prompt's sampling, form
    of reply, messages before cutting, and index of the draw. The name of an endpoint's model is its
    address as it was given: the same model at another ``http://`` address is another one, for
    nobody can tell whether it is the same; ``openai:`` and ``ollama:`` names stay the same wherever
    they lead. Prompts that carry conditions are not cached unless each condition has a `digest`;
    failures and empty replies never are. The same prompt asked at once by several threads or
    processes is paid for once; while a stream waits for its reader, for no longer than a lease.

    Args:
        lm: The model.
        path: The file; made where there is none.
        prices: By which the ledger counts.
        max_bytes: Of all replies; the longest unused go first.
        max_age: Seconds after which a reply is asked for anew.
        lease: As for `Ledger`.
        say: As for `Ledger`.

    Attributes:
        hits: Prompts that this object answered without a call.
        paid: Prompts that it had answered by the model.
        ledger: The file.

    Raises:
        SettingError: A limit is below 0, the lease not above 0, or the path cannot be a cache.
    """

    def __init__(
        self,
        lm: LanguageModel,
        path: str | Path,
        *,
        prices: Prices | None = None,
        max_bytes: int | None = None,
        max_age: float | None = None,
        lease: float = LEASE,
        say: Callable[[str], None] = warn,
    ) -> None:
        for name, limit in {"max_bytes": max_bytes, "max_age": max_age}.items():
            if limit is not None and not limit >= 0:
                raise SettingError(f"Found {name}={limit!r}; give 0 or more.")
        super().__init__(lm)
        self.max_bytes, self.max_age = max_bytes, max_age
        self.ledger = Ledger(path, lease=lease, say=say)
        self.hits = self.paid = 0
        self._price = price(prices or {}, lm)
        self._flying: dict[bytes, Future[Result | None]] = {}
        self._lock = threading.Lock()
        self._prune()

    def complete(self, prompts: Sequence[Prompt]) -> list[Completion]:
        """One completion for each prompt, in order; all that came are kept before one fails.

        Raises:
            IdiolectError: What the model beneath raised for the first prompt that failed.
        """
        results = dict(self.arriving(prompts))
        completions = []
        for at in range(len(prompts)):
            result = results[at]
            if isinstance(result, IdiolectError):
                raise result
            completions.append(result)
        return completions

    def arriving(self, prompts: Sequence[Prompt]) -> Iterator[tuple[int, Result]]:
        """The position of each prompt with its completion or why it has none, as they come."""
        wanted: dict[bytes, list[int]] = {}
        loose = []
        for at, prompt in enumerate(prompts):
            key = self._key(prompt)
            if key is None:
                loose.append(at)
            else:
                wanted.setdefault(key, []).append(at)

        def each(key: bytes, result: Result) -> Iterator[tuple[int, Result]]:
            """Hands a result to all prompts with this key; the first of them may have paid."""
            positions = wanted.pop(key)
            again = positions if _is_cached(result) else positions[1:]
            self._count_hits([(key, prompts[at], result) for at in again])
            for at in positions:
                yield at, _free(result) if at in again else result

        pause = _FIRST_PAUSE
        for at, result in self._pay([(None, prompts[at]) for at in loose]):
            yield loose[at], result
        while wanted:
            with self._lock:
                others = {key: self._flying[key] for key in wanted if key in self._flying}
                mine = {key: Future[Result | None]() for key in wanted if key not in others}
                self._flying.update(mine)
            claimed: list[bytes] = []
            try:
                there, claimed = self._look(list(mine))
                for key, kept in there.items():
                    known = completion(kept, prompts[wanted[key][0]])
                    self._land(key, known)
                    yield from each(key, known)
                for at, result in self._pay([(key, prompts[wanted[key][0]]) for key in claimed]):
                    self._land(claimed[at], result)
                    yield from each(claimed[at], result)
            finally:
                self._abandon(mine, claimed)
            for key, future in others.items():
                if (shared := future.result()) is not None:
                    yield from each(key, _free(shared))
            if wanted and not others:
                time.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)

    def pieces(self, prompt: Prompt) -> Generator[str, None, Completion]:
        """The words of one completion as they come; at once where it is known or awaited already.

        One that breaks off, or is closed before its end, is in the ledger as failed.
        """
        key, pieces = self._key(prompt), self.lm.pieces(prompt)
        if key is not None and not self._look([key])[1]:
            ((_, result),) = self.arriving([prompt])
            if isinstance(result, IdiolectError):
                raise result
            if result.text:
                yield result.text
            return result
        start = time.perf_counter()
        came: Completion | BaseException = GeneratorExit()
        try:
            while True:
                piece = next(pieces)
                with self.ledger.paused(key):
                    yield piece
        except StopIteration as end:
            came = end.value
            return end.value  # type: ignore[no-any-return]
        except BaseException as error:
            came = error
            raise
        finally:
            pieces.close()
            self._record(key, prompt, came, time.perf_counter() - start)

    def close(self) -> None:
        """Closes the file; the next prompt opens it again."""
        self.ledger.close()

    def _look(self, keys: list[bytes]) -> tuple[dict[bytes, Stored], list[bytes]]:
        """What is known, and what of the rest this process is to pay for."""
        newer = 0.0 if self.max_age is None else time.time() - self.max_age
        there = self.ledger.find(keys, newer)
        claimed: list[bytes] = []
        if len(there) < len(keys):
            found, claimed = self.ledger.claim([key for key in keys if key not in there], newer)
            there |= found
        return there, claimed

    def _pay(self, asked: list[tuple[bytes | None, Prompt]]) -> Iterator[tuple[int, Result]]:
        """What the model says, recorded as it comes."""
        if not asked:
            return
        start, left = time.perf_counter(), set(range(len(asked)))
        try:
            for at, result in self.lm.arriving([prompt for _, prompt in asked]):
                left.discard(at)
                self._record(*asked[at], result, time.perf_counter() - start)
                yield at, result
        except BaseException as error:
            for at in sorted(left):
                self._record(*asked[at], error, time.perf_counter() - start)
            if not isinstance(error, IdiolectError):
                raise
            yield from ((at, error) for at in sorted(left))

    def _record(
        self, key: bytes | None, prompt: Prompt, came: Completion | BaseException, seconds: float
    ) -> None:
        kept, due = [], False
        lines = [] if isinstance(came, _UNASKED) else [self._line(key, prompt, came, seconds)]
        if isinstance(came, Completion):
            if key is not None and not came.empty:
                kept = [stored(key, self.name, prompt, came, seconds)]
            with self._lock:
                self.paid += 1
                due = self.paid % _PRUNE_EVERY == 0
        mine = [] if key is None else [key]
        if not self.ledger.add(lines, kept, release=mine):
            self.ledger.release(mine)  # smaller, so there may be space for it
        if due:
            self._prune()

    def _count_hits(self, hits: list[tuple[bytes, Prompt, Result]]) -> None:
        lines = [
            self._line(key, prompt, _free(result), 0.0)
            for key, prompt, result in hits
            if isinstance(result, Completion) and not result.empty
        ]
        if lines:
            with self._lock:
                self.hits += len(lines)
            self.ledger.add(lines, used=[hits[0][0]])

    def _line(
        self, key: bytes | None, prompt: Prompt, came: Completion | BaseException, seconds: float
    ) -> Line:
        outcome: Outcome = "failed"
        read = wrote = retries = 0
        if isinstance(came, Completion | EndpointError):
            read, wrote, retries = came.prompt_tokens, came.completion_tokens, came.retries
        if isinstance(came, Completion) and not came.empty:
            outcome = "cached" if came.cached else "paid"
        cost = self._price.of(read, wrote) if self._price else None
        return Line(
            self.name,
            prompt.stage,
            outcome,
            _kind(came),
            read,
            wrote,
            0.0 if outcome == "cached" else cost,
            retries,
            seconds,
            key,
        )

    def _key(self, prompt: Prompt) -> bytes | None:
        return digest(self, prompt, getattr(self.innermost, "budget", None))

    def _land(self, key: bytes, result: Result | None) -> None:
        with self._lock:
            future = self._flying.pop(key)
        future.set_result(result)

    def _abandon(self, mine: dict[bytes, Future[Result | None]], claimed: list[bytes]) -> None:
        """Lets others have what was begun and not ended, as when the caller went away."""
        left = [key for key, future in mine.items() if not future.done()]
        try:
            if ours := [key for key in claimed if key in left]:
                self.ledger.release(ours)
        finally:
            for key in left:
                self._land(key, None)

    def _prune(self) -> None:
        if self.max_bytes is not None or self.max_age is not None:
            self.ledger.prune(self.max_bytes, self.max_age)


def _kind(came: Completion | BaseException) -> str:
    """What a line of the ledger says of how a call failed; nothing of one that did not."""
    if isinstance(came, Completion):
        return "empty" if came.empty else ""
    return "abandoned" if isinstance(came, GeneratorExit) else type(came).__name__


def _is_cached(result: Result) -> bool:
    return isinstance(result, Completion) and result.cached


def _free(result: Result) -> Result:
    """A result as one gets it who did not pay for it."""
    if isinstance(result, Completion):
        return replace(result, retries=0, cached=True)
    return result
