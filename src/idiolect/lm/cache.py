"""A model that pays for each reply once, and keeps account of what it paid."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from idiolect.errors import BudgetError, CapabilityError, IdiolectError, SettingError
from idiolect.lm.budget import Budget, Budgeted, Prices, price
from idiolect.lm.ledger import Ledger, Line, Outcome, Stored, warn
from idiolect.lm.model import Call, Completion, LanguageModel, Token
from idiolect.lm.prompt import Cut, Prompt

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


class Cached(LanguageModel):
    """A model whose replies are read from a file where they are known.

    A reply is known by the model's name, `parameters` and budget, and the prompt's sampling, form
    of reply, messages before cutting, and index of the draw. Prompts that carry
    conditions are not cached unless each condition has a `digest`; failures and empty replies never
    are. The same prompt asked at once by several threads or processes is paid for once.

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
        SettingError: A limit is below 0, or the path cannot be a cache.
    """

    def __init__(
        self,
        lm: LanguageModel,
        path: str | Path,
        *,
        prices: Prices | None = None,
        max_bytes: int | None = None,
        max_age: float | None = None,
        lease: float = 600.0,
        say: Callable[[str], None] = warn,
    ) -> None:
        for name, limit in {"max_bytes": max_bytes, "max_age": max_age, "lease": lease}.items():
            if limit is not None and not limit >= 0:
                raise SettingError(f"Found {name}={limit!r}; give 0 or more.")
        self.lm, self.max_bytes, self.max_age = lm, max_bytes, max_age
        self.name, self.honours, self.attempts, self.free = (
            lm.name, lm.honours, lm.attempts, lm.free,
        )  # fmt: skip
        self.ledger = Ledger(path, lease=lease, say=say)
        self.hits = self.paid = 0
        self._price = price(prices or {}, lm)
        self._beneath = _beneath(lm)
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
            try:
                there, claimed = self._look(list(mine))
                for key, stored in there.items():
                    completion = _completion(stored, prompts[wanted[key][0]])
                    self._land(key, completion)
                    yield from each(key, completion)
                for at, result in self._pay([(key, prompts[wanted[key][0]]) for key in claimed]):
                    self._land(claimed[at], result)
                    yield from each(claimed[at], result)
            finally:
                self._abandon(mine)
            for key, future in others.items():
                if (shared := future.result()) is not None:
                    yield from each(key, _free(shared))
            if wanted and not others:
                time.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)

    def keep(self, calls: Iterable[Call]) -> None:
        """Passed on."""
        self.lm.keep(calls)

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
        except IdiolectError as error:
            for at in sorted(left):
                self._record(*asked[at], error, time.perf_counter() - start)
                yield at, error

    def _record(self, key: bytes | None, prompt: Prompt, result: Result, seconds: float) -> None:
        stored = []
        if isinstance(result, Completion):
            lines = [self._line(prompt, _outcome(result), result, seconds, key)]
            if key is not None and _outcome(result) == "paid":
                stored = [self._stored(key, prompt, result, seconds)]
            with self._lock:
                self.paid += 1
                due = self.paid % _PRUNE_EVERY == 0
        else:
            kind, due = type(result).__name__, False
            line = Line(self.name, prompt.stage, "failed", kind, seconds=seconds, key=key)
            lines = [] if isinstance(result, _UNASKED) else [line]
        mine = [] if key is None else [key]
        if not self.ledger.add(lines, stored, release=mine):
            self.ledger.release(mine)  # smaller, so there may be space for it
        if due:
            self._prune()

    def _count_hits(self, hits: list[tuple[bytes, Prompt, Result]]) -> None:
        lines = [
            self._line(prompt, "cached", result, 0.0, key)
            for key, prompt, result in hits
            if isinstance(result, Completion)
        ]
        if lines:
            with self._lock:
                self.hits += len(lines)
            self.ledger.add(lines, used=[hits[0][0]])

    def _line(
        self, prompt: Prompt, outcome: Outcome, of: Completion, seconds: float, key: bytes | None
    ) -> Line:
        paid = outcome != "cached"
        cost = self._price.of(of.prompt_tokens, of.completion_tokens) if self._price else None
        return Line(
            self.name,
            prompt.stage,
            outcome,
            "empty" if outcome == "failed" else "",
            of.prompt_tokens,
            of.completion_tokens,
            cost if paid else 0.0,
            of.retries if paid else 0,
            seconds,
            key,
        )

    def _stored(self, key: bytes, prompt: Prompt, said: Completion, seconds: float) -> Stored:
        text = _encodable(said.text)
        rest = {
            "text": said.text if said.text != text else "",
            "thinking": said.thinking,
            "finish_reason": said.finish_reason,
            "logprobs": said.logprobs,
            "cut": _places(prompt, said.cut),
        }
        more = {name: value for name, value in rest.items() if value}
        return Stored(
            key,
            self.name,
            prompt.stage,
            text,
            said.prompt_tokens,
            said.completion_tokens,
            seconds,
            json.dumps(more) if more else "",
            tuple(map(_encodable, prompt.events)),
        )

    def _key(self, prompt: Prompt) -> bytes | None:
        conditions = [getattr(condition, "digest", None) for condition in prompt.conditions]
        if None in conditions:
            return None
        decides = {
            "model": self.name,
            "parameters": dict(self._beneath.parameters),
            "budget": getattr(self._beneath, "budget", None),
            "sampling": asdict(prompt.sampling),
            "expects": type(prompt.expects).__name__,
            "messages": [(message.role, message.content) for message in prompt.render().messages],
            "conditions": conditions,
            "sample": prompt.sample,
        }
        text = json.dumps(decides, sort_keys=True, ensure_ascii=False, default=repr)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()

    def _land(self, key: bytes, result: Result | None) -> None:
        with self._lock:
            future = self._flying.pop(key)
        future.set_result(result)

    def _abandon(self, mine: dict[bytes, Future[Result | None]]) -> None:
        """Lets others have what was begun and not ended, as when the caller went away."""
        left = [key for key, future in mine.items() if not future.done()]
        try:
            if left:
                self.ledger.release(left)
        finally:
            for key in left:
                self._land(key, None)

    def _prune(self) -> None:
        if self.max_bytes is not None or self.max_age is not None:
            self.ledger.prune(self.max_bytes, self.max_age)


def _beneath(lm: LanguageModel) -> LanguageModel:
    """The innermost of wrapped models."""
    while isinstance(within := getattr(lm, "lm", None), LanguageModel):
        lm = within
    return lm


def _outcome(result: Completion) -> Outcome:
    """Nothing at all is a fault of the endpoint, not a reply to be given again."""
    return "paid" if result.text or result.thinking else "failed"


def _is_cached(result: Result) -> bool:
    return isinstance(result, Completion) and result.cached


def _free(result: Result) -> Result:
    """A result as one gets it who did not pay for it."""
    if isinstance(result, Completion):
        return replace(result, retries=0, cached=True)
    return result


def _completion(stored: Stored, prompt: Prompt) -> Completion:
    more: dict[str, Any] = json.loads(stored.more) if stored.more else {}
    return Completion(
        more.get("text", stored.text),
        stored.prompt_tokens,
        stored.completion_tokens,
        cut=_at(prompt, more.get("cut", ())),
        cached=True,
        thinking=more.get("thinking", ""),
        finish_reason=more.get("finish_reason", ""),
        logprobs=tuple(Token(*token) for token in more.get("logprobs", ())),
    )


def _places(prompt: Prompt, cut: tuple[Cut, ...]) -> list[tuple[int, int]]:
    """Which section's which entry each cut one is."""
    places = {
        id(entry): (section, at)
        for section, of in enumerate(prompt.sections)
        for at, entry in enumerate(of.entries)
    }
    return [places[id(one.entry)] for one in cut if id(one.entry) in places]


def _at(prompt: Prompt, places: Iterable[tuple[int, int]]) -> tuple[Cut, ...]:
    return tuple(
        Cut(prompt.sections[section].kind, prompt.sections[section].entries[at])
        for section, at in places
    )


def _encodable(text: str) -> str:
    """The text without halves of characters, which broken replies contain and SQLite refuses."""
    return text.encode("utf-8", "replace").decode("utf-8")
