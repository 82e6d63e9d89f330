"""Amazon Reviews 2023: the raw files, as its authors publish them.

Reviews are JSON lines with `rating, title, text, parent_asin, user_id, timestamp` (milliseconds)
and more; items ("meta") are JSON lines with `parent_asin, title, description` (a list) and more;
each also gzipped. The item is the `parent_asin`: colours and sizes of one thing share it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from idiolect.data import Loaded, Population, Report
from idiolect.data.json_files import frame_of, streamed
from idiolect.data.usable import Sieve, usable_events, usable_items
from idiolect.errors import DataError

if TYPE_CHECKING:
    import polars as pl

#: Our names and the file's.
REVIEW: Mapping[str, str] = MappingProxyType(
    {
        "user": "user_id",
        "item": "parent_asin",
        "text": "text",
        "title": "title",
        "rating": "rating",
        "time": "timestamp",
    }
)
ITEM: Mapping[str, str] = MappingProxyType(
    {"id": "parent_asin", "title": "title", "description": "description"}
)
#: Further fields, kept where they are there; images, videos and links are not.
REVIEW_EXTRA = ("asin", "helpful_vote", "verified_purchase")
ITEM_EXTRA = ("main_category", "categories", "average_rating", "rating_number", "price", "store")
#: A heading that some descriptions begin with, as a part of its own.
HEADING = "Product Description"
_AT_ONCE = 50_000


def read(
    reviews: str | Path,
    meta: str | Path | None = None,
    *,
    shortest: int = 0,
    described: bool = False,
) -> Loaded:
    """Reviews as a population, items described where `meta` is given.

    Rows that cannot be used are counted and listed in the report.

    Args:
        reviews: A file of reviews, such as ``Books.jsonl.gz``.
        meta: The file of its items, such as ``meta_Books.jsonl.gz``.
        shortest: Shorter texts (characters) are not read: saves memory on the large categories.
        described: Reviews of items that `meta` does not describe are not read either.

    Raises:
        DataError: A file cannot be read or is of another format, or none of its rows can be used.
    """
    things, told = (None, None) if meta is None else _items(Path(meta).expanduser())
    known = None
    if described and things is not None:
        known = set(things.drop_nulls("description")["id"])
    path = Path(reviews).expanduser()
    frame, numbers, read_, skipped = _table(path, REVIEW, REVIEW_EXTRA, shortest, known)
    sieve = Sieve(numbers, REVIEW)
    frame = usable_events(frame, sieve, (1, 5))
    notes = tuple(f"{n:,} rows were not asked for: {why}." for why, n in skipped.items() if n)
    used = int(sieve.kept.sum())
    report = Report(str(path), read_, used, tuple(sieve.problems), sieve.counts, REVIEW, (), notes)
    return Loaded(Population(frame, things), replace(report, items=told))


def description(parts: Any) -> str:
    """A description as one text: its parts joined, without the heading that some begin with."""
    if isinstance(parts, str):
        return parts.strip()
    words = [str(part) for part in parts or () if part]
    return " ".join(words[1:] if words[:1] == [HEADING] else words).strip()


def _items(path: Path) -> tuple[pl.DataFrame, Report]:
    frame, numbers, read_, _ = _table(path, ITEM, ITEM_EXTRA)
    sieve = Sieve(numbers, ITEM)
    frame = usable_items(frame, sieve)
    return frame, Report(
        str(path), read_, int(sieve.kept.sum()), tuple(sieve.problems), sieve.counts, ITEM
    )


def _table(
    path: Path,
    ours: Mapping[str, str],
    further: tuple[str, ...],
    shortest: int = 0,
    known: Collection[str] | None = None,
) -> tuple[pl.DataFrame, np.ndarray[Any, np.dtype[np.int64]], int, dict[str, int]]:
    """The table under our names, row numbers, rows found, and rows not asked for."""
    import polars as pl

    skipped = {f"texts of fewer than {shortest} characters": 0, "items without a description": 0}
    short, undescribed = skipped
    chunks: list[pl.DataFrame] = []
    numbers: list[int] = []
    rows: list[dict[str, Any]] = []
    found = 0
    for number, row in _checked(path, ours):
        found += 1
        if shortest and len(row.get("text") or "") < shortest:
            skipped[short] += 1
        elif known is not None and row.get("parent_asin") not in known:
            skipped[undescribed] += 1
        else:
            numbers.append(number)
            rows.append(_named(row, ours, further))
        if len(rows) == _AT_ONCE:
            chunks.append(frame_of(rows))
            rows = []
    if rows:
        chunks.append(frame_of(rows))
    if not chunks:
        raise DataError(
            f"Found no row to use in '{path.name}' ({found:,} read; "
            + "; ".join(f"{why}: {n:,}" for why, n in skipped.items())
            + "); check that both files are of one category."
        )
    return pl.concat(chunks, how="diagonal_relaxed"), np.array(numbers), found, skipped


def _checked(path: Path, ours: Mapping[str, str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a file.

    Raises:
        DataError: The first one is of another format.
    """
    for at, (number, row) in enumerate(streamed(path)):
        lacking = [name for name in ours.values() if name not in row] if at == 0 else []
        if lacking:
            raise DataError(
                f"Found the fields {', '.join(map(repr, row))} in row {number} of '{path.name}' "
                f"and no {', '.join(map(repr, lacking))}; a raw file of Amazon Reviews 2023 is "
                "needed (reviews and items are two files)."
            )
        yield number, row


def _named(
    row: dict[str, Any], ours: Mapping[str, str], further: tuple[str, ...]
) -> dict[str, Any]:
    named = {name: row.get(theirs) for name, theirs in ours.items()}
    if "description" in named:
        named["description"] = description(named["description"]) or None
    return named | {name: _plain(row.get(name)) for name in further}


def _plain(value: Any) -> Any:
    """Lists as one text, so that a column is of one type in all parts of a file."""
    return " | ".join(map(str, value)) or None if isinstance(value, list) else value
