"""Predictions made elsewhere, in the forms in which benchmarks and this package write them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from idiolect.bench.rows import Found, rows
from idiolect.data.json_files import document
from idiolect.errors import DataError

#: Fields of a row that may hold its output; the first that is there counts.
OUTPUTS = ("output", "text", "prediction", "reply")
NAMES = ("id", "event")
_FORMS = (
    'JSON lines with "id" and "output" (or "text"), an object {id: text}, LaMP\'s {"task", '
    '"golds": [{"id", "output"}]} and LaMP-QA\'s {id: [{"output"}]}'
)


def read_outputs(path: str | Path) -> dict[str, str | None]:
    """Example → what was written for it; None where nothing was (null, or a `failure`).

    Raises:
        DataError: The file cannot be read, is of another form, or has two outputs for one id.
    """
    path = Path(path).expanduser()
    if ".json" in path.suffixes and isinstance(whole := document(path), dict):
        return _once(_of_object(whole, path), path)
    return _once(_of_rows(rows([path])), path)


def _of_object(whole: Mapping[str, Any], path: Path) -> Iterable[tuple[str, str]]:
    if "golds" in whole:
        golds = Found(dict(whole), f"'{path.name}'").all("golds")
        yield from ((one.text("id"), one.text("output")) for one in golds)
        return
    for name, value in whole.items():
        several = value if isinstance(value, list) else [{"output": value}]
        if len(several) != 1 or not isinstance(several[0], dict):
            raise DataError(
                f"Found {str(value)[:60]!r} for {name!r} in '{path.name}'; one output is needed. "
                f"What can be read: {_FORMS}."
            )
        yield name, Found(several[0], f"{name!r} of '{path.name}'").text("output")


def _of_rows(found: Iterable[Found]) -> Iterable[tuple[str, str | None]]:
    for one in found:
        name = next((name for name in NAMES if name in one.row), None)
        made = next((name for name in OUTPUTS if name in one.row), None)
        if name is None or made is None:
            raise DataError(
                f"Found {', '.join(map(repr, one.row)) or 'nothing'} in {one.where}, and no "
                f"{'id' if name is None else 'output'}. What can be read: {_FORMS}."
            )
        failed = one.row.get("failure") or (made in one.row and one.row[made] is None)
        yield one.text(name), None if failed else one.text(made)


def _once(pairs: Iterable[tuple[str, str | None]], path: Path) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for name, text in pairs:
        if found.setdefault(name, text) != text:
            raise DataError(
                f"Found two outputs for {name!r} in '{path.name}': {str(found[name])[:60]!r} "
                f"and {str(text)[:60]!r}; give one for each example."
            )
    if not found:
        raise DataError(f"Found no output in '{path.name}'. What can be read: {_FORMS}.")
    return found
