"""A model that is never asked: what a run would send, at no cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from idiolect.lm import Completion, LanguageModel, Prompt, Text, estimate
from idiolect.testing.standins import answered


@dataclass(frozen=True)
class Rehearsal(LanguageModel):
    """Usable replies of a given length, so that calls and tokens can be counted beforehand.

    Args:
        tokens: How long a free reply is taken to be; other forms are as long as they must be.
    """

    tokens: int = 300
    name: str = "rehearsal"

    def complete(self, prompts: Sequence[Prompt]) -> list[Completion]:
        """One filled-in completion for each prompt; tokens are estimated."""
        return [self._one(prompt) for prompt in prompts]

    def _one(self, prompt: Prompt) -> Completion:
        rendered = prompt.render()
        if isinstance(prompt.expects, Text):
            # Four characters a token, as `estimate` counts.
            return Completion("aye " * self.tokens, rendered.tokens, self.tokens)
        text = answered(prompt)
        return Completion(text, rendered.tokens, estimate(text))
