"""LaMP's rules for labels and ratings: what an output counts as that is no label or no number.

An output is stripped, and nothing else is forgiven. One that is no label is wrong for every class.
One that is no number is taken for the end of the scale that is farther from the truth. Both rules
hide how often nothing usable came back, so `unparsed` stands beside the scores.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from idiolect.errors import DataError, SettingError
from idiolect.measure.metrics import Summed, TextMetric

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Texts = Sequence[str]

_SHOWN = 5


def label_metrics(labels: Sequence[str]) -> tuple[TextMetric, ...]:
    """Accuracy, macro-F1 and the rate of outputs that are no label.

    Macro-F1 is over the fixed list: a label that is never given nor right has F1 0.

    Args:
        labels: All that exist, such as `("[1]", "[2]")` of LaMP-1.

    Raises:
        SettingError: There are fewer than two different ones.
    """
    known = tuple(label.strip() for label in labels)
    if len(set(known)) < max(len(known), 2):
        raise SettingError(f"Found labels {known!r}; give two or more different ones.")
    rule = _Labels(known)
    return (
        TextMetric(
            "accuracy",
            f"output is the label, stripped; {len(known)} labels; 0..1 (LaMP)",
            True,
            rule.right,
        ),
        TextMetric(
            "macro_f1",
            f"mean F1 over the fixed list of {len(known)} labels; another output is wrong for all "
            "(LaMP)",
            True,
            None,
            Summed(rule.parts, _macro_f1),
        ),
        TextMetric("unparsed", "share of outputs that are no label", False, rule.unknown),
    )


def rating_metrics(low: float = 1, high: float = 5) -> tuple[TextMetric, ...]:
    """MAE, RMSE and the rate of outputs that are no finite number.

    As in LaMP-3, such an output counts as whichever end is farther from the truth (the high one
    from the middle), and a number outside the scale is taken as it is. LaMP's code also takes "nan"
    and "inf" for numbers, which leaves no score at all; here they are none.

    Args:
        low: Lowest rating.
        high: Highest rating.

    Raises:
        SettingError: `low` is not below `high`.
    """
    if not low < high:
        raise SettingError(f"Found low={low!r} and high={high!r}; low must be below high.")
    rule = _Ratings(low, high)
    ends = f"an output that is no number is {low:g} or {high:g}, whichever is farther (LaMP)"
    return (
        TextMetric("mae", f"mean absolute error; {ends}", False, rule.absolute),
        TextMetric(
            "rmse",
            f"root of the mean squared error of all rows; {ends}",
            False,
            None,
            Summed(rule.parts, _root_mean),
        ),
        TextMetric("unparsed", "share of outputs that are no number", False, rule.unknown),
    )


@dataclass(frozen=True)
class _Labels:
    known: tuple[str, ...]

    def _read(self, outputs: Texts, references: Texts) -> tuple[Ints, Ints]:
        """Class of each; −1 for an output that has none."""
        number = {label: n for n, label in enumerate(self.known)}
        real = [number.get(text.strip(), -1) for text in references]
        _refuse(
            [text for text, n in zip(references, real, strict=True) if n < 0],
            f"answers that are none of the {len(self.known)} labels",
            f"Known: {', '.join(map(repr, self.known[:20]))}.",
        )
        made = [number.get(text.strip(), -1) for text in outputs]
        return np.array(made, dtype=np.intp), np.array(real, dtype=np.intp)

    def right(self, outputs: Texts, references: Texts) -> Floats:
        made, real = self._read(outputs, references)
        right: Floats = (made == real).astype(np.float64)
        return right

    def unknown(self, outputs: Texts, references: Texts) -> Floats:
        made, _ = self._read(outputs, references)
        return (made < 0).astype(np.float64)

    def parts(self, outputs: Texts, references: Texts) -> Floats:
        """True positives, times given and times right, of each label.  # (rows, 3 · labels)"""
        made, real = self._read(outputs, references)
        each = np.arange(len(self.known))
        given, right = (side[:, None] == each for side in (made, real))
        return np.concatenate([given & right, given, right], axis=1).astype(np.float64)


def _macro_f1(sums: Floats) -> Floats:
    """Mean F1 of the labels; 0 for one never given nor right.  # (draws, parts) → (draws,)"""
    both, given, right = np.split(sums, 3, axis=1)
    f1 = np.divide(2 * both, given + right, out=np.zeros_like(both), where=given + right > 0)
    mean: Floats = f1.mean(axis=1)
    return mean


@dataclass(frozen=True)
class _Ratings:
    low: float
    high: float

    def _errors(self, outputs: Texts, references: Texts) -> tuple[Floats, Floats]:
        """Error of each output, and whether it is no number."""
        real = [_number(text) for text in references]
        _refuse(
            [
                text
                for text, number in zip(references, real, strict=True)
                if number is None or not self.low <= number <= self.high
            ],
            f"answers that are no rating from {self.low:g} to {self.high:g}",
            "Give the scale of the ratings.",
        )
        truth = np.array(real, dtype=np.float64)
        made = [_number(text) for text in outputs]
        unread = np.array([number is None for number in made], dtype=bool)
        far = np.where(truth - self.low > self.high - truth, self.low, self.high)
        taken = np.where(unread, far, np.array([n or 0.0 for n in made], dtype=np.float64))
        return taken - truth, unread.astype(np.float64)

    def absolute(self, outputs: Texts, references: Texts) -> Floats:
        errors: Floats = np.abs(self._errors(outputs, references)[0])
        return errors

    def unknown(self, outputs: Texts, references: Texts) -> Floats:
        return self._errors(outputs, references)[1]

    def parts(self, outputs: Texts, references: Texts) -> Floats:
        """Squared error, and one row.  # (rows, 2)"""
        squares = self._errors(outputs, references)[0] ** 2
        return np.stack([squares, np.ones(len(squares))], axis=1)


def _root_mean(sums: Floats) -> Floats:
    root: Floats = np.sqrt(sums[:, 0] / sums[:, 1])
    return root


def _number(text: str) -> float | None:
    """The finite number that a text is, as Python reads it; else None."""
    try:
        number = float(text.strip())
    except ValueError:
        return None
    return number if isfinite(number) else None


def _refuse(bad: list[str], what: str, do: str) -> None:
    if bad:
        shown = ", ".join(repr(text) for text in list(dict.fromkeys(bad))[:_SHOWN])
        raise DataError(f"Found {len(bad)} {what}: {shown}. {do}")
