"""`reproduce`: a paper's table made again on its published data, ours beside theirs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from idiolect.cli.options import EncoderName, Threads, stderr, stdout
from idiolect.errors import CapabilityError, DataError, SettingError, UnknownNameError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.status import Status

    from idiolect.bench import Benchmark, Figure, PaperTable, Score
    from idiolect.bench.dpl_reviews import Files
    from idiolect.card import Recipe
    from idiolect.measure import TextMetric
    from idiolect.run import Progress
    from idiolect.run.reproduce import Made, Plan

PAPERS = ("dpl",)
#: The paper's name of each method, and our recipe.
RECIPES: Mapping[str, str] = MappingProxyType(
    {
        "Non-Perso": "plain",
        "RAG": "rag",
        "IntSum": "intsum",
        "LLM-TRSR": "llm_trsr_recurrent",
        "CICL": "cicl",
        "Persona-DB": "persona_db",
        "DPL": "dpl",
    }
)
#: Where a recipe's default is not what the paper ran.
SETTINGS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {"RAG": {"match": "title and description"}}
)
METRICS = ("rouge1", "rougeL", "meteor", "bleu")
#: The paper's columns that our judge stands beside.
JUDGES = ("judge_72b", "judge_gpt")
FLOOR = (
    "Written without a language model: these figures show that the pipes are right. They are not "
    "the quality of any method, and no attempt at the paper's."
)


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(reproduce)


def reproduce(
    paper: Annotated[str, typer.Argument(help="A paper: dpl.")],
    table: Annotated[int, typer.Option(help="Number of its table.")] = 1,
    lm: Annotated[
        str | None,
        typer.Option("--lm", metavar="MODEL", help="openai:NAME, ollama:NAME or http://…/v1#NAME."),
    ] = None,
    encoder: EncoderName = "lsa",
    data: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Where the published sets are, or shall be.")
    ] = Path("published"),
    category: Annotated[
        list[str] | None, typer.Option(help="Only this data set; may be repeated.")
    ] = None,
    method: Annotated[
        list[str] | None, typer.Option(help="Only this method (RAG or rag); may be repeated.")
    ] = None,
    judge: Annotated[
        str | None, typer.Option(metavar="MODEL", help="Who gives marks from 0 to 10; none if not.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(metavar="N", help="At most so many requests a data set.", min=1)
    ] = None,
    threads: Threads = 4,
    out: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Predictions and figures; a run goes on there.")
    ] = Path("reproduced"),
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say calls, tokens and cost; ask nobody.")
    ] = False,
    price: Annotated[
        tuple[float, float] | None,
        typer.Option(metavar="IN OUT", help="Of a million tokens read and written."),
    ] = None,
) -> None:
    """Make a paper's table again: its data, methods and metrics, ours beside theirs.

    Interrupted, the same command goes on where it ended.
    """
    from idiolect.bench import Predictions
    from idiolect.embed import encoder as encoder_by_name
    from idiolect.run import language_model
    from idiolect.run.reproduce import Method, rehearse, score, write
    from idiolect.testing.standins import Hashing

    shown, remarks = stdout(), stderr()
    theirs = _table(paper, table)
    categories = _chosen("data set", category, theirs.data)
    theirs_of = {recipe: name for name, recipe in RECIPES.items()}
    wanted = [theirs_of.get(name, name) for name in method or ()]
    recipes = _recipes(_chosen("method", wanted, theirs.methods), remarks)
    if judge == "extractive":
        raise SettingError("Found --judge extractive, which cannot judge; give a language model.")
    found = _found(data, categories, lm, theirs, dry_run=dry_run)
    sets = _read(found, _metrics(remarks), limit, remarks)
    vectors = Hashing() if dry_run else encoder_by_name(encoder)
    methods = [
        Method(name, recipe, vectors, SETTINGS.get(name, {})) for name, recipe in recipes.items()
    ]
    if dry_run:
        _show_plans([rehearse(b, m) for b in sets for m in methods], price, shown)
        return
    model = language_model(lm or "")
    marks = None if judge is None else language_model(judge)
    made = []
    for benchmark in sets:
        fingerprint = found[benchmark.name].fingerprint
        for one in methods:
            path = out / benchmark.name / f"{one.recipe.name}.jsonl"
            kept = Predictions(path, one.manifest(model, fingerprint))
            with remarks.status("") as status:
                write(
                    benchmark,
                    one,
                    model,
                    kept,
                    threads=threads,
                    progress=_progress(status, f"{benchmark.name}, {one.name}"),
                )
            made.append(score(benchmark, one.name, kept, marks, threads=threads))
    _show(made, theirs, model.name, encoder, shown)
    if model.name == "extractive":
        shown.print(FLOOR, style="yellow")
    _save(made, theirs, model.name, out / "table.json")
    remarks.print(f"Wrote {out / 'table.json'}.", markup=False)
    if not any(m.scores for m in made):
        raise typer.Exit(1)


def _progress(status: Status, what: str) -> Callable[[Progress], None]:
    return lambda now: status.update(
        f"{what}: {now.done}/{now.total}, {now.rate:.1f}/s, {now.calls} calls, "
        f"{now.tokens:,} tokens, {now.failed} failed"
    )


def _table(paper: str, number: int) -> PaperTable:
    from idiolect.bench.dpl_table import TABLES

    if paper not in PAPERS:
        raise UnknownNameError("paper that can be made again", paper, PAPERS)
    if number not in TABLES:
        raise UnknownNameError(f"table of {paper!r}", str(number), map(str, TABLES))
    return TABLES[number]


def _chosen(what: str, asked: list[str] | None, known: tuple[str, ...]) -> list[str]:
    for name in asked or ():
        if name not in known:
            raise UnknownNameError(what, name, known)
    return [name for name in known if not asked or name in asked]


def _recipes(methods: list[str], remarks: Console) -> dict[str, Recipe[Any, Any]]:
    """The recipes of the methods; of those that are not here, the reader is told.

    Raises:
        DataError: None of them is here.
    """
    from idiolect.catalog import recipes

    there = {recipe.name: recipe for recipe in recipes()}
    for method in methods:
        if RECIPES[method] not in there:
            remarks.print(f"{method}: not here yet (recipe {RECIPES[method]!r}).", style="yellow")
    found = {m: there[RECIPES[m]] for m in methods if RECIPES[m] in there}
    if not found:
        raise DataError(f"Found no recipe for {', '.join(methods)}; nothing can be run.")
    return found


def _found(
    folder: Path, categories: list[str], lm: str | None, theirs: PaperTable, *, dry_run: bool
) -> dict[str, Files]:
    """The files of each data set.

    Raises:
        SettingError: Data or model are missing; says all that is.
    """
    from idiolect.bench.dpl_reviews import download

    missing = []
    found: dict[str, Files] = {}
    try:
        found = download(folder, categories)
    except DataError as error:
        missing.append(str(error))
    if lm is None and not dry_run:
        missing.append(
            f"No --lm is given. The paper's model is {theirs.model}; serve it (for example: vllm "
            f"serve Qwen/{theirs.model}) and give --lm http://localhost:8000/v1, or give another. "
            "--dry-run needs none."
        )
    if missing:
        raise SettingError("\n".join(missing))
    return found


def _metrics(remarks: Console) -> list[TextMetric]:
    """The paper's metrics that can be computed here; of the others, the reader is told."""
    from idiolect.measure import text_metric

    usable = []
    for name in METRICS:
        metric = text_metric(name)
        try:
            metric.require()
        except CapabilityError as error:
            remarks.print(f"{name} is left out. {error}", style="yellow", markup=False)
        else:
            usable.append(metric)
    return usable


def _read(
    found: Mapping[str, Files], metrics: list[TextMetric], limit: int | None, remarks: Console
) -> list[Benchmark]:
    from idiolect.bench.dpl_reviews import read

    sets = []
    for name, files in found.items():
        whole = read(files, name, metrics)
        benchmark = whole.only(list(whole.examples)[:limit])
        remarks.print(
            f"{name}: {len(benchmark.examples):,} of {len(whole.examples):,} requests, "
            f"{len(whole.population):,} earlier reviews.",
            style="dim",
        )
        for note in benchmark.notes:
            remarks.print(f"  {note}", style="dim", markup=False)
        sets.append(benchmark)
    return sets


def _show(made: list[Made], theirs: PaperTable, model: str, encoder: str, out: Console) -> None:
    """Ours beside theirs, one table a data set."""
    from rich.table import Table

    out.print(f"\n{theirs.source}", style="bold")
    out.print(
        f"Written by {model} (theirs: {theirs.model}); vectors by {encoder} (theirs: "
        f"{theirs.encoder}); ours with 95 % intervals by user, theirs ± as printed."
    )
    for data in dict.fromkeys(m.data for m in made):
        here = [m for m in made if m.data == data]
        # Only what was measured here; the rest of their figures is in the file.
        metrics = [m for m in theirs.metrics if any(_ours(one, m) for one in here)]
        table = Table("method", "answered", "metric", "ours", "theirs", title=f"\n{data}")
        for one in here:
            heads = (one.method, f"{one.asked - len(one.failures):,} of {one.asked:,}")
            for metric in metrics or theirs.metrics[:1]:
                figure = theirs.figures.get((data, one.method, metric))
                table.add_row(*heads, metric, _interval(_ours(one, metric)), _printed(figure))
                heads = ("", "")
            table.add_section()
        out.print(table)
        for one in here:
            for kind, reasons in (("failed", one.failures), ("not judged", one.unjudged)):
                if reasons:
                    said = f"{one.method}: {len(reasons):,} of {one.asked:,} {kind}; the first: "
                    out.print(said + reasons[0], style="yellow", markup=False, soft_wrap=True)


def _ours(one: Made, metric: str) -> Score | None:
    return one.scores.get("judge" if metric in JUDGES else metric)


def _printed(figure: Figure | None) -> str:
    if figure is None:
        return "–"
    return f"{figure.value:.4f}" + ("" if figure.spread is None else f" ± {figure.spread:.4f}")


def _interval(score: Score | None) -> str:
    import math

    if score is None or math.isnan(score.value):
        return "–"
    if math.isnan(score.low):
        return f"{score.value:.4f} (one user: no interval)"
    return f"{score.value:.4f} [{score.low:.4f}, {score.high:.4f}]"


def _save(made: list[Made], theirs: PaperTable, model: str, path: Path) -> None:
    rows = [
        {
            "data": one.data,
            "method": one.method,
            "recipe": RECIPES[one.method],
            "asked": one.asked,
            "failed": len(one.failures),
            "not_judged": len(one.unjudged),
            "calls": one.calls,
            "tokens": one.tokens,
            "ours": {name: _plain(asdict(score)) for name, score in one.scores.items()},
            "theirs": {
                metric: asdict(figure)
                for (data, method, metric), figure in theirs.figures.items()
                if (data, method) == (one.data, one.method)
            },
        }
        for one in made
    ]
    told = {"source": theirs.source, "model": model, "their_model": theirs.model, "rows": rows}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _plain(score: dict[str, Any]) -> dict[str, Any]:
    """NaN becomes None, which JSON knows."""
    return {name: None if value != value else value for name, value in score.items()}


def _show_plans(plans: list[Plan], price: tuple[float, float] | None, out: Console) -> None:
    from rich.table import Table

    from idiolect.bench import Rehearsal
    from idiolect.run.reproduce import REHEARSED

    def row(figures: list[Plan], *names: str) -> None:
        values = [sum(getattr(p, n) for p in figures) for n in ("calls", "read", "written")]
        cost = "" if price is None else f"{sum(p.cost(price) for p in figures):,.2f}"
        table.add_row(*names, *(f"{value:,.0f}" for value in values), cost)

    table = Table("data set", "method", "requests", "calls", "tokens read", "written", "cost")
    for plan in plans:
        row([plan], plan.data, plan.method, f"{plan.requests:,}")
    table.add_section()
    row(plans, "all", "", "")
    out.print(table)
    for plan in plans:
        if plan.failed:
            out.print(
                f"{plan.data}, {plan.method}: {plan.failed} of those gone through would fail.",
                style="yellow",
            )
    out.print(
        f"Estimated from at most {REHEARSED} requests a data set: four characters a token, a free "
        f"reply taken to be {Rehearsal().tokens} tokens. Nobody was asked; judges are not in it."
    )
    if price is None:
        out.print("For a cost, give --price IN OUT, of a million tokens.")
