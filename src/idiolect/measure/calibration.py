"""Does a judge's certainty say how often it is right? Calibration, and answering only when certain.

ECE and Brier ask whether certainty equals the chance of being right; shrinking every certainty to
the base rate does well there. AUROC and the risk-coverage curve ask whether certainty tells right
from wrong, and do not care for its scale. Read both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypedDict, Unpack

import numpy as np
from numpy.typing import NDArray

from idiolect.errors import DataError, SettingError
from idiolect.measure.resample import Figure, Weighted, complete, over, reweighted

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


@dataclass(frozen=True)
class Above:
    """What is answered when only certainties of at least a threshold are.

    Attributes:
        threshold: The least certainty that counts.
        share: Answered, of all rows.
        accuracy: Right, of those answered.
    """

    threshold: float
    share: Figure
    accuracy: Figure


@dataclass(frozen=True)
class RiskCoverage:
    """Error rate among the most certain rows, at each certainty that occurs, highest first.

    Attributes:
        threshold: The certainty.  # (certainties,)
        coverage: Share of rows at least as certain.
        risk: Share of those that are wrong.
    """

    threshold: Floats
    coverage: Floats
    risk: Floats


@dataclass(frozen=True)
class Calibration:
    """How certainty and being right go together; intervals over whole users.

    Attributes:
        accuracy: Share of right rows.
        ece: Expected calibration error: Σ over bins of |certainty − accuracy| × share of rows.
        brier: Mean squared distance of certainty from 1 (right) or 0 (wrong).
        auroc: Chance that a right row is more certain than a wrong one, ties half; .5 says nothing.
        aurc: Area under the risk-coverage curve: error rate among the k most certain rows, mean
            over every k; lower is better. Rows of equal certainty have no order: the mean over all.
        above: At each threshold asked for.
        curve: The risk-coverage curve.
        bins: Equally wide bins of certainty that `ece` rests on.
    """

    accuracy: Figure
    ece: Figure
    brier: Figure
    auroc: Figure
    aurc: Figure
    above: tuple[Above, ...]
    curve: RiskCoverage = field(repr=False)
    bins: int


class Settings(TypedDict, total=False):
    """What `calibration` may be told."""

    bins: int
    thresholds: Sequence[float]
    level: float
    draws: int


def calibration(
    certainty: Floats,
    right: NDArray[np.bool_],
    users: NDArray[np.generic],
    rng: np.random.Generator,
    *,
    bins: int = 10,
    thresholds: Sequence[float] = (0.8,),
    level: float = 0.95,
    draws: int = 1000,
) -> Calibration:
    """Calibration and selective accuracy of stated certainties.

    Args:
        certainty: Stated chance of being right, 0..1.  # (rows,)
        right: Whether it was.  # (rows,)
        users: Whose each row is; they are drawn whole.  # (rows,)
        rng: Source of the draws.
        bins: Equally wide bins of ECE, each closed above, the first also below (Guo et al. 2017).
        thresholds: Least certainties to answer at; .8 is that of the personalized judge.
        level: Coverage of the intervals.
        draws: Bootstrap samples; 0 makes no interval.

    Raises:
        DataError: A figure is missing or NaN, or a certainty lies outside 0..1.
        SettingError: `bins`, `level` or `draws` is out of range.
    """
    sure, hit, users = _checked(certainty, right, users)
    if bins < 1:
        raise SettingError(f"Found bins={bins!r}; at least 1 is needed.")

    def figure(of: Weighted) -> Figure:
        return reweighted(of, users, rng, level=level, draws=draws)

    levels = _Levels.of(sure, hit)
    everywhere = np.ones(len(sure))
    above = tuple(
        Above(
            threshold,
            figure(_Mean((sure >= threshold).astype(float), everywhere)),
            figure(_Mean(hit, (sure >= threshold).astype(float))),
        )
        for threshold in thresholds
    )
    return Calibration(
        figure(_Mean(hit, everywhere)),
        figure(_Binned.of(sure, hit, bins)),
        figure(_Mean((sure - hit) ** 2, everywhere)),
        figure(levels.auroc),
        figure(levels.aurc),
        above,
        levels.curve(),
        bins,
    )


@dataclass(frozen=True)
class Recalibrated:
    """Certainties before and after an isotonic map that was fitted on other users.

    Attributes:
        before: On the users that were not fitted on.
        after: The same rows, certainties mapped.
        certainty: Mapped certainty of each of those rows.  # (rows left,)
        rows: Which rows they are.  # (rows left,)
        fitted_users: Users that the map was fitted on.
    """

    before: Calibration
    after: Calibration
    certainty: Floats = field(repr=False)
    rows: Ints = field(repr=False)
    fitted_users: int


def recalibrate(
    certainty: Floats,
    right: NDArray[np.bool_],
    users: NDArray[np.generic],
    rng: np.random.Generator,
    **settings: Unpack[Settings],
) -> Recalibrated:
    """Fits an isotonic map on a random half of the users and applies it to the other half.

    One split is one draw: another seed gives other figures. Where the map is flat, certainties
    become equal, so AUROC may fall while ECE falls too.

    Args:
        certainty: Stated chance of being right, 0..1.  # (rows,)
        right: Whether it was.  # (rows,)
        users: Whose each row is; no user is in both halves.  # (rows,)
        rng: Source of the split and the draws.
        **settings: As in `calibration`, with its defaults.

    Raises:
        DataError: As `calibration`, or there are fewer than two users.
        SettingError: As `calibration`.
    """
    from sklearn.isotonic import IsotonicRegression

    sure, hit, users = _checked(certainty, right, users)
    names = np.unique(users)
    if len(names) < 2:
        raise DataError("Found one user; two or more are needed to fit on some and test on others.")
    fitted = rng.permutation(names)[: len(names) // 2]
    train = np.isin(users, fitted)
    isotonic = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip")
    isotonic.fit(sure[train], hit[train])
    rows = np.flatnonzero(~train)
    mapped = np.clip(np.asarray(isotonic.predict(sure[rows]), dtype=np.float64), 0, 1)
    before, after = (
        calibration(one, hit[rows] > 0, users[rows], rng, **settings)
        for one in (sure[rows], mapped)
    )
    return Recalibrated(before, after, mapped, rows, len(fitted))


def _checked(
    certainty: Floats, right: NDArray[np.bool_], users: NDArray[np.generic]
) -> tuple[Floats, Floats, NDArray[np.generic]]:
    sure, hit = np.asarray(certainty, dtype=float), np.asarray(right, dtype=float)
    complete(certainty=sure, right=hit, users=np.asarray(users))
    if sure.min() < 0 or sure.max() > 1:
        raise DataError(
            f"Found certainties from {sure.min():g} to {sure.max():g}; give them as 0..1 (divide "
            "percentages by 100)."
        )
    if not np.isin(hit, (0, 1)).all():
        raise DataError("Found values of `right` other than 0 and 1; say of each row which it is.")
    return sure, hit, np.asarray(users)


@dataclass(frozen=True)
class _Mean:
    """Weighted mean of values over the rows that count."""

    values: Floats
    counts: Floats

    def __call__(self, weights: Floats) -> Floats:
        return over(weights @ (self.values * self.counts), weights @ self.counts)


@dataclass(frozen=True)
class _Binned:
    """Expected calibration error."""

    gaps: Floats
    bin: Ints

    @classmethod
    def of(cls, sure: Floats, hit: Floats, bins: int) -> _Binned:
        # Edges as multiples of 1 / bins would put .3 above .30000000000000004.
        return cls(sure - hit, np.maximum(np.ceil(np.round(sure * bins, 9)).astype(np.intp) - 1, 0))

    def __call__(self, weights: Floats) -> Floats:
        total = weights.sum(axis=1)
        gap = sum(
            np.abs(weights[:, self.bin == n] @ self.gaps[self.bin == n]) for n in set(self.bin)
        )
        found: Floats = gap / total
        return found


@dataclass(frozen=True)
class _Levels:
    """Rows by certainty, highest first, and where each certainty ends.

    Args:
        order: Rows.  # (rows,)
        hit: Whether each is right, in that order.
        last: Place of the last row of each certainty.  # (certainties,)
        sure: The certainties.
    """

    order: Ints
    hit: Floats
    last: Ints
    sure: Floats

    @classmethod
    def of(cls, sure: Floats, hit: Floats) -> _Levels:
        order = np.argsort(-sure, kind="stable")
        last = np.flatnonzero(np.diff(sure[order], append=-1.0))
        return cls(order, hit[order], last, sure[order][last])

    def _sums(self, weights: Floats) -> tuple[Floats, Floats]:
        """Right and wrong rows down to the end of each certainty.  # (samples, certainties)"""
        ordered = weights[:, self.order]
        right, wrong = (np.cumsum(ordered * kind, axis=1) for kind in (self.hit, 1 - self.hit))
        return right[:, self.last], wrong[:, self.last]

    def auroc(self, weights: Floats) -> Floats:
        right, wrong = self._sums(weights)
        here = np.diff(right, prepend=0, axis=1)
        # A right row beats the wrong ones that are less certain, and half of those that are as.
        beaten = wrong[:, -1:] - (wrong + np.insert(wrong[:, :-1], 0, 0, axis=1)) / 2
        return over((here * beaten).sum(axis=1), right[:, -1] * wrong[:, -1])

    def aurc(self, weights: Floats) -> Floats:
        from scipy.special import digamma

        right, wrong = self._sums(weights)
        end = right + wrong
        begin = np.insert(end[:, :-1], 0, 0, axis=1)
        size = end - begin
        there = size > 0
        errors = np.diff(wrong, prepend=0, axis=1)
        before = wrong - errors
        # Σ over x = 1..n of (before + x · errors / n) / (begin + x), by harmonic numbers.
        harmonic = digamma(end + 1) - digamma(begin + 1)
        slope = np.divide(errors, size, out=np.zeros_like(size), where=there)
        risks = before * harmonic + slope * (size - begin * harmonic)
        area: Floats = np.where(there, risks, 0).sum(axis=1) / end[:, -1]
        return area

    def curve(self) -> RiskCoverage:
        right, wrong = (side[0] for side in self._sums(np.ones((1, len(self.order)))))
        return RiskCoverage(self.sure, (right + wrong) / len(self.order), wrong / (right + wrong))
