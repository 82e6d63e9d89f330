"""Some texts against others on the same items, on arrays: sizes, ranks and exact p-values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from idiolect.measure.statistics import Floats, group_means, pooled_sd

Ints = NDArray[np.intp]
Mask = NDArray[np.bool_]

#: Memberships drawn at once, so that many users do not fill the memory.
_DRAWN = 2**22


@dataclass(frozen=True)
class Contrasts:
    """One figure a feature; NaN where a feature does not vary within items.

    Attributes:
        effect: Mean distance of own texts from the others' mean on the item, in pooled
            within-item standard deviations of all texts compared.
        percentile: Mean mid-rank of own texts among the others on the item, 0..100.
        p: Two-sided probability under exchanged authors.
        own_mean: Mean of the own texts.
        reference_mean: Mean over own texts of the others' mean on the item.
        texts: Own texts compared.
        reference_texts: Texts they were compared with.
    """

    effect: Floats
    percentile: Floats
    p: Floats
    own_mean: Floats
    reference_mean: Floats
    texts: Ints
    reference_texts: Ints


def contrasts(
    values: Floats,
    item: Ints,
    mine: Mask,
    draws: int,
    rng: np.random.Generator,
    users: Ints | None = None,
) -> Contrasts:
    """Own texts against others on the same items, for every feature.

    Args:
        values: Figure of each text; NaN where a feature does not apply.  # (texts, features)
        item: Item number of each text.  # (texts,)
        mine: Which texts are own.  # (texts,)
        draws: Random exchanges of authors.
        rng: Source of the draws.
        users: Author number of each text, to exchange whole users of like activity (groups); None
            exchanges the one own text with any other on its item.  # (texts,)
    """
    features = values.shape[1]
    effect, percentile, p, own_mean, reference_mean = np.full((5, features), np.nan)
    texts, reference_texts = np.zeros((2, features), dtype=np.intp)
    # Features that are absent from the same texts are compared together.
    patterns, which = np.unique(np.isnan(values).T, axis=0, return_inverse=True)
    which = which.reshape(-1)
    for number, absent in enumerate(patterns):
        columns = np.flatnonzero(which == number)
        size = int(item.max(initial=-1)) + 1
        here = np.bincount(item[~absent & mine], minlength=size) > 0
        there = np.bincount(item[~absent & ~mine], minlength=size) > 0
        rows = np.flatnonzero(~absent & (here & there)[item])
        if not len(rows):
            continue
        _, at = np.unique(item[rows], return_inverse=True)
        x, own = values[np.ix_(rows, columns)], mine[rows]
        reference = group_means(x[~own], at[~own])[at[own]]
        sd = pooled_sd(x, at)
        varies = sd > 1e-9 * (1 + np.abs(x).max(axis=0))
        distance = (x[own] - reference).mean(axis=0)
        effect[columns] = np.divide(distance, sd, out=np.full_like(sd, np.nan), where=varies)
        percentile[columns] = _percentile(x, at, own)
        if users is None:
            chance = _exchange_texts(x, at, distance, draws, rng)
        else:
            chance = _exchange_users(x, at, own, users[rows], draws, rng)
        p[columns] = np.where(varies, chance, np.nan)
        own_mean[columns] = x[own].mean(axis=0)
        reference_mean[columns] = reference.mean(axis=0)
        texts[columns], reference_texts[columns] = own.sum(), (~own).sum()
    return Contrasts(effect, percentile, p, own_mean, reference_mean, texts, reference_texts)


def _exchange_texts(
    x: Floats, item: Ints, distance: Floats, draws: int, rng: np.random.Generator
) -> Floats:
    """Two-sided p-values: one text an item at random in place of the own one.  # (features,)"""
    sizes = np.bincount(item)
    # Distance of each text from the mean of the *others* on its item.
    alone = (x - group_means(x, item)[item]) * (sizes / np.maximum(sizes - 1, 1))[item][:, None]
    alone = alone[np.argsort(item, kind="stable")]
    starts = np.cumsum(sizes) - sizes
    total = np.zeros((draws, x.shape[1]))
    for start, size in zip(starts, sizes, strict=True):
        total += alone[start + rng.integers(size, size=draws)]
    return _two_sided(total / len(sizes), distance)


def _exchange_users(
    x: Floats, item: Ints, own: Mask, users: Ints, draws: int, rng: np.random.Generator
) -> Floats:
    """Two-sided p-values: as many random users in place of the group's.  # (features,)

    What is compared is the mean distance from the item's mean, inside and outside the group.
    A member is replaced by somebody with about as many texts (within a factor of 2): a group of one
    who writes a lot and nine who hardly write is no surer than that one.
    """
    _, user = np.unique(users, return_inverse=True)
    residual = x - group_means(x, item)[item]
    counts = np.bincount(user).astype(float)
    sums = group_means(residual, user) * counts[:, None]
    member = np.bincount(user[own], minlength=len(counts)) > 0
    if member.all():
        return np.ones(x.shape[1])
    activity = np.log2(counts).astype(int)
    alike = [np.flatnonzero(activity == level) for level in np.unique(activity)]

    def distance(inside: Floats) -> Floats:
        outside = 1 - inside
        apart: Floats = (inside @ sums) / (inside @ counts)[:, None] - (outside @ sums) / (
            outside @ counts
        )[:, None]
        return apart

    at_once = max(1, _DRAWN // len(counts))
    drawn = []
    for start in range(0, draws, at_once):
        random = np.empty((min(at_once, draws - start), len(counts)))
        for group in alike:
            random[:, group] = rng.permuted(np.tile(member[group], (len(random), 1)), axis=1)
        drawn.append(distance(random))
    return _two_sided(np.concatenate(drawn), distance(member[None].astype(float))[0])


def _two_sided(drawn: Floats, observed: Floats) -> Floats:
    """Share of draws at least as far from 0, the observed one among them."""
    far = np.abs(observed) * (1 - 1e-9)
    p: Floats = (1 + (np.abs(drawn) >= far).sum(axis=0)) / (1 + len(drawn))
    return p


def _percentile(x: Floats, item: Ints, own: Mask) -> Floats:
    """Mean mid-rank of the own texts among the others on their item, 0..100.  # (features,)"""
    from scipy.stats import rankdata

    total = np.zeros(x.shape[1])
    order = np.argsort(item, kind="stable")
    for rows in np.split(order, np.cumsum(np.bincount(item))[:-1]):
        n, others = int(own[rows].sum()), int((~own[rows]).sum())
        above = rankdata(x[rows], axis=0)[own[rows]].sum(axis=0) - n * (n + 1) / 2
        total += above / others
    share: Floats = 100 * total / own.sum()
    return share
