"""What `compare`, `bench run` and `report` share: options, progress, tables, files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from idiolect.cli.options import assemble, stderr, stdout, writable
from idiolect.errors import SettingError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from idiolect.bench import Benchmark
    from idiolect.data import Population
    from idiolect.embed import Encoder
    from idiolect.measure import TextMetric
    from idiolect.run import Assembly, Progress
    from idiolect.run.comparison import Comparison

#: Example → what was written for it; None where nothing was.
Outputs = dict[str, str | None]
Methods = Annotated[
    list[str],
    typer.Argument(
        metavar="METHOD…",
        help="Recipes, also with settings: dpl rpm:voice=counted,events=4 …; the first is the "
        "baseline.",
    ),
]
Controls = Annotated[
    bool,
    typer.Option(
        "--controls", help="Also with wrong, shuffled and mean histories; look for leaks."
    ),
]
Paraphrases = Annotated[
    int,
    typer.Option(
        metavar="N", help="Again with so many neutral lead-ins (30 at most).", min=0, max=30
    ),
]
Power = Annotated[
    bool, typer.Option("--power", help="Say which difference so many users can show.")
]
Add = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME=FILE…", help="Predictions made elsewhere: mine=replies.jsonl"),
]
JudgedBy = Annotated[
    str | None,
    typer.Option(
        "--judge", metavar="MODEL", help="Who marks answers, as the data set's own judge does."
    ),
]
Seed = Annotated[int, typer.Option(metavar="N", help="Of controls, intervals and tests.")]
Html = Annotated[Path | None, typer.Option(metavar="FILE", help="Write the report here.")]
Json = Annotated[Path | None, typer.Option(metavar="FILE", help="Write the tables as JSON here.")]
Scores = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Write every score here: .csv, .parquet or .jsonl."),
]


@dataclass(frozen=True)
class Output:
    """Where a comparison goes beside the terminal.

    Raises:
        SettingError: (on `check`) A file cannot be written there.
    """

    html: Path | None = None
    json: Path | None = None
    scores: Path | None = None
    power: bool = False

    def check(self, source: str = "") -> None:
        """Before any cost: can the files be written?"""
        from idiolect.report.tidy import ENDINGS

        writable(self.html, self.json, self.scores, source=source)
        if self.scores is not None and self.scores.suffix not in ENDINGS:
            raise SettingError(f"Found {self.scores.name!r}; scores go to {', '.join(ENDINGS)}.")

    def show(self, found: Comparison) -> None:
        """The tables in the terminal, and the files."""
        from idiolect.report.cautions import alarms, notes
        from idiolect.report.comparison import to_html
        from idiolect.report.tidy import write_json, write_scores

        out, remarks = stdout(), stderr()
        for alarm in alarms(found):
            out.print(f"! {alarm}", style="bold red", markup=False)
        for note in notes(found):
            out.print(f"! {note}", style="yellow", markup=False)
        _print(found, out)
        if self.power:
            metric = found.metrics[0].name
            out.print(
                f"With {len(set(found.users))} users, a difference of "
                f"{found.detectable(metric):.4f} in {metric} is shown four times out of five."
            )
        if self.html is not None:
            self.html.write_text(to_html(found), encoding="utf-8")
        if self.json is not None:
            write_json(found, self.json)
        if self.scores is not None:
            write_scores(found, self.scores)
        for path in (self.html, self.json, self.scores):
            if path is not None:
                remarks.print(f"Wrote {path}.")


def assembled(words: list[str], encoder: str) -> dict[str, Assembly]:
    """Each method by what was written, so that the reader finds it again; they share an encoder.

    Raises:
        SettingError: Two are the same recipe with the same settings.
    """
    built: dict[str, Assembly] = {}
    vectors: str | Encoder = encoder
    for word in words:
        made = assemble(word, vectors)
        vectors = made.supplies.get("encoder", vectors)
        for other, known in built.items():
            if (made.recipe.path, made.name) == (known.recipe.path, known.name):
                raise SettingError(
                    f"Found {other!r} and {word!r}, which are the same method with the same "
                    "settings; leave one out, or give it others: RECIPE:NAME=VALUE."
                )
        built[word] = made
    return built


def named_path(word: str) -> tuple[str, Path]:
    """NAME=PATH apart; without a name it is empty.

    Either may hold `=`, as the name ``dpl:events=4`` does: the path is the longest that is there.
    """
    parts = word.split("=")
    for at in range(len(parts)):
        path = Path("=".join(parts[at:])).expanduser()
        if parts[at] and path.exists():
            return "=".join(parts[:at]), path
    name, equals, rest = word.partition("=")
    return (name, Path(rest).expanduser()) if equals else ("", Path(word).expanduser())


def compared(
    built: Mapping[str, Assembly],
    benchmark: Benchmark,
    lm: str,
    add: list[str] | None,
    *,
    controls: bool,
    paraphrases: int,
    threads: int,
    seed: int,
    judge: str | None = None,
) -> Comparison:
    """The comparison, with progress shown.

    Raises:
        SettingError: There is only one method and no control, or a name stands twice.
    """
    from idiolect.run import language_model
    from idiolect.run.compare import compare
    from idiolect.run.controls import controls as all_controls

    added = _added(add, built)
    if len(set(built) | set(added)) < 2 and not controls:
        raise SettingError(
            f"Found only {', '.join([*built, *added])!r}; name a second method, or add --controls."
        )
    with _shown() as progress:
        return compare(
            built,
            benchmark,
            language_model(lm),
            controls=all_controls(seed) if controls else None,
            paraphrases=paraphrases,
            canary=controls,
            judge=None if judge is None else benchmark.judged_by(language_model(judge)),
            predictions=added,
            threads=threads,
            seed=seed,
            progress=progress,
        )


def _added(words: list[str] | None, built: Mapping[str, Assembly]) -> dict[str, Outputs]:
    """Predictions made elsewhere, by name."""
    from idiolect.bench.outputs import read_outputs

    found: dict[str, Outputs] = {}
    for word in words or ():
        name, path = named_path(word)
        if not name:
            raise SettingError(f"Found {word!r} after --add; write NAME=FILE.")
        if name in built or name in found:
            raise SettingError(
                f"Found two methods named {name!r}, one of them after --add; give that another "
                "name: NAME=FILE."
            )
        found[name] = read_outputs(path)
    return found


@contextmanager
def _shown() -> Iterator[Callable[[str, Progress], None]]:
    with stderr().status("") as status:
        yield lambda arm, now: status.update(
            f"{arm}: {now.done}/{now.total}, {now.rate:.1f}/s, {now.failed} failed"
        )


def text_metrics(names: str, population: Population) -> list[TextMetric]:
    """Metrics by name; `similarity` is of LSA vectors fitted on all that people wrote."""
    from idiolect.embed import Lsa
    from idiolect.measure import similarity, text_metric

    return [
        similarity(Lsa().fit(population.by_people.frame["text"].to_list()))
        if name.strip() == "similarity"
        else text_metric(name.strip())
        for name in names.split(",")
    ]


def table(head: list[str], rows: list[list[str]]) -> Table:
    """A plain table: the first column left, the others right."""
    from rich.table import Table

    made = Table(box=None, padding=(0, 1), show_edge=False)
    for at, name in enumerate(head):
        # Long names are folded, not cut: what was cut off may be what tells two apart.
        made.add_column(name, justify="right" if at else "left", no_wrap=at > 0, overflow="fold")
    for row in rows:
        made.add_row(*row)
    return made


def _print(found: Comparison, out: Console) -> None:
    first, *others = [metric.name for metric in found.metrics]
    priced = any(arm.cost["cost"] > 0 for arm in found.arms)
    rows = []
    for arm in found.arms:
        score, cost = found.score(arm, first), arm.cost
        interval = f"{score.low:.3f}–{score.high:.3f}" if score.low == score.low else "–"
        rows.append(
            [
                arm.name,
                f"{score.value:.4f}",
                interval,
                str(arm.unanswered),
                _known(cost["calls"], 1),
                _known(cost["tokens"], 0),
                _known(cost["seconds"], 2),
                *([_known(cost["cost"], 5)] if priced else []),
            ]
        )
    head = ["method", first, "95 %", "failed", "calls", "tokens", "s"]
    out.print(table([*head, *(["cost"] if priced else [])], rows))
    if others:
        rows = [[a.name, *(_known(found.score(a, m).value, 3) for m in others)] for a in found.arms]
        out.print()
        out.print(table(["method", *others], rows))
    for title, tests in (
        (f"Gains over {found.methods[0]}", found.tests(first)),
        ("Gains over controls", found.controlled(first)),
    ):
        if tests:
            rows = [
                [
                    test.against if test.method == test.against.split(" (")[0] else test.method,
                    f"{test.paired.difference:+.4f}",
                    f"{test.paired.low:+.3f} … {test.paired.high:+.3f}",
                    f"{test.p:.3f}",
                ]
                for test in tests
            ]
            out.print()
            out.print(table([title, first, "95 %", "p (Holm)"], rows))
    if found.repeats:
        rows = []
        for method in found.repeats:
            values = found.between(method, first)
            mean, spread = values.mean(), values.std(ddof=1)
            rows.append([method, f"{len(values)}", f"{mean:.4f}", f"{spread:.4f}"])
        out.print()
        out.print(table(["Between seeds", "seeds", f"mean {first}", "sd"], rows))
    if found.noise:
        rows = [
            [method, f"{len(figures)}", f"{found.noise_floor(method, first):.4f}"]
            for method, figures in found.noise.items()
        ]
        out.print()
        out.print(table(["Noise of wording", "lead-ins", first], rows))
    if found.canaries:
        rows = [
            [method, f"{seen.examples}", f"{seen.shown}", f"{seen.late}"]
            for method, seen in found.canaries.items()
        ]
        out.print()
        out.print(table(["Canary", "requests", "events shown", "of the future"], rows))


def _known(value: float, digits: int) -> str:
    return f"{value:.{digits}f}" if value == value else "–"
