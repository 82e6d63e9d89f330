"""`compare`: several methods on the same held-out texts, with controls, intervals and cost."""

from __future__ import annotations

import json as jsons
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from idiolect.cli.options import (
    PAIRS,
    Columns,
    EncoderName,
    ItemColumns,
    Items,
    Model,
    RatingRange,
    Source,
    Variadic,
    assemble,
    ending,
    load,
    pairs,
    stderr,
    stdout,
    writable,
)
from idiolect.errors import DataError, SettingError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from idiolect.data import Population
    from idiolect.measure import TextMetric
    from idiolect.run.compare import Comparison


def register(app: typer.Typer) -> None:
    """Adds the command."""
    examples = (
        "idiolect compare plain rag dpl --data reviews.csv --controls --html report.html",
        "idiolect compare rag dpl --data reviews.csv --lm ollama:llama3.2 --limit 50 --power",
        "idiolect compare plain --data reviews.csv --add mine=replies.jsonl",
    )
    app.command(cls=Variadic, epilog=ending(*examples))(compare)


def compare(
    methods: Annotated[
        list[str],
        typer.Argument(metavar="RECIPE…", help="Two or more; the first is the baseline."),
    ],
    source: Source,
    columns: Columns = None,
    items: Items = None,
    item_columns: ItemColumns = None,
    rating_range: RatingRange = None,
    lm: Model = "extractive",
    encoder: EncoderName = "lsa",
    metrics: Annotated[
        str, typer.Option(metavar="NAMES", help="Separated by commas; the first is tested.")
    ] = "rouge1,rougeL,bleu,length_ratio",
    controls: Annotated[
        bool, typer.Option("--controls", help="Also with a wrong user's, shuffled, mean history.")
    ] = False,
    power: Annotated[
        bool, typer.Option("--power", help="Say which difference so many users can show.")
    ] = False,
    add: Annotated[
        list[str] | None,
        typer.Option(metavar=PAIRS, help="Predictions made elsewhere: mine=replies.jsonl"),
    ] = None,
    last: Annotated[int, typer.Option(metavar="N", help="Held-out events a user.", min=1)] = 1,
    at_least: Annotated[
        int, typer.Option(metavar="N", help="Only users with so many events.", min=1)
    ] = 12,
    limit: Annotated[
        int | None, typer.Option(metavar="N", help="At most so many requests.", min=1)
    ] = None,
    threads: Annotated[int, typer.Option(metavar="N", help="Requests at once.", min=1)] = 4,
    seed: Annotated[int, typer.Option(metavar="N", help="Of controls, intervals and tests.")] = 0,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the report here.")
    ] = None,
    json: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the tables as JSON here.")
    ] = None,
    csv: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write every score here.")
    ] = None,
) -> None:
    """Compare methods: scores, intervals, controls, cost."""
    from idiolect.data import last_per_user
    from idiolect.report.comparison import notes, to_html
    from idiolect.run import language_model
    from idiolect.run.compare import compare as run_all
    from idiolect.run.controls import controls as all_controls

    remarks, out = stderr(), stdout()
    built = {name: assemble(name, encoder, None) for name in methods}
    added = {name: _predictions(Path(path)) for name, path in pairs(add, "--add").items()}
    if len(set(methods) | set(added)) < 2 and not controls:
        raise SettingError(
            f"Found only {', '.join(methods)!r}; name a second method, or add --controls."
        )
    model = language_model(lm)
    writable(html, json, csv, source=source)
    population = load(source, columns, items, remarks, item_columns, rating_range).population
    requests = last_per_user(population, last, at_least=at_least)[:limit]
    with remarks.status("") as status:
        found = run_all(
            built,
            population,
            requests,
            model,
            metrics=_metrics(metrics, population),
            controls=all_controls(seed) if controls else None,
            predictions=added,
            threads=threads,
            seed=seed,
            progress=lambda arm, now: status.update(
                f"{arm}: {now.done}/{now.total}, {now.rate:.1f}/s, {now.failed} failed"
            ),
        )
    for note in notes(found):
        out.print(f"[yellow]! {note}[/yellow]")
    _print(found, out)
    if power:
        metric = found.metrics[0].name
        out.print(
            f"With {len(set(found.users))} users, a difference of {found.detectable(metric):.4f} "
            "in "
            f"{metric} is shown four times out of five."
        )
    if html is not None:
        html.write_text(to_html(found), encoding="utf-8")
    if json is not None:
        json.write_text(jsons.dumps(plain(found), indent=1, ensure_ascii=False), encoding="utf-8")
    if csv is not None:
        found.rows().write_csv(csv)
    for path in (html, json, csv):
        if path is not None:
            remarks.print(f"Wrote {path}.")


def _metrics(names: str, population: Population) -> list[TextMetric]:
    """Metrics by name; `similarity` is of LSA vectors fitted on all texts, the real ones too."""
    from idiolect.embed import Lsa
    from idiolect.measure import similarity, text_metric

    return [
        similarity(Lsa().fit(population.frame["text"].to_list()))
        if name.strip() == "similarity"
        else text_metric(name.strip())
        for name in names.split(",")
    ]


def plain(found: Comparison) -> dict[str, Any]:
    """A comparison's tables as plain values; NaN becomes None."""
    tests = {
        family: [
            {
                "metric": metric.name,
                "method": test.method,
                "against": test.against,
                "gain": test.paired.difference,
                "low": test.paired.low,
                "high": test.paired.high,
                "p": test.paired.p,
                "p_corrected": test.p,
                "users": test.paired.users,
                "rows": test.paired.rows,
            }
            for metric in found.metrics
            for test in make(metric.name)
        ]
        for family, make in (("methods", found.tests), ("controls", found.controlled))
    }
    whole = {
        "lm": found.lm,
        "requests": len(found.requests),
        "users": len(set(found.users)),
        "seed": found.seed,
        "summary": found.summary().to_dicts(),
        "tests": tests,
        "detectable": {m.name: found.detectable(m.name) for m in found.metrics},
    }
    cleaned: dict[str, Any] = _no_nan(whole)
    return cleaned


def _no_nan(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _no_nan(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_no_nan(v) for v in value]
    return None if isinstance(value, float) and value != value else value


def _predictions(path: Path) -> dict[str, str | None]:
    """Event id → reply, as `run --out` writes them; None where the request failed."""
    found: dict[str, str | None] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            row = jsons.loads(line)
            found[row["event"]] = None if row.get("failure") else row["reply"]
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(
                f"Found {line[:60]!r} in line {number} of {path}; each line is JSON with 'event' "
                "and "
                f"'reply', as `idiolect run --out` writes it ({error!r})."
            ) from error
    return found


def _print(found: Comparison, out: Console) -> None:
    first, *others = [metric.name for metric in found.metrics]
    rows = []
    for arm in found.arms:
        score, cost = found.mean(arm, first), arm.cost
        interval = f"{score.low:.3f}–{score.high:.3f}" if score.low == score.low else "–"
        failed = str(sum(text is None for text in arm.texts))
        rows.append(
            [
                arm.name,
                f"{score.mean:.4f}",
                interval,
                failed,
                f"{cost['calls']:.1f}",
                f"{cost['tokens']:.0f}",
                f"{cost['seconds']:.2f}",
            ]
        )
    out.print(_table(["method", first, "95 %", "failed", "calls", "tokens", "s"], rows))
    if others:
        rows = [[a.name, *(f"{found.value(a, m):.3f}" for m in others)] for a in found.arms]
        out.print()
        out.print(_table(["method", *others], rows))
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
            out.print(_table([title, first, "95 %", "p (Holm)"], rows))


def _table(head: list[str], rows: list[list[str]]) -> Table:
    from rich.table import Table

    table = Table(box=None, padding=(0, 1), show_edge=False)
    for at, name in enumerate(head):
        table.add_column(name, justify="right" if at else "left", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    return table
