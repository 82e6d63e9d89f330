"""Guided questions: what a model is to look for in a user's texts, before it describes the user."""

from __future__ import annotations

from dataclasses import dataclass

from idiolect.lm import Entry, LanguageModel, Prompt, Sampling, Section, Text


@dataclass(frozen=True)
class Guided:
    """Lets a model answer questions on what it is shown: one prompt a question, side by side.

    Attributes:
        lm: Who answers.
        wording: The instruction, with `{guide}` where the question stands.
        guides: The questions.
        sampling: How replies are drawn.
        stage: A name for traces.
    """

    lm: LanguageModel
    wording: str
    guides: tuple[str, ...]
    sampling: Sampling | None = None
    stage: str = "digest"

    def __call__(self, *shown: Section | None) -> tuple[Entry, ...]:
        """The answer to each question, with the question as a fact and what it was made from."""
        prompts = [
            Prompt(
                self.wording.format(guide=guide),
                *shown,
                expects=Text("summary"),
                sampling=self.sampling,
                stage=self.stage,
            )
            for guide in self.guides
        ]
        return tuple(
            Entry(reply.value, (("asked", guide),), prompt.events)
            for guide, prompt, reply in zip(
                self.guides, prompts, self.lm.reply(prompts), strict=True
            )
        )
