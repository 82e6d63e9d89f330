"""Intervals and tests clustered by user, corrected p-values, distinctive terms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from idiolect.errors import DataError, SettingError

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


@dataclass(frozen=True)
class Estimate:
    """A mean over rows, with an interval that takes users, not rows, for independent.

    Attributes:
        mean: Of the rows that have a figure; NaN without any.
        low: Lower end of the interval; NaN where there is none, see `note`.
        high: Its upper end.
        users: Users with at least one figure.
        rows: Rows with a figure.
        left_out: Rows without one (NaN): failures are no zeros.
        error: Standard error of the mean, clustered by user.
        freedom: Degrees of freedom of the t distribution that the interval is read from.
        note: Why there is no interval; empty where there is one.
    """

    mean: float
    low: float
    high: float
    users: int
    rows: int
    left_out: int
    error: float
    freedom: float
    note: str = ""


def estimate(values: Floats, users: NDArray[np.generic], *, level: float = 0.95) -> Estimate:
    """Mean with a t interval clustered by user, for few users and unequal numbers of rows too.

    The error is the cluster-robust one with the correction CR2 for the weight that each user has in
    the mean (Bell & McCaffrey 2002); the degrees of freedom are Satterthwaite's under equally
    correlated rows of a user (Imbens & Kolesár 2016), so that a few users with most of the rows
    count as the few they are. Several seeds of a request are further rows of its user, and no new
    users. `results/intervals.json` has its coverage beside others'.

    Args:
        values: One figure a row; NaN where there is none.  # (rows,)
        users: Whose it is: name or number.  # (rows,)
        level: Coverage.

    Raises:
        DataError: There are not as many users as values.
        SettingError: `level` is not between 0 and 1.
    """
    from scipy.stats import t

    if not 0 < level < 1:
        raise SettingError(f"Found level={level!r}; the coverage must lie between 0 and 1.")
    sums, counts, squares, left_out = _by_user(values, users)
    rows, people = float(counts.sum()), len(sums)
    nan = float("nan")
    if not people:
        return Estimate(nan, nan, nan, 0, 0, left_out, nan, nan, "no row has a figure")
    mean = float(sums.sum() / rows)
    if people == 1:
        note = "one user only: nothing is known of how users differ, so there is no interval"
        return Estimate(mean, nan, nan, 1, int(rows), left_out, nan, nan, note)
    share = counts / rows
    residual = (sums - counts * mean) / np.sqrt(1 - share)
    error = float(np.sqrt((residual**2).sum()) / rows)
    freedom = _satterthwaite(share, _sum_variances(sums, counts, squares))
    half = float(t.ppf((1 + level) / 2, freedom)) * error
    return Estimate(mean, mean - half, mean + half, people, int(rows), left_out, error, freedom)


def _by_user(values: Floats, users: NDArray[np.generic]) -> tuple[Floats, Floats, Floats, int]:
    """Sum, number and sum of squares of each user's figures, and how many rows have none."""
    values, users = np.asarray(values, dtype=float), np.asarray(users)
    if values.shape != users.shape or values.ndim != 1:
        raise DataError(
            f"Found values of shape {values.shape} and users of shape {users.shape}; give one "
            "figure and one user for each row."
        )
    there = ~np.isnan(values)
    _, number = np.unique(users[there], return_inverse=True)
    values = values[there]
    sums, counts, squares = (
        np.bincount(number, weights).astype(np.float64)
        for weights in (values, np.ones(len(values)), values**2)
    )
    return sums, counts, squares, int((~there).sum())


def _sum_variances(sums: Floats, counts: Floats, squares: Floats) -> Floats:
    """Variance of each user's sum, up to a factor, if rows of a user are equally correlated.

    The variances between and within users are the moment estimates of one-way analysis.
    """
    rows, people = counts.sum(), len(counts)
    if rows == people:
        return np.ones(people)
    within = max((squares - sums**2 / counts).sum() / (rows - people), 0.0)
    mean_square = (counts * (sums / counts - sums.sum() / rows) ** 2).sum() / (people - 1)
    size = (rows - (counts**2).sum() / rows) / (people - 1)
    between = max((mean_square - within) / size, 0.0)
    if not within + between:
        return counts
    variances: Floats = counts * within + counts**2 * between
    return variances


def _satterthwaite(share: Floats, variances: Floats) -> float:
    """Degrees of freedom of the clustered error with CR2, for these variances of users' sums.

    With S the users' sums, the residuals are r = S − share·ΣS; scaled by a = (1 − share)^−½ their
    covariance is diag(d) − u zᵀ − z uᵀ. The sum of their squares has mean tr and variance 2‖·‖².
    """
    a = 1 / np.sqrt(1 - share)
    d, u = a**2 * variances, a * share
    z = a * variances - variances.sum() / 2 * u
    trace = d.sum() - 2 * u @ z
    norm = (d**2).sum() - 4 * (d * u) @ z + 2 * (u @ u) * (z @ z) + 2 * (u @ z) ** 2
    return float(trace**2 / norm)


def interval(
    values: Floats, users: NDArray[np.generic], *, level: float = 0.95
) -> tuple[float, float]:
    """Lower and upper end of `estimate`'s interval; NaNs where there is none."""
    found = estimate(values, users, level=level)
    return found.low, found.high


def bootstrap(
    values: Floats,
    users: NDArray[np.generic],
    rng: np.random.Generator,
    *,
    of: Callable[[Floats], Floats] | None = None,
    level: float = 0.95,
    draws: int = 2000,
) -> tuple[float, float]:
    """Percentile bootstrap interval, drawing whole users with replacement.

    For a mean, `interval` holds its level better with few users; this one serves figures of a
    whole corpus, such as BLEU, that are made from sums over rows.

    Args:
        values: One figure a row, or its parts; NaN where there is none.  # (rows,) or (rows, parts)
        users: Whose it is: name or number.  # (rows,)
        rng: Source of the draws.
        of: Sums of the parts → figures ((draws, parts) → (draws,)); None is the mean.
        level: Coverage.
        draws: Bootstrap samples.

    Returns:
        Lower and upper end; NaNs with one user or none.

    Raises:
        DataError: There are not as many users as values.
        SettingError: `values` are parts, and nothing says what they make.
    """
    values, users = np.asarray(values, dtype=float), np.asarray(users)
    if len(values) != len(users):
        raise DataError(f"Found {len(values)} rows and {len(users)} users; give one for each row.")
    if of is None:
        if values.ndim > 1:
            raise SettingError(f"Found values of shape {values.shape}; say what they make by `of`.")
        values, of = np.stack([values, np.ones(len(values))], axis=1), _mean_of
    values = values[:, None] if values.ndim == 1 else values
    there = ~np.isnan(values).any(axis=1)
    names, number = np.unique(users[there], return_inverse=True)
    if len(names) < 2:
        return float("nan"), float("nan")
    sums = np.zeros((len(names), values.shape[1]))
    np.add.at(sums, number, values[there])
    times = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), draws)
    low, high = np.quantile(of(times @ sums), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _mean_of(sums: Floats) -> Floats:
    """Mean from sums of figures and of rows.  # (draws, 2) → (draws,)"""
    mean: Floats = sums[:, 0] / sums[:, 1]
    return mean


@dataclass(frozen=True)
class Paired:
    """One method against another on the same rows.

    Attributes:
        difference: Mean of a − b over rows where both have a figure; NaN without any.
        low: Lower end of its interval clustered by user; NaN where there is none, see `note`.
        high: Its upper end.
        p: Two-sided probability if each user's differences could as well have the other sign.
        users: Users with at least one such row.
        rows: Rows where both have a figure.
        left_out: Rows where one or both have none (NaN).
        note: What cannot be said with so few users; empty where nothing is in the way.
    """

    difference: float
    low: float
    high: float
    p: float
    users: int
    rows: int
    left_out: int
    note: str = ""


#: Up to so many users all assignments of signs are counted (2 to their power).
EXACT_USERS = 14


def paired(
    a: Floats,
    b: Floats,
    users: NDArray[np.generic],
    rng: np.random.Generator,
    *,
    level: float = 0.95,
    draws: int = 9999,
) -> Paired:
    """Mean difference of two methods on the same rows, its interval, and a p-value.

    The interval is `estimate`'s. The p-value is of the sign-flip permutation test: under the null
    the two methods' figures can be exchanged, for all of a user's rows at once. All assignments are
    counted up to `EXACT_USERS` users, else `draws` random ones and the observed one.

    Args:
        a: One figure a row; NaN where there is none (a failure).  # (rows,)
        b: The other method's, on the same rows.  # (rows,)
        users: Whose the row is: name or number.  # (rows,)
        rng: Source of the draws.
        level: Coverage of the interval.
        draws: Random assignments of signs, where not all are counted.

    Raises:
        DataError: The three are not equally long.
        SettingError: `level` is not between 0 and 1, or there is no draw.
    """
    if draws < 1:
        raise SettingError(f"Found draws={draws!r}; at least 1 is needed.")
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if a.shape != b.shape:
        raise DataError(
            f"Found {a.shape[0]} figures of one method and {b.shape[0]} of the other; give both "
            "for the same rows, NaN where one has none."
        )
    found = estimate(a - b, users, level=level)
    note, p = found.note, float("nan")
    if found.users > 1:
        sums, _, _, _ = _by_user(a - b, users)
        p = _sign_flip(sums, rng, draws)
        if 2 ** (1 - found.users) > 1 - level:
            note = f"{found.users} users: no p-value below {2 ** (1 - found.users):g} is possible"
    return Paired(
        found.mean, found.low, found.high, p, found.users, found.rows, found.left_out, note
    )


def _sign_flip(sums: Floats, rng: np.random.Generator, draws: int) -> float:
    """Two-sided p-value of the total under independent random signs of the users' sums."""
    users, far = len(sums), abs(sums.sum()) * (1 - 1e-9)
    if users <= EXACT_USERS:
        totals = np.zeros(1)
        for one in sums:
            totals = np.concatenate([totals + one, totals - one])
        return float((np.abs(totals) >= far).mean())
    bits = np.frombuffer(rng.bytes(draws * -(-users // 8)), dtype=np.uint8)
    flipped = np.unpackbits(bits.reshape(draws, -1), axis=1, count=users)
    totals = sums.sum() - 2 * (flipped @ sums)
    return float((1 + (np.abs(totals) >= far).sum()) / (1 + draws))


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


def detectable(
    differences: Floats,
    users: NDArray[np.generic],
    *,
    power: float = 0.8,
    level: float = 0.05,
    planned: int | None = None,
) -> float:
    """The smallest true mean difference that so many users would show.

    δ = (t_{1−level/2, ν} + t_{power, ν}) · se, with error and degrees of freedom as in `estimate`:
    a true difference of δ has an interval without 0 with chance `power`, or a little less with few
    users; the p-value of `paired` finds it somewhat more often (`results/intervals.json`). For
    another number of users, se falls with its root and ν rises with it.

    Args:
        differences: Of two methods, row by row; NaN where there is none. One method's figures
            instead give the smallest distance of its mean from a fixed number.  # (rows,)
        users: Whose each row is.  # (rows,)
        power: Chance to find it.
        level: Chance to find something where nothing is.
        planned: Users to plan for, with as many rows each; None means those given.

    Returns:
        In units of `differences`; NaN with one user or none.

    Raises:
        DataError: There are not as many users as differences.
        SettingError: `power` or `level` is out of range, or fewer than 2 users are planned.
    """
    from scipy.stats import t

    if not 0 < level < power < 1:
        raise SettingError(
            f"Found power={power!r} and level={level!r}; both must lie between 0 and 1, and power "
            "above level."
        )
    if planned is not None and planned < 2:
        raise SettingError(f"Found planned={planned!r}; plan for at least 2 users.")
    found = estimate(differences, users)
    if found.users < 2:
        return float("nan")
    more = 1.0 if planned is None else planned / found.users
    error = found.error / np.sqrt(more)
    freedom = max(found.freedom * more, 1.0)
    return float((t.ppf(1 - level / 2, freedom) + t.ppf(power, freedom)) * error)


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
