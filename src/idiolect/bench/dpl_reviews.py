"""DPL-main and DPL-meta: reviews of Amazon 2023 about things that several people reviewed.

Qiu et al. 2025 (arXiv 2503.02450) publish them as ``SnowCharmQ/DPL-main``, rows ``user_id, profile,
data`` (a user's earlier reviews and the one to write, each with ``rating, title, text, asin,
timestamp``), and ``SnowCharmQ/DPL-meta``, items ``asin, title, description``.

A folder holds them as the hub does: ``DPL-main/CATEGORY/SPLIT*`` and ``DPL-meta/CATEGORY/full*``,
each one or more Parquet, JSON or JSON-lines files.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from idiolect.bench.amazon import description
from idiolect.bench.benchmark import Benchmark
from idiolect.data import Event, Item, Population, Request, as_time
from idiolect.data.json_files import records
from idiolect.data.tables import read_table
from idiolect.errors import DataError, UnknownNameError
from idiolect.measure.metrics import TextMetric

Split = Literal["train", "val", "test"]
Row = dict[str, Any]

CATEGORIES = ("Movies_and_TV", "CDs_and_Vinyl", "Books")
OWNER, MAIN, META = "SnowCharmQ", "DPL-main", "DPL-meta"
ROW = ("user_id", "profile", "data")
REVIEW = ("rating", "title", "text", "asin", "timestamp")
ITEM = ("asin", "title", "description")
_ENDINGS = (".parquet", ".jsonl", ".json", ".jsonl.gz", ".json.gz")


@dataclass(frozen=True)
class Files:
    """The files of one category and split.

    Attributes:
        main: Rows, in as many parts as there are.
        meta: Items.
    """

    main: tuple[Path, ...]
    meta: tuple[Path, ...]

    @property
    def fingerprint(self) -> str:
        """The first 16 digits of the SHA-256 of all bytes, so that two runs know their data."""
        found = hashlib.sha256()
        for path in (*self.main, *self.meta):
            with path.open("rb") as file:
                while part := file.read(1 << 20):
                    found.update(part)
        return found.hexdigest()[:16]


def files(folder: str | Path, categories: Iterable[str], split: Split = "test") -> dict[str, Files]:
    """The files of some categories in a folder.

    Raises:
        UnknownNameError: There is no such category.
        DataError: Files are not there; says which, and how to get them.
    """
    folder, found, lacking = Path(folder).expanduser(), {}, []
    for category in categories:
        if category not in CATEGORIES:
            raise UnknownNameError("category", category, CATEGORIES)
        parts = []
        for name, begins in ((MAIN, split), (META, "full")):
            parts.append(_parts(folder / name / category, begins))
            if not parts[-1]:
                lacking.append(f"'{folder / name / category}/{begins}*'")
        found[category] = Files(*parts)
    if lacking:
        commands = " and ".join(
            f"`hf download {OWNER}/{name} --repo-type dataset --local-dir {folder / name}`"
            for name in (MAIN, META)
        )
        raise DataError(
            f"Found no {', no '.join(lacking)} ({', '.join(_ENDINGS)}). They are published on the "
            f"Hugging Face hub; fetch them with {commands}, or make them from the raw Amazon "
            "reviews with `idiolect.bench.build`."
        )
    return found


def _parts(folder: Path, begins: str) -> tuple[Path, ...]:
    if not folder.is_dir():
        return ()
    return tuple(
        path
        for path in sorted(folder.iterdir())
        if path.name.startswith(begins) and path.name.endswith(_ENDINGS)
    )


def download(
    folder: str | Path, categories: Sequence[str], split: Split = "test"
) -> dict[str, Files]:
    """The files of some categories; what is not in the folder is fetched from the hub.

    Raises:
        UnknownNameError: There is no such category.
        DataError: Files are neither there nor to be had; says which, and what to do.
    """
    try:
        return files(folder, categories, split)
    except DataError as error:
        lacking = str(error)
    try:
        from huggingface_hub import snapshot_download
    except ModuleNotFoundError:
        raise DataError(
            f"{lacking} After `pip install 'idiolect[hub]'` they are fetched when they are needed."
        ) from None
    for name, begins in ((MAIN, split), (META, "full")):
        try:
            snapshot_download(
                repo_id=f"{OWNER}/{name}",
                repo_type="dataset",
                allow_patterns=[f"{category}/{begins}*" for category in categories],
                local_dir=Path(folder).expanduser() / name,
            )
        except Exception as error:
            # The hub's client raises errors of several packages.
            raise DataError(
                f"{lacking} Fetching {OWNER}/{name} failed here: {type(error).__name__}: {error}"
            ) from error
    return files(folder, categories, split)


def read(
    found: Files, name: str, metrics: Iterable[TextMetric] = (), *, published: bool = True
) -> Benchmark:
    """A benchmark from published files.

    Args:
        found: What is read.
        name: Of the benchmark.
        metrics: How it is scored.
        published: As in the authors' code: a user's history is the row's profile, and all others'
            profiles may be read, also what is later. Otherwise the reviews to write are events
            too, and every view is cut by time.

    Raises:
        DataError: A field is missing or unreadable (says where), or in published mode a user has
            several rows: then there is no one profile.
    """
    rows, repeated = _unique(_rows(found.main))
    users = {user for user, _, _ in rows}
    if published and len(users) < len(rows):
        raise DataError(
            f"Found {len(rows)} rows of {len(users)} users in {name!r}; in published mode a user "
            "has one profile, so one row (val or test). Read train with published=False."
        )
    events: dict[str, Event] = {}
    for _, profile, target in rows:
        for event in profile if published else (*profile, target):
            events.setdefault(event.id, event)
    items = _items(found.meta)
    population = Population.of(events.values(), items.values())
    examples = {
        target.id: _request(target, population) if published else population.request(target.id)
        for _, _, target in rows
    }
    bare = sum(target.item not in items for _, _, target in rows)
    notes = [
        f"{repeated} rows occur twice; one of each was read." if repeated else "",
        f"{bare} of {len(rows)} reviews are about things without a description." if bare else "",
    ]
    return Benchmark(
        name,
        population,
        examples,
        tuple(metrics),
        published,
        tuple(filter(None, notes)),
        {target.id: target for _, _, target in rows},
    )


def _request(target: Event, population: Population) -> Request:
    """Without time and event: the target is not in the population, and nothing is cut by time."""
    given = {"rating": target.rating, "title": target.title}
    return Request(
        target.user,
        item=population.item(target.item or ""),
        given={label: value for label, value in given.items() if value is not None},
    )


def _records(paths: Sequence[Path]) -> Iterator[tuple[str, Row]]:
    """Where each row stands, and the row."""
    for path in paths:
        rows = (
            read_table(path).frame.iter_rows(named=True)
            if path.suffix == ".parquet"
            else records(path)
        )
        for number, row in enumerate(rows, 1):
            yield f"row {number:,} of '{path.name}'", row


def _rows(paths: Sequence[Path]) -> Iterator[tuple[str, tuple[Event, ...], Event]]:
    for where, row in _records(paths):
        user, profile, data = (_field(row, name, where) for name in ROW)
        if not isinstance(profile, list) or not all(isinstance(one, dict) for one in profile):
            raise DataError(
                f"Found {str(profile)[:60]!r} as 'profile' in {where}; a list of reviews is needed."
            )
        if not isinstance(data, dict):
            raise DataError(f"Found {str(data)[:60]!r} as 'data' in {where}; a review is needed.")
        history = tuple(
            _review(str(user), one, f"review {at} of the profile in {where}")
            for at, one in enumerate(profile, 1)
        )
        yield str(user), history, _review(str(user), data, f"'data' of {where}")


def _review(user: str, row: Row, where: str) -> Event:
    rating, title, text, asin, timestamp = (_field(row, name, where) for name in REVIEW)
    for name, value in (("text", text), ("asin", asin)):
        if not isinstance(value, str) or not value.strip():
            raise DataError(f"Found {value!r} as {name!r} in {where}; text is needed.")
    try:
        stars = None if rating is None else float(rating)
    except (TypeError, ValueError):
        raise DataError(f"Found {rating!r} as 'rating' in {where}; a number is needed.") from None
    try:
        time = as_time(timestamp)
    except (DataError, TypeError):
        raise DataError(
            f"Found {timestamp!r} as 'timestamp' in {where}; milliseconds since 1970 are needed."
        ) from None
    return Event(user, text, asin, time, stars, title=title or None, id=f"{user}/{asin}")


def _field(row: Row, name: str, where: str) -> Any:
    if name not in row:
        raise DataError(
            f"Found no {name!r} in {where} (it has {', '.join(map(repr, row))}); the published "
            "layout has it. Fetch the file again, or make it with `idiolect.bench.build`."
        )
    return row[name]


def _unique(
    rows: Iterable[tuple[str, tuple[Event, ...], Event]],
) -> tuple[list[tuple[str, tuple[Event, ...], Event]], int]:
    """The rows, each once, and how many were repeated.

    Raises:
        DataError: Two different rows have one user and item to write about.
    """
    found: dict[str, tuple[str, tuple[Event, ...], Event]] = {}
    repeated = 0
    for row in rows:
        there = found.setdefault(row[2].id, row)
        if there is not row:
            if there != row:
                raise DataError(
                    f"Found two different rows of user {row[0]!r} about {row[2].item!r}; one "
                    "review a user and thing is needed."
                )
            repeated += 1
    return list(found.values()), repeated


def _items(paths: Sequence[Path]) -> Mapping[str, Item]:
    found: dict[str, Item] = {}
    for where, row in _records(paths):
        asin, title, words = (_field(row, name, where) for name in ITEM)
        if not isinstance(asin, str) or not asin:
            raise DataError(f"Found {asin!r} as 'asin' in {where}; text is needed.")
        found.setdefault(asin, Item(asin, title or None, description(words) or None))
    return found
