"""Several methods on the same held-out requests: scores, intervals, controls, cost, failures.

Every method sees the same views of the same requests and is scored against what the user really
wrote. A request that failed has no score: it is counted, never averaged in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from idiolect.data import Population, Request
from idiolect.errors import DataError, SettingError
from idiolect.lm import LanguageModel
from idiolect.measure import (
    Estimate,
    Paired,
    TextMetric,
    detectable,
    estimate,
    holm,
    paired,
    text_metric,
)
from idiolect.run.controls import Control
from idiolect.run.runner import Assembly, Build, Outcome, Progress, run

if TYPE_CHECKING:
    import polars as pl

Floats = NDArray[np.float64]
OWN = "own"


@dataclass(frozen=True)
class Arm:
    """One method with one kind of history: the user's own, or a control's.

    Attributes:
        method: Its name.
        history: `own`, or the name of the control.
        outcomes: One a request; None for predictions made elsewhere.
        texts: What was written, one a request; None where the request failed.
    """

    method: str
    history: str
    outcomes: tuple[Outcome, ...] | None
    texts: tuple[str | None, ...]

    @property
    def name(self) -> str:
        """Method, and history where it is not the user's own."""
        return self.method if self.history == OWN else f"{self.method} ({self.history})"

    @cached_property
    def failures(self) -> Counter[str]:
        """How many requests failed, by kind; `ReplyError` are replies that could not be read."""
        kinds = [o.failure.kind for o in self.outcomes or () if o.failure is not None]
        return Counter(kinds)

    @property
    def cost(self) -> dict[str, float]:
        """Calls, tokens, retries and seconds a request; NaN for predictions made elsewhere."""
        made = self.outcomes
        if not made:
            return dict.fromkeys(("calls", "tokens", "retries", "seconds"), float("nan"))
        return {
            "calls": sum(len(o.calls) for o in made) / len(made),
            "tokens": sum(o.tokens for o in made) / len(made),
            "retries": sum(o.retries for o in made) / len(made),
            "seconds": sum(o.seconds for o in made) / len(made),
        }


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
        requests: What was asked.
        truths: What the users really wrote.
        arms: Methods in the given order, each with its controls after it.
        scores: Arm name → figures.  # (requests, metrics)
        metrics: The columns of `scores`.
        lm: Name of the model.
        seed: Of intervals, tests and controls.
    """

    requests: tuple[Request, ...]
    truths: tuple[str, ...]
    arms: tuple[Arm, ...]
    scores: Mapping[str, Floats]
    metrics: tuple[TextMetric, ...]
    lm: str
    seed: int = 0

    @cached_property
    def users(self) -> NDArray[np.str_]:
        """Whose each request is.  # (requests,)"""
        return np.array([request.user for request in self.requests])

    @property
    def methods(self) -> list[str]:
        """The methods, in order."""
        return list(dict.fromkeys(arm.method for arm in self.arms))

    def arm(self, method: str, history: str = OWN) -> Arm | None:
        """One arm; None where it was not run."""
        found = (a for a in self.arms if (a.method, a.history) == (method, history))
        return next(found, None)

    def column(self, arm: Arm, metric: str) -> Floats:
        """Figures of one arm and metric, NaN where there is none.  # (requests,)"""
        at = [m.name for m in self.metrics].index(metric)
        return self.scores[arm.name][:, at]

    def mean(self, arm: Arm, metric: str) -> Estimate:
        """Mean over the requests that have a score, with its 95 % interval clustered by user."""
        return estimate(self.column(arm, metric), self.users)

    def value(self, arm: Arm, metric: str) -> float:
        """The mean, or the corpus's figure for metrics that are defined on a corpus only."""
        mean = self.mean(arm, metric)
        whole = next(m for m in self.metrics if m.name == metric).corpus(arm.texts, self.truths)
        return mean.mean if mean.rows or whole is None else whole

    def tests(self, metric: str) -> list[Test]:
        """Each method against the first one; Holm's correction over them."""
        own = [arm for arm in self.arms if arm.history == OWN]
        return self._family([(arm, own[0]) for arm in own[1:]], metric)

    def controlled(self, metric: str) -> list[Test]:
        """Each method with the user's own history against its controls; corrected together."""
        pairs = [
            (mine, arm)
            for arm in self.arms
            if arm.history != OWN and (mine := self.arm(arm.method)) is not None
        ]
        return self._family(pairs, metric)

    def detectable(self, metric: str) -> float:
        """The smallest gain over the first method that so many users can show, at power .8.

        From the spread of the second method's differences; NaN with one method or one user.
        """
        own = [arm for arm in self.arms if arm.history == OWN]
        if len(own) < 2:
            return float("nan")
        return detectable(self.column(own[1], metric) - self.column(own[0], metric), self.users)

    def rows(self) -> pl.DataFrame:
        """Every score: one row a request, method, history and metric."""
        import polars as pl

        return pl.concat(
            [
                pl.DataFrame(
                    {
                        "event": [r.event for r in self.requests],
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
        """One row an arm and metric: mean, interval, rows, failures, cost."""
        import polars as pl

        table: list[dict[str, Any]] = []
        for arm in self.arms:
            for metric in self.metrics:
                found = self.mean(arm, metric.name)
                table.append(
                    {
                        "method": arm.method,
                        "history": arm.history,
                        "metric": metric.name,
                        "mean": found.mean,
                        "low": found.low,
                        "high": found.high,
                        "corpus": metric.corpus(arm.texts, self.truths),
                        "rows": found.rows,
                        "requests": len(self.requests),
                        "users": len(set(self.users)),
                        "failed": sum(arm.failures.values()),
                        "unreadable": arm.failures["ReplyError"],
                        **arm.cost,
                    }
                )
        return pl.DataFrame(table, infer_schema_length=None)

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
    population: Population,
    requests: Sequence[Request],
    lm: LanguageModel,
    *,
    metrics: Sequence[str | TextMetric] = ("rouge1", "rougeL"),
    controls: Mapping[str, Control] | None = None,
    predictions: Mapping[str, Mapping[str, str | None]] | None = None,
    threads: int = 4,
    seed: int = 0,
    progress: Callable[[str, Progress], None] | None = None,
) -> Comparison:
    """Runs every method on every request, and scores it against what was really written.

    Args:
        methods: Name → what makes the method around a model; the first is the baseline of tests.
        population: Where the requests are from.
        requests: Held-out events.
        lm: The model of all methods.
        metrics: Names of `METRICS`, or metrics.
        controls: Run each method that reads histories with these too; see `run.controls`.
        predictions: Name → event id → text, made elsewhere; they count as further methods.
        threads: Requests at once.
        seed: Of intervals, tests and controls.
        progress: Called with the arm's name after each request.

    Raises:
        DataError: There is no request, a request stands for no event, or predictions do not match
            the requests by id.
    """
    asked = tuple(requests)
    truths = tuple(population.event(_held_out(r)).text for r in asked)
    if not asked:
        raise DataError("Found no request to compare on; choose a split that leaves some.")
    chosen = tuple(text_metric(m) if isinstance(m, str) else m for m in metrics)
    for metric in chosen:
        metric.require()
    if chosen[0].rows is None:
        raise SettingError(
            f"Found {chosen[0].name!r} as the first metric, which is defined on a corpus only, "
            "so that "
            "nothing can be tested on it; name one with a figure for each text first, such as "
            "rouge1."
        )
    arms = []
    for name, build in methods.items():
        ignores = isinstance(build, Assembly) and build.recipe.card.enters == "nowhere"
        for history, through in {OWN: None, **({} if ignores else controls or {})}.items():
            label = name if history == OWN else f"{name} ({history})"

            def shown(now: Progress, label: str = label) -> None:
                if progress is not None:
                    progress(label, now)

            made = run(
                build, population, asked, lm, threads=threads, through=through, progress=shown
            )
            texts = tuple(None if o.failure is not None else o.text for o in made)
            arms.append(Arm(name, history, tuple(made), texts))
    for name, texts_by_event in (predictions or {}).items():
        arms.append(Arm(name, OWN, None, _matched(name, texts_by_event, asked)))
    scores = {
        arm.name: np.column_stack([metric.score(arm.texts, truths) for metric in chosen])
        for arm in arms
    }
    return Comparison(asked, truths, tuple(arms), scores, chosen, lm.name, seed)


def _held_out(request: Request) -> str:
    if request.event is None:
        raise DataError(
            f"Found a request for {request.user!r} that stands for no event, so that nothing is "
            "known to score against; make requests with a split, such as `last_per_user`."
        )
    return request.event


def _matched(
    name: str, texts: Mapping[str, str | None], requests: Sequence[Request]
) -> tuple[str | None, ...]:
    wanted = [_held_out(request) for request in requests]
    missing = [event for event in wanted if event not in texts]
    unknown = sorted(set(texts).difference(wanted))
    if missing or unknown:
        raise DataError(
            f"Found {len(texts)} predictions of {name!r} for {len(wanted)} requests: "
            f"{len(missing)} requests have none (first {missing[:3]}), {len(unknown)} are for "
            f"other events (first {unknown[:3]}). Give one for each request, null where it failed."
        )
    return tuple(texts[event] for event in wanted)
