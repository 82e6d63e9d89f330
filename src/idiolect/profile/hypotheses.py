"""Hypotheses about how a user writes: proposed, tried on held-out texts, the best kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, make_dataclass, replace
from functools import cache
from math import isnan, nan
from typing import Annotated, Any, Literal

from annotated_types import Ge, Le, Len

from idiolect.data import Events, View
from idiolect.errors import DataError
from idiolect.lm import Entry, Json, LanguageModel, Prompt, Sampling, Section, own
from idiolect.profile.claim import Claim, Span
from idiolect.profile.drafts import drafted
from idiolect.profile.sensitive import sensitive
from idiolect.roles import Judge

#: HyPerAlign's sides of a person.
Side = Literal["strategy", "personality", "style"]
#: What a model is told of the user in, scores out; NaN where there is none.
TryOn = Callable[[Sequence[str]], Sequence[Sequence[float]]]


@dataclass(frozen=True)
class Hypothesis:
    """A claim that was tried on held-out texts.

    Attributes:
        claim: What is believed; its confidence is the share of held-out texts on which it helped.
        gain: Mean score with it, minus that of knowing nothing of the user; NaN where untried.
    """

    claim: Claim
    gain: float


@dataclass(frozen=True)
class Hypotheses:
    """The loop: propose, try on held-out texts, keep the best; then propose again, knowing them.

    As in HypoGeniC, the best stay whatever their gain; `gain` says whether they help at all. What
    is proposed again is not tried again.

    Attributes:
        propose: What is known so far (best first) in, new claims out.
        try_on: Scores of writing with some claim; the empty one stands for knowing nothing.
        keep: How many are kept.
        rounds: How often claims are proposed.
    """

    propose: Callable[[tuple[Hypothesis, ...]], Sequence[Claim]]
    try_on: TryOn
    keep: int = 3
    rounds: int = 1

    def __call__(self) -> tuple[Hypothesis, ...]:
        """The best, best first; untried ones after those that were tried."""
        best: tuple[Hypothesis, ...] = ()
        base: Sequence[float] | None = None
        known: set[str] = set()
        for _ in range(self.rounds):
            new = {claim.text: claim for claim in self.propose(best) if claim.text not in known}
            if not new:
                continue
            claims, texts = list(new.values()), list(new)
            known.update(texts)
            scores = list(self.try_on([*([""] if base is None else []), *texts]))
            if base is None:
                base, scores = scores[0], scores[1:]
            if len(scores) != len(claims):
                raise DataError(
                    f"Found scores of {len(scores)} hypotheses where {len(claims)} were tried; "
                    "give a row for each, one score a held-out text."
                )
            tried = [_tried(*row, base) for row in zip(claims, scores, strict=True)]
            best = tuple(sorted([*best, *tried], key=_worth)[: self.keep])
        return best


def _worth(found: Hypothesis) -> float:
    return 1.0 if isnan(found.gain) else -found.gain


def _tried(claim: Claim, scores: Sequence[float], base: Sequence[float]) -> Hypothesis:
    gains = [s - b for s, b in zip(scores, base, strict=True) if not isnan(s - b)]
    if not gains:
        return Hypothesis(claim, nan)
    helped = sum(gain > 0 for gain in gains) / len(gains)
    return Hypothesis(replace(claim, confidence=helped), sum(gains) / len(gains))


@cache
def _form(number: int, texts: int) -> type[Any]:
    """Exactly so many hypotheses, each with the numbers of the texts that show it."""
    shown = Annotated[tuple[Annotated[int, Ge(1), Le(texts)], ...], Len(1)]
    one = make_dataclass(
        "Guessed", [("text", str), ("side", Side), ("numbers", shown)], frozen=True
    )
    many = Annotated[tuple[one, ...], Len(number, number)]  # type: ignore[valid-type]
    return make_dataclass("Hypotheses", [("hypotheses", many)], frozen=True)


@dataclass(frozen=True)
class Guess:
    """Lets a model propose hypotheses from some of the user's texts: one prompt.

    Attributes:
        lm: Who proposes; it has to answer in JSON.
        wording: The instruction, with `{number}`.
        shown: The texts.
        number: How many.
        sampling: How replies are drawn.
    """

    lm: LanguageModel
    wording: str
    shown: Events
    number: int = 5
    sampling: Sampling | None = None

    def __call__(self, known: Sequence[Hypothesis] = ()) -> list[Claim]:
        """Claims with the texts that show them; none on sensitive matters.

        Args:
            known: Earlier ones, best first, with what they gained.
        """
        reply = self.lm.one(
            Prompt(
                self.wording.format(number=self.number),
                Section("profile", tuple(map(_shown, known))),
                own(self.shown),
                expects=Json(_form(self.number, len(self.shown))),
                sampling=self.sampling,
                stage="hypothesize",
            )
        )
        return [
            Claim(
                guess.text.strip(),
                guess.side,
                0.5,
                spans=tuple(Span(self.shown.ids[n - 1]) for n in dict.fromkeys(guess.numbers)),
            )
            for guess in reply.value.hypotheses
            if guess.text.strip() and not sensitive(guess.text)
        ]


def _shown(known: Hypothesis) -> Entry:
    gain = "not tried" if isnan(known.gain) else f"{known.gain:+.2f}"
    return Entry(known.claim.text, (("gain", gain),), known.claim.own)


@dataclass(frozen=True)
class Written:
    """Scores claims by what a model writes with them, in place of held-out texts.

    Whether it reads like the user is for a judge to say: `measure.Verified` needs no model. The
    judge knows the user by `known` alone, so that no held-out text speaks for itself.

    Attributes:
        lm: Who writes.
        wording: The instruction.
        judge: Of what was written.
        view: What may be known.
        known: Own texts that the judge knows the user by.
        held_out: Own texts in place of which it writes.
        sampling: How replies are drawn.
    """

    lm: LanguageModel
    wording: str
    judge: Judge
    view: View
    known: Events
    held_out: Events
    sampling: Sampling | None = None

    def __call__(self, told: Sequence[str]) -> list[list[float]]:
        """A row for each claim, a score for each held-out text; NaN where the judge has none."""
        if not len(self.held_out):
            return [[] for _ in told]
        texts = drafted(self.lm, self.wording, self.held_out, told, sampling=self.sampling)
        seen = self.view.instead(self.known)
        return [[self._value(seen, at, text) for at, text in enumerate(row)] for row in texts]

    def _value(self, seen: View, at: int, text: str) -> float:
        value = self.judge(seen, text, self.held_out[at]).value
        return nan if value is None else value
