"""Shares with intervals that hold at 0 and 1 too, clustered by user."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from idiolect.measure.intervals import estimate

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Rate:
    """A share of pairs.

    Attributes:
        value: NaN where no pair was decided.
        low: Lower end of its interval; NaN with one person or none.
        high: Its upper end.
        users: People that it rests on.
        cases: Pairs that it rests on.
        failures: Pairs without a verdict, apart.
    """

    value: float
    low: float
    high: float
    users: int
    cases: int
    failures: int


def rate(shares: Floats, users: NDArray[np.generic], level: float = 0.95) -> Rate:
    """A mean of shares with a Wilson interval for as many cases as the clusters are worth.

    The effective number of cases is p(1 − p) over the variance of the mean, clustered by user
    (Korn & Graubard 1998); where nothing varies it is the number of users, so that 32 of 32 is not
    a sure thing.

    Args:
        shares: 0..1; NaN where there is no verdict.  # (cases,)
        users: Whose the case is.  # (cases,)
        level: Coverage.
    """
    from scipy.stats import t

    found = estimate(shares, users)
    nan = float("nan")
    if found.users < 2:
        return Rate(found.mean, nan, nan, found.users, found.rows, found.left_out)
    p = found.mean
    worth = p * (1 - p) / found.error**2 if found.error > 0 else float(found.users)
    if not worth:
        worth = float(found.users)
    z = float(t.ppf((1 + level) / 2, found.users - 1))
    centre = (p + z**2 / (2 * worth)) / (1 + z**2 / worth)
    half = z / (1 + z**2 / worth) * float(np.sqrt(p * (1 - p) / worth + z**2 / (4 * worth**2)))
    low, high = max(centre - half, 0.0), min(centre + half, 1.0)
    return Rate(p, low, high, found.users, found.rows, found.left_out)
