"""Any table: CSV, TSV, JSON lines, a JSON list or Parquet; the text ones also gzipped.

Cells of text files stay text: what is a time or a number is decided by the column's meaning.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from idiolect.data.files import kind_of, opened
from idiolect.data.json_files import frame_of, records
from idiolect.data.report import LISTED, Problem
from idiolect.errors import DataError

if TYPE_CHECKING:
    from _csv import Reader as _csv_reader

    import polars as pl

# Larger lists of lists make Python's garbage collector the slowest part of reading.
_CHUNK = 2000
_RAGGED = "it has not as many fields as the header"
_QUOTES = "its quotes do not match"


@dataclass(frozen=True)
class Table:
    """A table as it stands in its file.

    Attributes:
        frame: The rows that could be read, under the file's column names.
        numbers: Number of each row, the first being 1.  # (rows,)
        read: Rows found, also those that could not be read.
        problems: The rows that could not be read, at most `LISTED` for each reason.
        counts: How many, by reason.
        notes: What else a reader should know.
    """

    frame: pl.DataFrame
    numbers: NDArray[np.int64]
    read: int
    problems: tuple[Problem, ...] = ()
    counts: Mapping[str, int] | None = None
    notes: tuple[str, ...] = ()


def read_table(path: Path) -> Table:
    """The table in a file.

    Raises:
        DataError: There is no such file, it is of an unknown kind, empty, cut off, not UTF-8, or
            not what its name says.
    """
    kind = kind_of(path)
    if kind == "parquet":
        return _parquet(path)
    if kind == "json":
        return _json(path)
    return _csv(path, "\t" if kind == "tsv" else None)


def _csv(path: Path, delimiter: str | None) -> Table:
    import polars as pl

    usual = delimiter or ","
    with opened(path) as text:
        first = text.readline()
        delimiter = delimiter or max(",;\t|", key=first.count)
        text.seek(0)
        reader = csv.reader(text, delimiter=delimiter, strict=True)
        columns = _header(reader, first, path)
        rows = _Rows(columns, delimiter, path)
        rows.take(reader)
    if not rows.read:
        raise DataError(
            f"Found column names but no rows in '{path.name}'; bring a row for each event."
        )
    if not rows.chunks:
        raise DataError(
            f"Found no row in '{path.name}' with as many fields as the header ({len(columns)}): "
            f"{rows.problems[0]}. Check the delimiter, which was taken to be {delimiter!r}."
        )
    frame = pl.concat(rows.chunks).with_columns(pl.all().replace("", None))
    notes = () if delimiter == usual else (f"Fields are separated by {delimiter!r}.",)
    numbers = np.array(rows.numbers)
    return Table(frame, numbers, rows.read, tuple(rows.problems), rows.counts, notes)


def _header(reader: _csv_reader, first: str, path: Path) -> list[str]:
    """The column names: the first line that is not blank."""
    try:
        header = next(filter(None, reader))
    except StopIteration:
        raise DataError(f"Found only blank lines in '{path.name}'; bring a table.") from None
    except csv.Error as error:
        raise DataError(
            f"Found a first line in '{path.name}' that cannot be read as column names ({error}): "
            f"{first[:80]!r}. Correct its quotes."
        ) from None
    columns = [name.strip() or f"column_{at}" for at, name in enumerate(header, 1)]
    twice = next((name for name in columns if columns.count(name) > 1), None)
    if twice is not None:
        raise DataError(
            f"Found the column {twice!r} more than once in the header of '{path.name}'; column "
            "names must differ."
        )
    return columns


@dataclass
class _Rows:
    """Gathers the rows of a CSV file as frames; polars' own reader pads short rows in silence."""

    columns: list[str]
    delimiter: str
    path: Path
    chunks: list[pl.DataFrame] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    read: int = 0

    def take(self, reader: _csv_reader) -> None:
        """Reads to the end.

        Raises:
            DataError: A quote is never closed.
        """
        rows: list[list[str]] = []
        while (row := self._next(reader)) is not None:
            if len(row) != len(self.columns):
                if row:
                    told = self.delimiter.join(row)
                    self._refuse(f"{len(row)} fields, not {len(self.columns)}: {told}", _RAGGED)
                continue
            rows.append(row)
            self.numbers.append(self.read)
            if len(rows) == _CHUNK:
                self.chunks.append(self._frame(rows))
                rows = []
        if rows:
            self.chunks.append(self._frame(rows))

    def _next(self, reader: _csv_reader) -> list[str] | None:
        """The next row, empty where nothing can be read, None at the end."""
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return None
        except csv.Error as error:
            self.read += 1
            if "unexpected end" in str(error) or "field limit" in str(error):
                raise DataError(
                    f"Found a quote in row {self.read:,} of '{self.path.name}' (from line {line:,} "
                    f"on) that is never closed ({error}); the file is cut off, or that quote must "
                    "be doubled."
                ) from None
            self._refuse(f"lines {line} to {reader.line_num}", _QUOTES)
            return []
        self.read += bool(row)
        return row

    def _refuse(self, found: str, why: str) -> None:
        self.counts[why] = self.counts.get(why, 0) + 1
        if self.counts[why] <= LISTED:
            self.problems.append(Problem(self.read, "the whole row", found, why))

    def _frame(self, rows: list[list[str]]) -> pl.DataFrame:
        import polars as pl

        cells = zip(self.columns, zip(*rows, strict=True), strict=True)
        return pl.DataFrame([pl.Series(name, cell, dtype=pl.String) for name, cell in cells])


def _json(path: Path) -> Table:
    found = records(path)
    if not any(found):
        raise DataError(f"Found no columns in '{path.name}'; the objects are empty.")
    return Table(frame_of(found), np.arange(1, len(found) + 1), len(found))


def _parquet(path: Path) -> Table:
    import polars as pl

    with path.open("rb") as file:
        start = file.read(4)
        file.seek(max(0, path.stat().st_size - 4))
        end = file.read(4)
    if start != b"PAR1":
        raise DataError(
            f"Found no Parquet in '{path.name}' (it starts with {start!r}, not 'PAR1')."
        )
    if end != b"PAR1":
        raise DataError(
            f"Found '{path.name}' cut off: a Parquet file ends with 'PAR1'. Fetch or copy it again."
        )
    try:
        frame = pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise DataError(
            f"Found '{path.name}' damaged ({error}); fetch, copy or write the file again."
        ) from None
    if not frame.height:
        raise DataError(f"Found no rows in '{path.name}'; bring a row for each event.")
    texts = [name for name, kind in frame.schema.items() if kind in (pl.Categorical, pl.Enum)]
    frame = frame.with_columns(pl.col(texts).cast(pl.String)) if texts else frame
    return Table(frame, np.arange(1, frame.height + 1), frame.height)
