"""How late figures differ from early ones, on arrays: beside others, and beyond their change."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from idiolect.difference.measured import Measured, unit_means
from idiolect.measure.statistics import Floats, pooled_sd

Ints = NDArray[np.intp]
Mask = NDArray[np.bool_]

#: Figures of shuffled texts held in memory at once.
_AT_ONCE = 2**22


def beside_others(values: Floats, cell: Ints, user: Ints, ours: Mask) -> Floats:
    """Each unit minus the mean of the other people in its cell, the user never among them.

    Every other person counts once a cell, by their mean.  # (units, features)
    """
    pairs, person = np.unique(np.stack([cell, user]), axis=1, return_inverse=True)
    person = person.reshape(-1)
    means = unit_means(values, person)
    theirs = np.ones(len(means), dtype=bool)
    theirs[person[ours]] = False
    known = np.isfinite(means) & theirs[:, None]
    cells = int(cell.max()) + 1
    total, people = np.zeros((2, cells, values.shape[1]))
    np.add.at(total, pairs[0], np.where(known, means, 0.0))
    np.add.at(people, pairs[0], known)
    self_too = known[person]
    sums = total[cell] - np.where(self_too, means[person], 0.0)
    count = people[cell] - self_too
    others = np.divide(sums, count, out=np.full_like(sums, np.nan), where=count > 0)
    found: Floats = values - others
    return found


class Crowd(NamedTuple):
    """How the others changed, each against themselves: mean and its standard error.

    Attributes:
        people: Others with texts on both sides of the split.
        change: Their mean change.  # (features,)
        error: Its standard error between people.  # (features,)
    """

    people: int
    change: Floats
    error: Floats


def crowd_of(apart: Floats, user: Ints, late: Mask) -> Crowd:
    """The others' mean change, each person weighted by how surely theirs is known."""
    if not len(apart):
        return Crowd(0, np.zeros(apart.shape[1]), np.zeros(apart.shape[1]))
    _, person = np.unique(user, return_inverse=True)
    size = int(person.max()) + 1
    sums, counts = np.zeros((2, 2, size, apart.shape[1]))
    known = np.isfinite(apart)
    side = late.astype(int)
    np.add.at(sums, (side, person), np.where(known, apart, 0.0))
    np.add.at(counts, (side, person), known)
    both: Mask = np.logical_and(counts[0] > 0, counts[1] > 0)
    means = sums / np.maximum(counts, 1)
    change = np.where(both, means[1] - means[0], 0.0)
    weight = np.where(both, counts.prod(axis=0) / np.maximum(counts.sum(axis=0), 1), 0.0)
    people, total = both.sum(axis=0), np.maximum(weight.sum(axis=0), 1e-12)
    mean = (weight * change).sum(axis=0) / total
    spread = (weight**2 * (change - mean) ** 2).sum(axis=0)
    error = np.sqrt(spread * people / np.maximum(people - 1, 1)) / total
    return Crowd(int(both.any(axis=1).sum()), mean, error)


class Changes(NamedTuple):
    """One figure a feature: late minus early, its p-value, and the rank of late among early."""

    change: Floats
    p: Floats
    percentile: Floats


def changes(apart: Floats, raw: Floats, late: Mask, crowd: Crowd, settings: Measured) -> Changes:
    """The user's own change beyond the crowd's.

    It takes three claims, of which the weakest counts, all of one sign: the texts changed; they
    changed beside others on the same items; and not just as the others did. Who only stays behind
    while everybody moves did not drift.

    Args:
        apart: Own units relative to others, early ones first, each side in time
            order.  # (units, features)
        raw: The same as they are.  # (units, features)
        late: Which are late.  # (units,)
        crowd: How the others changed.
        settings: Draws, seed and least units on a side.
    """
    from scipy.stats import rankdata

    change, p, percentile = np.full((3, apart.shape[1]), np.nan)
    # Features that are absent from the same texts are shuffled together.
    patterns, which = np.unique(np.isfinite(apart).T, axis=0, return_inverse=True)
    for number, known in enumerate(patterns):
        columns = np.flatnonzero(which.reshape(-1) == number)
        early, n = int((known & ~late).sum()), int(known.sum())
        if min(early, n - early) < settings.at_least_items:
            continue
        x, plain = apart[np.ix_(known, columns)], raw[np.ix_(known, columns)]
        own, itself = late_minus_early(x[None], early)[0], late_minus_early(plain[None], early)[0]
        beyond = own - crowd.change[columns]
        spread, plainly = deviation(x[None], early)[0], deviation(plain[None], early)[0]
        beside = np.abs(
            [studentized(own, spread), studentized(beyond, np.hypot(spread, crowd.error[columns]))]
        )
        one_way = (np.sign(own) == np.sign(beyond)) & (np.sign(itself) == np.sign(beyond))
        chance = np.maximum(
            shuffled(x, early, beside.min(axis=0), settings),
            shuffled(plain, early, np.abs(studentized(itself, plainly)), settings),
        )
        p[columns], change[columns] = np.where(one_way, chance, 1.0), beyond
        # Mann & Whitney: the share of pairs in which the later text has more, ties by half.
        ranks, later = rankdata(x, axis=0)[early:].sum(axis=0), n - early
        percentile[columns] = 100 * (ranks - later * (later + 1) / 2) / (early * later)
    return Changes(change, p, percentile)


def shuffled(x: Floats, early: int, observed: Floats, settings: Measured) -> Floats:
    """Share of shuffled orders with a change as great, in its deviations.  # (features,)

    Args:
        x: Texts in time order.  # (texts, features)
        early: How many are early.
        observed: The change in its deviations, without sign.  # (features,)
        settings: Draws and seed.
    """
    rng = np.random.default_rng(settings.seed)
    reached, left = np.ones(x.shape[1]), settings.draws
    while left:
        some = min(left, max(1, _AT_ONCE // x.size))
        drawn = x[rng.permuted(np.tile(np.arange(len(x)), (some, 1)), axis=1)]
        sizes = np.abs(studentized(late_minus_early(drawn, early), deviation(drawn, early)))
        reached += (sizes >= observed * (1 - 1e-9)).sum(axis=0)
        left -= some
    return reached / (1 + settings.draws)


def late_minus_early(x: Floats, early: int) -> Floats:
    """Late minus early.  # (draws, features)"""
    found: Floats = x[:, early:].mean(axis=1) - x[:, :early].mean(axis=1)
    return found


def deviation(x: Floats, early: int) -> Floats:
    """Standard deviation of late minus early, under autocorrelation.  # (draws, features)

    Args:
        x: Texts in time order.  # (draws, texts, features)
        early: How many are early.
    """
    n = x.shape[1]
    parts = [x[:, :early], x[:, early:]]
    # Signed: a run of like texts across the split moves both sides, which takes off.
    score = np.concatenate(
        [
            sign * (part - part.mean(axis=1, keepdims=True)) / part.shape[1]
            for sign, part in zip((-1, 1), parts, strict=True)
        ],
        axis=1,
    )
    variance = (score**2).sum(axis=1)
    lags = int(n ** (1 / 3))
    for lag in range(1, lags + 1):
        weight = 2 * (1 - lag / (lags + 1))
        variance += weight * (score[:, lag:] * score[:, :-lag]).sum(axis=1)
    found: Floats = np.sqrt(np.maximum(variance, 0))
    return found


def studentized(change: Floats, deviation: Floats) -> Floats:
    """A change in its deviations; beyond all bounds where there is none."""
    tiny = 1e-12
    steady = np.where(np.abs(change) > tiny, np.copysign(np.inf, change), 0.0)
    found: Floats = np.divide(change, deviation, out=steady, where=deviation > tiny)
    return found


def sd_within(values: Floats, cell: Ints) -> float:
    """Deviation within cells of those that a feature applies to."""
    known = np.isfinite(values)
    if not known.any():
        return float("nan")
    return float(pooled_sd(values[known][:, None], cell[known])[0])
