"""Models in front of other models."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import replace

from idiolect.errors import IdiolectError
from idiolect.lm.model import (
    Call,
    CanTrain,
    Completion,
    GivesHiddenStates,
    GivesLogprobs,
    LanguageModel,
)
from idiolect.lm.prompt import Prompt, shared_prefix

_ABILITIES = {
    GivesLogprobs: "logprobs",
    GivesHiddenStates: "hidden_states",
    CanTrain: "train",
}


class Wrapped(LanguageModel):
    """A model in front of another: it has that one's name and abilities, and passes everything on.

    What changes the prompts or what comes of them changes `complete`, `arriving` and `pieces`.
    Abilities beyond those (log probabilities of given words, hidden states, training) are the
    other model's own; it has them exactly where that one does.

    Args:
        lm: The model beneath.
    """

    def __init__(self, lm: LanguageModel) -> None:
        self.lm = lm
        self.name, self.honours, self.attempts = lm.name, lm.honours, lm.attempts
        self.free, self.parameters = lm.free, lm.parameters
        for ability, method in _ABILITIES.items():
            if isinstance(lm, ability):
                # On the object, where `isinstance` looks for it in every version of Python.
                setattr(self, method, getattr(lm, method))

    @property
    def innermost(self) -> LanguageModel:
        """The model beneath all wrappers."""
        return self.lm.innermost if isinstance(self.lm, Wrapped) else self.lm

    def complete(self, prompts: Sequence[Prompt]) -> list[Completion]:
        """As the model beneath."""
        return self.lm.complete(prompts)

    def arriving(
        self, prompts: Sequence[Prompt]
    ) -> Iterator[tuple[int, Completion | IdiolectError]]:
        """As the model beneath."""
        return self.lm.arriving(prompts)

    def pieces(self, prompt: Prompt) -> Generator[str, None, Completion]:
        """As the model beneath."""
        return self.lm.pieces(prompt)

    def keep(self, calls: Iterable[Call]) -> None:
        """Passed on."""
        self.lm.keep(calls)


class Rewriting(Wrapped):
    """A model that is asked something else than what is put to it: each prompt, rewritten."""

    @abstractmethod
    def rewritten(self, prompt: Prompt) -> Prompt:
        """What the model beneath is asked."""

    def complete(self, prompts: Sequence[Prompt]) -> list[Completion]:
        """As the model beneath, of the rewritten prompts."""
        return self.lm.complete([self.rewritten(prompt) for prompt in prompts])

    def arriving(
        self, prompts: Sequence[Prompt]
    ) -> Iterator[tuple[int, Completion | IdiolectError]]:
        """As the model beneath, of the rewritten prompts."""
        return self.lm.arriving([self.rewritten(prompt) for prompt in prompts])

    def pieces(self, prompt: Prompt) -> Generator[str, None, Completion]:
        """As the model beneath, of the rewritten prompt."""
        return self.lm.pieces(self.rewritten(prompt))


class Tape(Wrapped):
    """A model that passes everything on and keeps what was asked and answered, in order.

    Attributes:
        calls: All prompts with their replies so far.
    """

    def __init__(self, lm: LanguageModel) -> None:
        super().__init__(lm)
        self.calls: list[Call] = []

    def keep(self, calls: Iterable[Call]) -> None:
        """Kept in order, those before a failure too, and passed on."""
        made = list(calls)
        for call in made:
            shared = shared_prefix(self.calls[-1].prompt, call.prompt) if self.calls else 0
            self.calls.append(replace(call, shared=shared))
        self.lm.keep(made)
