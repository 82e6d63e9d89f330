"""`run`: one request, or every user's last event, through a recipe."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from datetime import timedelta
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
    RecipeName,
    Settings,
    Source,
    Variadic,
    answered,
    assemble,
    counted,
    ending,
    load,
    pairs,
    quiet,
    stderr,
    stdout,
    writable,
)
from idiolect.errors import BudgetError, EndpointError, SettingError, UnknownNameError

if TYPE_CHECKING:
    from rich.console import Console

    from idiolect.data import Population, Request
    from idiolect.limits import Limiter
    from idiolect.lm import Budget, LanguageModel
    from idiolect.run import Job, Progress, RunFolder

Row = dict[str, Any]

#: Different reasons for failures that are shown; all are counted.
_REASONS = 3
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
    recipe: RecipeName,
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
    last: Annotated[int, typer.Option(metavar="N", help="Held-out events a user.", min=1)] = 1,
    at_least: Annotated[
        int, typer.Option(metavar="N", help="Only users with so many events.", min=1)
    ] = 2,
    limit: Annotated[
        int | None, typer.Option(metavar="N", help="At most so many requests.", min=1)
    ] = None,
    threads: Annotated[int, typer.Option(metavar="N", help="Requests at once.", min=1)] = 4,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Keep the run here, to go on with; FILE.jsonl for lines alone."
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(metavar="N", help="Other draws than the recipe's own.", min=0)
    ] = None,
    cache: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Replies paid for; default: in the run's folder."),
    ] = None,
    max_calls: Annotated[
        int | None, typer.Option(metavar="N", help="Stop before more calls.", min=0)
    ] = None,
    max_tokens: Annotated[
        int | None, typer.Option(metavar="N", help="Stop before more tokens.", min=0)
    ] = None,
    max_cost: Annotated[
        float | None, typer.Option(metavar="X", help="Stop before more cost, by --price.", min=0)
    ] = None,
    price: Annotated[
        list[str] | None,
        typer.Option(metavar="MODEL=IN/OUT", help="Price of a million tokens read and written."),
    ] = None,
    concurrency: Annotated[
        int, typer.Option(metavar="N", help="Calls to an endpoint at once.", min=1)
    ] = 16,
    requests_per_minute: Annotated[
        int | None, typer.Option(metavar="N", help="Calls to an endpoint a minute.", min=1)
    ] = None,
    tokens_per_minute: Annotated[
        int | None, typer.Option(metavar="N", help="Tokens a minute, both ways.", min=1)
    ] = None,
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
    plan = _Plan(
        (recipe, encoder, tuple(settings or ())),
        (source, tuple(columns or ()), items, tuple(item_columns or ()), rating_range),
        lm,
        None if user is None else (user, item, query, _facts(given)),
        (last, at_least, limit),
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
    remarks, budget = stderr(), limits.budget
    if folder is None:
        writable(out, source=source)
    else:
        usable(folder)
    job = plan(limits.limiter, budget, remarks)
    with ExitStack() as stack:
        kept = None
        if folder is not None:
            kept = stack.enter_context(_opened(folder, plan, job, remarks))
            budget.spent = kept.spent
            chosen = by_name(engine, plan, replace(limits, spent=kept.spent), workers)
        ended = _run(chosen, job, kept, None if folder else out, user is not None, remarks)
    if ended is not None:
        raise ended


def _is_file(out: Path) -> bool:
    return out.suffix in (".jsonl", ".json") or out.is_file()


@dataclass(frozen=True)
class _Plan:
    """What was asked for, in words: each worker makes the run's job of it."""

    method: tuple[str, str, tuple[str, ...]]
    data: tuple[str, tuple[str, ...], Path | None, tuple[str, ...], tuple[float, float] | None]
    lm: str
    one: tuple[str, str | None, str, dict[str, str | float]] | None
    split: tuple[int, int, int | None]
    threads: int
    seed: int | None
    cache: Path | None

    def __call__(self, limiter: Limiter, budget: Budget, remarks: Console | None = None) -> Job:
        from idiolect.data import last_per_user
        from idiolect.lm import guarded
        from idiolect.lm.budget import price
        from idiolect.run import Job
        from idiolect.run.models import Seeded

        model = self.model(limiter)
        recipe, encoder, settings = self.method
        assembly = assemble(recipe, encoder, settings)
        remarks = remarks if remarks is not None else quiet()
        source, columns, items, item_columns, rating_range = self.data
        loaded = load(source, columns, items, remarks, item_columns, rating_range)
        population = loaded.population
        if self.one is not None:
            requests = [_request(population, *self.one)]
        else:
            last, at_least, limit = self.split
            requests = last_per_user(population, last, at_least=at_least)[:limit]
        known = price(budget.prices, model)

        def say(message: str) -> None:
            remarks.print(message, style="yellow", markup=False)

        guard = guarded(model, cache=self.cache, budget=budget, say=say)
        if self.seed is not None:
            guard = Seeded(guard, self.seed)
        return Job(assembly, population, requests, guard, self.threads, known)

    def model(self, limiter: Limiter | None = None) -> LanguageModel:
        """The model itself."""
        from idiolect.run import language_model

        return language_model(self.lm, limiter=limiter)


def _opened(path: Path, plan: _Plan, job: Job, remarks: Console) -> RunFolder:
    """The run's folder, new or as it was left."""
    from idiolect.run import Assembly, RunFolder, asked, fingerprint, manifest

    assert isinstance(job.build, Assembly)
    told = manifest(job.build, plan.model(), data=fingerprint(job.population))
    told |= {"requests": asked(job.requests), "seed": plan.seed}
    kept = RunFolder(path, told, len(job.requests))
    if kept.torn:
        remarks.print(
            f"The last line of {kept.path / 'results.jsonl'} was cut off when the run ended; it "
            "was taken away, and its request is asked again.",
            style="yellow", markup=False, soft_wrap=True,
        )  # fmt: skip
    done = kept.total - len(kept.todo)
    if done:
        remarks.print(
            f"{done:,} of {counted(kept.total, 'request')} were answered before; going on.",
            markup=False,
        )
    return kept


def _run(
    engine: Any, job: Job, kept: RunFolder | None, out: Path | None, alone: bool, remarks: Console
) -> BudgetError | None:
    """Runs what is left to do; the error of a budget that ended it, if it did."""
    todo = list(range(len(job.requests))) if kept is None else kept.todo
    tally, ended, dead = _Tally(len(job.requests), len(job.requests) - len(todo)), None, 0
    with ExitStack() as stack:
        if kept is not None:
            take: Callable[[int, Row], None] = kept.add
        else:
            take = stack.enter_context(closing(_Ordered(out, job, headed=not alone))).take
        shown = stack.enter_context(_Shown(remarks))
        try:
            for at, row in engine(job, todo):
                take(at, row)
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
        tally = _Tally(kept.total, 0, tally.start)
        for row in kept.rows():
            tally.add(row)
        path = kept.finish()
        if path is not None:
            remarks.print(f"Wrote {counted(kept.total, 'line')} to {path}.", markup=False)
    elif out is not None:
        remarks.print(f"Wrote {counted(tally.done, 'line')} to {out}.", markup=False)
    if alone and tally.only is not None and tally.only["failure"] is not None:
        _refuse(tally.only, remarks)
    tally.tell(remarks)
    if tally.done and tally.failed == tally.done:
        raise typer.Exit(1)
    return ended


def _refuse(row: Row, remarks: Console) -> None:
    from idiolect.run import Failure

    kind, _, message = row["failure"].partition(": ")
    answered(Failure(kind, message, row.get("trace", "")), remarks)


def _facts(given: list[str] | None) -> dict[str, str | float]:
    facts: dict[str, str | float] = dict(pairs(given, "--given"))
    if "rating" in facts:
        try:
            facts["rating"] = float(facts["rating"])
        except ValueError:
            raise SettingError(
                f"Found rating={facts['rating']} after --given; a number is needed."
            ) from None
    return facts


def _request(
    population: Population,
    user: str,
    item: str | None,
    query: str,
    facts: dict[str, str | float],
) -> Request:
    from idiolect.data import Request

    if user not in population.by_user.code:
        raise UnknownNameError("user", user, population.users)
    about = None
    if item is not None:
        about, known = population.item(item), population.by_item.code if population.by_item else {}
        # An item without events is known where the table of items describes it.
        if item not in known and not about.words:
            raise UnknownNameError("item", item, known)
    return Request(user=user, query=query, item=about, given=facts)


class _Ordered:
    """Takes results in any order, and writes or prints them in the order of the requests."""

    def __init__(self, out: Path | None, job: Job, *, headed: bool) -> None:
        self._file = None if out is None else out.open("w", encoding="utf-8")
        self._job, self._headed, self._next = job, headed, 0
        self._early: dict[int, Row] = {}

    def take(self, at: int, row: Row) -> None:
        self._early[at] = row
        while self._next in self._early:
            self._tell(self._next, self._early.pop(self._next))
            self._next += 1

    def close(self) -> None:
        """Those whose predecessors never came, as after the end of a budget."""
        for at in sorted(self._early):
            self._tell(at, self._early[at])
        if self._file is not None:
            self._file.close()

    def _tell(self, at: int, row: Row) -> None:
        if self._file is not None:
            self._file.write(json.dumps(row, ensure_ascii=False) + "\n")
        else:
            about = self._job.requests[at].item
            _print(row, stdout(), (about.name if about else "") if self._headed else None)


def _print(row: Row, out: Console, head: str | None) -> None:
    from rich.markup import escape

    if head is not None:
        out.print(f"[bold]{escape(row['user'])}[/bold] [dim]{escape(head)}[/dim]")
    for note in row["notes"]:
        out.print(f"[yellow]! {escape(note)}[/yellow]")
    if row["failure"] is None:
        out.print(row["reply"] or row["answer"], markup=False)
    elif head is not None:
        out.print("nothing: it failed", style="red")
    if head is not None:
        out.print()


@dataclass
class _Tally:
    """What the results so far add up to; the results themselves are not held."""

    total: int
    before: int
    start: float = field(default_factory=time.perf_counter)
    done: int = 0
    calls: int = 0
    retries: int = 0
    cached: int = 0
    tokens: int = 0
    cost: float | None = None
    why: Counter[str] = field(default_factory=Counter)
    trace: str = ""
    only: Row | None = None

    @property
    def failed(self) -> int:
        return self.why.total()

    @property
    def progress(self) -> Progress:
        from idiolect.run import Progress

        return Progress(
            self.before + self.done, self.total, self.failed, self.calls, self.tokens,
            time.perf_counter() - self.start, self.retries, self.cached, self.cost, self.before,
        )  # fmt: skip

    def add(self, row: Row) -> None:
        self.done += 1
        self.only = row if self.total == 1 else None
        self.calls += row["calls"]
        self.retries += row["retries"]
        self.cached += row["cached"]
        self.tokens += row["tokens"]
        if "cost" in row:
            self.cost = (self.cost or 0.0) + row["cost"]
        if row["failure"] is not None:
            self.why[row["failure"]] += 1
        self.trace = self.trace or row.get("trace", "")

    def tell(self, remarks: Console) -> None:
        """Counts, and each reason for failure once, the most frequent first."""
        parts = [
            f"{counted(self.done, 'request')}, {self.failed:,} failed; "
            f"{counted(self.calls, 'call')}",
            f"{self.retries:,} retries",
            f"{counted(self.tokens, 'token')}.",
        ]
        remarks.print(", ".join(parts))
        if self.total > 1:
            remarks.print(self._table())
        if self.trace:
            remarks.print(self.trace, style="dim", markup=False)
        begin = "Error: " if self.failed == self.done else ""
        for reason, times in self.why.most_common(_REASONS):
            said = f"{begin}{times:,} of {counted(self.done, 'request')} failed with {reason}"
            remarks.print(said, style="red", markup=False, soft_wrap=True)
            begin = ""
        if len(self.why) > _REASONS:
            remarks.print(f"… and for {len(self.why) - _REASONS:,} other reasons.")

    def _table(self) -> Any:
        from rich.table import Table

        seconds = time.perf_counter() - self.start
        figures = {
            "answered": f"{self.done - self.failed:,}",
            "failed": f"{self.failed:,}",
            "left": f"{self.total - self.done:,}",
            "calls": f"{self.calls:,}",
            "from cache": f"{self.cached:,}",
            "retries": f"{self.retries:,}",
            "tokens": f"{self.tokens:,}",
            "cost": "–" if self.cost is None else f"{self.cost:,.4f}",
            "seconds": f"{seconds:,.1f}",
        }
        table = Table(*figures, box=None, header_style="dim")
        for column in table.columns:
            column.justify = "right"
        table.add_row(*figures.values())
        return table


class _Shown:
    """A line of progress: rate, calls, tokens, failures, time left."""

    def __init__(self, console: Console) -> None:
        from rich.progress import BarColumn, Progress, TextColumn

        self._bar = Progress(
            BarColumn(),
            TextColumn("{task.completed}/{task.total}"),
            TextColumn("{task.fields[rate]:.1f}/s"),
            TextColumn("{task.fields[calls]} calls"),
            TextColumn("{task.fields[tokens]:,} tokens"),
            TextColumn("{task.fields[cached]} cached"),
            TextColumn("{task.fields[cost]}"),
            TextColumn("{task.fields[failed]} failed"),
            TextColumn("{task.fields[left]}"),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        nothing: dict[str, Any] = dict.fromkeys(("rate", "calls", "tokens", "cached", "failed"), 0)
        self._task = self._bar.add_task("", total=None, cost="", left="", **nothing)

    def __enter__(self) -> _Shown:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def update(self, now: Progress) -> None:
        self._bar.update(
            self._task,
            completed=now.done,
            total=now.total,
            rate=now.rate,
            calls=now.calls,
            tokens=now.tokens,
            failed=now.failed,
            cached=now.cached,
            cost="" if now.cost is None else f"cost {now.cost:,.4f}",
            left="" if now.left == float("inf") else f"{timedelta(seconds=round(now.left))} left",
        )
