"""Any table: CSV, TSV, JSON lines, a JSON list or Parquet; the text ones also gzipped.

Cells of text files stay text: what is a time or a number is decided by the column's meaning.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from idiolect.data.report import LISTED, Problem
from idiolect.errors import DataError

if TYPE_CHECKING:
    from _csv import Reader as _csv_reader

    import polars as pl

_KINDS = {
    ".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".jsonl": "json", ".ndjson": "json",
    ".json": "json", ".parquet": "parquet", ".pq": "parquet",
}  # fmt: skip
_KNOWN = ".csv, .tsv, .jsonl, .ndjson, .json (each also .gz) or .parquet"
_MARKS = {
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
    b"PK\x03\x04": "a ZIP archive or an Excel workbook",
    b"BZh": "bzip2",
    b"\x28\xb5\x2f\xfd": "Zstandard",
}
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
    kind = _kind(path)
    if kind == "parquet":
        return _parquet(path)
    if kind == "json":
        return _json(path)
    return _csv(path, "\t" if kind == "tsv" else None)


def _kind(path: Path) -> str:
    if path.is_dir():
        advice = f"; for its commits give 'git:{path}'" if (path / ".git").exists() else ""
        raise DataError(f"Found a folder at '{path}'; name one file in it{advice}.")
    if not path.is_file():
        folder = path.parent
        there = (
            sorted(f.name for f in folder.iterdir() if _suffix(f) in _KINDS)[:8]
            if folder.is_dir()
            else []
        )
        hint = f"Tables in '{folder}': {', '.join(there)}." if there else "Check the path."
        raise DataError(f"Found no file at '{path}'. {hint}")
    if _suffix(path) not in _KINDS:
        raise DataError(
            f"Found the file '{path.name}', whose ending is not one that can be read; bring "
            f"{_KNOWN} (unpack archives and save workbooks as CSV first)."
        )
    if not path.stat().st_size:
        raise DataError(f"Found an empty file at '{path}'; bring one with a row for each event.")
    return _KINDS[_suffix(path)]


def _suffix(path: Path) -> str:
    return Path(path.name.lower().removesuffix(".gz")).suffix


def _open(path: Path) -> gzip.GzipFile | io.BufferedReader:
    """The bytes of a file, unzipped if it is gzipped, whatever its name says."""
    with path.open("rb") as file:
        start = file.read(4)
    for mark, what in _MARKS.items():
        if start.startswith(mark):
            raise DataError(
                f"Found {what} in '{path.name}'; plain or gzipped UTF-8 text is needed: unpack it "
                "or save it again as UTF-8."
            )
    zipped = start.startswith(b"\x1f\x8b")
    return gzip.open(path, "rb") if zipped else path.open("rb")


@contextmanager
def _lines(path: Path) -> Iterator[IO[str]]:
    """The text of a file.

    Raises:
        DataError: It is not UTF-8, or its gzip stream is cut off or damaged.
    """
    try:
        with _open(path) as raw, io.TextIOWrapper(raw, "utf-8-sig", newline="") as text:
            yield text
    except UnicodeDecodeError:
        raise DataError(_not_utf8(path)) from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(
            f"Found '{path.name}' cut off or damaged ({error}); the rows before that point are not "
            "used either. Fetch or copy the file again."
        ) from None


def _not_utf8(path: Path) -> str:
    """Where a file stops being UTF-8, and what to do."""
    at = 0
    with _open(path) as raw:
        for number, line in enumerate(raw, 1):
            try:
                line.decode()
            except UnicodeDecodeError as error:
                return (
                    f"Found the byte {hex(line[error.start])} in line {number:,} of '{path.name}' "
                    f"(byte {at + error.start + 1:,}, after "
                    f"{line[max(0, error.start - 20) : error.start].decode(errors='replace')!r}), "
                    "which is not UTF-8; save the file as UTF-8, for example: "
                    f"iconv -f WINDOWS-1252 -t UTF-8 {path.name}"
                )
            at += len(line)
    return f"Found '{path.name}' cut off inside a character; fetch or copy the file again."


def _csv(path: Path, delimiter: str | None) -> Table:
    import polars as pl

    usual = delimiter or ","
    with _lines(path) as text:
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


def streamed(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of JSON lines, one by one, each with the number of its line.

    Raises:
        DataError: There is no such file, it is empty, cut off, or a line is no object.
    """
    _kind(path)
    with _lines(path) as text:
        for number, thing in _json_lines(path, text):
            if not isinstance(thing, dict):
                raise DataError(
                    f"Found {json.dumps(thing)[:60]} in line {number:,} of '{path.name}'; one "
                    "object a line is needed."
                )
            yield number, thing


def document(path: Path) -> Any:
    """The one JSON value of a file.

    Raises:
        DataError: There is no such file, or it is empty, cut off, or no JSON.
    """
    _kind(path)
    with _lines(path) as text:
        try:
            return json.load(text)
        except json.JSONDecodeError as error:
            raise DataError(_broken(path, error.lineno, error.colno, error.msg)) from None


def records(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSON list or of JSON lines.

    Raises:
        DataError: The file is cut off, or not what its name says.
    """
    with _lines(path) as text:
        start = text.read(1)
        while start.isspace():
            start = text.read(1)
        text.seek(0)
        if start == "[":
            try:
                found = json.load(text)
            except json.JSONDecodeError as error:
                raise DataError(_broken(path, error.lineno, error.colno, error.msg)) from None
            numbered = list(enumerate(found, 1))
        else:
            numbered = list(_json_lines(path, text))
    if not numbered:
        raise DataError(f"Found no rows in '{path.name}'; bring an object for each event.")
    for number, thing in numbered:
        if not isinstance(thing, dict):
            raise DataError(
                f"Found {json.dumps(thing)[:60]} as record {number:,} of '{path.name}'; each "
                'must be an object, such as {"user": "ann", "text": "…"}.'
            )
    return [thing for _, thing in numbered]


def _json_lines(path: Path, text: IO[str]) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(text, 1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except json.JSONDecodeError as error:
                raise DataError(_broken(path, number, error.colno, error.msg)) from None


def _broken(path: Path, line: int, column: int, why: str) -> str:
    return (
        f"Found broken JSON in line {line:,} of '{path.name}', at character {column:,} ({why}); "
        "the file may be cut off there. A list of objects, or one object a line, is needed: "
        "correct that line or fetch the file again."
    )


def _json(path: Path) -> Table:
    found = records(path)
    if not any(found):
        raise DataError(f"Found no columns in '{path.name}'; the objects are empty.")
    return Table(frame_of(found), np.arange(1, len(found) + 1), len(found))


def frame_of(records: list[dict[str, Any]]) -> pl.DataFrame:
    """Objects as a table; what one of them lacks is null."""
    import polars as pl

    keys = list(dict.fromkeys(key for record in records for key in record))
    return pl.DataFrame(
        [_series(_sound(key), [record.get(key) for record in records]) for key in keys]
    )


def _series(name: str, values: list[Any]) -> pl.Series:
    """A column of its own type; of mixed or nested values, as text."""
    import polars as pl

    kinds = {type(value) for value in values} - {type(None)}
    if kinds == {list} and all(
        isinstance(part, str) for value in values if value for part in value
    ):
        lists = [value and [_sound(part) for part in value] for value in values]
        return pl.Series(name, lists, dtype=pl.List(pl.String))
    small = all(abs(value) < 2**63 for value in values if type(value) is int)
    if kinds <= {int} and small:
        return pl.Series(name, values, dtype=pl.Int64 if kinds else pl.String)
    if float in kinds and kinds <= {int, float}:
        return pl.Series(name, values, dtype=pl.Float64, strict=False)
    if kinds == {bool}:
        return pl.Series(name, values, dtype=pl.Boolean)
    told = [v if v is None or isinstance(v, str) else json.dumps(v) for v in values]
    sound = [v and _sound(v) for v in told]
    return pl.Series(name, sound, dtype=pl.String).replace("", None)


def _sound(text: str) -> str:
    r"""Text without lone surrogates, which JSON may escape (`\ud83d`) and UTF-8 cannot hold."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


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
