"""Several methods on the same held-out requests: scores, intervals, controls, cost, failures.

Every method sees the same views of the same requests and is scored against what the user really
wrote. A request that failed has no score: it is counted, never averaged in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from idiolect.bench import Benchmark, Score
from idiolect.data import Request
from idiolect.errors import DataError, SettingError
from idiolect.lm import LanguageModel
from idiolect.measure import Paired, TextMetric, detectable, holm, paired
from idiolect.run.canary import Canary, watch
from idiolect.run.controls import WRONG_USER, Control
from idiolect.run.paraphrases import led
from idiolect.run.runner import Assembly, Build, Outcome, Progress, run

if TYPE_CHECKING:
    import polars as pl

Floats = NDArray[np.float64]
OWN = "own"
COSTS = ("calls", "tokens", "retries", "seconds")
#: Why an example has no answer where predictions were made elsewhere.
ABSENT = "no prediction"


@dataclass(frozen=True)
class Arm:
    """One method with one kind of history: the user's own, or a control's.

    Attributes:
        method: Its name.
        history: `own`, or the name of the control.
        texts: What was answered, one an example; None where nothing was.
        failed: Kind of the error of each example; empty where there is an answer.
        costs: Figures of each example, one column for each of `COSTS`; None for predictions made
            elsewhere.  # (examples, 4)
        outcomes: One an example, with calls; None where only the answers were kept.
    """

    method: str
    history: str
    texts: tuple[str | None, ...]
    failed: tuple[str, ...]
    costs: Floats | None = None
    outcomes: tuple[Outcome, ...] | None = None

    @classmethod
    def of(cls, method: str, history: str, made: Sequence[Outcome]) -> Arm:
        """An arm that was run."""
        costs = [[len(o.calls), o.tokens, o.retries, o.seconds] for o in made]
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
    def cost(self) -> dict[str, float]:
        """Means of `COSTS`; NaN for predictions made elsewhere."""
        means = np.full(len(COSTS), np.nan) if self.costs is None else self.costs.mean(axis=0)
        return dict(zip(COSTS, means.tolist(), strict=True))


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
    """

    benchmark: Benchmark
    arms: tuple[Arm, ...]
    scores: Mapping[str, Floats]
    metrics: tuple[TextMetric, ...]
    lm: str
    seed: int = 0
    noise: Mapping[str, Floats] = field(default_factory=dict)
    canaries: Mapping[str, Canary] = field(default_factory=dict)

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
        if found.rows:
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

    def detectable(self, metric: str) -> float:
        """The smallest gain over the first method that so many users can show, at power .8.

        From the spread of the second method's differences; NaN with one method or one user.
        """
        if len(self.own) < 2:
            return float("nan")
        first, second = (self.column(arm, metric) for arm in self.own[:2])
        return detectable(second - first, self.users)

    def rows(self) -> pl.DataFrame:
        """Every score: one row an example, method, history and metric."""
        import polars as pl

        return pl.concat(
            [
                pl.DataFrame(
                    {
                        "example": list(self.benchmark.examples),
                        "user": self.users,
                        "method": arm.method,
                        "history": arm.history,
                        "metric": metric.name,
                        "value": self.column(arm, metric.name),
                    }
                )
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
                        "corpus": metric.corpus(arm.texts, self.truths),
                        "rows": found.rows,
                        "requests": len(self.requests),
                        "users": len(set(self.users)),
                        "failed": sum(text is None for text in arm.texts),
                        "unreadable": arm.failures["ReplyError"],
                        **arm.cost,
                    }
                )
        return pl.DataFrame(table, infer_schema_length=None)

    def _at(self, metric: str) -> int:
        return [m.name for m in self.metrics].index(metric)

    def _family(self, pairs: Sequence[tuple[Arm, Arm]], metric: str) -> list[Test]:
        found = [
            paired(self.column(one, metric), self.column(other, metric), self.users, self._rng())
            for one, other in pairs
        ]
        corrected = holm(np.array([test.p for test in found]))
        return [
            Test(one.name, other.name, test, float(p))
            for (one, other), test, p in zip(pairs, found, corrected, strict=True)
        ]

    def _rng(self) -> np.random.Generator:
        return np.random.default_rng(self.seed)


def compare(
    methods: Mapping[str, Build],
    benchmark: Benchmark,
    lm: LanguageModel,
    *,
    controls: Mapping[str, Control] | None = None,
    paraphrases: int = 0,
    canary: bool = False,
    predictions: Mapping[str, Mapping[str, str | None]] | None = None,
    threads: int = 4,
    seed: int = 0,
    progress: Callable[[str, Progress], None] | None = None,
) -> Comparison:
    """Runs every method on every example, and scores it against what was really written.

    Args:
        methods: Name → what makes the method around a model; the first is the baseline of tests.
        benchmark: What is asked, and how it is scored; of one's own events, `Benchmark.held_out`.
        lm: The model of all methods.
        controls: Run each method that reads histories with these too; see `run.controls`.
        paraphrases: Run each method so often again, each time with another neutral lead-in.
        canary: Look whether anything later than a request reaches its prompts; asks nobody.
        predictions: Name → example → text, made elsewhere; they count as further methods.
        threads: Requests at once.
        seed: Of intervals, tests and controls.
        progress: Called with the arm's name after each request.

    Raises:
        SettingError: The first metric is defined on a corpus only, or there are no metrics.
        DataError: Predictions do not match the examples by id.
    """
    metrics = benchmark.metrics
    for metric in metrics:
        metric.require()
    if not metrics or metrics[0].rows is None:
        raise SettingError(
            f"Found {metrics[0].name!r} as the first metric, which is defined on a corpus only, so "
            "that nothing can be tested on it; name one with a figure for each text first, such as "
            "rouge1."
            if metrics
            else "Found no metric; name one, such as rouge1."
        )

    def made(label: str, build: Build, through: Control | None = None) -> list[Outcome]:
        return run(
            build,
            benchmark.population,
            benchmark.requests,
            lm,
            threads=threads,
            published=benchmark.published,
            through=through,
            progress=None if progress is None else lambda now: progress(label, now),
        )

    arms, noise, canaries = [], {}, {}
    for name, build in methods.items():
        arms.append(Arm.of(name, OWN, made(name, build)))
        if not (isinstance(build, Assembly) and build.recipe.card.enters == "nowhere"):
            for history, through in (controls or {}).items():
                arms.append(Arm.of(name, history, made(f"{name} ({history})", build, through)))
        if paraphrases:
            told = [
                Arm.of(name, OWN, made(f"{name} (lead-in {n})", led(build, n)))
                for n in range(paraphrases)
            ]
            noise[name] = np.array(
                [[benchmark.figure(m, arm.texts).value for m in metrics] for arm in told]
            )
        if canary:
            canaries[name] = watch(build, benchmark)
    for name, texts in (predictions or {}).items():
        found = _matched(name, texts, benchmark)
        arms.append(Arm(name, OWN, found, tuple("" if t is not None else ABSENT for t in found)))
    return comparison(benchmark, arms, lm.name, seed=seed, noise=noise, canaries=canaries)


def comparison(
    benchmark: Benchmark,
    arms: Iterable[Arm],
    lm: str,
    *,
    seed: int = 0,
    noise: Mapping[str, Floats] | None = None,
    canaries: Mapping[str, Canary] | None = None,
) -> Comparison:
    """Arms that were run, here or elsewhere, scored."""
    made = tuple(arms)
    scores = {
        arm.name: np.column_stack([m.score(arm.texts, benchmark.truths) for m in benchmark.metrics])
        for arm in made
    }
    return Comparison(
        benchmark, made, scores, benchmark.metrics, lm, seed, noise or {}, canaries or {}
    )


def _matched(
    name: str, texts: Mapping[str, str | None], benchmark: Benchmark
) -> tuple[str | None, ...]:
    missing = [one for one in benchmark.examples if one not in texts]
    unknown = sorted(set(texts).difference(benchmark.examples))
    if missing or unknown:
        raise DataError(
            f"Found {len(texts)} predictions of {name!r} for {len(benchmark.examples)} requests: "
            f"{len(missing)} requests have none (first {missing[:3]}), {len(unknown)} are for "
            f"other events (first {unknown[:3]}). Give one for each request, null where it failed."
        )
    return tuple(texts[one] for one in benchmark.examples)
