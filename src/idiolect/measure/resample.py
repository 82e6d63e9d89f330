"""Intervals of figures that are no means: whole users are drawn anew and everything is weighted.

A figure is a function of weights, one a row. All weights 1 give the figure itself; how often each
row's user was drawn gives the figure of a bootstrap sample. So AUROC, rank correlations and the
like need no second definition for their intervals.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from idiolect.errors import DataError, SettingError

Floats = NDArray[np.float64]
#: Weights → figures; NaN where a sample has none.  # (samples, rows) → (samples,)
Weighted = Callable[[Floats], Floats]

#: Weights held at once, so that many rows do not fill the memory.
_AT_ONCE = 2**22


@dataclass(frozen=True)
class Figure:
    """A figure with its bootstrap interval.

    Attributes:
        value: Of all rows; NaN where it is undefined.
        low: Lower end of the interval; NaN where there is none, see `note`.
        high: Its upper end.
        users: Users drawn from.
        rows: Rows that it rests on.
        note: Why there is no interval, or on how many samples it rests; else empty.
    """

    value: float
    low: float
    high: float
    users: int
    rows: int
    note: str = ""


def reweighted(
    of: Weighted,
    users: NDArray[np.generic],
    rng: np.random.Generator,
    *,
    level: float = 0.95,
    draws: int = 2000,
) -> Figure:
    """A figure, and its percentile bootstrap interval over whole users.

    Args:
        of: The figure, from weights.
        users: Whose each row is.  # (rows,)
        rng: Source of the draws.
        level: Coverage.
        draws: Bootstrap samples; 0 makes no interval.
    """
    users = np.asarray(users)
    value = float(of(np.ones((1, len(users))))[0])
    drawn = samples(of, users, rng, draws=draws)
    people = len(np.unique(users))
    return summary(value, drawn, people, len(users), level=level)


def samples(
    of: Weighted, users: NDArray[np.generic], rng: np.random.Generator, *, draws: int
) -> Floats:
    """The figure in each bootstrap sample of whole users; empty with fewer than two.  # (draws,)

    The same seed draws the same users, so that two figures on the same rows can be compared sample
    by sample.

    Raises:
        SettingError: `draws` is negative.
    """
    if draws < 0:
        raise SettingError(f"Found draws={draws!r}; give 0 or more bootstrap samples.")
    names, number = np.unique(users, return_inverse=True)
    if len(names) < 2 or not draws:
        return np.empty(0)
    times = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), draws).astype(float)
    step = max(1, _AT_ONCE // len(number))
    return np.concatenate([of(times[at : at + step][:, number]) for at in range(0, draws, step)])


def summary(value: float, drawn: Floats, users: int, rows: int, *, level: float) -> Figure:
    """A figure with the percentile interval of its samples; samples without one are left out.

    Raises:
        SettingError: `level` is not between 0 and 1.
    """
    if not 0 < level < 1:
        raise SettingError(f"Found level={level!r}; the coverage must lie between 0 and 1.")
    there = drawn[~np.isnan(drawn)]
    if users < 2:
        note = "one user only: nothing is known of how users differ, so there is no interval"
    elif np.isnan(value):
        note = "undefined on these rows"
    elif not len(there):
        note = "no sample was drawn" if not len(drawn) else "undefined in every sample"
    else:
        low, high = np.quantile(there, [(1 - level) / 2, (1 + level) / 2])
        lost = len(drawn) - len(there)
        note = f"undefined in {lost:,} of {len(drawn):,} samples" if lost else ""
        return Figure(value, float(low), float(high), users, rows, note)
    return Figure(value, float("nan"), float("nan"), users, rows, note)


def over(sums: Floats, weights: Floats) -> Floats:
    """Sums over weights; NaN where there is no weight."""
    nothing = np.full(np.shape(sums), np.nan)
    means: Floats = np.divide(sums, weights, out=nothing, where=weights > 0)
    return means


def complete(**columns: NDArray[np.generic]) -> None:
    """Nothing, where columns are equally long and no figure in them is missing or infinite.

    Raises:
        DataError: They are not.
    """
    sizes = {name: len(column) for name, column in columns.items()}
    if len(set(sizes.values())) > 1:
        found = ", ".join(f"{size} of {name}" for name, size in sizes.items())
        raise DataError(f"Found {found}; give one of each for every row, in the same order.")
    for name, column in columns.items():
        if not len(column):
            raise DataError(f"Found no row of {name}; there is nothing to measure.")
        if np.issubdtype(column.dtype, np.floating):
            bad = np.flatnonzero(~np.isfinite(column).reshape(len(column), -1).all(axis=1))
            if len(bad):
                shown = ", ".join(map(str, bad[:5])) + (", …" if len(bad) > 5 else "")
                raise DataError(
                    f"Found {len(bad)} rows without a finite {name} (rows {shown}); leave out what "
                    "failed before, and report how many there were."
                )
