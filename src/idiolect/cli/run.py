"""`run`: one request, or every user's last event, through a recipe."""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from idiolect.cli.options import (
    PAIRS,
    AtLeast,
    CacheFile,
    Columns,
    Concurrency,
    EncoderName,
    ItemColumns,
    Items,
    Last,
    Limit,
    MaxCalls,
    MaxCost,
    MaxTokens,
    Method,
    Model,
    Prices,
    PromptBudget,
    RatingRange,
    RequestsPerMinute,
    Settings,
    Source,
    Threads,
    TokensPerMinute,
    Variadic,
    answered,
    ending,
    stderr,
    writable,
)
from idiolect.cli.plan import HeldOut, One, Plan, facts
from idiolect.cli.progress import Bar, Tally
from idiolect.cli.results import Ordered
from idiolect.errors import BudgetError, EndpointError, SettingError
from idiolect.words import many

if TYPE_CHECKING:
    from rich.console import Console

    from idiolect.run import Engine, Job, RunFolder

#: So many requests in a row without an endpoint end a run: the rest would fail too.
_PATIENCE = 10


def register(app: typer.Typer) -> None:
    """Adds the command."""
    examples = (
        "idiolect run rag --data reviews.csv --user Ann --item cafe --given rating=4",
        "idiolect run dpl --data reviews.csv --lm ollama:llama3.2 --limit 20 --out out.jsonl",
        "idiolect run dpl --data reviews.csv --lm openai:gpt-4o-mini --out dpl \\",
        "    --max-cost 2 --price gpt-4o-mini=0.15/0.60",
    )
    app.command(cls=Variadic, epilog=ending(*examples))(run)


def run(
    method: Method,
    source: Source,
    columns: Columns = None,
    items: Items = None,
    item_columns: ItemColumns = None,
    rating_range: RatingRange = None,
    lm: Model = "extractive",
    encoder: EncoderName = "lsa",
    settings: Settings = None,
    user: Annotated[
        str | None, typer.Option(metavar="USER", help="Write for this user, now.")
    ] = None,
    item: Annotated[
        str | None, typer.Option(metavar="ID", help="With --user: what it is about.")
    ] = None,
    query: Annotated[
        str, typer.Option(metavar="TEXT", help="With --user: what is asked, in words.")
    ] = "",
    given: Annotated[
        list[str] | None,
        typer.Option(metavar=PAIRS, help="With --user: given facts, rating=4 title=…"),
    ] = None,
    last: Last = 1,
    at_least: AtLeast = 2,
    limit: Limit = None,
    threads: Threads = 4,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Keep the run here, to go on with; FILE.jsonl for lines alone."
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(metavar="N", help="Other draws than the recipe's own.", min=0)
    ] = None,
    cache: CacheFile = None,
    max_calls: MaxCalls = None,
    max_tokens: MaxTokens = None,
    max_cost: MaxCost = None,
    price: Prices = None,
    budget: PromptBudget = None,
    concurrency: Concurrency = 16,
    requests_per_minute: RequestsPerMinute = None,
    tokens_per_minute: TokensPerMinute = None,
    engine: Annotated[
        str, typer.Option(metavar="ENGINE", help="local, ray or ray:ADDRESS.")
    ] = "local",
    workers: Annotated[
        int | None,
        typer.Option(metavar="N", help="With ray: processes; default: one a CPU.", min=1),
    ] = None,
) -> None:
    """Write for one user, or for every user's held-out last event."""
    from idiolect.lm import prices
    from idiolect.run import REPLIES, Limits, usable
    from idiolect.run import engine as by_name

    if user is None and (item or query or given):
        raise SettingError("Found --item, --query or --given without --user; say for whom.")
    if user is not None and not (item or query):
        raise SettingError("Found --user without --item or --query; say what to write about.")
    if workers is not None and engine == "local":
        raise SettingError("Found --workers without --engine ray; --threads is for this process.")
    folder = out if out is not None and not _is_file(out) else None
    plan = Plan(
        method,
        tuple(settings or ()),
        encoder,
        source,
        tuple(columns or ()),
        items,
        tuple(item_columns or ()),
        rating_range,
        HeldOut(last, at_least, limit) if user is None else One(user, item, query, facts(given)),
        lm,
        budget,
        threads,
        seed,
        folder / REPLIES if cache is None and folder is not None else cache,
    )
    limits = Limits(
        concurrency,
        requests_per_minute,
        tokens_per_minute,
        max_calls,
        max_tokens,
        max_cost,
        prices(price or ()),
    )
    chosen = by_name(engine, plan, limits, workers)  # refused, if need be, before any work
    remarks, purse = stderr(), limits.budget
    if folder is None:
        writable(out, source=source)
    else:
        usable(folder)
    job = plan(limits.limiter, purse, remarks)
    with ExitStack() as stack:
        kept = None
        if folder is not None:
            kept = stack.enter_context(_opened(folder, plan, job, remarks))
            purse.spent = kept.spent
            chosen = by_name(engine, plan, replace(limits, spent=kept.spent), workers)
        ended = _run(chosen, job, kept, None if folder else out, user is not None, remarks)
    if ended is not None:
        raise ended


def _is_file(out: Path) -> bool:
    return out.suffix in (".jsonl", ".json") or out.is_file()


def _opened(path: Path, plan: Plan, job: Job, remarks: Console) -> RunFolder:
    """The run's folder, new or as it was left."""
    from idiolect.lm import Ledger
    from idiolect.run import Assembly, RunFolder, asked, fingerprint, manifest

    assert isinstance(job.build, Assembly)
    model = plan.model()
    told = manifest(job.build, model, data=fingerprint(job.population))
    told |= {"method": job.build.name, "requests": asked(job.requests), "seed": plan.seed}
    ledger = None if model.free or plan.cache is None else Ledger(plan.cache)
    kept = RunFolder(path, told, len(job.requests), ledger=ledger, price=job.price)
    if kept.torn:
        remarks.print(
            f"The last line of {kept.path / 'results.jsonl'} was cut off when the run ended; it "
            "was taken away, and its request is asked again.",
            style="yellow", markup=False, soft_wrap=True,
        )  # fmt: skip
    if kept.lost:
        remarks.print(
            f"Up to {many(kept.lost, 'call')} were in flight when the run ended. They may have "
            "been paid for; nothing was recorded, and budgets do not count them.",
            style="yellow", markup=False, soft_wrap=True,
        )  # fmt: skip
    done = kept.total - len(kept.todo)
    if done:
        remarks.print(
            f"{done:,} of {many(kept.total, 'request')} were answered before; going on.",
            markup=False,
        )
    return kept


def _run(
    engine: Engine, job: Job, kept: RunFolder | None, out: Path | None, alone: bool,
    remarks: Console,
) -> BudgetError | None:  # fmt: skip
    """Runs what is left to do; the error of a budget that ended it, if it did."""
    todo = list(range(len(job.requests))) if kept is None else kept.todo
    tally, ended, dead = Tally(len(job.requests), len(job.requests) - len(todo)), None, 0
    with ExitStack() as stack:
        take = (
            stack.enter_context(closing(Ordered(out, job, headed=not alone)))
            if kept is None
            else kept
        )
        shown = stack.enter_context(Bar(remarks))
        try:
            for at, row in engine(job, todo):
                take.add(at, row)
                tally.add(row)
                shown.update(tally.progress)
                failure = row["failure"] or ""
                dead = dead + 1 if failure.startswith(EndpointError.__name__) else 0
                if kept is not None and dead >= _PATIENCE:
                    raise EndpointError(
                        f"The last {dead} requests failed: {failure.partition(': ')[2]} What was "
                        f"answered is in '{kept.path}'; the same command goes on from there."
                    )
        except BudgetError as error:
            ended = error
    if kept is not None:
        tally = Tally(kept.total, start=tally.start)
        for row in kept.rows():
            tally.add(row)
        path = kept.finish()
        if path is not None:
            remarks.print(f"Wrote {many(kept.total, 'line')} to {path}.", markup=False)
    elif out is not None:
        remarks.print(f"Wrote {many(tally.done, 'line')} to {out}.", markup=False)
    if alone and tally.only is not None and tally.only["failure"] is not None:
        from idiolect.run import Failure

        kind, _, message = tally.only["failure"].partition(": ")
        answered(Failure(kind, message, tally.only.get("trace", "")), remarks)
    tally.tell(remarks)
    if tally.done and tally.failed == tally.done:
        raise typer.Exit(1)
    return ended
