"""`data`: what is in a table, and what of it can be used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from idiolect.cli.options import Columns, Items, Variadic, load, stderr, stdout

if TYPE_CHECKING:
    from idiolect.data import Population


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(cls=Variadic)(data)


def data(
    source: Annotated[str, typer.Argument(help="A table (CSV, TSV, JSONL, Parquet) or git:PATH.")],
    columns: Columns = None,
    items: Items = None,
) -> None:
    """Say what a table holds: people, things, times, and how much can be compared."""
    loaded = load(source, columns, items, stderr())
    out = stdout()
    for line in describe(loaded.population):
        out.print(line, markup=False)


def describe(population: Population) -> list[str]:
    """A population in a few lines."""
    import numpy as np

    lengths = np.diff(population.by_user.starts)
    lines = [
        f"{len(population):,} events by {len(population.users):,} users; texts a user: median "
        f"{np.median(lengths):.0f}, most {lengths.max()}; {int((lengths >= 12).sum()):,} users "
        "have 12 or more."
    ]
    if population.by_item is not None:
        index = population.by_item
        pairs = population.frame.select("user", "item").drop_nulls().unique()
        people = np.asarray(pairs["item"].value_counts()["count"])
        lines.append(
            f"{len(index.names):,} things; people a thing: median {np.median(people):.0f}, most "
            f"{people.max()}; {int((people >= 5).sum()):,} things have at least 5 people, enough "
            "to compare one with four others."
        )
    else:
        lines.append(
            "No column says what the texts are about, so nobody can be compared: give one "
            "with --columns item=…."
        )
    if population.times is not None:
        first, last = population.frame["time"][0], population.frame["time"][-1]
        lines.append(f"From {first:%Y-%m-%d} to {last:%Y-%m-%d}.")
    else:
        lines.append("No times: views hold out the target only, not what came later.")
    lines.append("Columns: " + ", ".join(population.columns) + ".")
    longest = np.argsort(-lengths, kind="stable")[:5]
    lines.append(
        "Most texts: "
        + "; ".join(f"{population.users[n]} ({lengths[n]})" for n in longest)
        + ". Try: explain one of them."
    )
    return lines
