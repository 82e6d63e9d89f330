"""`recipes`, `show`, `check`: the recipes there are."""

from __future__ import annotations

from typing import Annotated

import typer

from idiolect.cli.options import stdout
from idiolect.errors import UnknownNameError


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command()(recipes)
    app.command()(show)
    app.command()(check)


def recipes(
    gives: Annotated[str | None, typer.Option(help="Only those that return this role.")] = None,
) -> None:
    """List the recipes: what they give, what they read, how far they were checked."""
    from idiolect.catalog import recipes as all_recipes

    out = stdout()
    chosen = [r for r in all_recipes() if not gives or r.gives.__name__.lower() == gives.lower()]
    width = max((len(r.name) for r in chosen), default=0)
    for found in chosen:
        card = found.card
        reads = {"none": "nothing", "statistics": "statistics", "texts": "texts"}
        facts = f"{found.gives.__name__}; reads {reads[card.reads_other_users]} of other users; "
        facts += f"{card.calls} model call{'s' if card.calls != '1' else ''} a request"
        checked = "; ".join(f"{e.stage}: {e.strength}" for e in card.evidence)
        out.print(f"[bold]{found.name:<{width}}[/bold]  {found.summary}", soft_wrap=True)
        out.print(f"{'':<{width}}  [dim]{facts}[/dim]", soft_wrap=True)
        out.print(f"{'':<{width}}  [dim]checked: {checked}[/dim]", soft_wrap=True)
    if gives and not chosen:
        raise UnknownNameError("role", gives, {r.gives.__name__ for r in all_recipes()})


def show(
    name: Annotated[str, typer.Argument(help="A recipe, or file.py@recipe.", metavar="RECIPE")],
) -> None:
    """Print a recipe's page, its card and its settings."""
    from rich.markdown import Markdown

    from idiolect.catalog import recipe
    from idiolect.report.cards import page

    stdout().print(Markdown(page(recipe(name))))


def check(
    name: Annotated[str, typer.Argument(help="A recipe, or file.py@recipe.", metavar="RECIPE")],
) -> None:
    """Run the contract on a recipe: no leak, deterministic, calls as stated, and so on."""
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
