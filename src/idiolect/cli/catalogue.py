"""`recipes`, `show`, `check`: the recipes there are."""

from __future__ import annotations

from typing import Annotated

import typer

from idiolect.cli.options import stdout


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command()(recipes)
    app.command()(show)
    app.command()(check)


def recipes(
    gives: Annotated[str | None, typer.Option(help="Only those that return this role.")] = None,
) -> None:
    """List the recipes: what they give, what they read, how far they were checked."""
    from rich.table import Table

    from idiolect.catalog import recipes as all_recipes
    from idiolect.report.cards import HEAD, row

    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in HEAD:
        table.add_column(column, header_style="bold", overflow="fold")
    for found in all_recipes():
        if gives is None or found.gives.__name__.casefold() == gives.casefold():
            table.add_row(*row(found))
    stdout().print(table)


def show(
    name: Annotated[str, typer.Argument(help="A recipe, or file.py@recipe.", metavar="RECIPE")],
) -> None:
    """Print a recipe's page, its card and its settings."""
    from idiolect.catalog import recipe
    from idiolect.report.cards import page

    stdout().print(page(recipe(name)), markup=False)


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
