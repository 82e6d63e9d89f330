"""`report`: finished runs side by side, with intervals, cost and plots."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from idiolect.cli.bench import Settings, load
from idiolect.cli.comparing import Html, Json, Output, Power, Scores, Seed, named_path, text_metrics
from idiolect.cli.options import (
    TABLE,
    Columns,
    ItemColumns,
    Items,
    RatingRange,
    Variadic,
    ending,
    stderr,
)
from idiolect.cli.options import load as table
from idiolect.errors import SettingError

if TYPE_CHECKING:
    from idiolect.bench import Benchmark
    from idiolect.report.finished import Left


def register(app: typer.Typer) -> None:
    """Adds the command."""
    examples = (
        "idiolect report runs/plain runs/rag runs/dpl --html report.html",
        "idiolect report runs/rag other=replies.jsonl --data reviews.csv --columns text=review",
        "idiolect report monday.parquet tuesday.json --json both.json",
        "idiolect report mine.jsonl other.jsonl --bench lamp --data LaMP --set task=LaMP-3",
    )
    app.command(cls=Variadic, epilog=ending(*examples))(report)


def report(
    runs: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN…",
            help="Folders of `run --out`, lines of replies, files of scores; also NAME=RUN.",
        ),
    ],
    source: Annotated[
        str | None, typer.Option("--data", metavar="SOURCE", help=f"{TABLE[:-1]}; checks the runs.")
    ] = None,
    columns: Columns = None,
    items: Items = None,
    item_columns: ItemColumns = None,
    rating_range: RatingRange = None,
    bench: Annotated[
        str | None, typer.Option(metavar="BENCHMARK", help="See `bench list`; with --data FOLDER.")
    ] = None,
    settings: Settings = None,
    metrics: Annotated[
        str | None,
        typer.Option(
            metavar="NAMES",
            help="Separated by commas; the first is tested. As for `compare`, or as in the files.",
        ),
    ] = None,
    power: Power = False,
    seed: Seed = 0,
    html: Html = None,
    json: Json = None,
    scores: Scores = None,
) -> None:
    """Compare finished runs: scores, intervals, cost, plots."""
    from idiolect.report.finished import compared, left

    output = Output(html, json, scores, power)
    output.check(source or "")
    found = left(map(named_path, runs))
    benchmark = _benchmark(
        found, source, columns, items, item_columns, rating_range, bench, settings, metrics
    )
    names = [name.strip() for name in metrics.split(",")] if metrics else []
    whole = compared(found, benchmark, names, seed=seed)
    if len(whole.arms) < 2:
        stderr().print("Found one run: it stands alone, against nothing.", style="yellow")
    output.show(whole)


def _benchmark(
    found: Left,
    source: str | None,
    columns: list[str] | None,
    items: Path | None,
    item_columns: list[str] | None,
    rating_range: tuple[float, float] | None,
    bench: str | None,
    settings: list[str] | None,
    metrics: str | None,
) -> Benchmark | None:
    """What was asked, from the data where they are given."""
    from idiolect.report.finished import METRICS, held_out, same_data

    if source is None:
        if bench or settings or columns or items:
            raise SettingError("Found --bench, --set, --columns or --items without --data.")
        return None
    if bench is not None:
        if columns or items or item_columns or rating_range or metrics:
            raise SettingError(
                "Found --columns, --items, --rating-range or --metrics with --bench, which has "
                "columns and metrics of its own; leave them out."
            )
        made = load(bench, Path(source), settings)
    elif settings:
        raise SettingError("Found --set without --bench; it sets what a benchmark is.")
    elif not found.runs:
        raise SettingError("Found --data and only files of scores, which need none; leave it out.")
    else:
        population = table(source, columns, items, stderr(), item_columns, rating_range).population
        made = held_out(found, population, text_metrics(metrics or ",".join(METRICS), population))
    same_data(found, made)
    return made
