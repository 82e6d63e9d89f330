"""The lines of one's own benchmark files, checked, and how they are written."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from annotated_types import MinLen

from idiolect.bench.benchmark import USER, Benchmark
from idiolect.data import Event, Item, Request, as_time
from idiolect.data.event import Audience, Role
from idiolect.data.json_files import streamed
from idiolect.errors import DataError
from idiolect.measure.judge.rubric import ASPECTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

Name = Annotated[str, MinLen(1)]
Time = str | int | float | None
#: No other fields, so that a misspelt one is named; no NaN; numbers are names too.
STRICT = {"extra": "forbid", "allow_inf_nan": False, "coerce_numbers_to_str": True}


@dataclass(frozen=True)
class Thing:
    """What an entry or a request is about."""

    __pydantic_config__: ClassVar[Any] = STRICT
    id: Name
    title: str | None = None
    description: str | None = None

    @property
    def item(self) -> Item:
        """The same as an item."""
        return Item(self.id, self.title, self.description)


@dataclass(frozen=True)
class Entry:
    """One thing that a user did before."""

    __pydantic_config__: ClassVar[Any] = STRICT
    text: str = ""
    item: Name | Thing | None = None
    title: str | None = None
    time: Time = None
    rating: float | None = None
    chosen: str | None = None
    audience: Audience | None = None
    id: Name | None = None

    def event(self, user: str, name: str) -> Event:
        """The same as an event; `name` is its id where it has none."""
        return Event(
            user,
            self.text,
            self.item.id if isinstance(self.item, Thing) else self.item,
            None if self.time is None else as_time(self.time),
            self.rating,
            self.title,
            chosen=self.chosen,
            audience=self.audience,
            id=self.id or name,
        )


@dataclass(frozen=True)
class Turn:
    """One turn of a conversation."""

    __pydantic_config__: ClassVar[Any] = STRICT
    role: Role
    content: str


@dataclass(frozen=True)
class Line:
    """A request with its answer; without an id a history only."""

    __pydantic_config__: ClassVar[Any] = STRICT
    user: Name
    id: Name | None = None
    query: str = ""
    messages: tuple[Turn, ...] = ()
    item: Name | Thing | None = None
    time: Time = None
    given: Mapping[str, float | str] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    scale: tuple[float, float] | None = None
    gold: float | str | None = None
    aspects: tuple[str | dict[str, str], ...] = ()
    groups: Mapping[str, Name] = field(default_factory=dict)
    profile: tuple[Entry, ...] | None = None

    @property
    def shape(self) -> Literal["text", "choice", "rating", "rubric"]:
        """What is asked for."""
        if self.options:
            return "choice"
        if self.scale:
            return "rating"
        return "rubric" if self.aspects and self.gold is None else "text"

    @property
    def answer(self) -> str:
        """The gold answer as text; empty where there is none."""
        if self.gold is None:
            return ""
        return self.gold if isinstance(self.gold, str) else f"{self.gold:g}"


def lines(path: Path) -> Iterator[tuple[Line, str]]:
    """The lines of a file, and where each stands.

    Raises:
        DataError: The file cannot be read, or a line is not of the format.
    """
    from pydantic import TypeAdapter, ValidationError

    form = TypeAdapter(Line)
    for number, row in streamed(path):
        where = f"line {number:,} of '{path.name}'"
        gold = row.get("gold")
        if isinstance(gold, float) and not isfinite(gold):
            raise DataError(f"Found {gold!r} as 'gold' in {where}; text or a number is needed.")
        try:
            line = form.validate_python(_renamed(row))
            for time in (line.time, *(entry.time for entry in line.profile or ())):
                _ = None if time is None else as_time(time)
        except ValidationError as error:
            first = error.errors()[0]
            name = ".".join(map(str, first["loc"])) or "the line"
            raise DataError(
                f"Found {str(first['input'])[:60]!r} as {name!r} in {where}: "
                f"{first['msg'].lower()}. See `idiolect bench show own` for the format."
            ) from None
        except DataError as error:
            raise DataError(f"In {where}: {error}") from None
        yield line, where


def _renamed(row: dict[str, Any]) -> dict[str, Any]:
    """The row with `history` under its other name."""
    if "history" not in row or "profile" in row:
        return row
    return {("profile" if name == "history" else name): value for name, value in row.items()}


def save(benchmark: Benchmark, path: str | Path) -> None:
    """Writes a benchmark as `own` reads it; each history stands at its user's first line.

    Users who are asked nothing follow with their histories. What the format has no field for, such
    as an event's image, an assistant's turn or an item's attributes, is left out.

    Raises:
        DataError: A held-out event is part of a history that no time cuts.
    """
    rows: dict[str, set[int]] = {}
    for name, request in benchmark.examples.items():
        rows.setdefault(request.user, set()).update(benchmark.view(name).own.rows.tolist())
    population, targets = benchmark.population, {r.event for r in benchmark.requests} - {None}
    with Path(path).expanduser().open("w", encoding="utf-8") as file:
        for name, request in benchmark.examples.items():
            line = _request(benchmark, name, request)
            if request.user in rows:
                events = population.made(_sorted(rows.pop(request.user)))
                line["profile"] = [_entry(event, population.item) for event in events]
                kept = next((e.id for e in events if e.id in targets and e.time is None), None)
                if kept is not None:
                    raise DataError(
                        f"Found the held-out event {kept!r} in the history of another request of "
                        f"{request.user!r}, and no times to cut by; hold out one event a user, or "
                        "bring times."
                    )
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
        asked = set(benchmark.users.tolist())
        for user in population.users:
            if user not in asked:
                own = population.events_of(user).by_people
                profile = [_entry(e, population.item) for e in own]
                file.write(json.dumps({"user": user, "profile": profile}, ensure_ascii=False))
                file.write("\n")


def _sorted(rows: set[int]) -> NDArray[Any]:
    import numpy as np

    return np.array(sorted(rows), dtype=np.intp)


def _request(benchmark: Benchmark, name: str, request: Request) -> dict[str, Any]:
    reference = benchmark.references.get(name)
    extra = reference.extra if reference else {}
    found = {
        "id": name,
        "user": request.user,
        "query": request.query,
        "messages": [{"role": m.role, "content": m.content} for m in request.messages],
        "item": _thing(request.item),
        "time": request.time and request.time.isoformat(),
        "given": dict(request.given),
        "options": list(request.options),
        "scale": request.scale and list(request.scale),
        "gold": reference.text if reference and reference.text else None,
        "aspects": [a if isinstance(a, str) else dict(a) for a in extra.get(ASPECTS, ())],
        "groups": {g: of[name] for g, of in benchmark.groups.items() if g != USER},
    }
    return {key: value for key, value in found.items() if value not in (None, "", [], {})}


def _entry(event: Event, about: Any) -> dict[str, Any]:
    found = {
        "id": event.id,
        "text": event.text,
        "item": None if event.item is None else _thing(about(event.item)),
        "title": event.title,
        "time": event.time and event.time.isoformat(),
        "rating": event.rating,
        "chosen": event.chosen,
        "audience": event.audience,
    }
    return {key: value for key, value in found.items() if value not in (None, "")}


def _thing(item: Item | None) -> str | dict[str, str] | None:
    if item is None:
        return None
    found = {"id": item.id, "title": item.title, "description": item.description}
    told = {key: value for key, value in found.items() if value}
    return told if len(told) > 1 else item.id
