"""Where a measured claim puts a person among others: the bar, its figure, and both in words."""

from __future__ import annotations

from dataclasses import dataclass

from idiolect.difference import Measure, Term
from idiolect.profile import Claim, Profile
from idiolect.words import many

_OF_OTHERS = (
    "N of 100, where it was measured: so many of 100 others who wrote about the same thing have "
    "less of it than the person (more, where the claim says less); 50 is like everybody."
)
_TIMES = (
    "N times: the word is in so many times the texts that would have it if the person wrote like "
    "the others; a bar half full is like everybody."
)


@dataclass(frozen=True)
class Standing:
    """Where a person stands, by one measured difference.

    Attributes:
        words: The claim, without the figures that stand beside it.
        share: 0..1, how far the bar is filled; .5 is like everybody.
        figure: What the bar says.
        beside: What is told beside its confidence.
        told: All of it in sentences.
        legend: What the figure means.
    """

    words: str
    share: float
    figure: str
    beside: str
    told: str
    legend: str


def standing(profile: Profile, claim: Claim) -> Standing | None:
    """Of a claim; None where it was not measured, or the words are now others.

    A feature's share is the mean rank of the person's texts among the others' on the same things:
    the probability of superiority, equal texts counting half. A word's is own texts to own and
    expected ones.
    """
    found = next((d for d in profile.differences if d.text == claim.text), None)
    if found is None:
        return None
    if found.measure is not None:
        return _of_feature(claim.text, found.measure)
    return None if found.term is None else _of_word(claim.text, found.term)


def hundredths(share: float) -> str:
    """A share as whole hundredths, of which none is rounded to nothing or to all."""
    if 0 < share < 0.005:
        return "<1"
    return ">99" if 0.995 <= share < 1 else f"{100 * share:.0f}"


def _of_feature(text: str, found: Measure) -> Standing:
    share = (found.percentile if found.effect > 0 else 100 - found.percentile) / 100
    over = f" over {many(found.items, 'thing')}" if found.items != found.texts else ""
    less = "more" if found.effect < 0 else "less"
    # `Measurements.sentence` ends in figures.
    words, cut, _ = text.rpartition(" (d = ")
    return Standing(
        f"{words}." if cut else text,
        share,
        f"{hundredths(share)} of 100",
        f"d = {found.effect:+.1f}{over}",
        f"Of 100 others who wrote about the same thing, {hundredths(share)} have {less} of it, as "
        f"a mean over {many(found.items, 'thing')}; equal texts count half. d = "
        f"{found.effect:+.2f} standard deviations; {_accidents(found.q)}.",
        _OF_OTHERS,
    )


def _of_word(text: str, found: Term) -> Standing:
    ratio = found.own_texts / found.expected
    return Standing(
        text,
        ratio / (1 + ratio),
        f"{ratio:.1f} times",
        "",
        f"{many(found.own_texts, 'text')} of the person's have the word; {found.expected:.1f} "
        "would, if they were like the others' on the same things: "
        f"{ratio:.1f} times as many; {_accidents(found.q)}.",
        _TIMES,
    )


def _accidents(q: float) -> str:
    return f"q = {q:.2g}: of findings as sure as this, the share that is chance"
