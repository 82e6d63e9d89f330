"""Rows of published files, and errors that say where a row is not as published."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any, TypeVar

from idiolect.data.json_files import records, streamed
from idiolect.data.tables import read_table
from idiolect.errors import DataError

Row = dict[str, Any]
Kind = TypeVar("Kind")
#: How published files end; a Parquet file may be in parts.
ENDINGS = (".parquet", ".jsonl", ".json", ".jsonl.gz", ".json.gz", ".csv", ".csv.gz")
_NAMES = {str: "text", list: "a list", dict: "an object", int: "a whole number", float: "a number"}


@dataclass(frozen=True)
class Found:
    """A row, and where it stands.

    Attributes:
        row: Its fields.
        where: For messages: ``row 3 of 'dev_questions.json'``.
    """

    row: Row
    where: str

    def get(self, name: str, kind: type[Kind]) -> Kind:
        """A field.

        Raises:
            DataError: It is missing or of another kind.
        """
        if name not in self.row:
            raise DataError(
                f"Found no {name!r} in {self.where} (it has {', '.join(map(repr, self.row))}); the "
                "published files have it. Fetch the file again: it may be cut short or of another "
                "release."
            )
        value = self.row[name]
        if kind is float and isinstance(value, int) and not isinstance(value, bool):
            return float(value)  # type: ignore[return-value]
        endless = isinstance(value, float) and not isfinite(value)
        if not isinstance(value, kind) or isinstance(value, bool) or endless:
            raise DataError(
                f"Found {str(value)[:60]!r} as {name!r} in {self.where}; "
                f"{_NAMES.get(kind, kind.__name__)} is needed."
            )
        return value

    def text(self, name: str) -> str:
        """A field of text or a number, as text.

        Raises:
            DataError: It is missing or something else.
        """
        value = self.row.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value):
            return f"{value:g}" if isinstance(value, float) else str(value)
        return self.get(name, str)

    def all(self, name: str) -> list[Found]:
        """A field that is a list of objects.

        Raises:
            DataError: It is missing or something else.
        """
        many = [
            Found(one, f"entry {n} of {name!r} in {self.where}")
            for n, one in enumerate(self.get(name, list), 1)
        ]
        for one in many:
            if not isinstance(one.row, dict):
                raise DataError(f"Found {str(one.row)[:60]!r} in {one.where}; an object is needed.")
        return many


def rows(paths: Sequence[Path]) -> Iterator[Found]:
    """The rows of some files, one after the other.

    Raises:
        DataError: A file cannot be read or is cut short, or one of its rows cannot be read: a
            benchmark is not scored on the rest.
    """
    for path in paths:
        for number, row in _numbered(path):
            yield Found(row, f"row {number:,} of '{path.name}'")


def _numbered(path: Path) -> Iterable[tuple[int, Row]]:
    if ".jsonl" in path.suffixes:
        return streamed(path)
    if ".json" in path.suffixes:
        return enumerate(records(path), 1)
    table = read_table(path)
    if table.problems:
        raise DataError(
            f"Found {table.read - table.frame.height:,} of {table.read:,} rows in '{path.name}' "
            f"that cannot be read, the first: {table.problems[0]}. Fetch the file again: it may be "
            "cut short."
        )
    return enumerate(table.frame.iter_rows(named=True), 1)


def parts(folder: Path, begins: str, endings: Sequence[str] = ENDINGS) -> tuple[Path, ...]:
    """The files of a folder whose names begin so, in order; none where there are none."""
    if not folder.is_dir():
        return ()
    return tuple(
        path
        for path in sorted(folder.iterdir())
        if path.name.startswith(begins) and path.name.endswith(tuple(endings))
    )


def told(value: Any) -> str:
    """A value of JSON as lines that a reader and a prompt can take: ``name: value``.

    Objects within objects are indented; lists are joined by commas.
    """
    if isinstance(value, dict):
        return "\n".join(
            f"{name}:\n  " + told(one).replace("\n", "\n  ")
            if isinstance(one, dict)
            else f"{name}: {told(one)}"
            for name, one in value.items()
        )
    if isinstance(value, list):
        return ", ".join(map(told, value))
    return "" if value is None else str(value)
