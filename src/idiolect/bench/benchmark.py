"""A benchmark: examples without answers, and scores for what was written. Only it holds answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from idiolect.data import Event, Population, Request, View
from idiolect.errors import DataError
from idiolect.measure.judge import Judged, judged
from idiolect.measure.metrics import TextMetric
from idiolect.measure.statistics import estimate
from idiolect.roles import Judge

Floats = NDArray[np.float64]
_SHOWN = 5


@dataclass(frozen=True)
class Score:
    """One figure: of all outputs, with its 95 % interval clustered by user.

    Attributes:
        value: The mean of the rows, or the corpus figure where the metric is defined on all.
        low: Lower end; NaN for one user.
        high: Upper end; NaN for one user.
        rows: Outputs that it rests on.
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
    """A public data set in its published format.

    Attributes:
        name: Data set and split.
        population: What views are cut from.
        examples: What is asked, by id, in the order of the file; no answers.
        metrics: How it is scored.
        published: Views as in the authors' code (`population.uncut`), not cut by time.
        notes: What a reader should know, such as rows that occur twice.
    """

    name: str
    population: Population
    examples: Mapping[str, Request]
    metrics: tuple[TextMetric, ...]
    published: bool
    notes: tuple[str, ...] = ()
    _references: Mapping[str, Event] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if not self.examples:
            raise DataError(f"Found no example in {self.name!r}; an empty split scores nothing.")

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

    def score(self, predictions: Mapping[str, str]) -> dict[str, Score]:
        """Metric → figure, of one prediction for each example.

        Raises:
            DataError: Predictions and examples do not match by id.
            CapabilityError: A metric needs data that is not installed.
        """
        made = self._matched(predictions)
        real = [self._references[name].text for name in self.examples]
        users = np.array([request.user for request in self.examples.values()])
        return {m.name: _score(m, made, real, users) for m in self.metrics}

    def judge(self, judge: Judge, predictions: Mapping[str, str], *, threads: int = 8) -> Judged:
        """What a judge says of one prediction for each example, in their order.

        Raises:
            DataError: Predictions and examples do not match by id.
            CapabilityError: The model cannot judge.
        """
        made = self._matched(predictions)
        rows = [
            (self.view(name), text, self._references[name])
            for name, text in zip(self.examples, made, strict=True)
        ]
        return judged(judge, rows, threads=threads)

    def _matched(self, predictions: Mapping[str, str]) -> list[str]:
        missing = [name for name in self.examples if name not in predictions]
        unknown = [name for name in predictions if name not in self.examples]
        if missing or unknown:
            raise DataError(
                f"Found predictions that do not match {self.name!r} by id: {len(missing)} examples "
                f"without a prediction ({_some(missing)}), {len(unknown)} predictions without an "
                f"example ({_some(unknown)}). Give one for each, or score fewer with `only`."
            )
        return [predictions[name] for name in self.examples]


def _score(metric: TextMetric, made: list[str], real: list[str], users: NDArray[np.str_]) -> Score:
    whole = metric.corpus(made, real)
    if whole is None:
        return Score.of(metric.score(made, real), users)
    low, high = metric.corpus_interval(made, real, users, np.random.default_rng(0))
    return Score(whole, low, high, len(made))


def _some(names: list[str]) -> str:
    shown = ", ".join(map(repr, names[:_SHOWN]))
    return shown + (", …" if len(names) > _SHOWN else "") if names else "none"
