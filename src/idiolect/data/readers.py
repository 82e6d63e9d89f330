"""One way in: any table, or a git repository, becomes a population and a report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from idiolect.data import columns as naming
from idiolect.data.frames import COLUMNS, ITEM_COLUMNS
from idiolect.data.git import git_table
from idiolect.data.json_files import frame_of, records
from idiolect.data.population import Population
from idiolect.data.report import Loaded, Report
from idiolect.data.tables import Table, read_table
from idiolect.data.usable import Sieve, usable_events, usable_items
from idiolect.errors import DataError, SettingError

if TYPE_CHECKING:
    import polars as pl

_GIT = "git:"


def read(
    source: str | Path,
    columns: Mapping[str, str] | None = None,
    items: str | Path | None = None,
    item_columns: Mapping[str, str] | None = None,
    *,
    rating_range: tuple[float, float] | None = None,
) -> Loaded:
    """A population from a file or a git repository.

    Rows that cannot be used are left out, counted and listed in the report.

    Args:
        source: A CSV, TSV, JSON-lines, JSON or Parquet file, gzipped or not, or ``git:FOLDER``.
        columns: Our name and the file's, such as ``{"user": "critic", "text": "review"}``; an
            empty string leaves one of ours out. Columns that carry our names need no word; if
            no column is named here, others are guessed from well-known names. Further columns
            become `Event.extra`.
        items: A file with a row for each item.
        item_columns: The same for its columns: id, title, description, image; further ones
            become `Item.attributes`.
        rating_range: Lowest and highest rating that is allowed.

    Raises:
        DataError: The source cannot be read, or no or too few of its rows can be used.
        UnknownNameError: A named column is not there.
        SettingError: `rating_range` is not a lower and a higher number.
    """
    if rating_range is not None and not rating_range[0] < rating_range[1]:
        raise SettingError(
            f"Found rating_range={rating_range!r}; the lowest rating and a higher one are needed."
        )
    told, nested = dict(columns or {}), False
    if str(source).startswith(_GIT):
        table = git_table(str(source).removeprefix(_GIT))
    else:
        table = read_table(Path(source).expanduser())
        nested = not told and _is_nested(table)
        if nested:
            table = _flattened(Path(source).expanduser())
    known, guessed = naming.event_columns(table.frame.columns, told)
    frame, moved = naming.renamed(table.frame, known, COLUMNS)
    sieve = _sieve(table, known)
    frame = usable_events(frame, sieve, rating_range)
    # The target stands first in its profile and must come last in its user's history.
    frame = frame.reverse() if nested else frame
    report = _report(str(source), table, sieve, known, guessed, _event_notes(frame, known, moved))
    if items is None:
        return Loaded(Population(frame), report)
    things, told_items = _items(Path(items).expanduser(), known, item_columns or {}, frame)
    return Loaded(Population(frame, things), replace(report, items=told_items))


def read_peer_reviews(path: str | Path) -> Population:
    """Reviews in the format of PGraphRAG: a list of users, each with a profile of reviews.

    There are no times. The first review of each profile is the target; a user's events are kept
    in reverse, so that the target is the last. Ids are ``USER#PLACE``, the target's place being 0.

    Raises:
        DataError: It is not such a file.
    """
    table = read_table(Path(path).expanduser())
    if not _is_nested(table):
        raise DataError(
            f"Found the columns {table.frame.columns} in '{path}'; a list of "
            '{"id": …, "profile": [{"rating", "title", "text", "pid"}, …]} is needed. Read other '
            "tables with read()."
        )
    return read(path).population


def _is_nested(table: Table) -> bool:
    return {"id", "profile"} <= set(table.frame.columns) and "text" not in table.frame.columns


def _flattened(path: Path) -> Table:
    """The reviews of nested profiles, in the order of the file."""
    rows: list[dict[str, Any]] = []
    for number, person in enumerate(records(path), 1):
        profile = person.get("profile")
        if not isinstance(profile, list) or not all(isinstance(one, dict) for one in profile):
            raise DataError(
                f"Found {str(profile)[:60]!r} as the profile of record {number:,} in "
                f"'{path.name}'; a list of reviews is needed."
            )
        for place, one in enumerate(profile):
            own = {"rating": one.get("rating"), "title": one.get("title"), "text": one.get("text")}
            name = person.get("id")
            rows.append(own | {"user": name, "item": one.get("pid"), "id": f"{name}#{place}"})
    if not rows:
        raise DataError(f"Found no review in any profile of '{path.name}'.")
    note = "Profiles of reviews without times; the first review of each is its user's last event."
    return Table(frame_of(rows), np.arange(1, len(rows) + 1), len(rows), notes=(note,))


def _sieve(table: Table, known: Mapping[str, str]) -> Sieve:
    sieve = Sieve(table.numbers, known)
    sieve.problems += table.problems
    sieve.counts |= table.counts or {}
    return sieve


def _report(
    source: str,
    table: Table,
    sieve: Sieve,
    known: Mapping[str, str],
    guessed: tuple[str, ...],
    notes: list[str],
) -> Report:
    return Report(
        source,
        table.read,
        int(sieve.kept.sum()),
        tuple(sorted(sieve.problems, key=lambda problem: problem.row)),
        sieve.counts,
        known,
        guessed,
        (*table.notes, *notes),
    )


def _event_notes(
    frame: pl.DataFrame, known: Mapping[str, str], moved: Mapping[str, str]
) -> list[str]:
    notes = [f"Column {old!r} is kept as {new!r}." for old, new in moved.items()]
    further = [name for name in frame.columns if name not in known and name not in moved.values()]
    if further:
        notes.append(f"Further columns, kept: {', '.join(further)}.")
    if "text" not in known:
        notes.append("No column holds texts; name it with text=COLUMN if there is one.")
    if "time" in frame.columns:
        first, last = (str(when)[:10] for when in (frame["time"].min(), frame["time"].max()))
        notes.append(f"Times from {first} to {last}.")
        if first[:4] == last[:4] == "1970" and len(frame) > 1:
            notes.append("All times are in 1970: are these really seconds or milliseconds?")
    else:
        notes.append("No times: nothing can be cut by time, only the target itself is hidden.")
    return notes


def _items(
    path: Path, events: Mapping[str, str], told: Mapping[str, str], frame: pl.DataFrame
) -> tuple[pl.DataFrame, Report]:
    """The item table and its report.

    Raises:
        DataError: No item of the events is in it.
    """
    if "item" not in events:
        raise DataError(
            f"Found the item table '{path}' but no column of the events that says which item; name "
            "it with item=COLUMN."
        )
    table = read_table(path)
    known, guessed = naming.item_columns(table.frame.columns, told, events["item"])
    things, moved = naming.renamed(table.frame, known, ITEM_COLUMNS)
    sieve = _sieve(table, known)
    things = usable_items(things, sieve)
    met = frame["item"].drop_nulls().unique()
    described = int(met.is_in(things["id"].implode()).sum())
    if not described:
        raise DataError(
            f"Found no item of the events in '{path}': the events have {met.sort()[:3].to_list()}, "
            f"its column {known['id']!r} has {things['id'][:3].to_list()}. Name the column with "
            "the same ids (id=COLUMN)."
        )
    notes = [f"Column {old!r} is kept as {new!r}." for old, new in moved.items()]
    notes.append(f"{described:,} of the {len(met):,} items that events are about are among them.")
    return things, _report(str(path), table, sieve, known, guessed, notes)
