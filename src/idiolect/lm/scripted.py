"""A model that says what it was told to say."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from idiolect.errors import CapabilityError
from idiolect.lm.model import Completion, LanguageModel
from idiolect.lm.prompt import Prompt

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
