"""`differ`: what sets a group apart, and how a person changed."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from idiolect.cli.options import (
    AsCsv,
    AsJson,
    Columns,
    ItemColumns,
    Items,
    Page,
    RatingRange,
    Source,
    Variadic,
    ending,
    load,
    pairs,
    stderr,
    stdout,
    writable,
)
from idiolect.errors import SettingError

if TYPE_CHECKING:
    from idiolect.data import Population
    from idiolect.report.differ import Apart

_HALF = "half"


def register(app: typer.Typer) -> None:
    """Adds the command."""
    examples = (
        'idiolect differ --data reviews.csv --group "district=Old Town" --html town.html',
        "idiolect differ --data reviews.csv --group district=Harbour --against district=Hillside",
        'idiolect differ --data reviews.csv --user "Ann Lee" --drift --split 2024-01-01',
    )
    app.command(cls=Variadic, epilog=ending(*examples))(differ)


def differ(
    source: Source,
    group: Annotated[
        str | None,
        typer.Option(metavar="COLUMN=VALUE", help="Users whose most frequent value is this."),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(metavar="COLUMN=VALUE", help="Another group; all others by default."),
    ] = None,
    user: Annotated[str | None, typer.Option(metavar="USER", help="Whose drift.")] = None,
    drift: Annotated[
        bool, typer.Option("--drift", help="Compare the user's later texts with the earlier.")
    ] = False,
    split: Annotated[
        str, typer.Option(metavar="DATE", help="Later is from this date on; or half of the texts.")
    ] = _HALF,
    topic_control: Annotated[
        bool,
        typer.Option("--topic-control/--no-topic-control", help="Compare on the same things only."),
    ] = True,
    columns: Columns = None,
    items: Items = None,
    item_columns: ItemColumns = None,
    rating_range: RatingRange = None,
    html: Page = None,
    json: AsJson = None,
    csv: AsCsv = None,
) -> None:
    """Show what sets a group apart, or how a person changed.

    Groups are compared on the same things only, as what people write about moves their words;
    --no-topic-control compares all texts. Both verdicts are set side by side.
    """
    from idiolect.report.differ_html import to_html
    from idiolect.report.differ_terminal import show

    _checked(group, against, user, drift, split)
    moment = _moment(split)
    remarks = stderr()
    writable(html, json, csv, source=source)
    population = load(source, columns, items, remarks, item_columns, rating_range).population
    if group is not None:
        found = _group(population, group, against, topic_control)
    else:
        found = _drift(population, user or "", moment, topic_control)
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


def _checked(
    group: str | None, against: str | None, user: str | None, drift: bool, split: str
) -> None:
    """Refuses options that do not go together.

    Raises:
        SettingError: They do not.
    """
    if (group is None) == (user is None):
        raise SettingError(
            f"Found {'neither' if group is None else 'both'} --group and --user; give one of them: "
            "--group COLUMN=VALUE, or --user USER --drift."
        )
    if user is not None and not drift:
        raise SettingError(
            "Found --user without --drift; add --drift to compare later texts with earlier ones, "
            "or see `idiolect explain` for the person against others."
        )
    if group is not None and (drift or split != _HALF):
        raise SettingError(
            "Found --group with --drift or --split; these are about one person: give --user."
        )
    if user is not None and against is not None:
        raise SettingError("Found --user with --against; only a --group has another group.")


def _moment(split: str) -> datetime | None:
    from idiolect.data.times import as_time

    return None if split == _HALF else as_time(split)


def _group(population: Population, group: str, against: str | None, topic_control: bool) -> Apart:
    from idiolect.report.differ import differ_group

    ((attribute, value),) = pairs([group], "--group").items()
    other = None if against is None else next(iter(pairs([against], "--against").items()))
    return differ_group(
        population,
        attribute,
        value,
        against=other[1] if other else None,
        against_attribute=other[0] if other else None,
        topic_control=topic_control,
    )


def _drift(
    population: Population, user: str, moment: datetime | None, topic_control: bool
) -> Apart:
    from idiolect.report.differ import differ_over_time

    return differ_over_time(population, user, split=moment, topic_control=topic_control)
