"""Runs that are over, read back from what they left, as one comparison.

A run leaves a folder (`idiolect run --out FOLDER`) or lines of replies, which are scored again
here, or a file of scores (`--scores`, or `--json` of `compare`), which are taken as they are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from idiolect.bench import Benchmark
from idiolect.data import Event, Item, Population, Request
from idiolect.errors import DataError, SettingError
from idiolect.measure import TextMetric, text_metric
from idiolect.measure.statistics import Floats
from idiolect.report.tidy import BETTER, Scored, read_scores
from idiolect.run import asked, fingerprint
from idiolect.run.arm import COSTS, OWN, Arm
from idiolect.run.compare import comparison
from idiolect.run.comparison import Comparison
from idiolect.run.finished import Finished, Row, finished, named, repeats, same, short

#: How replies are scored by default.
METRICS = ("rouge1", "rougeL", "bleu", "length_ratio")
#: Why a request has no answer where a run left no line for it.
NO_ROW = "no row"


@dataclass(frozen=True)
class Left:
    """What several runs left, before it is compared.

    Attributes:
        order: The names of runs and files, as they were given.
        runs: Folders and lines of replies.
        files: Files of scores, by name.
    """

    order: tuple[str, ...]
    runs: tuple[Finished, ...]
    files: Mapping[str, Scored]

    @cached_property
    def examples(self) -> list[str]:
        """Every request that any run has a line for; in the order of the run with the most."""
        most = sorted(self.runs, key=lambda run: -len(run.rows))
        return list(dict.fromkeys(event for run in most for event in run.rows))


def left(paths: Iterable[tuple[str, Path]]) -> Left:
    """Reads what runs left.

    Args:
        paths: A name, or an empty one, and where it is: a run's folder, lines of replies (.jsonl),
            scores (.csv, .parquet, .jsonl) or tables (.json) of `compare`.

    Raises:
        DataError: A file is not what a run leaves, is cut short, or has a request twice.
        SettingError: Two have one name, or runs are over different data or requests.
    """
    runs, files, order = [], {}, []
    for name, path in paths:
        order.append(name or str(path))
        if path.is_dir() or _replies(path):
            runs.append(finished(name, path))
        else:
            files[name or path.stem] = read_scores(path)
            order[-1] = name or path.stem
    same(runs)
    called = named(runs)
    places = iter(called)
    order = [one if one in files else next(places).name for one in order]
    for name, times in Counter(order).items():
        if times > 1:
            raise SettingError(f"Found {times} runs named {name!r}; tell them apart: NAME=PATH.")
    return Left(tuple(order), tuple(called), files)


def compared(
    found: Left,
    benchmark: Benchmark | None = None,
    metrics: Sequence[str] = (),
    *,
    seed: int = 0,
) -> Comparison:
    """What runs left, as a comparison; a request without a line is a failure.

    Args:
        found: What they left.
        benchmark: What was asked, with the truths; None takes both from the runs themselves.
        metrics: Without a benchmark: how replies are scored, by default `METRICS`; or which of
            the scores are shown, by default those of the first file.
        seed: Of intervals and tests.

    Raises:
        DataError: A run is over other data than the benchmark, is not finished, or answers
            requests that are not asked for; nobody knows the truths.
        SettingError: A file of scores lacks a metric.
    """
    of = _benchmark(found, metrics) if benchmark is None else benchmark
    _belong(found, of)
    of = replace(of, notes=(*of.notes, *_versions(found.runs)))
    arms, scores = [], {}
    runs = {run.name: run for run in found.runs}
    for name in found.order:
        if name in runs:
            arms.append(_arm(runs[name], of))
            continue
        for arm, figures in _scored(name, found.files[name], of, alone=len(found.order) == 1):
            arms.append(arm)
            scores[arm.name] = figures
    if len({arm.name for arm in arms}) < len(arms):
        twice = ", ".join(n for n, times in Counter(a.name for a in arms).items() if times > 1)
        raise SettingError(f"Found {twice} in two of the files; tell them apart: NAME=PATH.")
    models = [run.lm for run in found.runs] + [file.lm for file in found.files.values()]
    lm = ", ".join(dict.fromkeys(models))
    return comparison(of, arms, lm, seed=seed, scores=scores, repeats=repeats(found.runs))


def _versions(runs: Sequence[Finished]) -> list[str]:
    """What a reader must know where runs were made by different packages."""
    made: dict[str, list[str]] = {}
    for run in runs:
        for package, version in run.manifest.get("versions", {}).items():
            made.setdefault(package, []).append(version)
    apart = [
        f"{name} {', '.join(sorted(set(its)))}"
        for name, its in made.items()
        if set(its[1:]) - {its[0]}
    ]
    return [f"The runs were made with different versions of {'; '.join(apart)}."] if apart else []


def held_out(found: Left, population: Population, metrics: Sequence[TextMetric]) -> Benchmark:
    """The requests that runs answered, of a population that has their events.

    Raises:
        DataError: The population lacks an event.
    """
    known = set(population.frame["id"].to_list())
    foreign = [event for event in found.examples if event not in known]
    if foreign:
        raise DataError(
            f"Found {len(foreign)} of {len(found.examples)} requests for events that the data lack "
            f"(first {foreign[0]!r}); give the --data, and --columns, of the runs."
        )
    requests = [population.request(event) for event in found.examples]
    return Benchmark.held_out(population, requests, metrics)


def _replies(path: Path) -> bool:
    """Whether a file holds replies, not scores."""
    if path.suffix != ".jsonl":
        return False
    with path.open(encoding="utf-8") as file:
        return '"reply"' in file.readline()


def _benchmark(found: Left, metrics: Sequence[str]) -> Benchmark:
    """What was asked, as far as the runs themselves tell."""
    if not found.runs:
        return _of_scores(found, metrics)
    known: dict[str, Row] = {}
    for event in found.examples:
        told = [run.rows[event] for run in found.runs if event in run.rows]
        truths = {row["truth"] for row in told if row.get("truth") is not None}
        users = {row["user"] for row in told if row.get("user") is not None}
        if len(truths) > 1 or len(users) > 1:
            raise DataError(
                f"Found different users or truths of {event!r}; the runs are over different data."
            )
        if truths and users:
            item = next((row["item"] for row in told if row.get("item")), None)
            known[event] = {"user": users.pop(), "truth": truths.pop(), "item": item}
    unknown = [event for event in found.examples if event not in known]
    if unknown:
        raise DataError(
            f"Found {len(unknown)} of {len(found.examples)} requests whose truth is in no run's "
            f"lines (first {unknown[0]!r}); give the data: --data, or --bench with --data."
        )
    events = {e: Event(r["user"], r["truth"], item=r["item"], id=e) for e, r in known.items()}
    asked_for = {
        e: Request(one.user, item=Item(one.item) if one.item else None, event=e)
        for e, one in events.items()
    }
    of = Population.of(events.values())
    scored = tuple(text_metric(name) for name in metrics or METRICS)
    for metric in scored:
        metric.require()
    return Benchmark("finished runs", of, asked_for, scored, False, references=events)


def _of_scores(found: Left, metrics: Sequence[str]) -> Benchmark:
    first = next(iter(found.files.values()))
    names = metrics or list(first.metrics)
    kept = tuple(_metric(name, first.metrics.get(name, "")) for name in names)
    requests = {example: Request(user, event=example) for example, user in first.users.items()}
    of = Population.of(Event(user, id=example) for example, user in first.users.items())
    note = "Means over rows: files of scores do not say what a data set averages over."
    return Benchmark("files of scores", of, requests, kept, False, (note,), hidden=True)


def _metric(name: str, better: str) -> TextMetric:
    from idiolect.measure import METRICS

    if name in METRICS:
        return text_metric(name)
    return TextMetric(name, "as in the file of scores", BETTER[better], None)


def _belong(found: Left, benchmark: Benchmark) -> None:
    """Refuses runs that are not over these examples, or not over all of what they were to do."""
    for run in found.runs:
        unknown = [event for event in run.rows if event not in benchmark.examples]
        if unknown:
            raise DataError(
                f"Found {len(unknown)} lines of '{run.path}' for requests that are not asked for "
                f"in {benchmark.name!r} (first {unknown[0]!r}); give the data of the run."
            )
        users = [(e, row["user"]) for e, row in run.rows.items() if row.get("user") is not None]
        wrong = [(e, user) for e, user in users if benchmark.examples[e].user != user]
        if wrong:
            raise DataError(
                f"Found {wrong[0][1]!r} as the user of {wrong[0][0]!r} in '{run.path}', who is "
                f"{benchmark.examples[wrong[0][0]].user!r} in the data; give the data of the run."
            )
        said = run.manifest.get("requests", {})
        if said and said.get("count") != len(benchmark.examples):
            raise DataError(
                f"Found {len(run.rows)} of {said.get('count')} requests in '{run.path}' and "
                f"{len(benchmark.examples)} in all: the run is not finished, and nobody knows what "
                "the others ask. The command that made it goes on from there."
            )


def same_data(found: Left, benchmark: Benchmark) -> None:
    """Refuses runs whose manifest says that they are over other data or requests than these.

    Raises:
        DataError: They are.
    """
    now = {"data": fingerprint(benchmark.population), "requests": asked(benchmark.requests)}
    for run in found.runs:
        for key, value in now.items():
            if run.manifest and run.manifest.get(key) != value:
                raise DataError(
                    f"Found '{run.path}', which was run over other {key} "
                    f"({short(run.manifest.get(key))}) than these ({short(value)}); give the "
                    "--data, --columns and --items of the run."
                )


def _arm(run: Finished, benchmark: Benchmark) -> Arm:
    texts, failed = list[str | None](), []
    costs = np.full((len(benchmark.examples), len(COSTS)), np.nan)
    for at, example in enumerate(benchmark.examples):
        row = run.rows.get(example)
        why = NO_ROW if row is None else row.get("failure")
        if row is not None and why is None and row["reply"] is None:
            why = NO_ROW
        texts.append(None if row is None or why is not None else str(row["reply"]))
        failed.append("" if why is None else str(why).partition(":")[0])
        if row is not None:
            costs[at] = [np.nan if row.get(name) is None else row[name] for name in COSTS]
    return Arm(run.name, OWN, tuple(texts), tuple(failed), costs)


def _scored(
    name: str, file: Scored, benchmark: Benchmark, *, alone: bool
) -> list[tuple[Arm, Floats]]:
    lacking = [m.name for m in benchmark.metrics if m.name not in file.metrics]
    if lacking:
        raise SettingError(
            f"Found no {', '.join(lacking)} in the scores {name!r} (there is: "
            f"{', '.join(file.metrics)}); name metrics that all have with --metrics."
        )
    unknown = [example for example in file.users if example not in benchmark.examples]
    if unknown:
        raise DataError(
            f"Found scores of {len(unknown)} requests in {name!r} that the others were not asked "
            f"(first {unknown[0]!r}); only runs over the same requests can be compared."
        )
    for example, user in file.users.items():
        if benchmark.examples[example].user != user:
            raise DataError(
                f"Found {user!r} as the user of {example!r} in {name!r}, elsewhere "
                f"{benchmark.examples[example].user!r}; the scores are of other data."
            )
    made = []
    own = [method for method, history in file.arms if history == OWN]
    for (method, history), rows in file.arms.items():
        # A file of one method is called by its name where it was given one.
        called = name if len(own) == 1 and not alone else method
        figures = np.full((len(benchmark.examples), len(benchmark.metrics)), np.nan)
        costs = np.full((len(benchmark.examples), len(COSTS)), np.nan)
        failed = []
        for at, example in enumerate(benchmark.examples):
            row = rows.get(example)
            failed.append(NO_ROW if row is None else row.failed)
            if row is not None:
                figures[at] = [row.values[metric.name] for metric in benchmark.metrics]
                costs[at] = row.costs
        made.append((Arm(called, history, None, tuple(failed), costs), figures))
    return made
