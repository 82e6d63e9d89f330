"""`data`: what is in a table, and what of it can be used."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated

import typer

from idiolect.cli.options import (
    TABLE,
    Columns,
    ItemColumns,
    Items,
    RatingRange,
    Variadic,
    ending,
    load,
    stdout,
)
from idiolect.words import many

if TYPE_CHECKING:
    from idiolect.data import Population


def register(app: typer.Typer) -> None:
    """Adds the command."""
    examples = (
        "idiolect data git:.",
        "idiolect data reviews.csv --columns user=critic item=movie text=review time=date",
    )
    app.command(cls=Variadic, epilog=ending(*examples))(data)


def data(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help=TABLE, show_default=False)],
    columns: Columns = None,
    items: Items = None,
    item_columns: ItemColumns = None,
    rating_range: RatingRange = None,
) -> None:
    """Say what a table holds, and how much of it can be compared."""
    out = stdout()
    population = load(source, columns, items, out, item_columns, rating_range).population
    for line in describe(population):
        out.print(line, markup=False)
    given: dict[str, list[str]] = {
        "--columns": columns or [],
        "--items": [str(items)] if items else [],
        "--item-columns": item_columns or [],
        "--rating-range": [f"{bound:g}" for bound in rating_range or ()],
    }
    again = [word for option, words in given.items() if words for word in (option, *words)]
    lengths = {name: len(population.events_of(name).by_people) for name in population.users}
    most = max(population.users, key=lengths.__getitem__)
    line = shlex.join(["idiolect", "explain", most, "--data", source, *again])
    out.print(f"Next: {line}", markup=False, soft_wrap=True)


def describe(population: Population) -> list[str]:
    """A population in a few lines: what people did is counted, and the rest told apart.

    Raises:
        DataError: Nobody did anything.
    """
    import numpy as np

    every, population = population, population.by_people
    lengths = np.diff(population.by_user.starts)
    enough = int((lengths >= 12).sum())
    lines = [
        f"{many(len(population), 'event')} by {many(len(population.users), 'user')}; events "
        f"a user: median {np.median(lengths):g}, most {lengths.max():,}; "
        f"{many(enough, 'user')} with 12 or more, enough to measure."
    ]
    if population.by_item is not None and population.by_item.names:
        pairs = population.frame.select("user", "item").drop_nulls().unique()
        people = np.asarray(pairs["item"].value_counts()["count"])
        shared = int((people >= 5).sum())
        lines.append(
            f"{many(len(people), 'thing')}; people a thing: median {np.median(people):g}, most "
            f"{people.max():,}; {many(shared, 'thing')} with 5 or more, enough to compare one "
            "person with four others."
        )
    else:
        lines.append(
            "No column says what the texts are about, so nobody can be compared: name one with "
            "--columns item=COLUMN."
        )
    longest = [population.users[n] for n in np.argsort(-lengths, kind="stable")[:5]]
    most = (f"{name} ({len(population.by_user.rows(name)):,})" for name in longest)
    lines.append(f"Most events: {'; '.join(most)}.")
    if programs := len(every) - len(population):
        silent = len(every.users) - len(population.users)
        lines.append(
            f"{many(programs, 'further event')} that no user did (an assistant's or a system's "
            "turns, recalled or injected texts): not counted, compared or learned from as theirs"
            + (f"; {many(silent, 'name')} with nothing else." if silent else ".")
        )
    return lines
