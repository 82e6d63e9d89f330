"""A difference between a user and a reference: told by a model, or measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from idiolect.difference.terms import Term

Voice = Literal["told", "measured"]


@dataclass(frozen=True)
class Measure:
    """One feature of a user's texts against other people's texts on the same items.

    Attributes:
        feature: Its name.
        dimension: `writing`, `emotional` or `semantic`.
        effect: Mean distance from the others on the same item, in pooled within-item standard
            deviations; positive where the user has more of it.
        percentile: Mean rank of the user's text among the others on its item, 0..100.
        p: Probability of an effect at least this large if the author's name meant nothing.
        q: `p` after Benjamini–Hochberg over all features.
        own_mean: Mean of the user's texts, in the feature's own unit.
        reference_mean: Mean of the others on the same items.
        items: Things that could be compared on; what counts for `p`.
        texts: Own texts on them.
        reference_texts: Texts that they were compared with.
        quotes: Spans of own texts that show it most.
        languages: Language codes that the feature is valid for; empty means any language.
    """

    feature: str
    dimension: str
    effect: float
    percentile: float
    p: float
    q: float
    own_mean: float
    reference_mean: float
    items: int
    texts: int
    reference_texts: int
    quotes: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()


@dataclass(frozen=True)
class Point:
    """One dimension that a comparison discovered, and how the user differs along it."""

    dimension: str
    definition: str
    description: str


@dataclass(frozen=True)
class Difference:
    """What sets a user apart from a reference, with the events that it rests on.

    Attributes:
        dimension: Which side of the texts it is about.
        text: What is said.
        voice: Told by a model, or measured.
        own: Ids of the user's events that it rests on.
        reference: Ids of the events that they were compared with.
        measure: The figures, where a feature was measured.
        term: The figures, where a word was counted.
        reasons: Why each reference event was chosen.
        note: Empty, or what limits the comparison (too few peers, equal texts).
        about: What the compared texts are about, where it is one thing.
        points: The dimensions one by one, where they were discovered.
    """

    dimension: str
    text: str
    voice: Voice
    own: tuple[str, ...] = ()
    reference: tuple[str, ...] = ()
    measure: Measure | None = None
    term: Term | None = None
    reasons: tuple[str, ...] = ()
    note: str = ""
    about: str = ""
    points: tuple[Point, ...] = ()

    @property
    def q(self) -> float | None:
        """Share of such findings that would be accidents; None where it was told."""
        figures = self.measure or self.term
        return None if figures is None else figures.q

    @property
    def evidence(self) -> tuple[str, ...]:
        """Ids of all events that it rests on."""
        return (*self.own, *self.reference)
