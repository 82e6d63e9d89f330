"""A language model: prompts in, replies out, in batches."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from idiolect.errors import CapabilityError, ReplyError
from idiolect.lm.prompt import Cut, Prompt

#: Between the sample of an attempt and of the next one: asking again is a new draw, and none of the
#: numbered draws that a recipe asks for beside it.
RETRY = 1_000_000


@dataclass(frozen=True)
class Completion:
    """What a model wrote for one prompt.

    Attributes:
        text: The words.
        prompt_tokens: As the model counted them; 0 where it does not.
        completion_tokens: Likewise.
        cut: What the budget did not allow.
        retries: Calls that failed on the way (rate limits, faults) and were made again.
    """

    text: str
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cut: tuple[Cut, ...] = ()
    retries: int = 0


@dataclass(frozen=True)
class Reply:
    """A completion that was read as the prompt expects.

    Attributes:
        text: The words.
        value: What they mean: text, an option, a number, or an object.
        model: Who replied.
        prompt_tokens: Over all attempts.
        completion_tokens: Over all attempts.
        cut: What the budget did not allow.
        retries: Calls made beyond the first, for faults or unusable replies.
    """

    text: str
    value: Any
    model: str
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cut: tuple[Cut, ...] = ()
    retries: int = 0


class LanguageModel(ABC):
    """Prompts in, replies out.

    A model implements `complete`; reading replies, asking again after an unusable one, and
    refusing conditions that it cannot honour are the same for all.

    Attributes:
        name: How replies and traces call it.
        honours: Kinds of conditions that it can honour.
        attempts: How often one prompt is asked at most before its reply is called unusable.
    """

    name: str = "model"
    honours: frozenset[str] = frozenset()
    attempts: int = 3

    @abstractmethod
    def complete(self, prompts: Sequence[Prompt]) -> list[Completion]:
        """One completion for each prompt, in order; side by side where that is quicker."""

    def reply(self, prompts: Iterable[Prompt]) -> list[Reply]:
        """One reply for each prompt, in order.

        Raises:
            CapabilityError: A prompt carries a condition that this model cannot honour.
            ReplyError: A reply stayed unusable after all attempts.
        """
        asked = list(prompts)
        for prompt in asked:
            for condition in prompt.conditions:
                if condition.kind not in self.honours:
                    raise CapabilityError(
                        f"Prompt {prompt.stage!r} carries the condition {condition.kind!r}, which "
                        f"{self.name!r} cannot honour (it honours: "
                        f"{', '.join(sorted(self.honours)) or 'none'}); use an open model that "
                        "can, or a recipe whose user enters by the prompt."
                    )
        replies, unusable = self._asked(asked)
        self.keep(map(Call, asked, replies))
        if unusable is not None:
            raise unusable
        return replies

    def keep(self, calls: Iterable[Call]) -> None:
        """Called with every prompt and its reply, also unusable ones.

        A model keeps nothing; a wrapper of a model passes them on, so that a tape beneath it sees
        what was asked through it.
        """
        return

    def _asked(self, asked: Sequence[Prompt]) -> tuple[list[Reply], ReplyError | None]:
        """A reply for each prompt, without a value where it stayed unusable, and why."""
        replies = [Reply("", None, self.name, retries=-1)] * len(asked)
        errors: dict[int, ReplyError] = {}
        pending = list(range(len(asked)))
        for attempt in range(self.attempts):
            again = [asked[at].replace(sample=asked[at].sample + attempt * RETRY) for at in pending]
            errors = {}
            for at, completion in zip(pending, self.complete(again), strict=True):
                value = None
                try:
                    value = asked[at].expects.read(completion.text)
                except ReplyError as error:
                    errors[at] = error
                before = replies[at]
                replies[at] = Reply(
                    completion.text,
                    value,
                    self.name,
                    before.prompt_tokens + completion.prompt_tokens,
                    before.completion_tokens + completion.completion_tokens,
                    completion.cut,
                    before.retries + 1 + completion.retries,
                )
            pending = list(errors)
            if not pending:
                return replies, None
        at, first = next(iter(errors.items()))
        unusable = ReplyError(
            f"{self.name!r} gave no usable reply to prompt {asked[at].stage!r} in "
            f"{self.attempts} attempts. {first}",
            prompt=asked[at].render().text,
            reply=replies[at].text,
        )
        unusable.__cause__ = first
        return replies, unusable

    def one(self, prompt: Prompt) -> Reply:
        """The reply to one prompt."""
        return self.reply([prompt])[0]


@runtime_checkable
class GivesLogprobs(Protocol):
    """A model that can score given continuations."""

    def logprobs(self, prompts: Sequence[Prompt], continuations: Sequence[str]) -> list[float]:
        """Natural log probability of each continuation after its prompt."""
        ...


@runtime_checkable
class GivesHiddenStates(Protocol):
    """A model that shows its activations."""

    def hidden_states(self, texts: Sequence[str], layer: int) -> Any:
        """Activations of one layer.  # (texts, tokens, dim)"""
        ...


@runtime_checkable
class CanTrain(Protocol):
    """A model whose weights, or adapters on them, can be trained."""

    def train(self, examples: Sequence[tuple[Prompt, str]], rng: Any) -> Any:
        """An adapter fitted on prompts and wanted replies; the model itself stays as it is."""
        ...


@dataclass(frozen=True)
class Call:
    """One prompt and what came back."""

    prompt: Prompt
    reply: Reply


class Tape(LanguageModel):
    """A model that passes everything on and keeps what was asked and answered, in order."""

    def __init__(self, lm: LanguageModel) -> None:
        self.lm, self.name, self.honours = lm, lm.name, lm.honours
        self.calls: list[Call] = []

    def complete(self, prompts: Sequence[Prompt]) -> list[Completion]:
        """As the model beneath."""
        return self.lm.complete(prompts)

    def keep(self, calls: Iterable[Call]) -> None:
        """Kept in order, those before a failure too, and passed on."""
        made = list(calls)
        self.calls += made
        self.lm.keep(made)


Answer = str | Callable[[Prompt], str]


@dataclass
class Scripted(LanguageModel):
    """A model that says what it was told to say; for everybody's tests.

    Args:
        answers: One answer for all prompts, or one for each stage, or a function of the prompt.
        honours: Conditions that it pretends to honour.

    Attributes:
        prompts: Every prompt that it was asked, in order.
    """

    answers: Answer | Mapping[str, Answer] = "scripted reply"
    honours: frozenset[str] = frozenset()
    name: str = "scripted"
    prompts: list[Prompt] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def complete(self, prompts: Sequence[Prompt]) -> list[Completion]:
        """The scripted answers.

        Raises:
            CapabilityError: The script has no answer for a stage.
        """
        with self._lock:
            self.prompts += prompts
        return [Completion(self._answer(prompt)) for prompt in prompts]

    def _answer(self, prompt: Prompt) -> str:
        answer: Answer
        if isinstance(self.answers, Mapping):
            if prompt.stage not in self.answers:
                raise CapabilityError(
                    f"The script has no answer for the stage {prompt.stage!r} (it has: "
                    f"{', '.join(sorted(self.answers))}); add one."
                )
            answer = self.answers[prompt.stage]
        else:
            answer = self.answers
        return answer if isinstance(answer, str) else answer(prompt)
