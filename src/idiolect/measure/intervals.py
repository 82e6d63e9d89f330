"""Means and other figures over rows, with intervals that take users for independent, not rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from idiolect.errors import DataError, SettingError
from idiolect.measure.statistics import Floats


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
    sums, counts, squares, left_out = by_user(values, users)
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


def by_user(values: Floats, users: NDArray[np.generic]) -> tuple[Floats, Floats, Floats, int]:
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
