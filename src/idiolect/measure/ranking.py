"""How well a ranking finds what is relevant: recall, precision, hit, MRR, MAP and nDCG.

Items with equal scores have no order. Each figure is then its mean over all orders of the tied
items, in closed form (McSherry & Najork 2008), so it depends neither on the sort nor on luck;
without scores the ranking is taken as it stands. What is relevant and not ranked counts as missed.
The figure of many queries is the mean of theirs (MRR, MAP): see `estimate`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import comb, prod

import numpy as np
from numpy.typing import NDArray

from idiolect.errors import DataError, SettingError, UnknownNameError

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
#: What is relevant: items (each 1), or item → gain, 0 or more.
Gold = Collection[Hashable] | Mapping[Hashable, float]

#: So many combinations of alternative answers are tried at most.
COMBINATIONS = 100_000


@dataclass(frozen=True)
class Ranked:
    """A ranking as a metric sees it, best first.

    Args:
        gains: Of each place, 0 for what is not relevant.  # (places,)
        group: Number of its group of equal scores, ascending.  # (places,)
        ideal: Gains of all that is relevant, ranked or not, largest first.  # (relevant,)
    """

    gains: Floats
    group: Ints
    ideal: Floats

    def groups(self) -> list[tuple[int, int, int]]:
        """Of each group of equal scores: places before it, its size, how many are relevant."""
        sizes = np.bincount(self.group)
        relevant = np.bincount(self.group, self.gains > 0).astype(int)
        before = np.cumsum(sizes) - sizes
        return list(zip(before.tolist(), sizes.tolist(), relevant.tolist(), strict=True))

    def expected(self, values: Floats) -> Floats:
        """Of each place: the mean of the values of its group, as any of it may stand there."""
        means: Floats = np.bincount(self.group, values) / np.bincount(self.group)
        return means[self.group]


@dataclass(frozen=True)
class RankingMetric:
    """A figure of one ranking against what is relevant, 0..1.

    Attributes:
        name: Unique among the metrics, with its cut-off: "recall@5".
        source: Which definition it is.
        cutoff: Places that count; None is all.
        of: The figure.
    """

    name: str
    source: str
    cutoff: int | None
    of: Callable[[Ranked, int], float]

    def score(
        self,
        ranking: Sequence[Hashable],
        gold: Gold,
        scores: Sequence[float] | None = None,
    ) -> float:
        """The figure of one query; NaN where nothing is relevant.

        Args:
            ranking: Items, best first; with `scores` in any order.
            gold: What is relevant.
            scores: Of each item, higher first; equal ones are tied.

        Raises:
            DataError: An item is ranked twice, a score is missing, or a gain is negative.
        """
        gains = {item: float(g) for item, g in gold.items()} if isinstance(gold, Mapping) else {}
        return self._score(ranking, gains or dict.fromkeys(gold, 1.0), scores)

    def best(
        self,
        ranking: Sequence[Hashable],
        alternatives: Sequence[Collection[Hashable]],
        scores: Sequence[float] | None = None,
    ) -> float:
        """The largest figure over every choice of one alternative for each answer (PersonaBench).

        Alternatives that serve several answers count once in a choice, as in the authors' code.

        Args:
            ranking: Items, best first; with `scores` in any order.
            alternatives: Of each answer: the items of which any one is enough.
            scores: Of each item, higher first; equal ones are tied.

        Raises:
            DataError: As `score`, or an answer has no alternative.
            SettingError: There are more than `COMBINATIONS` choices.
        """
        many = prod(map(len, alternatives))
        if not many:
            bare = [n for n, one in enumerate(alternatives) if not len(one)]
            raise DataError(f"Found answers without any alternative (numbers {bare}); give one.")
        if many > COMBINATIONS:
            raise SettingError(
                f"Found {many:,} combinations of alternatives; at most {COMBINATIONS:,} are tried. "
                "Split the question, or give fewer alternatives."
            )
        choices = {frozenset(choice) for choice in product(*alternatives)}
        return max(self._score(ranking, dict.fromkeys(one, 1.0), scores) for one in choices)

    def _score(
        self,
        ranking: Sequence[Hashable],
        gold: Mapping[Hashable, float],
        scores: Sequence[float] | None,
    ) -> float:
        if len(set(ranking)) < len(ranking):
            twice = next(item for n, item in enumerate(ranking) if item in ranking[:n])
            raise DataError(f"Found {twice!r} ranked twice; give each item once.")
        if any(not gain >= 0 for gain in gold.values()):
            bad = next((item, gain) for item, gain in gold.items() if not gain >= 0)
            raise DataError(f"Found the gain {bad[1]!r} of {bad[0]!r}; gains must be 0 or more.")
        ideal = np.sort([gain for gain in gold.values() if gain > 0])[::-1]
        if not len(ideal):
            return float("nan")
        if not len(ranking):
            return 0.0
        group = np.arange(len(ranking))
        if scores is not None:
            level = np.asarray(scores, dtype=float)
            if level.shape != group.shape or np.isnan(level).any():
                raise DataError(
                    f"Found {len(level)} scores, {int(np.isnan(level).sum())} of them NaN, for "
                    f"{len(ranking)} items; give a number for each."
                )
            order = np.argsort(-level, kind="stable")
            ranking = [ranking[n] for n in order]
            group = np.cumsum(np.diff(level[order], prepend=level[order[0]]) != 0)
        gains = np.array([gold.get(item, 0.0) for item in ranking])
        return self.of(Ranked(gains, group, ideal), self.cutoff or max(len(ranking), len(ideal)))


def ranking_metric(name: str) -> RankingMetric:
    """The metric of this name: "recall@5", "precision@1", "hit@3", "mrr", "map", "ndcg@10".

    mrr, map and ndcg also do without a cut-off: all places count.

    Raises:
        UnknownNameError: There is none, or it needs a cut-off of 1 or more.
    """
    parts = re.fullmatch(r"([a-z]+)(?:@([1-9]\d*))?", name)
    if parts is None or parts[1] not in _FIGURES or not (parts[2] or parts[1] in _WHOLE):
        known = [one + ("" if one in _WHOLE else "@5") for one in _FIGURES]
        raise UnknownNameError("ranking metric", name, known)
    source, of = _FIGURES[parts[1]]
    return RankingMetric(name, source, int(parts[2]) if parts[2] else None, of)


def _hits(ranked: Ranked, k: int) -> float:
    """Mean number of relevant items in the first k places."""
    return float(ranked.expected((ranked.gains > 0).astype(float))[:k].sum())


def _recall(ranked: Ranked, k: int) -> float:
    return _hits(ranked, k) / len(ranked.ideal)


def _precision(ranked: Ranked, k: int) -> float:
    return _hits(ranked, k) / k


def _hit(ranked: Ranked, k: int) -> float:
    for before, size, relevant in ranked.groups():
        places = min(size, k - before)
        if places <= 0:
            break
        if relevant:
            return 1 - comb(size - relevant, places) / comb(size, places)
    return 0.0


def _reciprocal(ranked: Ranked, k: int) -> float:
    for before, size, relevant in ranked.groups():
        if relevant:
            # The first relevant one stands at place x of its group.
            chances = (
                comb(size - x, relevant - 1) / comb(size, relevant) / (before + x)
                for x in range(1, min(size - relevant + 1, k - before) + 1)
            )
            return float(sum(chances))
    return 0.0


def _average_precision(ranked: Ranked, k: int) -> float:
    total, found = 0.0, 0
    for before, size, relevant in ranked.groups():
        # Given a relevant one at place x, others of its group stand before it by chance.
        others = (relevant - 1) / (size - 1) if size > 1 else 0.0
        for x in range(1, min(size, k - before) + 1):
            total += relevant / size * (found + 1 + (x - 1) * others) / (before + x)
        found += relevant
    return total / len(ranked.ideal)


def _ndcg(ranked: Ranked, k: int) -> float:
    def gain(gains: Floats) -> float:
        kept = gains[:k]
        return float((kept / np.log2(np.arange(2, len(kept) + 2))).sum())

    return gain(ranked.expected(ranked.gains)) / gain(ranked.ideal)


_FIGURES: Mapping[str, tuple[str, Callable[[Ranked, int], float]]] = {
    "recall": ("share of what is relevant in the first k places", _recall),
    "precision": ("relevant ones in the first k places, over k (ranked or not)", _precision),
    "hit": ("whether anything relevant is in the first k places", _hit),
    "mrr": ("1 / place of the first relevant one; 0 beyond the cut-off", _reciprocal),
    "map": ("mean precision at relevant places, over all that is relevant", _average_precision),
    "ndcg": ("gain / log2(place + 1) over that of the best order; gains as they are", _ndcg),
}
_WHOLE = ("mrr", "map", "ndcg")
