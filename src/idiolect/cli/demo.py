"""`demo`: the main job on a made-up town whose truth is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from idiolect.cli.options import Model, answered, stderr, stdout, writable
from idiolect.errors import SettingError

if TYPE_CHECKING:
    from rich.console import Console

    from idiolect.difference import Measurements
    from idiolect.report import Explanation
    from idiolect.testing import Recovery, Town, Truth

#: Methods that write for the held-out request, plainest first.
METHODS = ("plain", "rag", "dpl", "dpl_measured")
NEXT = (
    "The same on your own data:",
    "  idiolect data git:.                       who wrote what in this repository",
    "  idiolect explain NAME --data git:.        what sets one author apart",
    "  idiolect explain NAME --data reviews.csv --html page.html \\",
    "      --columns user=critic item=movie text=review time=date",
    "  idiolect run dpl --data reviews.csv --lm ollama:llama3.2 --limit 20 \\",
    "      --out replies.jsonl",
)
FLOOR = (
    "Written without a language model, by picking the person's own sentences: it shows that the "
    "pipes are right, not how well a method writes. Give a model with --lm."
)


@dataclass(frozen=True)
class Shown:
    """What the demo found."""

    town: Town
    truth: Truth
    found: Mapping[str, Measurements]
    recovery: Recovery
    explained: Explanation
    written: Mapping[str, str]


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(demo)


def demo(
    out: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Where the page goes; made if need be.")
    ] = Path("demo"),
    lm: Model = "extractive",
    seed: Annotated[
        int, typer.Option(metavar="N", help="Another seed makes another town.", min=0)
    ] = 0,
) -> None:
    """See it work on a made-up town, where the truth is known.

    Planted differences are found again, one person is explained, and a text is written in their
    way by each method. It needs no data, no key and no model.
    """
    from idiolect.cli.demo_page import to_html

    console, page = stdout(), out / "town.html"
    if out.exists() and not out.is_dir():
        raise SettingError(f"Found a file at '{out}'; give a folder, or a name that is free.")
    out.mkdir(parents=True, exist_ok=True)
    writable(page)
    with console.status("48 people review 72 places, each in a way of their own …"):
        shown = gather(lm, seed)
    tell(shown, console)
    page.write_text(to_html(shown), encoding="utf-8")
    console.print(f"\nThe whole story as a page: {page}\n", style="bold", markup=False)
    for line in NEXT:
        console.print(line, markup=False)


def gather(lm: str, seed: int) -> Shown:
    """Makes the town, measures everybody, explains one person, writes with each method."""
    from idiolect.catalog import recipe
    from idiolect.data import Request, last_per_user
    from idiolect.difference import Measured
    from idiolect.embed import encoder
    from idiolect.report import explain
    from idiolect.run import Assembly, answer, language_model
    from idiolect.testing import town

    here, model, measured = town(seed=seed), language_model(lm), Measured()
    population = here.population
    truth = here.truth()
    found = {p.name: measured(population.as_of(Request(p.name))) for p in here.people}
    # The one of whom most was found: a newcomer should see something.
    most = max(found, key=lambda name: len(found[name].found))
    [request] = last_per_user(population, users=[most])
    supplies = {"encoder": encoder("lsa")}
    built = {
        name: Assembly(r, {n: supplies[n] for n in r.needs if n in supplies})
        for name in METHODS
        for r in [recipe(name)]
    }
    explained = explain(built["dpl"], population, request, model, measured)
    outcomes = {
        name: explained.outcome if name == "dpl" else answer(assembly, population, request, model)
        for name, assembly in built.items()
    }
    for outcome in outcomes.values():
        answered(outcome.failure, stderr())
    written = {name: outcome.text for name, outcome in outcomes.items()}
    recovery = truth.score({name: m.found for name, m in found.items()})
    return Shown(here, truth, found, recovery, explained, written)


def tell(shown: Shown, console: Console) -> None:
    """The story in the terminal."""
    from rich.markup import escape
    from rich.panel import Panel

    from idiolect.report.terminal import LEGEND, bars, listed

    r, explained = shown.recovery, shown.explained
    who, population = explained.request.user, shown.town.population
    console.print(f"\n[bold]A made-up town[/bold]\n{summary(shown)}")
    console.print("\n[bold]1. Planted against found[/bold]")
    texts = len(population) // len(shown.found)
    console.print(
        f"{r.large} strong differences are true (at least 1 SD in {shown.truth.texts} fresh "
        f"texts of each person). From {texts} texts a person, {r.right} of them were found again: "
        f"recall {r.recall:.0%}, precision {r.precision:.0%}."
    )
    console.print(f"\n[bold]2. What sets {escape(who)} apart[/bold]")
    console.print(f"Planted: {escape(planted(shown, who))}.\n")
    console.print(bars(explained.measurements, 10))
    console.print(LEGEND, style="dim")
    console.print()
    listed(console, "•", [d.text for d in explained.measurements.differences()[:3]])
    item = explained.request.item
    console.print(
        f"\n[bold]3. A text about {escape(item.name if item else '')}[/bold] "
        f"({escape(', '.join(explained.facts))})"
    )
    for name, text in shown.written.items():
        console.print(Panel(escape(text), title=name, title_align="left"))
    if explained.truth is not None:
        console.print(
            Panel(escape(explained.truth.text), title="what they really wrote", title_align="left")
        )
    if explained.lm == "extractive":
        console.print(f"[dim]{FLOOR}[/dim]")


def summary(shown: Shown) -> str:
    """The town in one line."""
    town = shown.town
    return (
        f"{len(town.people)} people, {len(town.places)} places, {len(town.population):,} reviews, "
        "all invented by code; everybody has planted habits and tastes."
    )


def planted(shown: Shown, name: str) -> str:
    """What was planted in a person, strongest first."""
    person = shown.town.by_name[name]
    habits = sorted(person.habits.items(), key=lambda habit: -abs(habit[1]))
    words = ", ".join(f"“{word}”" for word in person.favourites)
    listed = ", ".join(f"{'more' if s > 0 else 'less'} {h} ({s:+g})" for h, s in habits)
    return listed + (f"; favourite words {words}" if words else "")
