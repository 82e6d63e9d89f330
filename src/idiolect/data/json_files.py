"""JSON files: one value, a list of objects, or one object a line; and objects as a table."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from idiolect.data.files import kind_of, opened
from idiolect.errors import DataError

if TYPE_CHECKING:
    import polars as pl


def streamed(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of JSON lines, one by one, each with the number of its line.

    Raises:
        DataError: There is no such file, it is empty, cut off, or a line is no object.
    """
    kind_of(path)
    with opened(path) as text:
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
    kind_of(path)
    with opened(path) as text:
        return _loaded(path, text)


def records(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSON list or of JSON lines.

    Raises:
        DataError: The file is cut off, or not what its name says.
    """
    with opened(path) as text:
        start = text.read(1)
        while start.isspace():
            start = text.read(1)
        text.seek(0)
        if start == "[":
            numbered = list(enumerate(_loaded(path, text), 1))
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


def _loaded(path: Path, text: IO[str]) -> Any:
    try:
        return json.load(text)
    except json.JSONDecodeError as error:
        raise DataError(_broken(path, error.lineno, error)) from None


def _json_lines(path: Path, text: IO[str]) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(text, 1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except json.JSONDecodeError as error:
                raise DataError(_broken(path, number, error)) from None


def _broken(path: Path, line: int, error: json.JSONDecodeError) -> str:
    return (
        f"Found broken JSON in line {line:,} of '{path.name}', at character {error.colno:,} "
        f"({error.msg}); the file may be cut off there. A list of objects, or one object a line, "
        "is needed: correct that line or fetch the file again."
    )


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
