"""`bench`: public data sets in their published formats: listed, shown, run, scored."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from idiolect.cli.comparing import (
    Add,
    Controls,
    Html,
    Json,
    JudgedBy,
    Methods,
    Output,
    Paraphrases,
    Power,
    Scores,
    Seed,
    assembled,
    compared,
    table,
)
from idiolect.cli.options import (
    PAIRS,
    EncoderName,
    Limit,
    Model,
    Threads,
    Variadic,
    assemble,
    ending,
    pairs,
    stderr,
    stdout,
    writable,
)
from idiolect.errors import DataError, SettingError
from idiolect.words import many

if TYPE_CHECKING:
    from collections.abc import Mapping

    from idiolect.bench import Benchmark, Dataset, Score
    from idiolect.run import Assembly
    from idiolect.run.arm import Arm

Name = Annotated[
    str, typer.Argument(metavar="BENCHMARK", help="See `bench list`.", show_default=False)
]
Folder = Annotated[
    Path, typer.Option("--data", metavar="FOLDER", help="The published files, as they are.")
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar=PAIRS, help="Task, split and such: task=LaMP-3 split=dev …"),
]


def register(app: typer.Typer) -> None:
    """Adds the group of commands."""
    group = typer.Typer(
        help="Score methods on public data sets, read as they were published.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    group.command("list", epilog=ending("idiolect bench list"))(listed)
    group.command(epilog=ending("idiolect bench show lamp"))(show)
    group.command(epilog=ending("idiolect bench download lamp_qa data/lamp_qa"))(download)
    examples: tuple[str, ...] = (
        "idiolect bench run lamp plain rag dpl --data LaMP --set task=LaMP-3 --controls",
        "idiolect bench run lamp rag:events=2 rag:events=8 --data LaMP --set task=LaMP-3",
        "idiolect bench run personamem plain rag --data PersonaMem --lm ollama:llama3.2",
    )
    group.command(cls=Variadic, epilog=ending(*examples))(run)
    examples = (
        "idiolect bench score lamp mine.jsonl --data LaMP --set task=LaMP-3",
        "idiolect bench score personamem mine.jsonl --data PersonaMem --by question_type",
    )
    group.command(cls=Variadic, epilog=ending(*examples))(score)
    examples = (
        "idiolect bench export lamp task --data LaMP --set task=LaMP-3 --recipe rag",
        "idiolect bench export personamem task --data PersonaMem",
    )
    group.command("export", cls=Variadic, epilog=ending(*examples))(export)
    app.add_typer(group, name="bench")


def listed() -> None:
    """List the data sets that can be read."""
    from idiolect.bench import datasets

    rows = [[one.name, ", ".join(one.shapes), one.licence, one.title] for one in datasets()]
    made = table(["benchmark", "asks for", "terms", "title"], rows)
    for column in made.columns:
        column.justify, column.no_wrap = "left", False
    made.columns[0].no_wrap = True
    stdout().print(made)


def show(name: Name) -> None:
    """Show what a data set is, how to get its files, and what can be set."""
    from idiolect.bench import by_name

    one = by_name(name)
    facts = {
        "Paper": one.paper or "none",
        "Terms": one.licence,
        "Files": one.files,
        "Asks for": ", ".join(one.shapes),
    }
    settings = [
        f"--set {setting.name}={setting.default}" + (f"  # {setting.source}" * bool(setting.source))
        for setting in one.settings
    ]
    lines = [one.page, "", *(f"{k}: {v}" for k, v in facts.items()), one.get, "", *settings]
    stdout().print("\n".join(lines), markup=False, soft_wrap=True)


def download(
    name: Name,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the files go.")],
) -> None:
    """Fetch the files of a data set that is on the hub, under its own terms."""
    from idiolect.bench import by_name

    one = by_name(name)
    stderr().print(f"{one.title}: {one.licence}", markup=False)
    stdout().print(f"Wrote {one.download(folder)}.", markup=False)


def run(
    name: Name,
    methods: Methods,
    folder: Folder,
    settings: Settings = None,
    lm: Model = "extractive",
    encoder: EncoderName = "lsa",
    controls: Controls = False,
    paraphrases: Paraphrases = 0,
    judge: JudgedBy = None,
    power: Power = False,
    add: Add = None,
    limit: Limit = None,
    threads: Threads = 4,
    seed: Seed = 0,
    replies: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Write each method's replies here.")
    ] = None,
    html: Html = None,
    json: Json = None,
    scores: Scores = None,
) -> None:
    """Run methods on a data set and compare them by its official metrics.

    A method is a recipe, alone or with settings: RECIPE:NAME=VALUE,NAME=VALUE without spaces; --set
    is for the data set. Settings of a recipe are those of `idiolect show RECIPE`.
    """
    built = assembled(methods, encoder)
    output = Output(html, json, scores, power)
    output.check()
    files = {} if replies is None else _files(replies, methods)
    benchmark = _first(load(name, folder, settings), limit)
    if benchmark.hidden:
        _answer(benchmark, built, lm, threads, files)
        return
    found = compared(
        built,
        benchmark,
        lm,
        add,
        controls=controls,
        paraphrases=paraphrases,
        threads=threads,
        seed=seed,
        judge=judge,
    )
    for arm in found.own:
        if arm.method in files:
            _keep(files[arm.method], benchmark, arm)
    output.show(found)


def score(
    name: Name,
    replies: Annotated[
        Path, typer.Argument(metavar="FILE", help="Replies by id: JSON lines, or as published.")
    ],
    folder: Folder,
    settings: Settings = None,
    by: Annotated[
        str | None, typer.Option(metavar="GROUPING", help="Also for each group, such as user.")
    ] = None,
    judge: JudgedBy = None,
    out: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the figures here.")
    ] = None,
) -> None:
    """Score predictions made elsewhere by the official metrics."""
    from idiolect.bench.outputs import read_outputs

    writable(out)
    benchmark = load(name, folder, settings)
    made = read_outputs(replies)
    failed = [example for example, reply in made.items() if reply is None]
    if failed:
        raise DataError(
            f"Found {many(len(failed), 'reply', 'replies')} that failed, first {failed[0]!r}; a "
            "score on the rest would be of another data set. Answer them, or give an empty reply."
        )
    answers = {example: reply for example, reply in made.items() if reply is not None}
    if not benchmark.metrics and judge is None:
        raise SettingError(
            f"Found no metric of {benchmark.name!r}: its answers are marked by a judge; name one "
            "with --judge."
        )
    figures = benchmark.score(answers) if benchmark.metrics else {}
    if judge is not None:
        figures |= _judged(benchmark, judge, answers)
    found = {"all": figures} | (benchmark.by(by, answers) if by and benchmark.metrics else {})
    remarks = stderr()
    for note in benchmark.notes:
        remarks.print(note, style="yellow", markup=False)
    stdout().print(_figures(by or "group", found))
    if out is not None:
        values = {group: {m: vars(s) for m, s in its.items()} for group, its in found.items()}
        out.write_text(json.dumps(values, indent=1), encoding="utf-8")
        remarks.print(f"Wrote {out}.")


def export(
    name: Name,
    to: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the task goes.")],
    folder: Folder,
    settings: Settings = None,
    recipe: Annotated[
        str | None,
        typer.Option(
            metavar="METHOD", help="Whose prompts: rag:events=4 …; default: the bare request."
        ),
    ] = None,
    lm: Annotated[
        str | None,
        typer.Option("--lm", metavar="MODEL", help="Whom the recipe asks while it learns."),
    ] = None,
    encoder: EncoderName = "lsa",
    written: Annotated[
        bool, typer.Option("--written", help="Options are answered in words, not by likelihood.")
    ] = False,
    limit: Limit = None,
    threads: Threads = 4,
) -> None:
    """Write a data set as a task of lm-evaluation-harness; it holds the data."""
    from idiolect.bench import by_name
    from idiolect.bench.export import export as written_to
    from idiolect.run import language_model

    method = None if recipe is None else assemble(recipe, encoder)
    model = None if lm is None else language_model(lm)
    terms = by_name(name).licence
    benchmark = _first(load(name, folder, settings), limit)
    made = written_to(
        benchmark, to, method=method, lm=model, terms=terms, written=written, threads=threads
    )
    remarks = stderr()
    for note in benchmark.notes:
        remarks.print(note, style="yellow", markup=False)
    if made.left_out:
        left_out = ", ".join(made.left_out)
        remarks.print(f"Left out, as the harness cannot report them: {left_out}.", style="yellow")
    remarks.print(
        f"'{made.folder}' holds data under their own terms ({terms}): do not pass it on.",
        style="yellow", markup=False, soft_wrap=True,
    )  # fmt: skip
    out = stdout()
    out.print(f"Wrote {many(made.examples, 'example')}: {', '.join(made.metrics)}.")
    out.print(made.command, markup=False, soft_wrap=True)


def _first(benchmark: Benchmark, limit: int | None) -> Benchmark:
    return benchmark if limit is None else benchmark.only(list(benchmark.examples)[:limit])


def load(name: str, folder: Path, settings: list[str] | None) -> Benchmark:
    """A data set's files as a benchmark, with the settings of its loader.

    Raises:
        UnknownNameError: There is no such data set or setting.
        DataError: The files are not there or not as published.
    """
    from idiolect.bench import by_name

    one: Dataset[Any] = by_name(name)
    return one(folder.expanduser(), **one.checked(pairs(settings, "--set")))


def _judged(benchmark: Benchmark, judge: str, answers: dict[str, str]) -> dict[str, Score]:
    from idiolect.run import language_model

    verdicts = benchmark.judge(benchmark.judged_by(language_model(judge)), answers)
    if verdicts.failures:
        stderr().print(
            f"The judge gave no mark to {len(verdicts.failures)} of {len(answers)} answers; they "
            f"do not count. The first: {verdicts.failures[0]}",
            style="yellow",
            markup=False,
        )
    return benchmark.marks(verdicts)


def _answer(
    benchmark: Benchmark,
    built: Mapping[str, Assembly],
    lm: str,
    threads: int,
    files: Mapping[str, Path],
) -> None:
    """Replies to a split whose answers are not published."""
    from idiolect.run import language_model
    from idiolect.run import run as run_all
    from idiolect.run.arm import OWN, Arm

    if not files:
        raise SettingError(
            f"Found {benchmark.name!r}, whose answers are not published, so that nothing can be "
            "scored; give --replies FOLDER to write what was answered."
        )
    model = language_model(lm)
    for build in built.values():
        build(model)  # what cannot be composed is refused before any cost
    for name, build in built.items():
        made = run_all(
            build,
            benchmark.population,
            benchmark.requests,
            model,
            threads=threads,
            published=benchmark.published,
        )
        _keep(files[name], benchmark, Arm.of(name, OWN, made))


def _files(folder: Path, methods: list[str]) -> dict[str, Path]:
    """Method → where its replies go: its name, with - for what file names cannot have everywhere.

    Raises:
        SettingError: Two would go to one file, or it cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found: dict[str, Path] = {}
    for method in methods:
        path = folder / (re.sub(r"[^\w.,=@+-]+", "-", method).lstrip("-.") + ".jsonl")
        if path in found.values():
            raise SettingError(
                f"Found two methods whose replies would go to '{path}'; run {method!r} on its own, "
                "with another folder."
            )
        found[method] = path
    writable(*found.values())
    return found


def _keep(path: Path, benchmark: Benchmark, arm: Arm) -> None:
    """Writes the replies of a method as `score`, `report` and `--add` read them."""
    texts = arm.texts or (None,) * len(arm.failed)
    rows = (
        {"id": example, "method": arm.method, "reply": text, "failure": failed or None}
        for example, text, failed in zip(benchmark.examples, texts, arm.failed, strict=True)
    )
    lines = (json.dumps(row, ensure_ascii=False) for row in rows)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    stderr().print(f"Wrote {path}.", markup=False)


def _figures(by: str, found: dict[str, dict[str, Score]]) -> Any:
    rows = [
        [
            group,
            metric,
            f"{score.value:.4f}",
            f"{score.low:.4f} … {score.high:.4f}" if score.low == score.low else "–",
            str(score.rows),
        ]
        for group, its in found.items()
        for metric, score in its.items()
    ]
    return table([by, "metric", "value", "95 %", "examples"], rows)
