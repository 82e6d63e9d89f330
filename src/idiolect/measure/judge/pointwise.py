"""A mark for one text against what the user really wrote."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from idiolect.data import Event, View
from idiolect.lm import LanguageModel, Number, Prompt, Sampling, given, item, options
from idiolect.measure.judge.asking import Considered, lacks, real, replies, side_by_side
from idiolect.roles import Judge, Verdict

#: What a mark stands for (after DPL's scale, section 4.1; our wording).
SCALE: Mapping[int, str] = MappingProxyType(
    {
        0: "it is about something else, or says nothing that the user says",
        2: "it is about the same thing, but none of the user's points or views are there",
        4: "some of the user's points are there; important ones are missing, or it is so general "
        "that anybody could have written it",
        6: "most of the user's points are there; some details or personal views are missing",
        8: "it says and values what the user does, with small differences",
        10: "it says the same as the user's text, with the same details, views and preferences",
    }
)
HIGHEST = 10
POINTWISE = (
    "You judge how well a text written for a user matches what the user really wrote about the "
    "same thing. You see the thing, facts that were given, the user's own text, and as the option "
    "the text to judge. Give a mark from 0 to 10:\n"
    + "\n".join(f"{mark}: {meaning}." for mark, meaning in SCALE.items())
    + "\nMarks between these are allowed. Judge the text alone, not its length."
)


@dataclass(frozen=True)
class Pointwise:
    """A mark from 0 to 1 for one text against the real one: DPL's judge.

    Args:
        lm: Who judges; the floor cannot and says so.
        instruction: What is asked, with the scale.
        temperature: 0, so that the same text gets the same mark.
    """

    lm: LanguageModel
    instruction: str = POINTWISE
    temperature: float = 0.0

    def __call__(self, view: View, output: str, reference: Event | None) -> Verdict:
        """The mark over 10; no value, and why, where the judge gave none.

        Raises:
            CapabilityError: The model cannot judge.
        """
        missing = lacks(reference, output)
        if missing or reference is None:
            return Verdict(None, missing)
        # The fields in DPL's order: item, given facts, the real text, what is judged.
        prompt = Prompt(
            self.instruction,
            item(view.request.item),
            given(view.request),
            real(reference),
            options((output,)),
            expects=Considered(Number(0, HIGHEST)),
            sampling=Sampling(self.temperature),
            stage="mark",
        )
        found = replies(self.lm, [prompt])
        if isinstance(found, str):
            return Verdict(None, found)
        return Verdict(found[0].value / HIGHEST, found[0].text)


@dataclass(frozen=True)
class Judged:
    """What a judge said of many texts, in their order."""

    verdicts: tuple[Verdict, ...]

    @property
    def values(self) -> NDArray[np.float64]:
        """The marks; NaN where the judge failed.  # (texts,)"""
        return np.array([np.nan if v.value is None else v.value for v in self.verdicts])

    @property
    def certainties(self) -> NDArray[np.float64]:
        """How sure the judge said it was, 0..1; NaN where it did not say.  # (texts,)"""
        return np.array([np.nan if v.certainty is None else v.certainty for v in self.verdicts])

    @property
    def failures(self) -> tuple[str, ...]:
        """Why there is no mark, one reason a text that has none."""
        return tuple(v.why for v in self.verdicts if v.value is None)


def judged(
    judge: Judge, rows: Iterable[tuple[View, str, Event | None]], *, threads: int = 8
) -> Judged:
    """Many texts side by side: view, text, and what the user really wrote.

    Raises:
        SettingError: `threads` is below 1.
        CapabilityError: The model cannot judge.
    """
    return Judged(side_by_side(lambda row: judge(*row), rows, threads))
