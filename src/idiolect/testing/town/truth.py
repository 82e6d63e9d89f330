"""True effects, and how much of them was found."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from idiolect.difference import Measure
from idiolect.measure.statistics import Floats


@dataclass(frozen=True)
class Recovery:
    """How much of the truth was found, over pairs of a user and a feature.

    Pairs with a true effect between `small` and `large` count neither way.

    Attributes:
        precision: Share of right ones among what was found.
        recall: Share of what had to be found that was, with the right sign.
        right: Found, large and of the right sign.
        false: Found although small, or with the wrong sign.
        between: Found, neither small nor large, and of the right sign.
        large: Pairs that had to be found.
    """

    precision: float
    recall: float
    right: int
    false: int
    between: int
    large: int


@dataclass(frozen=True)
class Truth:
    """True effects, measured on fresh texts.

    Attributes:
        users: Names, one a row.
        features: Names, one a column.
        effects: In pooled within-item standard deviations; NaN where nothing varies.
        texts: Fresh texts of each user.
    """

    users: tuple[str, ...]
    features: tuple[str, ...]
    effects: Floats
    texts: int

    def of(self, user: str, feature: str) -> float:
        """One user's true effect on one feature."""
        return float(self.effects[self.users.index(user), self.features.index(feature)])

    def score(
        self, found: Mapping[str, Iterable[Measure]], *, large: float = 1.0, small: float = 0.3
    ) -> Recovery:
        """Score what was found of each user.

        Args:
            found: User → the measures that count as found.
            large: Least true effect that has to be found.
            small: True effects below must not be found.
        """
        sign = np.zeros(self.effects.shape)
        for user, measures in found.items():
            for one in measures:
                at = self.users.index(user), self.features.index(one.feature)
                sign[at] = math.copysign(1, one.effect)
        size, agrees = np.abs(np.nan_to_num(self.effects)), sign * self.effects > 0
        right = int((agrees & (size >= large)).sum())
        false = int(((sign != 0) & ~(agrees & (size >= small))).sum())
        wanted = int((size >= large).sum())
        return Recovery(
            precision=right / max(right + false, 1),
            recall=right / max(wanted, 1),
            right=right,
            false=false,
            between=int((sign != 0).sum()) - right - false,
            large=wanted,
        )


def effects(values: Floats) -> Floats:
    """Mean distance from the others on the item, in pooled within-item deviations.

    Written anew rather than taken from `idiolect.measure`, so that the one checks the other.

    Args:
        values: NaN where there is no text, or a feature does not apply.
            # (items, users, features)

    Returns:
        One effect a user and feature.  # (users, features)
    """
    known = np.isfinite(values)
    count = known.sum(axis=1, keepdims=True)
    filled = np.where(known, values, 0.0)
    total = filled.sum(axis=1, keepdims=True)
    others = (total - filled) / np.maximum(count - known, 1)
    apart = np.where(known & (count > 1), values - others, np.nan)
    squares = np.where(known, (values - total / np.maximum(count, 1)) ** 2, 0.0).sum(axis=(0, 1))
    sd = np.sqrt(squares / np.maximum(np.maximum(count[:, 0] - 1, 0).sum(axis=0), 1))
    mean = np.nanmean(apart, axis=0)
    found: Floats = np.divide(mean, sd, out=np.full_like(mean, np.nan), where=sd > 0)
    return found
