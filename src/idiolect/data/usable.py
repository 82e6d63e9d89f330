"""Rows that can be used, and why the others cannot."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from idiolect.data.frames import LEVELS, ROLES
from idiolect.data.report import LISTED, Problem
from idiolect.data.times import parsed_times
from idiolect.errors import DataError

if TYPE_CHECKING:
    import polars as pl

Mask = NDArray[np.bool_]

NO_ROLE = f"its role is not one of {', '.join(ROLES)}"
NO_TIME = "its time cannot be read"
NO_NUMBER = "its rating is not a number"
SAME_ID = "its id occurred before"
#: If more than half of the rows fail so, the wrong column was taken.
_MOSTLY = {
    NO_TIME: "Times are ISO dates or times (2024-05-31T18:00:00Z), years, or seconds or "
    "milliseconds since 1970. Convert the column, name another (time=COLUMN), or leave times out "
    "(time=) if you can do without.",
    NO_ROLE: "A role says who speaks in a conversation; leave the column out (role=) if this one "
    "says something else.",
    NO_NUMBER: "Name another column (rating=COLUMN), or leave ratings out (rating=).",
    SAME_ID: "Ids say which event it is, not whose: name another column (id=COLUMN), or leave it "
    "out (id=) to number the rows.",
}
_NO_RATING = ("", "na", "n/a", "nan", "null", "none")
_NAMES = ("user", "item", "thread", "id", "chosen", "kind")


@dataclass
class Sieve:
    """Collects the rows that are left out of one table.

    Attributes:
        numbers: Number of each row in the file.  # (rows,)
        columns: Our names and the file's.
        kept: Rows that are still in.  # (rows,)
        problems: See `Report.problems`.
        counts: See `Report.counts`.
    """

    numbers: NDArray[np.int64]
    columns: Mapping[str, str]
    kept: Mask = field(init=False)
    problems: list[Problem] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.kept = np.ones(len(self.numbers), dtype=bool)

    def leave_out(self, bad: pl.Series, name: str, found: pl.Series, why: str) -> None:
        """Leaves out the rows where `bad` is true; `found` is what stood there."""
        rows = np.flatnonzero(bad.fill_null(False).to_numpy() & self.kept)
        if not len(rows):
            return
        self.kept[rows] = False
        self.counts[why] = self.counts.get(why, 0) + len(rows)
        column = self.columns.get(name, name)
        told = found[rows[:LISTED]].to_list()
        self.problems += [
            Problem(int(self.numbers[row]), column, "" if value is None else str(value), why)
            for row, value in zip(rows[:LISTED], told, strict=True)
        ]
        if why in _MOSTLY and len(rows) > len(self.kept) / 2:
            some = ", ".join(
                f"{p.found!r} in row {p.row}"
                for p in [p for p in self.problems if p.why == why][:3]
            )
            raise DataError(
                f"Found {len(rows):,} of {len(self.kept):,} rows where {why}: column {column!r} "
                f"has {some}. {_MOSTLY[why]}"
            )

    def left(self, table: pl.DataFrame) -> pl.DataFrame:
        """The rows still in.

        Raises:
            DataError: There are none.
        """
        if not self.kept.any():
            raise DataError(
                f"Found no row that can be used among {len(self.kept):,}: {self.said()}. Correct "
                "the rows, or name the columns that hold user, text, time and rating."
            )
        return table.filter(self.kept)

    def said(self) -> str:
        """The reasons, with an example each."""
        first = {p.why: p for p in reversed(self.problems)}
        return "; ".join(f"{why} ({n:,}; {first[why]})" for why, n in self.counts.items())


def names(column: pl.Series) -> pl.Series:
    """Names as text without blanks around them, null where empty; whole floats lose their point."""
    import polars as pl

    if column.dtype.is_float() and (column.drop_nulls() % 1 == 0).all():
        column = column.cast(pl.Int64, strict=False)
    return column.cast(pl.String).str.strip_chars().replace("", None)


def numbers(column: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Ratings, null where none is given, and where something else than a number stands."""
    import polars as pl

    if column.dtype.is_numeric() or column.dtype == pl.Boolean:
        values = column.cast(pl.Float64).fill_nan(None)
        return values, values.is_infinite()
    text = column.cast(pl.String).str.strip_chars()
    given = ~text.str.to_lowercase().is_in(_NO_RATING)
    values = text.set(~given.fill_null(False), None).cast(pl.Float64, strict=False)
    values = values.set(~values.is_finite().fill_null(False), None)
    return values, given & values.is_null()


def options(column: pl.Series) -> pl.Series:
    """Lists of what could be chosen, from lists, JSON lists, or texts joined by `|`."""
    import polars as pl

    if isinstance(column.dtype, pl.List):
        return column.cast(pl.List(pl.String))

    def parts(text: str | None) -> list[str] | None:
        if text is None or not text.strip():
            return None
        if text.lstrip().startswith("["):
            try:
                return [str(part) for part in json.loads(text)]
            except ValueError:
                pass
        return [part.strip() for part in text.split("|")]

    told = column.cast(pl.String).to_list()
    return pl.Series(column.name, [parts(text) for text in told], dtype=pl.List(pl.String))


def usable_events(
    table: pl.DataFrame, sieve: Sieve, rating_range: tuple[float, float] | None
) -> pl.DataFrame:
    """The events that can be used, every column of its type; the rest is told to `sieve`.

    Args:
        table: Under our names, as read.
        sieve: Gets the rows that are left out.
        rating_range: Lowest and highest rating that is allowed.

    Raises:
        DataError: No row can be used, or most rows have an unreadable time or rating, or an id
            that occurred before.
    """
    raw = table
    table = table.with_columns([names(table[name]) for name in _NAMES if name in table.columns])
    sieve.leave_out(table["user"].is_null(), "user", raw["user"], "no user")
    if "time" in table.columns:
        table = table.with_columns(parsed_times(table["time"]).alias("time"))
        sieve.leave_out(table["time"].is_null(), "time", raw["time"], NO_TIME)
    if "rating" in table.columns:
        values, bad = numbers(raw["rating"])
        table = table.with_columns(values.alias("rating"))
        sieve.leave_out(bad, "rating", raw["rating"], NO_NUMBER)
        if rating_range is not None:
            low, high = rating_range
            why = f"its rating is not within {low:g} to {high:g}"
            sieve.leave_out(~values.is_between(low, high), "rating", raw["rating"], why)
    if "options" in table.columns:
        table = table.with_columns(options(table["options"]).alias("options"))
    for name, known in (("audience", tuple(LEVELS)), ("role", ROLES)):
        if name in table.columns:
            told = names(table[name]).str.to_lowercase()
            table = table.with_columns(told.alias(name))
            why = f"its {name} is not one of {', '.join(known)}"
            sieve.leave_out(~told.is_in(known) & told.is_not_null(), name, raw[name], why)
    _leave_out_empty(table, sieve)
    _leave_out_repeated(table, sieve)
    return sieve.left(table)


def _leave_out_empty(table: pl.DataFrame, sieve: Sieve) -> None:
    """Rows that say nothing; where no column could say anything, meeting an item is the event."""
    import polars as pl

    says = [name for name in ("rating", "chosen", "image") if name in table.columns]
    if "text" not in table.columns and not says:
        return
    silent = pl.all_horizontal([pl.col(name).is_null() for name in says] or [pl.lit(True)])
    text = table["text"] if "text" in table.columns else pl.repeat("", table.height, eager=True)
    blank = text.cast(pl.String).fill_null("").str.strip_chars() == ""
    empty = blank & table.select(silent.alias("silent"))["silent"]
    sieve.leave_out(
        empty,
        "text" if "text" in table.columns else says[0],
        text,
        "empty: neither text nor rating nor choice",
    )


def _leave_out_repeated(table: pl.DataFrame, sieve: Sieve) -> None:
    """Rows whose id, or whose user, item, thread, text and time, occurred in a row that is used."""
    import polars as pl

    table = table.with_row_index("row in table")

    def again(*by: str | pl.Expr) -> pl.Series:
        rest = table.filter(sieve.kept)
        first = rest.select("row in table", pl.struct(*by).is_first_distinct().alias("first"))
        rows = first.filter(~pl.col("first"))["row in table"].to_numpy()
        bad = np.zeros(table.height, dtype=bool)
        bad[rows] = True
        return pl.Series(bad)

    if "id" in table.columns:
        told = table["id"]
        sieve.leave_out(again("id") & told.is_not_null(), "id", told, SAME_ID)
        sieve.leave_out(told.is_null(), "id", told, "no id")
    key = [name for name in ("user", "item", "thread", "text", "time") if name in table.columns]
    # Without words, two acts are the same only if all else is: "B over C" is not "A over B".
    more = [
        name for name in ("rating", "chosen", "options", "image", "kind") if name in table.columns
    ]
    blank = pl.col("text").is_null() | (pl.col("text") == "") if "text" in key else pl.lit(True)
    unsaid = [pl.when(blank).then(pl.struct(*more).hash()).otherwise(0)] if more else []
    found = table["text" if "text" in key else "user"]
    why = "the same user, item, text and time as a row before"
    sieve.leave_out(again(*key, *unsaid), found.name, found, why)


def usable_items(table: pl.DataFrame, sieve: Sieve) -> pl.DataFrame:
    """The items that can be used: with an id, each once (the first)."""
    table = table.with_columns(names(table["id"]))
    ids = table["id"]
    sieve.leave_out(ids.is_null(), "id", ids, "no id")
    sieve.leave_out(~ids.is_first_distinct(), "id", ids, "its id occurred before")
    return sieve.left(table)
