"""Benchmarks as tasks of inspect_ai: its models, its cache, its logs, and our figures in them.

Needs the extra `inspect`. A recipe stays synchronous: it runs in a thread of its own, and what it
asks is asked on the loop of the evaluation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from idiolect.bench import USER, Benchmark, Score
from idiolect.data import Request
from idiolect.errors import DataError, MissingExtraError
from idiolect.lm import Completion, LanguageModel, Prompt
from idiolect.measure.metrics import TextMetric
from idiolect.roles import Answers, Judge
from idiolect.run.inspect_model import InspectModel
from idiolect.run.runner import Build, Outcome, answer

#: The judge's figure in logs.
JUDGE = "judge"
#: The model role that judges, where the evaluation names one.
GRADER = "grader"
#: Of an interval.
ENDS = ("low", "high")


def to_inspect(
    benchmark: Benchmark,
    method: Build | Answers,
    *,
    lm: LanguageModel | None = None,
    judge: Callable[[LanguageModel], Judge] | None = None,
) -> Any:
    """A benchmark as a task of inspect_ai, answered by one method.

    Each example is a sample; its score holds our metrics, and each metric's result `figure`, `low`
    and `high`, the official figure with its 95 % interval, beside inspect's `stderr`, clustered by
    user, and the means of the benchmark's groups. Figures of a whole corpus are results of the
    scorer itself. A request that the method failed on is not scored, and inspect counts it.

    Args:
        benchmark: What is asked.
        method: Makes the method around a model, for example an `Assembly`; or one that is made, a
            `Personalizer` or `Scorer`, with the model that it has.
        lm: Who answers; None asks the model that the evaluation is run with. A recipe's own
            sampling goes before that of the evaluation.
        judge: Makes a judge around a model, for example `Pointwise`; its model is the evaluation's
            one of the role `grader`, or else `lm` or the evaluation's own.

    Returns:
        An `inspect_ai.Task`. With several epochs a sample's figures are means over these; figures
        of a whole corpus are of the first one.

    Raises:
        MissingExtraError: inspect_ai is not installed.
        DataError: The answers are not published, or only a judge could score them and none is
            given.
        CapabilityError: The method gives the model more than words, or a metric needs data that is
            not installed.
    """
    try:
        from inspect_ai import Task
        from inspect_ai.dataset import MemoryDataset, Sample
    except ModuleNotFoundError:
        raise MissingExtraError("to_inspect", "inspect") from None

    truths = benchmark.truths
    if not benchmark.metrics and judge is None:
        raise DataError(
            f"Found no metric of {benchmark.name!r}: it is scored by a judge; give one, such as "
            "`judge=Pointwise`."
        )
    for metric in benchmark.metrics:
        metric.require()
    build: Build = (lambda _: method) if isinstance(method, Answers) else method
    # A wrong setting fails here, not at every sample.
    build(lm if lm is not None else _Nobody())
    samples = [
        Sample(
            id=name,
            input=_words(request),
            target=truth,
            choices=list(request.options) or None,
            metadata={USER: request.user, **{g: of[name] for g, of in benchmark.groups.items()}},
        )
        for (name, request), truth in zip(benchmark.examples.items(), truths, strict=True)
    ]
    return Task(
        dataset=MemoryDataset(samples, name=benchmark.name),
        solver=_solver(benchmark, build, lm),
        scorer=_scorer(benchmark, lm, judge),
        metadata={"notes": list(benchmark.notes), "average": benchmark.average},
    )


class _Nobody(LanguageModel):
    """Whose model is not known yet."""

    name = "the model of the evaluation"

    def complete(self, prompts: Sequence[Prompt]) -> list[Completion]:
        raise DataError("Found a method that asks its model while it is made; it must not.")


def _words(request: Request) -> str:
    about = request.item.words or request.item.name if request.item else ""
    return request.words or about or " "


async def _threaded(
    call: Callable[[LanguageModel], Any], lm: LanguageModel | None, role: str | None = None
) -> Any:
    """What a synchronous call gives, in a thread of its own, with the model that it may ask."""
    from anyio import CapacityLimiter, to_thread
    from anyio.from_thread import BlockingPortal
    from inspect_ai.model import get_model

    if lm is not None:
        return await to_thread.run_sync(call, lm, limiter=CapacityLimiter(1))
    async with BlockingPortal() as portal:
        model = InspectModel(get_model() if role is None else get_model(role=role), portal)
        found = await to_thread.run_sync(call, model, limiter=CapacityLimiter(1))
    if model.error is not None:
        raise model.error
    return found


def _solver(benchmark: Benchmark, build: Build, lm: LanguageModel | None) -> Any:
    from inspect_ai.model import ModelOutput
    from inspect_ai.solver import solver

    def idiolect() -> Any:
        async def solve(state: Any, generate: Any) -> Any:
            request = benchmark.examples[state.sample_id]

            def asked(lm: LanguageModel) -> Outcome:
                return answer(
                    build, benchmark.population, request, lm, published=benchmark.published
                )

            made: Outcome = await _threaded(asked, lm)
            state.output = ModelOutput.from_content(str(state.model), made.text)
            failure = made.failure
            state.store.set(
                "outcome",
                {
                    "text": None if failure else made.text,
                    "failure": f"{failure.kind}: {failure.message}" if failure else None,
                    "calls": len(made.calls),
                    "tokens": made.tokens,
                    "seconds": made.seconds,
                    "notes": list(getattr(made.answer, "notes", ())),
                },
            )
            return state

        return solve

    return solver(name="idiolect")(idiolect)()


def _scorer(
    benchmark: Benchmark,
    lm: LanguageModel | None,
    judge: Callable[[LanguageModel], Judge] | None,
) -> Any:
    from inspect_ai.scorer import Score as Scored
    from inspect_ai.scorer import scorer

    metrics = {metric.name: metric for metric in benchmark.metrics if metric.rows is not None}

    def idiolect() -> Any:
        async def score(state: Any, target: Any) -> Any:
            made = dict(state.store.get("outcome"))
            text, failure = made.pop("text"), made.pop("failure")
            if text is None:
                return Scored(value=float("nan"), explanation=failure, metadata=made)
            values = {name: float(m.score([text], [target.text])[0]) for name, m in metrics.items()}
            why = None
            if judge is not None:

                def judged(lm: LanguageModel) -> Any:
                    name = state.sample_id
                    return judge(lm)(benchmark.view(name), text, benchmark.references[name])

                verdict = await _threaded(judged, lm, GRADER)
                values[JUDGE] = float("nan") if verdict.value is None else verdict.value
                why = verdict.why
            return Scored(value=values, answer=text, explanation=why, metadata=made)

        return score

    each: dict[str, list[Any]] = {n: _results(benchmark, m) for n, m in metrics.items()}
    if judge is not None:
        each[JUDGE] = _results(benchmark, None)
    whole = [m for m in benchmark.metrics if m.rows is None]
    results: Any = [_corpus(benchmark, whole), *([each] if each else [])] if whole else each
    return scorer(metrics=results, name="idiolect")(idiolect)()


def _results(benchmark: Benchmark, metric: TextMetric | None) -> list[Any]:
    """What a log says of a metric with a figure for each sample; None is the judge's."""
    from inspect_ai.scorer import stderr

    def part(name: str) -> Callable[[Any], float]:
        return lambda scores: float(getattr(_figure(benchmark, metric, scores), name))

    results = [
        _metric(n, part(at)) for n, at in (("figure", "value"), *zip(ENDS, ENDS, strict=True))
    ]
    # The error of a mean over rows says nothing of a mean over groups, nor of one user's.
    if not benchmark.average and len(set(benchmark.users)) > 1:
        results.append(stderr(cluster=USER))
    return results + [_metric(of, _by(benchmark, metric, of)) for of in benchmark.groups]


def _by(
    benchmark: Benchmark, metric: TextMetric | None, grouping: str
) -> Callable[[Any], dict[str, float]]:
    """Group → figure of its rows."""
    rows = replace(benchmark, average="")

    def grouped(scores: Any) -> dict[str, float]:
        found: dict[str, list[Any]] = {}
        for one in scores:
            found.setdefault(one.sample_metadata[grouping], []).append(one)
        return {group: _figure(rows, metric, found[group]).value for group in sorted(found)}

    return grouped


def _corpus(benchmark: Benchmark, metrics: Iterable[TextMetric]) -> Any:
    """What a log says of metrics that are defined on all outputs only."""
    whole = tuple(metrics)

    def figures(scores: Any) -> dict[str, float]:
        said: dict[str, float] = {}
        for metric in whole:
            found = _figure(benchmark, metric, scores)
            said[metric.name] = found.value
            said |= {f"{metric.name}_{end}": float(getattr(found, end)) for end in ENDS}
            for of in benchmark.groups:
                for group, value in _by(benchmark, metric, of)(scores).items():
                    said[f"{metric.name}_{of}_{group}"] = value
        return said

    return _metric("corpus", figures)


def _metric(name: str, compute: Callable[[Any], Any]) -> Any:
    from inspect_ai.scorer import metric

    def made() -> Any:
        # inspect reads the annotations to know what a metric takes.
        def computed(scores: list[Any]) -> Any:
            return compute(scores)

        return computed

    return metric(name=name)(made)()


def _figure(benchmark: Benchmark, metric: TextMetric | None, scores: Sequence[Any]) -> Score:
    """The official figure of the samples that have one."""
    if not scores:
        return Score(np.nan, np.nan, np.nan, 0)
    by_id = {one.sample_id: one.score for one in scores}
    some = benchmark.only(by_id)
    if metric is not None and metric.whole is not None:
        return some.figure(metric, [by_id[name].answer for name in some.examples])
    return some.mean(np.array([float(by_id[name].value) for name in some.examples]))
