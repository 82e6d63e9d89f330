"""Corrected p-values, deviations within groups, distinctive terms, tails of counts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def benjamini_hochberg(p: Floats) -> Floats:
    """Adjusted p-values that control the false discovery rate (Benjamini & Hochberg 1995).

    NaNs are tests that were not made: they stay NaN and do not count.  # (tests,)
    """
    p = np.asarray(p, dtype=float)
    q = np.full(p.shape, np.nan)
    made = np.flatnonzero(~np.isnan(p))
    order = made[np.argsort(p[made])]
    scaled = p[order] * len(order) / np.arange(1, len(order) + 1)
    q[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1)
    return q


def pooled_sd(values: Floats, groups: NDArray[np.intp]) -> Floats:
    """Standard deviation within groups: √(Σ squared distances to the group's mean / Σ (n − 1)).

    NaN where no group has two values, and for columns that hold a NaN.

    Args:
        values: One row an observation.  # (observations, features)
        groups: Group number of each.  # (observations,)
    """
    centred = values - group_means(values, groups)[groups]
    freedom = len(values) - len(np.unique(groups))
    if freedom < 1:
        return np.full(values.shape[1], np.nan)
    sd: Floats = np.sqrt((centred**2).sum(axis=0) / freedom)
    return sd


def group_means(values: Floats, groups: NDArray[np.intp]) -> Floats:
    """Mean of each group, by group number; NaN for a number without rows.  # (groups, features)"""
    size = int(groups.max(initial=-1)) + 1
    sums = np.zeros((size, values.shape[1]))
    np.add.at(sums, groups, values)
    counts = np.bincount(groups, minlength=size)[:, None]
    return np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)


def holm(p: Floats) -> Floats:
    """Adjusted p-values that control the chance of any false finding (Holm 1979).

    NaNs are tests that were not made: they stay NaN and do not count.  # (tests,)
    """
    p = np.asarray(p, dtype=float)
    adjusted = np.full(p.shape, np.nan)
    made = np.flatnonzero(~np.isnan(p))
    order = made[np.argsort(p[made], kind="stable")]
    scaled = p[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(scaled), 1)
    return adjusted


def log_odds(own: Floats, other: Floats, prior: Floats) -> Floats:
    """z-scores of terms by log-odds with an informative Dirichlet prior (Monroe et al. 2008).

    Equations 16, 19 and 22: the difference of the two sides' log-odds, each smoothed by the prior,
    over its approximate standard deviation. Positive is typical of `own`.

    Args:
        own: Count of each term on one side.  # (terms,)
        other: Its count on the other side.
        prior: Its pseudo-count, above 0.
    """
    total = prior.sum()

    def smoothed(counts: Floats) -> Floats:
        have = counts + prior
        result: Floats = np.log(have) - np.log(counts.sum() + total - have)
        return result

    distance = smoothed(own) - smoothed(other)
    z: Floats = distance / np.sqrt(1 / (own + prior) + 1 / (other + prior))
    return z


def at_least(counts: NDArray[np.intp], chances: Floats) -> Floats:
    """Probability of at least `counts` successes in independent trials of unequal chances.

    The Poisson-binomial tail, exact by convolution.

    Args:
        counts: Observed successes.  # (cases,)
        chances: Chance of each trial.  # (trials, cases)
    """
    trials, cases = chances.shape
    mass = np.zeros((trials + 1, cases))
    mass[0] = 1.0
    for done, chance in enumerate(chances, start=1):
        mass[1 : done + 1] = mass[1 : done + 1] * (1 - chance) + mass[:done] * chance
        mass[0] *= 1 - chance
    tails = np.cumsum(mass[::-1], axis=0)[::-1]
    found: Floats = np.minimum(tails[np.minimum(counts, trials), np.arange(cases)], 1.0)
    return np.where(counts > trials, 0.0, found)
