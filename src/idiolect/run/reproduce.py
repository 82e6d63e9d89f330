"""A paper's methods on a published benchmark: rehearsed, written so that it can go on, scored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from idiolect.bench import JUDGE, Benchmark, Predictions, Rehearsal, Score
from idiolect.card import Recipe
from idiolect.embed import Encoder
from idiolect.errors import EndpointError
from idiolect.lm import LanguageModel
from idiolect.measure import Pointwise
from idiolect.run.manifest import manifest
from idiolect.run.runner import Assembly, Outcome, Progress, run

#: Requests of a data set that a rehearsal goes through.
REHEARSED = 20
#: So many requests in a row without an endpoint end a run: the rest would fail too.
PATIENCE = 10


@dataclass(frozen=True)
class Method:
    """A recipe under the paper's name, with its encoder, if it has one, and settings."""

    name: str
    recipe: Recipe[Any, Any]
    encoder: Encoder
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def assembly(self) -> Assembly:
        """What is run."""
        return Assembly(
            self.recipe,
            {"encoder": self.encoder} if "encoder" in self.recipe.needs else {},
            self.settings,
        )

    def manifest(self, model: LanguageModel, data: str) -> dict[str, Any]:
        """Everything that a prediction depends on; `data` is the fingerprint of the files."""
        return manifest(self.assembly, model, data=data)


@dataclass(frozen=True)
class Plan:
    """What a method would take on a data set, estimated from some of its requests.

    Attributes:
        data: Name of the data set.
        method: The paper's name of the method.
        requests: How many there are.
        failed: Requests gone through that would fail.
        calls: Model calls; NaN where all would fail.
        read: Tokens of the prompts.
        written: Tokens of the replies.
    """

    data: str
    method: str
    requests: int
    failed: int
    calls: float
    read: float
    written: float

    def cost(self, price: tuple[float, float]) -> float:
        """At prices of a million tokens read and written."""
        return (self.read * price[0] + self.written * price[1]) / 1e6


def rehearse(benchmark: Benchmark, method: Method) -> Plan:
    """Calls and tokens of some requests, evenly spaced, scaled up to all; nobody is asked."""
    names = list(benchmark.examples)
    chosen = np.unique(np.linspace(0, len(names) - 1, min(REHEARSED, len(names))).astype(int))
    outcomes = run(
        method.assembly,
        benchmark.population,
        [benchmark.examples[names[n]] for n in chosen],
        Rehearsal(),
        published=benchmark.published,
    )
    done = [outcome for outcome in outcomes if outcome.failure is None]
    scale = len(names) / len(done) if done else float("nan")
    replies = [call.reply for outcome in done for call in outcome.calls]
    return Plan(
        benchmark.name,
        method.name,
        len(names),
        len(outcomes) - len(done),
        scale * len(replies),
        scale * sum(reply.prompt_tokens for reply in replies),
        scale * sum(reply.completion_tokens for reply in replies),
    )


def write(
    benchmark: Benchmark,
    method: Method,
    lm: LanguageModel,
    kept: Predictions,
    *,
    threads: int = 4,
    progress: Callable[[Progress], None] | None = None,
) -> None:
    """Adds a prediction for each example that has none; one that failed is tried again.

    Raises:
        EndpointError: Nothing answers any more; what there is is kept.
        CapabilityError: The model cannot do what the recipe asks of it.
    """
    todo = [name for name in benchmark.examples if name not in kept.texts]
    dead = 0

    def record(at: int, outcome: Outcome) -> None:
        nonlocal dead
        failure = outcome.failure
        kept.add(
            todo[at],
            text=outcome.text,
            failure=None if failure is None else f"{failure.kind}: {failure.message}",
            calls=len(outcome.calls),
            retries=outcome.retries,
            tokens=outcome.tokens,
            seconds=round(outcome.seconds, 3),
            notes=list(getattr(outcome.answer, "notes", ())),
        )
        if failure is None or failure.kind != EndpointError.__name__:
            dead = 0
            return
        dead += 1
        if dead >= PATIENCE:
            raise EndpointError(
                f"The last {dead} requests failed: {failure.message} {len(kept.texts):,} of "
                f"{len(benchmark.examples):,} predictions are in '{kept.path}'; the same command "
                "goes on from there."
            )

    run(
        method.assembly,
        benchmark.population,
        [benchmark.examples[name] for name in todo],
        lm,
        threads=threads,
        progress=progress,
        published=benchmark.published,
        record=record,
    )


@dataclass(frozen=True)
class Made:
    """What one method gave on one data set.

    Attributes:
        data: Name of the data set.
        method: The paper's name of the method.
        scores: Metric → figure, over the examples that were answered.
        asked: Examples that were asked.
        failures: Why some have no answer, one reason each.
        unjudged: Why some answers have no mark, one reason each.
        calls: Model calls, of those answered.
        tokens: Tokens, of those answered.
    """

    data: str
    method: str
    scores: Mapping[str, Score]
    asked: int
    failures: tuple[str, ...]
    unjudged: tuple[str, ...]
    calls: int
    tokens: int


def score(
    benchmark: Benchmark,
    method: str,
    kept: Predictions,
    judge: LanguageModel | None = None,
    *,
    threads: int = 4,
) -> Made:
    """The figures of what was written for these examples; a failed one counts in none."""
    asked = benchmark.examples
    texts = {name: text for name, text in kept.texts.items() if name in asked}
    rows = [kept.rows[name] for name in texts]
    scores: dict[str, Score] = {}
    unjudged: tuple[str, ...] = ()
    if texts:
        answered = benchmark.only(texts)
        scores = answered.score(texts)
        if judge is not None:
            scores[JUDGE], unjudged = _marked(answered, texts, judge, kept, threads)
    return Made(
        benchmark.name,
        method,
        scores,
        len(asked),
        tuple(why for name, why in kept.failures.items() if name in asked),
        unjudged,
        sum(row["calls"] for row in rows),
        sum(row["tokens"] for row in rows),
    )


def _marked(
    benchmark: Benchmark,
    texts: Mapping[str, str],
    lm: LanguageModel,
    kept: Predictions,
    threads: int,
) -> tuple[Score, tuple[str, ...]]:
    """The mean mark, and why some texts have none; marks are kept as predictions are."""
    judge = Pointwise(lm)
    asked_for = {"model": lm.name, "instruction": judge.instruction}
    beside = kept.path.with_name(f"{kept.path.stem}.judged.jsonl")
    marks = Predictions(beside, {**kept.manifest, "judge": asked_for})
    # A text that was written anew is judged anew.
    todo = [
        name
        for name in benchmark.examples
        if name not in marks.texts or marks.rows[name]["judged"] != texts[name]
    ]
    if todo:
        left = benchmark.only(todo)
        found = left.judge(judge, {name: texts[name] for name in todo}, threads=threads)
        for name, verdict in zip(left.examples, found.verdicts, strict=True):
            failure = verdict.why if verdict.value is None else None
            marks.add(
                name, text=verdict.why, failure=failure, value=verdict.value, judged=texts[name]
            )
    rows = [marks.rows[name] for name in benchmark.examples]
    values = np.array([np.nan if row["value"] is None else row["value"] for row in rows])
    users = np.array([request.user for request in benchmark.examples.values()])
    why = tuple(row["failure"] for row in rows if row["failure"] is not None)
    return Score.of(values, users), why
