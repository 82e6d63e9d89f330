"""Several methods on the same held-out requests: scores, intervals, controls, cost, failures.

Every method sees the same views of the same requests and is scored against what the user really
wrote. A request that failed has no score: it is counted, never averaged in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from idiolect.bench import JUDGE, Benchmark
from idiolect.errors import DataError, SettingError
from idiolect.lm import LanguageModel
from idiolect.measure import TextMetric
from idiolect.measure.statistics import Floats
from idiolect.roles import Judge
from idiolect.run.arm import COSTS, OWN, Arm
from idiolect.run.canary import Canary, watch
from idiolect.run.comparison import Comparison, Test
from idiolect.run.controls import Control
from idiolect.run.paraphrases import LEAD_INS, led
from idiolect.run.runner import Assembly, Build, Outcome, Progress, run

__all__ = ["ABSENT", "COSTS", "MARK", "OWN", "Arm", "Comparison", "Test", "compare", "comparison"]

#: Why an example has no answer where predictions were made elsewhere.
ABSENT = "no prediction"
#: Stands for a judge's marks among the metrics.
MARK = TextMetric(JUDGE, "the mark of a judge; see the data set", True, None)


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
        SettingError: The first metric is defined on a corpus only, there are no metrics, a setting
            of a method is wrong, or a method and predictions have one name.
        CapabilityError: The model cannot do what a method asks of it.
        DataError: Predictions do not match the examples by id, or the answers are not published.
    """
    # All that can be wrong is looked at before anything is paid for.
    _ = benchmark.truths
    added = {n: _matched(n, texts, benchmark) for n, texts in (predictions or {}).items()}
    _refuse(benchmark, _metrics(benchmark, judge), paraphrases)
    if twice := [name for name in methods if name in added]:
        raise SettingError(f"Found {twice[0]!r} as a method and as predictions; rename one.")
    for build in methods.values():
        build(lm)

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
        _metrics(benchmark, judge),
        lm,
        seed,
        noise or {},
        canaries or {},
        unjudged,
        repeats or {},
    )


def _metrics(benchmark: Benchmark, judge: Judge | None) -> tuple[TextMetric, ...]:
    """The benchmark's metrics, a judge's mark first where there is one."""
    return benchmark.metrics if judge is None else (MARK, *benchmark.metrics)


def _refuse(benchmark: Benchmark, metrics: Sequence[TextMetric], paraphrases: int) -> None:
    """Raises where nothing could be tested, or there are not so many lead-ins."""
    if not 0 <= paraphrases <= len(LEAD_INS):
        raise SettingError(
            f"Found paraphrases={paraphrases!r}; there are {len(LEAD_INS)} lead-ins: give fewer."
        )
    for metric in metrics:
        metric.require()
    if not metrics:
        raise SettingError(
            f"Found no metric of {benchmark.name!r}: its answers are marked by a judge; give one "
            "(--judge MODEL)."
        )
    if metrics[0].rows is None and metrics[0] is not MARK:
        raise SettingError(
            f"Found {metrics[0].name!r} as the first metric, which is defined on a corpus only, so "
            "that nothing can be tested on it; name one with a figure for each text first, such as "
            "rouge1."
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
