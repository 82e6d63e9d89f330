"""What one method answered, with one kind of history, and what that cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from idiolect.measure.statistics import Floats
from idiolect.run.runner import Outcome

OWN = "own"
COSTS = ("calls", "tokens", "retries", "seconds", "cost")


@dataclass(frozen=True)
class Arm:
    """One method with one kind of history: the user's own, or a control's.

    Attributes:
        method: Its name.
        history: `own`, or the name of the control.
        texts: What was answered, one an example, None where nothing was; None for all where only
            scores were kept.
        failed: Kind of the error of each example; empty where there is an answer.
        costs: Figures of each example, one column for each of `COSTS`, NaN where one is not known
            (money without a price); None for predictions made elsewhere.  # (examples, 5)
        outcomes: One an example, with calls; None where only the answers were kept.
    """

    method: str
    history: str
    texts: tuple[str | None, ...] | None
    failed: tuple[str, ...]
    costs: Floats | None = None
    outcomes: tuple[Outcome, ...] | None = None

    @classmethod
    def of(cls, method: str, history: str, made: Sequence[Outcome]) -> Arm:
        """An arm that was run."""
        costs = [[len(o.calls), o.tokens, o.retries, o.seconds, np.nan] for o in made]
        return cls(
            method,
            history,
            tuple(None if o.failure is not None else o.text for o in made),
            tuple("" if o.failure is None else o.failure.kind for o in made),
            np.array(costs, dtype=float),
            tuple(made),
        )

    @property
    def name(self) -> str:
        """Method, and history where it is not the user's own."""
        return self.method if self.history == OWN else f"{self.method} ({self.history})"

    @property
    def failures(self) -> Counter[str]:
        """How many examples failed, by kind; `ReplyError` are replies that could not be read."""
        return Counter(filter(None, self.failed))

    @property
    def unanswered(self) -> int:
        """How many examples have no answer."""
        return sum(map(bool, self.failed))

    @property
    def spent(self) -> Floats:
        """`costs`, NaN throughout where none is known.  # (examples, 5)"""
        return np.full((len(self.failed), len(COSTS)), np.nan) if self.costs is None else self.costs

    @property
    def cost(self) -> dict[str, float]:
        """Means of `COSTS` over the examples where they are known; NaN where they are of none."""
        known = [column[np.isfinite(column)] for column in self.spent.T]
        means = [float(values.mean()) if len(values) else np.nan for values in known]
        return dict(zip(COSTS, means, strict=True))
