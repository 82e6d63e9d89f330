"""`explain`: what sets a person apart, and why they get what they get."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
    stderr,
    stdout,
)

if TYPE_CHECKING:
    from idiolect.data import Population, Request


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(cls=Variadic)(explain)


def explain(
    user: Annotated[str, typer.Argument(help="Whom to explain.")],
    source: Source,
    columns: Columns = None,
    items: Items = None,
    recipe: Annotated[str, typer.Option(help="A recipe, or file.py@recipe.")] = "dpl",
    lm: Model = "extractive",
    encoder: EncoderName = "lsa",
    settings: Settings = None,
    event: Annotated[
        str | None, typer.Option(help="Id of the event to hold out; the user's last by default.")
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Write the page here.")] = None,
    json: Annotated[Path | None, typer.Option(help="Write everything as JSON here.")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write the measured table here.")] = None,
) -> None:
    """Show what sets a person apart: texts, comparisons, figures, profile, prompt, reply."""
    from idiolect.report import explain as gather
    from idiolect.report.html import to_html
    from idiolect.report.terminal import show
    from idiolect.run import language_model

    remarks = stderr()
    assembly, model = assemble(recipe, encoder, settings), language_model(lm)
    population = load(source, columns, items, remarks).population
    found = gather(assembly, population, _request(population, user, event), model)
    for path, write in ((html, to_html), (json, type(found).to_json)):
        if path is not None:
            path.write_text(write(found), encoding="utf-8")
            remarks.print(f"Wrote {path}.")
    if csv is not None:
        import polars as pl

        found.frame().with_columns(pl.col("quotes").list.join(" | ")).write_csv(csv)
        remarks.print(f"Wrote {csv}.")
    if not (html or json or csv):
        show(found, stdout())
    if found.outcome.failure is not None:
        raise typer.Exit(1)


def _request(population: Population, user: str, event: str | None) -> Request:
    return population.request(event or population.events_of(user).ids[-1])
