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

from idiolect.bench import JUDGE, Benchmark, Score
from idiolect.data import Request
from idiolect.errors import DataError, SettingError
from idiolect.lm import LanguageModel
from idiolect.measure import Paired, TextMetric, detectable, holm, paired
from idiolect.roles import Judge
from idiolect.run.canary import Canary, watch
from idiolect.run.controls import WRONG_USER, Control
from idiolect.run.paraphrases import LEAD_INS, led
from idiolect.run.runner import Assembly, Build, Outcome, Progress, run

if TYPE_CHECKING:
    import polars as pl

Floats = NDArray[np.float64]
OWN = "own"
COSTS = ("calls", "tokens", "retries", "seconds", "cost")
#: Why an example has no answer where predictions were made elsewhere.
ABSENT = "no prediction"
#: Stands for a judge's marks among the metrics.
MARK = TextMetric(JUDGE, "the mark of a judge; see the data set", True, None)


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
    def cost(self) -> dict[str, float]:
        """Means of `COSTS` over the examples where they are known; NaN where they are of none."""
        columns = np.full((0, len(COSTS)), np.nan) if self.costs is None else self.costs
        known = [column[np.isfinite(column)] for column in columns.T]
        means = [float(values.mean()) if len(values) else np.nan for values in known]
        return dict(zip(COSTS, means, strict=True))


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
                        **dict(zip(COSTS, self._costs(arm), strict=True)),
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

    def _costs(self, arm: Arm) -> Floats:
        """Of each example; NaN where they are not known.  # (5, examples)"""
        unknown = np.full((len(COSTS), len(self.requests)), np.nan)
        return unknown if arm.costs is None else arm.costs.T

    def _at(self, metric: str) -> int:
        return [m.name for m in self.metrics].index(metric)

    def _family(self, pairs: Sequence[tuple[Arm, Arm]], metric: str) -> list[Test]:
        found = [
            paired(
                self.column(one, metric),
                self.column(other, metric),
                self.benchmark.clusters,
                self._rng(),
            )
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
    judge: Judge | None = None,
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
        judge: Marks every answer; its mark is then the first metric.
        canary: Look whether anything later than a request reaches its prompts; asks nobody.
        predictions: Name → example → text, made elsewhere; they count as further methods.
        threads: Requests at once.
        seed: Of intervals, tests and controls.
        progress: Called with the arm's name after each request.

    Raises:
        SettingError: The first metric is defined on a corpus only, or there are no metrics.
        DataError: Predictions do not match the examples by id, or the answers are not published.
    """
    metrics = (MARK, *benchmark.metrics) if judge is not None else benchmark.metrics
    # All that can be wrong is looked at before anything is paid for.
    _ = benchmark.truths
    added = {n: _matched(n, texts, benchmark) for n, texts in (predictions or {}).items()}
    if not 0 <= paraphrases <= len(LEAD_INS):
        raise SettingError(
            f"Found paraphrases={paraphrases!r}; there are {len(LEAD_INS)} lead-ins: give fewer."
        )
    for metric in metrics:
        metric.require()
    if not metrics or (metrics[0].rows is None and metrics[0] is not MARK):
        raise SettingError(
            f"Found {metrics[0].name!r} as the first metric, which is defined on a corpus only, so "
            "that nothing can be tested on it; name one with a figure for each text first, such as "
            "rouge1."
            if metrics
            else f"Found no metric of {benchmark.name!r}: its answers are marked by a judge; give "
            "one (--judge MODEL)."
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
            noise[name] = np.array([_figures(benchmark, arm, judge, threads) for arm in told])
        if canary:
            canaries[name] = watch(build, benchmark)
    for name, found in added.items():
        arms.append(Arm(name, OWN, found, tuple("" if t is not None else ABSENT for t in found)))
    return comparison(
        benchmark,
        arms,
        lm.name,
        judge=judge,
        threads=threads,
        seed=seed,
        noise=noise,
        canaries=canaries,
    )


def comparison(
    benchmark: Benchmark,
    arms: Iterable[Arm],
    lm: str,
    *,
    judge: Judge | None = None,
    threads: int = 4,
    seed: int = 0,
    noise: Mapping[str, Floats] | None = None,
    canaries: Mapping[str, Canary] | None = None,
    scores: Mapping[str, Floats] | None = None,
    repeats: Mapping[str, tuple[str, ...]] | None = None,
) -> Comparison:
    """Arms that were run, here or elsewhere, scored.

    Args:
        benchmark: What was asked.
        arms: Methods, each with its controls after it; the first is the baseline of tests.
        lm: Name of the model.
        judge: Marks every answer; its mark is then the first metric.
        threads: Answers that are judged at once.
        seed: As for `compare`.
        noise: As in `Comparison`.
        canaries: As in `Comparison`.
        scores: Figures of the arms of which only these were kept, as in `Comparison`.
        repeats: As in `Comparison`.
    """
    made, figures, unjudged = tuple(arms), dict(scores or {}), {}
    for arm in made:
        if arm.texts is None:
            continue
        columns = [m.score(arm.texts, benchmark.truths) for m in benchmark.metrics]
        if judge is not None:
            marks, unjudged[arm.name] = _marked(benchmark, arm.texts, judge, threads)
            columns.insert(0, marks)
        figures[arm.name] = np.column_stack(columns)
    return Comparison(
        benchmark,
        made,
        figures,
        (MARK, *benchmark.metrics) if judge is not None else benchmark.metrics,
        lm,
        seed,
        noise or {},
        canaries or {},
        unjudged,
        repeats or {},
    )


def _figures(benchmark: Benchmark, arm: Arm, judge: Judge | None, threads: int) -> list[float]:
    """The official figure of each metric, a judge's first where there is one."""
    texts = arm.texts or ()
    figures = [benchmark.figure(metric, texts).value for metric in benchmark.metrics]
    if judge is None:
        return figures
    return [benchmark.mean(_marked(benchmark, texts, judge, threads)[0]).value, *figures]


def _marked(
    benchmark: Benchmark, texts: Sequence[str | None], judge: Judge, threads: int
) -> tuple[Floats, tuple[str, ...]]:
    """A judge's mark of each answer, NaN where there is none, and why it gave none."""
    pairs = zip(benchmark.examples, texts, strict=True)
    answers = {name: text for name, text in pairs if text is not None}
    marks = np.full(len(texts), np.nan)
    if not answers:
        return marks, ()
    found = benchmark.only(answers).judge(judge, answers, threads=threads)
    marks[[text is not None for text in texts]] = found.values
    return marks, found.failures


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
