"""A benchmark: requests without answers, and scores for what was answered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace

import numpy as np
from numpy.typing import NDArray

from idiolect.data import Event, Population, Request, View
from idiolect.errors import DataError, UnknownNameError
from idiolect.lm import LanguageModel
from idiolect.measure.intervals import bootstrap, estimate
from idiolect.measure.judge import Counts, Judged, Pointwise, judged
from idiolect.measure.metrics import TextMetric
from idiolect.roles import Judge

Floats = NDArray[np.float64]
_SHOWN = 5
#: The grouping that every benchmark has.
USER = "user"
#: Name of the figure that a judge gives.
JUDGE = "judge"


@dataclass(frozen=True)
class Score:
    """One figure: of all outputs, with its 95 % interval clustered by user.

    Attributes:
        value: The mean of the rows, or of the groups' means, or the corpus figure where the metric
            is defined on all.
        low: Lower end; NaN for one user.
        high: Upper end; NaN for one user.
        rows: Outputs that it rests on; those without a figure are not among them.
    """

    value: float
    low: float
    high: float
    rows: int

    @classmethod
    def of(cls, values: Floats, users: NDArray[np.str_]) -> Score:
        """The mean of the rows that have a figure; NaN where none has."""
        found = estimate(values, users)
        return cls(found.mean, found.low, found.high, found.rows)


@dataclass(frozen=True)
class Benchmark:
    """Requests with answers that nobody sees: a public data set, or events held out of one's own.

    Attributes:
        name: Data set, task and split.
        population: What views are cut from.
        examples: What is asked, by id, in the order of the file; no answers.
        metrics: How it is scored: outputs against the texts of the references.
        published: Views as in the authors' code (`population.uncut`), not cut by time.
        notes: What a reader should know, such as rows that occur twice.
        groups: Name of a grouping → example → its group, such as ``{"question_type": {…}}``.
        average: A grouping: the official figure is the mean of its groups' means (`USER`: of the
            users'); empty for the mean over all rows.
        hidden: The answers are not published: it can be run, not scored here.
        references: What the users really wrote or chose, by example: the text is what outputs are
            scored against, `extra` holds what judges need besides. No recipe sees them.
        judged_by: Makes the data set's own judge around a model.
        cluster: A grouping: examples of one group are not independent, and intervals know it.
    """

    name: str
    population: Population
    examples: Mapping[str, Request]
    metrics: tuple[TextMetric, ...]
    published: bool
    notes: tuple[str, ...] = ()
    references: Mapping[str, Event] = field(default_factory=dict, repr=False)
    groups: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    average: str = ""
    hidden: bool = False
    judged_by: Callable[[LanguageModel], Judge] = Pointwise
    cluster: str = USER

    def __post_init__(self) -> None:
        if not self.examples:
            raise DataError(f"Found no example in {self.name!r}; an empty split scores nothing.")
        missing = [name for name in self.examples if name not in self.references]
        if missing and not self.hidden:
            raise DataError(
                f"Found {len(missing)} examples of {self.name!r} without a gold answer "
                f"({_some(missing)}); each needs one, or nothing would be known of the rest."
            )
        for grouping in filter(None, (self.average, self.cluster, *self.groups)):
            self.grouped(grouping)

    @classmethod
    def held_out(
        cls,
        population: Population,
        requests: Iterable[Request],
        metrics: Iterable[TextMetric],
        name: str = "held-out events",
    ) -> Benchmark:
        """Events held out of a population: what they stand for is asked, views are cut by time.

        Raises:
            DataError: There is no request, or one stands for no event.
        """
        asked = {_event(request): request for request in requests}
        real = {event: population.event(event) for event in asked}
        return cls(name, population, asked, tuple(metrics), False, references=real)

    @property
    def requests(self) -> list[Request]:
        """The examples, in order."""
        return list(self.examples.values())

    @property
    def users(self) -> NDArray[np.str_]:
        """Whose each example is.  # (examples,)"""
        return np.array([request.user for request in self.examples.values()])

    @property
    def clusters(self) -> NDArray[np.str_]:
        """What intervals and tests take for independent: the users, or what they belong to."""
        return self.grouped(self.cluster)

    @property
    def truths(self) -> list[str]:
        """What was really written or chosen, in the order of the examples.

        Raises:
            DataError: It is not published.
        """
        self._answered()
        return [self.references[name].text for name in self.examples]

    def only(self, ids: Iterable[str]) -> Benchmark:
        """The same with these examples only, in its own order.

        Raises:
            DataError: There is no such example, or none is left.
        """
        wanted = set(ids)
        unknown = sorted(wanted - self.examples.keys())
        if unknown:
            raise DataError(
                f"Found {len(unknown)} ids that are no examples of {self.name!r}: {_some(unknown)}."
            )
        kept = {name: one for name, one in self.examples.items() if name in wanted}
        return replace(self, examples=kept)

    def view(self, example: str) -> View:
        """What may be known at an example."""
        request = self.examples[example]
        cut = self.population.uncut if self.published else self.population.as_of
        return cut(request)

    def grouped(self, grouping: str) -> NDArray[np.str_]:
        """The group of each example.  # (examples,)

        Raises:
            UnknownNameError: There is no such grouping.
            DataError: An example is in none of its groups.
        """
        if grouping == USER:
            return self.users
        if grouping not in self.groups:
            raise UnknownNameError(f"grouping of {self.name!r}", grouping, [USER, *self.groups])
        group = self.groups[grouping]
        missing = [name for name in self.examples if name not in group]
        if missing:
            raise DataError(
                f"Found {len(missing)} examples of {self.name!r} without a {grouping!r} "
                f"({_some(missing)}); each needs one."
            )
        return np.array([group[name] for name in self.examples])

    def score(self, predictions: Mapping[str, str]) -> dict[str, Score]:
        """Metric → official figure, of one prediction for each example.

        Raises:
            DataError: Predictions and examples do not match by id, one is no text, the answers are
                not published, or only a judge can score them.
            CapabilityError: A metric needs data that is not installed.
        """
        self._answered()
        made = self._matched(predictions)
        if not self.metrics:
            raise DataError(
                f"Found no metric of {self.name!r}: its examples have no text to compare with and "
                "are scored by a judge. Give one to `judge`, such as `Rubric(lm)`."
            )
        return {m.name: self.figure(m, made) for m in self.metrics}

    def by(self, grouping: str, predictions: Mapping[str, str]) -> dict[str, dict[str, Score]]:
        """Group → metric → figure over the rows of that group.

        Raises:
            UnknownNameError: There is no such grouping.
            DataError: As for `score`.
        """
        self._matched(predictions)
        of = self.grouped(grouping)
        found = {}
        for group in sorted(set(of.tolist())):
            names = [name for name, its in zip(self.examples, of, strict=True) if its == group]
            some = replace(self, examples={n: self.examples[n] for n in names}, average="")
            found[group] = some.score({n: predictions[n] for n in names})
        return found

    def figure(self, metric: TextMetric, outputs: Sequence[str | None]) -> Score:
        """The official figure of one metric; None stands for an example without an output.

        Args:
            metric: One of `metrics`, or another.
            outputs: One for each example, in their order.
        """
        whole = metric.corpus(outputs, self.truths)
        if whole is None:
            return self.mean(metric.score(outputs, self.truths))
        rng = np.random.default_rng(0)
        low, high = metric.corpus_interval(outputs, self.truths, self.clusters, rng)
        return Score(whole, low, high, sum(text is not None for text in outputs))

    def mean(self, values: Floats) -> Score:
        """The official mean of a figure of each example: over rows, or over groups' means.

        Args:
            values: NaN where there is none.  # (examples,)
        """
        if not self.average:
            return Score.of(values, self.clusters)
        there = np.isfinite(values)
        names, of = np.unique(self.grouped(self.average)[there], return_inverse=True)
        inside = of[:, None] == np.arange(len(names))  # (scored, groups)
        parts = np.hstack([inside * values[there, None], inside])

        def of_groups(sums: Floats) -> Floats:
            value, count = np.split(sums, 2, axis=-1)
            means = np.divide(value, count, out=np.full_like(value, np.nan), where=count > 0)
            found: Floats = np.nanmean(means, axis=-1)
            return found

        if not there.any():
            return Score.of(values, self.clusters)
        if self.average == USER:
            value, count = np.split(parts.sum(axis=0), 2)
            return replace(Score.of(value / count, names), rows=int(there.sum()))
        low, high = bootstrap(parts, self.clusters[there], np.random.default_rng(0), of=of_groups)
        return Score(float(of_groups(parts.sum(axis=0))), low, high, int(there.sum()))

    def judge(self, judge: Judge, predictions: Mapping[str, str], *, threads: int = 8) -> Judged:
        """What a judge says of one prediction for each example, in their order.

        Raises:
            DataError: Predictions and examples do not match by id, or the answers are not
                published.
            CapabilityError: The model cannot judge.
        """
        self._answered()
        made = self._matched(predictions)
        rows = [
            (self.view(name), text, self.references[name])
            for name, text in zip(self.examples, made, strict=True)
        ]
        return judged(judge, rows, threads=threads)

    def _answered(self) -> None:
        if self.hidden:
            raise DataError(
                f"Found no gold answers of {self.name!r}: they are not published, so it cannot be "
                "scored here. Use another split, or write predictions for its leaderboard."
            )

    def marks(self, found: Judged) -> dict[str, Score]:
        """The official figures of verdicts on all examples; those without a mark do not count.

        Where a verdict is made of labels (CUPID), they are summed before they are divided.
        """
        figures = {JUDGE: self.mean(found.values)}
        parts = [verdict.parts for verdict in found.verdicts]
        if not any(parts):
            return figures
        names = [each.name for each in fields(Counts)]
        sums = np.array([[of.get(name, np.nan) for name in names] for of in parts], dtype=float)
        whole = Counts(*np.nansum(sums, axis=0))
        for name in ("precision", "recall", "f1"):

            def figure(drawn: Floats, name: str = name) -> Floats:
                return np.array([getattr(Counts(*one), name) for one in drawn])

            low, high = bootstrap(sums, self.clusters, np.random.default_rng(0), of=figure)
            figures[name] = Score(getattr(whole, name), low, high, figures[JUDGE].rows)
        return figures

    def _matched(self, predictions: Mapping[str, str]) -> list[str]:
        missing = [name for name in self.examples if name not in predictions]
        unknown = [name for name in predictions if name not in self.examples]
        if missing or unknown:
            raise DataError(
                f"Found predictions that do not match {self.name!r} by id: {len(missing)} examples "
                f"without a prediction ({_some(missing)}), {len(unknown)} predictions without an "
                f"example ({_some(unknown)}). Give one for each, or score fewer with `only`."
            )
        for name in self.examples:
            if not isinstance(predictions[name], str):
                raise DataError(
                    f"Found {predictions[name]!r} as the prediction for {name!r}; text is needed. "
                    "Where nothing was answered, leave the example out and score with `only`."
                )
        return [predictions[name] for name in self.examples]


def _event(request: Request) -> str:
    if request.event is None:
        raise DataError(
            f"Found a request for {request.user!r} that stands for no event, so that nothing is "
            "known to score against; make requests with a split, such as `last_per_user`."
        )
    return request.event


def _some(names: list[str]) -> str:
    shown = ", ".join(map(repr, names[:_SHOWN]))
    return shown + (", …" if len(names) > _SHOWN else "") if names else "none"
