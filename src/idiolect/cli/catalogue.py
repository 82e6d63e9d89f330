"""`recipes`, `show`, `check`: the recipes there are."""

from __future__ import annotations

from typing import Annotated

import typer

from idiolect.cli.options import RecipeName, ending, stdout
from idiolect.errors import UnknownNameError


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command()(recipes)
    app.command()(show)
    examples = ("idiolect check dpl", "idiolect check my_recipe.py@mine")
    app.command(epilog=ending(*examples))(check)


def recipes(
    gives: Annotated[
        str | None, typer.Option(metavar="ROLE", help="Only those that return this role.")
    ] = None,
) -> None:
    """List the recipes: what they give, read, and were checked for."""
    from rich.table import Table
    from rich.text import Text

    from idiolect.catalog import recipes as all_recipes

    there = all_recipes()
    chosen = [r for r in there if not gives or r.gives.__name__.lower() == gives.lower()]
    if not chosen:
        raise UnknownNameError("role", gives or "", {r.gives.__name__ for r in there})
    listed = Table.grid(padding=(0, 2))
    for found in chosen:
        card = found.card
        reads = {"none": "nothing", "statistics": "statistics", "texts": "texts"}
        facts = f"{found.gives.__name__}; reads {reads[card.reads_other_users]} of other users; "
        facts += f"{card.cost} model call{'s' if card.calls != '1' else ''} a request"
        how = {
            e.stage: "not checked" if e.strength == "none" else e.strength for e in card.evidence
        }
        checked = "; ".join(f"{stage}: {strength}" for stage, strength in how.items())
        listed.add_row(Text(found.name, "bold"), Text(found.summary))
        listed.add_row("", Text(f"{facts}\nchecked: {checked}", "dim"))
    stdout().print(listed)


def show(name: RecipeName) -> None:
    """Print a recipe's page, its card and its settings."""
    from rich.markdown import Markdown

    from idiolect.catalog import recipe
    from idiolect.report.cards import page

    stdout().print(Markdown(page(recipe(name))))


def check(name: RecipeName) -> None:
    """Check a recipe: no leak, deterministic, calls as stated …"""
    from idiolect.catalog import recipe
    from idiolect.testing.contract import check_recipe

    out, failed = stdout(), 0
    for verdict in check_recipe(recipe(name)):
        colour = {"passed": "green", "waived": "yellow", "failed": "red"}[verdict.status]
        out.print(f"[{colour}]{verdict.status:>7}[/{colour}]  {verdict.check}")
        if verdict.message:
            out.print(f"         {verdict.message}", markup=False, style="dim")
        failed += verdict.status == "failed"
    if failed:
        raise typer.Exit(1)
