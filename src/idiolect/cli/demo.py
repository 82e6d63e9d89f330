"""`demo`: the main job on a made-up town whose truth is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from idiolect.cli.options import stdout

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
    "  idiolect run dpl --data reviews.csv --lm ollama:llama3.2 --limit 20 --out replies.jsonl",
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
    out: Annotated[Path, typer.Option(help="Folder for the page.")] = Path("demo"),
    lm: Annotated[str, typer.Option(help="Who writes; extractive needs no model.")] = "extractive",
    seed: Annotated[int, typer.Option(help="Another seed makes another town.")] = 0,
) -> None:
    """Show the main job on a made-up town: planted against found, one person, their text."""
    from idiolect.cli.demo_page import to_html

    console = stdout()
    with console.status("48 people review 72 places, each in a way of their own …"):
        shown = gather(lm, seed)
    tell(shown, console)
    out.mkdir(parents=True, exist_ok=True)
    page = out / "town.html"
    page.write_text(to_html(shown), encoding="utf-8")
    console.print(f"\n[bold]The whole story as a page: {page}[/bold]\n")
    for line in NEXT:
        console.print(line, markup=False)


def gather(lm: str, seed: int) -> Shown:
    """Makes the town, measures everybody, explains one person, writes with each method."""
    from idiolect.catalog import recipe
    from idiolect.data import Request
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
    request = population.request(population.events_of(most).ids[-1])
    supplies = {"encoder": encoder("lsa")}
    built = {
        name: Assembly(r, {n: supplies[n] for n in r.needs if n in supplies})
        for name in METHODS
        for r in [recipe(name)]
    }
    explained = explain(built["dpl"], population, request, model, measured)
    written = {
        name: explained.outcome.text
        if name == "dpl"
        else answer(assembly, population, request, model).text
        for name, assembly in built.items()
    }
    recovery = truth.score({name: m.found for name, m in found.items()})
    return Shown(here, truth, found, recovery, explained, written)


def tell(shown: Shown, console: Console) -> None:
    """The story in the terminal."""
    from rich.markup import escape
    from rich.panel import Panel

    from idiolect.report.terminal import bars

    r, explained = shown.recovery, shown.explained
    who, population = explained.request.user, shown.town.population
    console.print(f"\n[bold]A made-up town[/bold]  {summary(shown)}")
    console.print("\n[bold]1. Planted against found[/bold]")
    texts = len(population) // len(shown.found)
    console.print(
        f"  {r.large} strong differences are true (at least 1 SD in {shown.truth.texts} fresh "
        f"texts of each person). From {texts} texts a person, {r.right} of them were found again: "
        f"recall {r.recall:.0%}, precision {r.precision:.0%}."
    )
    console.print(f"\n[bold]2. What sets {escape(who)} apart[/bold]")
    console.print(f"  planted: {escape(planted(shown, who))}")
    console.print(bars(explained.measurements, 10))
    for difference in explained.measurements.differences()[:3]:
        console.print(f"  • {escape(difference.text)}")
    item = explained.request.item
    facts = ", ".join(f"{k} {v}" for k, v in explained.request.given.items())
    console.print(f"\n[bold]3. A text about {escape(item.name if item else '')}[/bold] ({facts})")
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
