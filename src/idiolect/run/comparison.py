"""Methods that answered the same requests, set against each other: figures, tests, tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from idiolect.bench import Benchmark, Score
from idiolect.data import Request
from idiolect.measure import Paired, TextMetric, detectable, holm, paired
from idiolect.measure.statistics import Floats
from idiolect.run.arm import COSTS, OWN, Arm
from idiolect.run.canary import Canary
from idiolect.run.controls import WRONG_USER

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class Test:
    """One arm against another on one metric, over requests that both answered.

    Attributes:
        method: Whose gain it is.
        against: Over whom.
        paired: Mean difference, interval clustered by user, p-value.
        p: The p-value after Holm's correction over the tests of its family.
    """

    method: str
    against: str
    paired: Paired
    p: float


@dataclass(frozen=True)
class Comparison:
    """What comparing gave.

    Attributes:
        benchmark: What was asked, and what was really written.
        arms: Methods in the given order, each with its controls after it.
        scores: Arm name → figures.  # (examples, metrics)
        metrics: The columns of `scores`.
        lm: Name of the model.
        seed: Of intervals, tests and controls.
        noise: Method → its official figures with each neutral lead-in before the instruction; see
            `idiolect.run.paraphrases`.  # (lead-ins, metrics)
        canaries: Method → what its prompts showed of the future; see `idiolect.run.canary`.
        unjudged: Arm name → answers that the judge gave no mark, and why.
        repeats: Method → those that are the same but for their seed, by name.
    """

    benchmark: Benchmark
    arms: tuple[Arm, ...]
    scores: Mapping[str, Floats]
    metrics: tuple[TextMetric, ...]
    lm: str
    seed: int = 0
    noise: Mapping[str, Floats] = field(default_factory=dict)
    canaries: Mapping[str, Canary] = field(default_factory=dict)
    unjudged: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    repeats: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def requests(self) -> tuple[Request, ...]:
        """What was asked."""
        return tuple(self.benchmark.requests)

    @cached_property
    def truths(self) -> tuple[str, ...]:
        """What the users really wrote or chose."""
        return tuple(self.benchmark.truths)

    @cached_property
    def users(self) -> NDArray[np.str_]:
        """Whose each request is.  # (examples,)"""
        return self.benchmark.users

    @property
    def methods(self) -> list[str]:
        """The methods, in order."""
        return list(dict.fromkeys(arm.method for arm in self.arms))

    @property
    def own(self) -> list[Arm]:
        """The arms with the users' own histories."""
        return [arm for arm in self.arms if arm.history == OWN]

    def arm(self, method: str, history: str = OWN) -> Arm | None:
        """One arm; None where it was not run."""
        found = (a for a in self.arms if (a.method, a.history) == (method, history))
        return next(found, None)

    def column(self, arm: Arm, metric: str) -> Floats:
        """Figures of one arm and metric, NaN where there is none.  # (examples,)"""
        return self.scores[arm.name][:, self._at(metric)]

    def score(self, arm: Arm, metric: str) -> Score:
        """The official figure with its 95 % interval clustered by user.

        The mean of the examples' figures, or the corpus's for metrics that have no other.
        """
        found = self.benchmark.mean(self.column(arm, metric))
        if found.rows or arm.texts is None:
            return found
        return self.benchmark.figure(self.metrics[self._at(metric)], arm.texts)

    def tests(self, metric: str) -> list[Test]:
        """Each method against the first one; Holm's correction over them."""
        return self._family([(arm, self.own[0]) for arm in self.own[1:]], metric)

    def controlled(self, metric: str) -> list[Test]:
        """Each method with the user's own history against its controls; corrected together."""
        pairs = [
            (mine, arm)
            for arm in self.arms
            if arm.history != OWN and (mine := self.arm(arm.method)) is not None
        ]
        return self._family(pairs, metric)

    def uncontrolled(self, metric: str) -> list[str]:
        """Methods with a gain over the first one that were not run with a wrong user's history."""
        better = self.metrics[self._at(metric)].higher_is_better
        return [
            test.method
            for test in self.tests(metric)
            if (test.paired.difference < 0 if better is False else test.paired.difference > 0)
            and self.arm(test.method, WRONG_USER) is None
        ]

    def noise_floor(self, method: str, metric: str) -> float:
        """How much a method's figure moves with the wording alone: 1.96 standard deviations.

        NaN where fewer than two lead-ins were run.
        """
        figures = self.noise.get(method)
        if figures is None or len(figures) < 2:
            return float("nan")
        return float(1.96 * figures[:, self._at(metric)].std(ddof=1))

    def between(self, method: str, metric: str) -> Floats:
        """The official figure of each of a method's seeds; they share users, so none is pooled."""
        arms = (self.arm(name) for name in self.repeats[method])
        return np.array([self.score(arm, metric).value for arm in arms if arm is not None])

    def detectable(self, metric: str) -> float:
        """The smallest gain over the first method that so many users can show, at power .8.

        From the spread of the second method's differences; NaN with one method or one user.
        """
        if len(self.own) < 2:
            return float("nan")
        first, second = (self.column(arm, metric) for arm in self.own[:2])
        return detectable(second - first, self.benchmark.clusters)

    def rows(self) -> pl.DataFrame:
        """Every score: one row an example, method, history and metric.

        `value` is null where there is none and `failed` says why; costs are the example's, the same
        in each of its metrics' rows.
        """
        import polars as pl

        better = {True: "higher", False: "lower", None: ""}

        return pl.concat(
            [
                pl.DataFrame(
                    {
                        "example": list(self.benchmark.examples),
                        "user": self.users,
                        "method": arm.method,
                        "history": arm.history,
                        "metric": metric.name,
                        "better": better[metric.higher_is_better],
                        "value": self.column(arm, metric.name),
                        "failed": arm.failed,
                        **dict(zip(COSTS, arm.spent.T, strict=True)),
                    }
                ).with_columns(pl.col("value", *COSTS).fill_nan(None))
                for arm in self.arms
                for metric in self.metrics
            ]
        )

    def summary(self) -> pl.DataFrame:
        """One row an arm and metric: official figure, interval, rows, failures, cost."""
        import polars as pl

        table: list[dict[str, Any]] = []
        for arm in self.arms:
            for metric in self.metrics:
                found = self.score(arm, metric.name)
                table.append(
                    {
                        "method": arm.method,
                        "history": arm.history,
                        "metric": metric.name,
                        "value": found.value,
                        "low": found.low,
                        "high": found.high,
                        "corpus": None
                        if arm.texts is None
                        else metric.corpus(arm.texts, self.truths),
                        "rows": found.rows,
                        "requests": len(self.requests),
                        "users": len(set(self.users)),
                        "failed": arm.unanswered,
                        "unreadable": arm.failures["ReplyError"],
                        **arm.cost,
                    }
                )
        return pl.DataFrame(table, infer_schema_length=None)

    def _at(self, metric: str) -> int:
        return [m.name for m in self.metrics].index(metric)

    def _family(self, pairs: Sequence[tuple[Arm, Arm]], metric: str) -> list[Test]:
        found = [
            paired(
                self.column(one, metric),
                self.column(other, metric),
                self.benchmark.clusters,
                np.random.default_rng(self.seed),
            )
            for one, other in pairs
        ]
        corrected = holm(np.array([test.p for test in found]))
        return [
            Test(one.name, other.name, test, float(p))
            for (one, other), test, p in zip(pairs, found, corrected, strict=True)
        ]
