"""Questionnaires: statements, keys, norms; and giving one to a simulated user."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from idiolect.data import View
from idiolect.errors import DataError, SettingError

#: Statements in, answers from 1 on out, in order; all at once, so that a model can be asked side by
#: side.
Subject = Callable[[Sequence[str]], Sequence[float]]


@dataclass(frozen=True)
class Instrument:
    """A questionnaire: statements, keys and norms.

    Attributes:
        items: Statement → scale it belongs to.
        keys: Statement → +1, or −1 where it is reverse-keyed.
        points: Answers run from 1 to this.
        norms: Scale → mean and standard deviation in the norm group.
    """

    items: Mapping[str, str]
    keys: Mapping[str, int]
    points: int = 5
    norms: Mapping[str, tuple[float, float]] | None = None

    def __post_init__(self) -> None:
        bad = [s for s in self.items if self.keys.get(s) not in {1, -1}]
        if bad:
            raise SettingError(f"Found no key of +1 or −1 for {bad[0]!r}; every statement has one.")

    def administer(self, subject: Subject) -> dict[str, float]:
        """Scale → mean answer after reversing.

        Raises:
            DataError: An answer is missing or out of range.
        """
        given = list(subject(tuple(self.items)))
        if len(given) != len(self.items):
            raise DataError(
                f"Found {len(given)} answers to {len(self.items)} statements; a subject gives one "
                "answer a statement, in order."
            )
        answers: dict[str, list[float]] = {}
        for (statement, scale), said in zip(self.items.items(), given, strict=True):
            if not 1 <= said <= self.points:
                raise DataError(
                    f"Found the answer {said!r} to {statement!r}; answers run from 1 to "
                    f"{self.points}."
                )
            value = said if self.keys[statement] == 1 else self.points + 1 - said
            answers.setdefault(scale, []).append(value)
        return {scale: float(np.mean(values)) for scale, values in answers.items()}

    def standardized(self, scores: Mapping[str, float]) -> dict[str, float]:
        """Scale → standard score against the norms.

        Raises:
            SettingError: The instrument has no norms.
        """
        if self.norms is None:
            raise SettingError("Found no norms in this instrument; give the norm group's figures.")
        return {s: (v - self.norms[s][0]) / self.norms[s][1] for s, v in scores.items()}


@dataclass(frozen=True)
class Survey:
    """An instrument given to a simulated user.

    Attributes:
        instrument: What is asked.
        subject: View in, who answers out.
    """

    instrument: Instrument
    subject: Callable[[View], Subject]

    def answer(self, view: View) -> dict[str, float]:
        """Scale → score of the user."""
        return self.instrument.administer(self.subject(view))
