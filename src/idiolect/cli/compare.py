"""`compare`: several methods on the same held-out texts, with controls, intervals and cost."""

from __future__ import annotations

from typing import Annotated

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
    text_metrics,
)
from idiolect.cli.options import (
    AtLeast,
    Columns,
    EncoderName,
    ItemColumns,
    Items,
    Last,
    Limit,
    Model,
    RatingRange,
    Source,
    Threads,
    Variadic,
    ending,
    load,
    stderr,
)


def register(app: typer.Typer) -> None:
    """Adds the command."""
    examples = (
        "idiolect compare plain rag dpl --data reviews.csv --controls --html report.html",
        "idiolect compare rag dpl --data reviews.csv --lm ollama:llama3.2 --limit 50 --power",
        "idiolect compare plain dpl:events=2 dpl:events=8,representatives=6 --data reviews.csv",
        "idiolect compare plain --data reviews.csv --add mine=replies.jsonl",
    )
    app.command(cls=Variadic, epilog=ending(*examples))(compare)


def compare(
    methods: Methods,
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
    controls: Controls = False,
    paraphrases: Paraphrases = 0,
    judge: JudgedBy = None,
    power: Power = False,
    add: Add = None,
    last: Last = 1,
    at_least: AtLeast = 12,
    limit: Limit = None,
    threads: Threads = 4,
    seed: Seed = 0,
    html: Html = None,
    json: Json = None,
    scores: Scores = None,
) -> None:
    """Compare methods: scores, intervals, controls, cost.

    A method is a recipe, alone or with settings: RECIPE:NAME=VALUE,NAME=VALUE without spaces. It is
    called what you write. Settings are those of `idiolect show RECIPE`.
    """
    from idiolect.bench import Benchmark
    from idiolect.data import last_per_user

    built = assembled(methods, encoder)
    output = Output(html, json, scores, power)
    output.check(source)
    population = load(source, columns, items, stderr(), item_columns, rating_range).population
    requests = last_per_user(population, last, at_least=at_least)[:limit]
    found = compared(
        built,
        Benchmark.held_out(population, requests, text_metrics(metrics, population)),
        lm,
        add,
        controls=controls,
        paraphrases=paraphrases,
        threads=threads,
        seed=seed,
        judge=judge,
    )
    output.show(found)
