"""`run`: one request, or every user's last event, through a recipe."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from idiolect.cli.options import (
    Columns,
    EncoderName,
    Items,
    Model,
    Settings,
    Source,
    Variadic,
    assemble,
    load,
    pairs,
    stderr,
    stdout,
)
from idiolect.errors import SettingError

if TYPE_CHECKING:
    from rich.console import Console

    from idiolect.data import Population, Request
    from idiolect.run import Outcome


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(cls=Variadic)(run)


def run(
    recipe: Annotated[str, typer.Argument(help="A recipe, or file.py@recipe.")],
    source: Source,
    columns: Columns = None,
    items: Items = None,
    lm: Model = "extractive",
    encoder: EncoderName = "lsa",
    settings: Settings = None,
    user: Annotated[str | None, typer.Option(help="Write for this user, now.")] = None,
    item: Annotated[str | None, typer.Option(help="Id of what it is about.")] = None,
    query: Annotated[str, typer.Option(help="What is asked, in words.")] = "",
    given: Annotated[list[str] | None, typer.Option(help="Facts: rating=4 title=…")] = None,
    last: Annotated[int, typer.Option(help="Held-out events a user.", min=1)] = 1,
    at_least: Annotated[int, typer.Option(help="Only users with so many events.")] = 2,
    limit: Annotated[int | None, typer.Option(help="At most so many requests.", min=1)] = None,
    threads: Annotated[int, typer.Option(help="Requests at once.", min=1)] = 4,
    out: Annotated[Path | None, typer.Option(help="Write one JSON line a request here.")] = None,
) -> None:
    """Write for one user (--user), or for the held-out last event of every user."""
    from idiolect.data import last_per_user
    from idiolect.run import language_model
    from idiolect.run import run as run_all

    remarks = stderr()
    assembly, model = assemble(recipe, encoder, settings), language_model(lm)
    population = load(source, columns, items, remarks).population
    if user is not None:
        requests = [_request(population, user, item, query, pairs(given, "--given"))]
    else:
        if item or query or given:
            raise SettingError("Found --item, --query or --given without --user; say for whom.")
        requests = last_per_user(population, last, at_least=at_least)[:limit]
    with _Shown(remarks) as shown:
        outcomes = run_all(
            assembly, population, requests, model, threads=threads, progress=shown.update
        )
    if out is not None:
        with out.open("w", encoding="utf-8") as file:
            file.writelines(_line(o, population) for o in outcomes)
        remarks.print(f"Wrote {len(outcomes)} lines to {out}.")
    if out is None or len(outcomes) == 1:
        for outcome in outcomes:
            _print(outcome, stdout(), headed=len(outcomes) > 1)
    _summary(outcomes, remarks)
    if all(o.failure for o in outcomes):
        raise typer.Exit(1)


def _request(
    population: Population, user: str, item: str | None, query: str, given: dict[str, str]
) -> Request:
    from idiolect.data import Request
    from idiolect.errors import UnknownNameError

    if user not in population.by_user.code:
        raise UnknownNameError("user", user, population.users)
    if not (item or query):
        raise SettingError("Found --user without --item or --query; say what to write about.")
    facts: dict[str, str | float] = dict(given)
    if "rating" in given:
        facts["rating"] = float(given["rating"])
    about = None if item is None else population.item(item)
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
    if outcome.failure is not None:
        out.print(f"[red]{escape(outcome.failure.kind)}: {escape(outcome.failure.message)}[/red]")
    else:
        out.print(outcome.text or str(outcome.answer), markup=False)
    if headed:
        out.print()


def _summary(outcomes: list[Outcome], remarks: Console) -> None:
    from collections import Counter

    failed = Counter(o.failure.kind for o in outcomes if o.failure)
    calls, tokens = sum(len(o.calls) for o in outcomes), sum(o.tokens for o in outcomes)
    kinds = ", ".join(f"{n} {kind}" for kind, n in failed.most_common())
    remarks.print(
        f"{len(outcomes)} requests, {sum(failed.values())} failed{f' ({kinds})' if kinds else ''}; "
        f"{calls} calls, {sum(o.retries for o in outcomes)} retries, {tokens:,} tokens."
    )


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
