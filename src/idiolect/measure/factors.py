"""What in a text drives a preference: Kendall's tau of each factor, and how two such lists agree.

After PROFILE (arXiv 2410.06965): for pairs of texts of which one was preferred, does the one with
more of a factor win? A factor is any figure of a text: its length, a feature, a judge's score.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idiolect.errors import DataError
from idiolect.measure.resample import Figure, complete, over, samples, summary

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Influence:
    """How far each factor goes with the preference; −1..1.

    Attributes:
        taus: By factor, in the order given.
        drawn: Taus in each bootstrap sample of users.  # (draws, factors)
        users: Name of each user once, sorted.
        seed: That the samples were drawn with.
    """

    taus: dict[str, Figure]
    drawn: Floats = field(repr=False)
    users: tuple[str, ...] = field(repr=False)
    seed: int

    @property
    def values(self) -> Floats:
        """The taus alone.  # (factors,)"""
        return np.array([one.value for one in self.taus.values()])


def factor_influence(
    differences: Floats,
    preference: Floats,
    users: NDArray[np.generic],
    factors: Sequence[str],
    *,
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> Influence:
    """Kendall's tau-b between each factor and the preference, over pairs of texts.

    A pair of texts is concordant where the preferred one has more of the factor. tau-b =
    (concordant − discordant) / √(pairs that differ in the factor × pairs with a preference): over
    all pairs of a list of scored texts it is `scipy.stats.kendalltau` of factor and score. Which
    text comes first does not matter. The paper divides by the number of pairs; how it treats ties
    is not known.

    Args:
        differences: Factor of the first text − of the second.  # (pairs, factors)
        preference: Above 0 for the first text, below 0 for the second, 0 for neither.  # (pairs,)
        users: Whose preference it is; they are drawn whole.  # (pairs,)
        factors: Their names.
        level: Coverage of the intervals.
        draws: Bootstrap samples; 0 makes no interval.
        seed: Of the draws. Two influences on the same users with the same seed are drawn together.

    Returns:
        NaN for a factor that no pair differs in, or without a preference.

    Raises:
        DataError: A figure is missing or NaN, or factors and names do not match.
        SettingError: `level` or `draws` is out of range.
    """
    apart, liked = np.asarray(differences, dtype=float), np.asarray(preference, dtype=float)
    users = np.asarray(users)
    complete(differences=apart, preference=liked, users=users)
    if apart.ndim != 2 or apart.shape[1] != len(factors) or len(set(factors)) < len(factors):
        raise DataError(
            f"Found differences of shape {apart.shape} and factors {list(factors)!r}; give one "
            "column for each of the names, which must differ."
        )
    signs, wanted = np.sign(apart), np.sign(liked)
    found, drawn = {}, []
    for column, name in enumerate(factors):
        tau = _TauB(signs[:, column], wanted)
        drawn.append(samples(tau, users, np.random.default_rng(seed), draws=draws))
        value = float(tau(np.ones((1, len(users))))[0])
        people = len(np.unique(users))
        found[name] = summary(value, drawn[-1], people, len(users), level=level)
    return Influence(
        found, np.stack(drawn, axis=1), tuple(np.unique(users).astype(str).tolist()), seed
    )


@dataclass(frozen=True)
class _TauB:
    """tau-b of two columns of signs, from weights."""

    factor: Floats
    liked: Floats

    def __call__(self, weights: Floats) -> Floats:
        pairs = np.sqrt((weights @ self.factor**2) * (weights @ self.liked**2))
        return over(weights @ (self.factor * self.liked), pairs)


@dataclass(frozen=True)
class Agreement:
    """Correlation of two lists of factors, −1..1; intervals over users, not over factors.

    Attributes:
        spearman: Of ranks.
        kendall: tau-b.
        pearson: Of the taus themselves.
        together: Whether both were drawn with the same users in each sample; else as two
            independent groups of people.
    """

    spearman: Figure
    kendall: Figure
    pearson: Figure
    together: bool


def agreement(one: Influence, other: Influence, *, level: float = 0.95) -> Agreement:
    """How alike two sources weigh the factors: people and a model, or writing and judging.

    Factors are few and not drawn from anything, so the interval says what other users would have
    given, not other factors. Resampled taus carry more noise than the taus, which pulls
    correlations in the samples towards 0: the interval lies low where few pairs stand behind a tau.

    Args:
        one: Of people, say.
        other: Of a model, on the same factors.
        level: Coverage of the intervals.

    Raises:
        DataError: The factors are not the same, fewer than three, or one has no tau.
        SettingError: `level` is out of range.
    """
    from scipy.stats import kendalltau, pearsonr, spearmanr

    names = list(one.taus)
    if set(names) != set(other.taus) or len(names) < 3:
        raise DataError(
            f"Found factors {names!r} and {list(other.taus)!r}; give the same ones, at least three."
        )
    place = [list(other.taus).index(name) for name in names]
    bare = [
        n
        for n, a, b in zip(names, one.values, other.values[place], strict=True)
        if np.isnan(a) or np.isnan(b)
    ]
    if bare:
        raise DataError(f"Found no tau for {bare!r}; leave these factors out of both.")
    draws = min(len(one.drawn), len(other.drawn))
    together = one.users == other.users and one.seed == other.seed
    pairs = list(zip(one.drawn[:draws], other.drawn[:draws, place], strict=True))
    people = len(one.users) if together else min(len(one.users), len(other.users))

    def figure(of: Callable[[Floats, Floats], Any]) -> Figure:
        def value(a: Floats, b: Floats) -> float:
            flat = np.ptp(a) == 0 or np.ptp(b) == 0 or np.isnan(a + b).any()
            return float("nan") if flat else float(of(a, b).statistic)

        drawn = np.array([value(a, b) for a, b in pairs])
        return summary(
            value(one.values, other.values[place]), drawn, people, len(names), level=level
        )

    return Agreement(figure(spearmanr), figure(kendalltau), figure(pearsonr), together)
