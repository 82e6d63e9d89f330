"""The model named `extractive`: structured prompts answered by classical means, with no LLM."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from idiolect.errors import CapabilityError
from idiolect.floor.answer import choose, rate
from idiolect.floor.compare import compare
from idiolect.floor.compose import compose
from idiolect.floor.condense import condense
from idiolect.lm import Choice, Completion, LanguageModel, Number, Prompt, Text, estimate

_TEXTS: Mapping[str, Callable[[Prompt], str]] = {
    "writing": compose,
    "comparison": compare,
    "summary": condense,
}


@dataclass(frozen=True)
class Extractive(LanguageModel):
    """Answers by extraction, measurement and neighbours; deterministic, free, no download.

    It sees a prompt's sections and the expected reply, never the instruction. It writes with the
    user's own sentences, compares by measuring, sums up what recurs, chooses by similarity, and
    rates by neighbours. It shows that the pipes are right; it is never the quality of a method.
    """

    name: str = "extractive"
    free = True

    def complete(self, prompts: Sequence[Prompt]) -> list[Completion]:
        """One completion for each prompt; tokens are estimated, nothing is spent.

        Raises:
            CapabilityError: A prompt needs free reasoning, or shows nothing to work with.
        """
        for prompt in prompts:
            _check(prompt)
        return [_completion(prompt, _answer(prompt)) for prompt in prompts]


def _check(prompt: Prompt) -> None:
    expects = prompt.expects
    if isinstance(expects, Choice | Number):
        return
    if isinstance(expects, Text) and expects.purpose in _TEXTS:
        return
    wanted = expects.purpose if isinstance(expects, Text) else type(expects).__name__
    raise CapabilityError(
        f"Prompt {prompt.stage!r} expects {wanted!r}, which needs free reasoning; the floor "
        "'extractive' only extracts, measures and counts. Use a language model, for example "
        "--lm openai:gpt-4o-mini or --lm ollama:llama3.2."
    )


def _answer(prompt: Prompt) -> str:
    expects = prompt.expects
    if isinstance(expects, Choice):
        return choose(prompt, expects)
    if isinstance(expects, Number):
        return rate(prompt, expects)
    assert isinstance(expects, Text)
    return _TEXTS[expects.purpose](prompt)


def _completion(prompt: Prompt, text: str) -> Completion:
    return Completion(text, estimate(prompt.render().text), estimate(text))
