"""How well scores tell the right person from others: AUC, clustered by person on both sides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from idiolect.errors import DataError, SettingError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Separation:
    """How well scores tell same from different author.

    Attributes:
        auc: Chance that a text by the person in question scores higher than one by another.
        low: Lower end of its interval; NaN with one person.
        high: Its upper end.
        people: Authors and people in question.
        pairs: Text and person, with a score.
        left_out: Pairs without one.
    """

    auc: float
    low: float
    high: float
    people: int
    pairs: int
    left_out: int


def separation(
    scores: Floats,
    authors: Sequence[str],
    candidates: Sequence[str],
    rng: np.random.Generator,
    *,
    level: float = 0.95,
    draws: int = 2000,
) -> Separation:
    """Area under the ROC curve over pairs of text and person, clustered by person on both sides.

    The interval draws people with replacement: a pair counts as often as its author and the person
    in question were drawn together (Owen 2007), a pair of the same as often as the one was.

    Args:
        scores: One a pair; NaN where there is none.  # (pairs,)
        authors: Who wrote the text.  # (pairs,)
        candidates: The person in question.  # (pairs,)
        rng: Source of the draws.
        level: Coverage.
        draws: Bootstrap samples.

    Raises:
        DataError: The three are not equally long, or all pairs are of one kind.
        SettingError: `level` or `draws` is out of its range.
    """
    scores = np.asarray(scores, dtype=float)
    if not 0 < level < 1 or draws < 1:
        raise SettingError(
            f"Found level={level!r} and draws={draws!r}; the coverage lies between 0 and 1, and at "
            "least 1 draw is needed."
        )
    if not len(scores) == len(authors) == len(candidates):
        raise DataError(
            f"Found {len(scores)} scores, {len(authors)} authors and {len(candidates)} candidates; "
            "give one of each for every pair."
        )
    there = ~np.isnan(scores)
    writer, asked = np.asarray(authors)[there], np.asarray(candidates)[there]
    names, number = np.unique(np.concatenate([writer, asked]), return_inverse=True)
    one, other = np.split(number, 2)
    same = one == other
    if same.all() or not same.any():
        raise DataError(
            f"Found {same.sum()} pairs of the same author among {len(same)}; both kinds are needed."
        )
    levels = np.unique(scores[there], return_inverse=True)[1]

    def area(people: Floats) -> float:
        weights = np.where(same, people[one], people[one] * people[other])
        right = np.bincount(levels[same], weights[same], levels.max() + 1)
        wrong = np.bincount(levels[~same], weights[~same], levels.max() + 1)
        below = np.cumsum(wrong) - wrong / 2
        with np.errstate(invalid="ignore"):
            return float(right @ below / (right.sum() * wrong.sum()))

    drawn = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), draws)
    areas = [area(times.astype(float)) for times in drawn]
    ends = (1 - level) / 2, (1 + level) / 2
    low, high = np.nanquantile(areas, ends) if len(names) > 1 else (np.nan, np.nan)
    whole = area(np.ones(len(names)))
    left_out = int((~there).sum())
    return Separation(whole, float(low), float(high), len(names), len(same), left_out)
