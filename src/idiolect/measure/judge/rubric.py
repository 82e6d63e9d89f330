"""An answer against a rubric, one question an aspect: LaMP-QA's judge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from idiolect.data import Event, View
from idiolect.lm import (
    Entry,
    LanguageModel,
    Number,
    Prompt,
    Sampling,
    Section,
    item,
    options,
    query,
)
from idiolect.measure.judge.asking import Considered, replies, unwritten
from idiolect.roles import Verdict

#: What a score stands for (LaMP-QA's three steps; our wording).
RUBRIC = (
    "You judge whether an answer to a user's question covers one aspect that matters to this user. "
    "You see the question, the aspect with why it matters, and as the option the answer. Score:\n"
    "0: the answer does not cover the aspect.\n"
    "1: it covers it in part, or only in passing.\n"
    "2: it covers it fully.\n"
    "Judge this aspect alone, nothing else that is good or bad about the answer."
)
HIGHEST = 2
#: Where a reference holds its aspects, in `Event.extra`.
ASPECTS = "aspects"


@dataclass(frozen=True)
class Rubric:
    """The share of a rubric that an answer covers: Σ scores / (2 · aspects).

    One prompt an aspect, side by side. Where one of them stays unusable the answer has no value;
    the official script counts it as 0.

    Args:
        lm: Who judges; the floor cannot and says so.
        aspects: Of every answer; None takes those of the reference, `extra["aspects"]`: names, or
            mappings with `aspect` and what else is known of it, such as `reason` and `evidence`.
        instruction: What is asked, with the scale.
        temperature: 0, so that the same answer gets the same score.
    """

    lm: LanguageModel
    aspects: tuple[str, ...] | None = None
    instruction: str = RUBRIC
    temperature: float = 0.0

    def __call__(self, view: View, output: str, reference: Event | None) -> Verdict:
        """The share, with the score of each aspect as its parts.

        Raises:
            CapabilityError: The model cannot judge.
        """
        shown = _aspects(self.aspects, reference)
        if not shown:
            return Verdict(None, "There is no aspect to judge by.")
        if missing := unwritten(output):
            return Verdict(None, missing)
        prompts = [
            Prompt(
                self.instruction,
                item(view.request.item),
                query(view.request),
                Section("given", (Entry("", (("aspect", name), *facts)),)),
                options((output,)),
                expects=Considered(Number(0, HIGHEST)),
                sampling=Sampling(self.temperature),
                stage="aspect",
            )
            for name, facts in shown
        ]
        found = replies(self.lm, prompts)
        if isinstance(found, str):
            return Verdict(None, found)
        names = [f"{at}: {name}" for at, (name, _) in enumerate(shown, 1)]
        scores = dict(zip(names, (float(reply.value) for reply in found), strict=True))
        return Verdict(sum(scores.values()) / (HIGHEST * len(scores)), parts=scores)


Facts = tuple[tuple[str, str], ...]


def _aspects(given: tuple[str, ...] | None, reference: Event | None) -> list[tuple[str, Facts]]:
    """Name of each aspect, and what else is known of it."""
    if given is not None:
        return [(name, ()) for name in given]
    held: Iterable[Any] = () if reference is None else reference.extra.get(ASPECTS) or ()
    found: list[tuple[str, Facts]] = []
    for one in held:
        if isinstance(one, Mapping):
            facts = ((k, str(v)) for k, v in one.items() if k != "aspect" and v)
            found.append((str(one["aspect"]), tuple(facts)))
        else:
            found.append((str(one), ()))
    return found
