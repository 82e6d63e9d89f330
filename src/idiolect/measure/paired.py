"""One method against another on the same rows: the difference, its test, what could be shown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from idiolect.errors import DataError, SettingError
from idiolect.measure.intervals import by_user, estimate
from idiolect.measure.statistics import Floats


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
        sums, _, _, _ = by_user(a - b, users)
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
