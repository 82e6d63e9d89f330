"""`explain`: what sets a person apart, and why they get what they get."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from idiolect.cli.options import (
    AsCsv,
    AsJson,
    Columns,
    EncoderName,
    ItemColumns,
    Items,
    Model,
    Page,
    RatingRange,
    Settings,
    Source,
    Variadic,
    answered,
    assemble,
    ending,
    load,
    stderr,
    stdout,
    writable,
)
from idiolect.errors import DataError

if TYPE_CHECKING:
    from idiolect.data import Population, Request


def register(app: typer.Typer) -> None:
    """Adds the command."""
    examples = (
        'idiolect explain "Ann Lee" --data git:. --html ann.html',
        "idiolect explain Ann --data reviews.csv --columns user=critic item=movie",
    )
    app.command(cls=Variadic, epilog=ending(*examples))(explain)


def explain(
    user: Annotated[
        str, typer.Argument(metavar="USER", help="Whom to explain.", show_default=False)
    ],
    source: Source,
    columns: Columns = None,
    items: Items = None,
    item_columns: ItemColumns = None,
    rating_range: RatingRange = None,
    recipe: Annotated[
        str, typer.Option(metavar="RECIPE", help="A recipe, or file.py@recipe.")
    ] = "dpl",
    lm: Model = "extractive",
    encoder: EncoderName = "lsa",
    settings: Settings = None,
    event: Annotated[
        str | None,
        typer.Option(metavar="ID", help="The event to hold out; the user's last by default."),
    ] = None,
    html: Page = None,
    json: AsJson = None,
    csv: AsCsv = None,
) -> None:
    """Show what sets a person apart, with figures and evidence.

    One event, the user's last or the one you name, is held out: everything shown was known
    before it, and the text that is written stands beside what the person really wrote.
    """
    from idiolect.report import explain as gather
    from idiolect.report.html import to_html
    from idiolect.report.terminal import show
    from idiolect.run import language_model

    remarks, model = stderr(), language_model(lm)
    assembly = assemble(recipe, encoder, settings)
    # Composed once before any cost: a wrong setting fails the command.
    assembly(model)
    writable(html, json, csv, source=source)
    population = load(source, columns, items, remarks, item_columns, rating_range).population
    found = gather(assembly, population, _request(population, user, event), model)
    for path, write in ((html, to_html), (json, type(found).to_json)):
        if path is not None:
            path.write_text(write(found), encoding="utf-8")
            remarks.print(f"Wrote {path}.", markup=False)
    if csv is not None:
        import polars as pl

        found.frame().with_columns(pl.col("quotes").list.join(" | ")).write_csv(csv)
        remarks.print(f"Wrote {csv}.", markup=False)
    if not (html or json or csv):
        show(found, stdout())
    answered(found.outcome.failure, remarks)


def _request(population: Population, user: str, event: str | None) -> Request:
    under = population.events_of(user)
    own = under.by_people.ids
    if not own:
        raise DataError(
            f"Found {len(under):,} events under the name {user!r}, none of which they did: turns "
            "of an assistant or a system, or put in by a program. Explain somebody else."
        )
    if event is None:
        return population.request(own[-1])
    if event not in own:
        by = population.event(event).user
        whose = f"is by {by!r}, not by {user!r}"
        if by == user:
            whose = f"is a program's, not what {user!r} did"
        raise DataError(
            f"Found that the event {event!r} {whose}; give one of theirs, such as {own[-1]!r}."
        )
    return population.request(event)
