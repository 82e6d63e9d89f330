"""Event and item tables: columns of their types, checked, in order; events from rows and back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np

from idiolect.data.event import Event
from idiolect.data.times import as_time, parsed_times
from idiolect.errors import DataError

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

#: The columns of an event table, in order; any other column is `extra`.
COLUMNS = tuple(f.name for f in fields(Event) if f.name != "extra")
ITEM_COLUMNS = ("id", "title", "description", "image")
#: Who may read an event: 0 everybody, 1 its group, 2 its author.
LEVELS = {"public": 0, "group": 1, "self": 2}
#: Speakers in a conversation.
ROLES = ("system", "user", "assistant")
#: Columns that mark an event as put in by a program: recalled beliefs, tool results, templates.
PUT_IN = ("recalled", "injected")
#: How a file says no in such a column.
_UNMARKED = frozenset({"", "0", "0.0", "false", "no", "none", "null", "nan"})
_NAMES = tuple(c for c in COLUMNS if c not in {"time", "rating", "options"})


def made_event(row: dict[str, Any]) -> Event:
    """The event of one row."""
    known = {name: row[name] for name in COLUMNS if row.get(name) is not None}
    if "options" in known:
        known["options"] = tuple(known["options"])
    extra = {k: v for k, v in row.items() if k not in COLUMNS and v is not None}
    return Event(**known, extra=extra)


def event_table(events: Sequence[Event], free: Iterator[str]) -> pl.DataFrame:
    """Events as a table; those without an id get the next free one."""
    import polars as pl

    if not events:
        raise DataError("Found no events; a population needs at least one.")
    columns: dict[str, list[Any]] = {name: [getattr(e, name) for e in events] for name in COLUMNS}
    given = {name for name in columns["id"] if name}
    unused = (name for name in free if name not in given)
    columns["id"] = [name or next(unused) for name in columns["id"]]
    columns["time"] = [None if time is None else as_time(time) for time in columns["time"]]
    columns["rating"] = [None if r is None else float(r) for r in columns["rating"]]
    columns["options"] = [list(options) for options in columns["options"]]
    for name in sorted({name for e in events for name in e.extra}):
        columns[name] = [e.extra.get(name) for e in events]
    needed = {"id", "user", "text"}
    return pl.DataFrame(
        {k: v for k, v in columns.items() if k in needed or any(x not in (None, []) for x in v)},
        infer_schema_length=None,
    )


def ordered(frame: pl.DataFrame) -> pl.DataFrame:
    """The table with every column of its type, sorted by time; equal times keep their order."""
    import polars as pl

    if not isinstance(frame, pl.DataFrame):
        raise DataError(
            f"Found a table of the type {type(frame).__module__}.{type(frame).__name__}; give a "
            "polars frame, or use `Population.from_pandas` or `Population.of`."
        )
    if "user" not in frame.columns:
        raise DataError(
            f"Found the columns {frame.columns} and no 'user'; rename the column that says who "
            "did it to 'user'."
        )
    if not frame.height:
        raise DataError("Found a table without rows; a population needs at least one event.")
    if "id" not in frame.columns:
        frame = frame.with_columns(pl.arange(frame.height, eager=True).cast(pl.String).alias("id"))
    if "text" not in frame.columns:
        frame = frame.with_columns(pl.lit("").alias("text"))
    frame = frame.with_columns(
        [pl.col(name).cast(pl.String) for name in _NAMES if name in frame.columns]
    ).with_columns(pl.col("text").fill_null(""))
    if "rating" in frame.columns:
        told = frame["rating"]
        ratings = told.cast(pl.Float64, strict=False).fill_nan(None)
        if (
            ratings.null_count()
            > (told.fill_nan(None) if told.dtype.is_float() else told).null_count()
        ):
            at = int((ratings.is_null() & told.is_not_null()).arg_max() or 0)
            raise DataError(
                f"Found {told[at]!r} as the rating in row {at + 1}; ratings are numbers. Correct "
                "or drop the column."
            )
        frame = frame.with_columns(ratings.alias("rating"))
    for name in ("user", "id"):
        if frame[name].null_count():
            row = int(frame[name].is_null().arg_max() or 0) + 1
            raise DataError(f"Found no {name} in row {row}; every event needs one.")
    for name, article, known, default in (
        ("audience", "an", tuple(LEVELS), "public"),
        ("role", "a", ROLES, "user"),
    ):
        told = frame[name].drop_nulls() if name in frame.columns else pl.Series(dtype=pl.String)
        odd = told.filter(~told.is_in(known))
        if len(odd):
            raise DataError(
                f"Found {odd[0]!r} as {article} {name}; one of {', '.join(map(repr, known))} is "
                f"needed, and an empty one is read as {default!r}. Give the column another name if "
                "it says something else."
            )
    if frame["id"].n_unique() < frame.height:
        repeated = frame["id"].is_duplicated()
        row = int(repeated.arg_max() or 0)
        raise DataError(
            f"Found the id {frame['id'][row]!r} more than once ({int(repeated.sum())} rows share "
            "an id); ids must differ. Leave the column out to number the rows."
        )
    if "time" not in frame.columns or frame["time"].null_count() == frame.height:
        return frame.drop("time", strict=False)
    times = parsed_times(frame["time"])
    if times.null_count():
        row = int(times.is_null().arg_max() or 0)
        raise DataError(
            f"Found {frame['time'][row]!r} as the time in row {row + 1} ({times.null_count()} of "
            f"{len(times)} rows have no readable time); either every event has a time or none."
        )
    frame = frame.with_columns(times.alias("time"))
    return frame if times.is_sorted() else frame.sort("time", maintain_order=True)


def by_people(frame: pl.DataFrame) -> NDArray[np.bool_] | None:
    """Which events their user did: no assistant's or system's turn, nothing that is `PUT_IN`.

    Returns:
        None where all are.  # (rows,)
    """
    theirs = np.ones(frame.height, dtype=bool)
    if "role" in frame.columns:
        theirs &= (frame["role"].fill_null("user") == "user").to_numpy()
    for name in PUT_IN:
        if name in frame.columns:
            theirs &= [str(mark).strip().lower() in _UNMARKED for mark in frame[name].to_list()]
    return None if theirs.all() else theirs


def checked_items(items: pl.DataFrame) -> pl.DataFrame:
    """The item table with ids as text, each once."""
    import polars as pl

    if "id" not in items.columns:
        raise DataError(
            f"Found the columns {items.columns} and no 'id' in the item table; rename the column "
            "that says which item to 'id'."
        )
    items = items.with_columns(
        [pl.col(name).cast(pl.String) for name in ITEM_COLUMNS if name in items.columns]
    )
    if items["id"].null_count() or items["id"].n_unique() < items.height:
        twice = items["id"].filter(items["id"].is_duplicated() | items["id"].is_null())
        raise DataError(
            f"Found the item id {twice[0]!r} more than once or empty; each item needs its own."
        )
    return items
