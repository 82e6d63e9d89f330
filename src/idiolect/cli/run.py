"""`run`: one request, or every user's last event, through a recipe."""

from __future__ import annotations

import json
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
    stderr,
    stdout,
    writable,
)
from idiolect.errors import SettingError, UnknownNameError

if TYPE_CHECKING:
    from rich.console import Console

    from idiolect.data import Population, Request
    from idiolect.run import Outcome


#: Different reasons for failures that are shown; all are counted.
_REASONS = 3


def register(app: typer.Typer) -> None:
    """Adds the command."""
    examples = (
        "idiolect run rag --data reviews.csv --user Ann --item cafe --given rating=4",
        "idiolect run dpl --data reviews.csv --lm ollama:llama3.2 --limit 20 --out out.jsonl",
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
        Path | None, typer.Option(metavar="FILE", help="Write one JSON line a request here.")
    ] = None,
) -> None:
    """Write for one user, or for every user's held-out last event."""
    from idiolect.data import last_per_user
    from idiolect.run import language_model
    from idiolect.run import run as run_all

    if user is None and (item or query or given):
        raise SettingError("Found --item, --query or --given without --user; say for whom.")
    if user is not None and not (item or query):
        raise SettingError("Found --user without --item or --query; say what to write about.")
    facts, remarks, model = _facts(given), stderr(), language_model(lm)
    assembly = assemble(recipe, encoder, settings)
    writable(out, source=source)
    population = load(source, columns, items, remarks, item_columns, rating_range).population
    if user is not None:
        requests = [_request(population, user, item, query, facts)]
    else:
        requests = last_per_user(population, last, at_least=at_least)[:limit]
    with _Shown(remarks) as shown:
        outcomes = run_all(
            assembly, population, requests, model, threads=threads, progress=shown.update
        )
    if out is not None:
        with out.open("w", encoding="utf-8") as file:
            file.writelines(_line(o, population) for o in outcomes)
        remarks.print(f"Wrote {counted(len(outcomes), 'line')} to {out}.", markup=False)
    else:
        for outcome in outcomes:
            _print(outcome, stdout(), headed=user is None)
    if user is not None:
        answered(outcomes[0].failure, remarks)
    _summary(outcomes, remarks)
    if all(o.failure for o in outcomes):
        raise typer.Exit(1)


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


def _line(outcome: Outcome, population: Population) -> str:
    request, failure = outcome.request, outcome.failure
    row: dict[str, Any] = {
        "user": request.user,
        "event": request.event,
        "item": request.item.id if request.item else None,
        "reply": outcome.text,
        "truth": population.event(request.event).text if request.event else None,
        "calls": len(outcome.calls),
        "retries": outcome.retries,
        "tokens": outcome.tokens,
        "seconds": round(outcome.seconds, 3),
        "notes": list(getattr(outcome.answer, "notes", ())),
        "failure": None if failure is None else f"{failure.kind}: {failure.message}",
    }
    return json.dumps(row, ensure_ascii=False) + "\n"


def _print(outcome: Outcome, out: Console, *, headed: bool) -> None:
    from rich.markup import escape

    if headed:
        about = outcome.request.item.name if outcome.request.item else ""
        out.print(f"[bold]{escape(outcome.request.user)}[/bold] [dim]{escape(about)}[/dim]")
    for note in getattr(outcome.answer, "notes", ()):
        out.print(f"[yellow]! {escape(note)}[/yellow]")
    if outcome.failure is None:
        out.print(outcome.text or str(outcome.answer), markup=False)
    elif headed:
        out.print("nothing: it failed", style="red")
    if headed:
        out.print()


def _summary(outcomes: list[Outcome], remarks: Console) -> None:
    """Counts, and each reason for failure once, the most frequent first."""
    from collections import Counter

    failures = [o.failure for o in outcomes if o.failure]
    why = Counter(f"{f.kind}: {f.message}" for f in failures)
    parts = [
        f"{counted(len(outcomes), 'request')}, {len(failures):,} failed; "
        f"{counted(sum(len(o.calls) for o in outcomes), 'call')}",
        f"{sum(o.retries for o in outcomes):,} retries",
        f"{counted(sum(o.tokens for o in outcomes), 'token')}.",
    ]
    remarks.print(", ".join(parts))
    for trace in [f.trace for f in failures if f.trace][:1]:
        remarks.print(trace, style="dim", markup=False)
    begin = "Error: " if len(failures) == len(outcomes) else ""
    for reason, times in why.most_common(_REASONS):
        said = f"{begin}{times:,} of {counted(len(outcomes), 'request')} failed with {reason}"
        remarks.print(said, style="red", markup=False, soft_wrap=True)
        begin = ""
    if len(why) > _REASONS:
        remarks.print(f"… and for {len(why) - _REASONS:,} other reasons.")


class _Shown:
    """A line of progress: rate, calls, tokens, failures, time left."""

    def __init__(self, console: Console) -> None:
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self._bar = Progress(
            BarColumn(),
            TextColumn("{task.completed}/{task.total}"),
            TextColumn("{task.fields[rate]:.1f}/s"),
            TextColumn("{task.fields[calls]} calls"),
            TextColumn("{task.fields[tokens]:,} tokens"),
            TextColumn("{task.fields[failed]} failed"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("", total=None, rate=0.0, calls=0, tokens=0, failed=0)

    def __enter__(self) -> _Shown:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def update(self, now: Any) -> None:
        self._bar.update(
            self._task,
            completed=now.done,
            total=now.total,
            rate=now.rate,
            calls=now.calls,
            tokens=now.tokens,
            failed=now.failed,
        )
