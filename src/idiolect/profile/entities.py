"""A user as the things they dealt with: how often, when, and in which texts (K-LaMP).

Only aggregates are kept: names, times and event ids, no words of the texts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar

from idiolect.data import Events, Request, as_time
from idiolect.embed import words
from idiolect.errors import DataError
from idiolect.measure import Text
from idiolect.measure.text import FUNCTION_WORDS
from idiolect.profile.as_json import AsJson
from idiolect.profile.claim import STRICT

#: Text → names of what it mentions, each once.
Linker = Callable[[str], Sequence[str]]
_WORD = re.compile(r"[^\W_][\w'’&-]*(?:\.(?=\w)[\w'’&-]*)*\.?")
_I = re.compile(r"I(?:['’].*)?")


@dataclass(frozen=True)
class Dictionary:
    """Finds given names in texts, whole words in any case, the longest first; no model.

    Attributes:
        names: Entity → further names of it.
    """

    names: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, names: Iterable[str]) -> Dictionary:
        """A list of names without further ones."""
        return cls(dict.fromkeys(names, ()))

    @cached_property
    def _known(self) -> dict[tuple[str, ...], str]:
        """Words of a name → the entity; the first one that claims a name has it."""
        known: dict[tuple[str, ...], str] = {}
        for entity, aliases in self.names.items():
            for alias in (entity, *aliases):
                known.setdefault(tuple(words(alias)), entity)
        known.pop((), None)
        return known

    @cached_property
    def _longest(self) -> int:
        return max(map(len, self._known), default=0)

    def __call__(self, text: str) -> tuple[str, ...]:
        """The entities that a text mentions, in order, each once."""
        read, found, at = words(text), dict[str, None](), 0
        while at < len(read):
            lengths = range(min(self._longest, len(read) - at), 0, -1)
            size = next((n for n in lengths if tuple(read[at : at + n]) in self._known), 0)
            if size:
                found[self._known[tuple(read[at : at + size])]] = None
            at += size or 1
        return tuple(found)


def capitalised(text: str) -> tuple[str, ...]:
    """Runs of capitalised words within sentences: a linker where no names are given.

    A grammar word that begins a sentence is no part of a run, and a single word there counts only
    if it stands capitalised within a sentence, too. It serves languages that capitalise names
    alone, so not German.
    """
    runs = [run for sentence in Text(text).sentences for run in _runs(sentence)]
    inner = {word for words, begins in runs for word in words[begins:]}
    kept = (run for run, begins in runs if not begins or len(run) > 1 or run[0] in inner)
    return tuple(dict.fromkeys(" ".join(run) for run in kept))


def _runs(sentence: str) -> list[tuple[list[str], bool]]:
    """Runs of capitalised words of a sentence, and whether they begin it."""
    found: list[tuple[list[str], bool]] = []
    run: list[str] = []
    end = 0
    for place, match in enumerate(_WORD.finditer(sentence)):
        word = match[0].rstrip(".'’-")
        named = word[:1].isupper() and not _I.fullmatch(word)
        if not named or (place == 0 and word.lower() in FUNCTION_WORDS):
            run = []
            continue
        # Beyond a comma or the like another name begins.
        if run and sentence[: match.start()].rstrip(" ") != sentence[:end]:
            run = []
        if not run:
            found.append((run, place == 0))
        run.append(word)
        end = match.start() + len(word)
    return found


@dataclass(frozen=True, slots=True)
class Entity:
    """One thing that a user dealt with.

    Attributes:
        name: What it is.
        events: Ids of the user's events that mention it, oldest first.
        times: When each was; None where the data has no times.

    Raises:
        DataError: There are more events than times, or fewer.
    """

    name: str
    events: tuple[str, ...]
    times: tuple[datetime | None, ...]
    __pydantic_config__: ClassVar[Mapping[str, Any]] = STRICT

    def __post_init__(self) -> None:
        if len(self.events) != len(self.times):
            raise DataError(
                f"Found {self.name!r} with {len(self.events)} events and {len(self.times)} times; "
                "give one time for each event."
            )

    @property
    def last(self) -> datetime | None:
        """When it was mentioned last, as far as is known."""
        return max((time for time in self.times if time is not None), default=None)

    def weight(self, at: datetime | None = None, half_life: float | None = None) -> float:
        """How many events mention it, each counting half after `half_life` days.

        Args:
            at: When it is asked; None counts every event fully.
            half_life: Days; None counts every event fully.
        """
        if at is None or half_life is None:
            return float(len(self.events))
        ages = [0.0 if t is None else (at - t).total_seconds() / 86_400 for t in self.times]
        return float(sum(0.5 ** (max(age, 0.0) / half_life) for age in ages))

    @property
    def text(self) -> str:
        """Name, count and last time, as a line."""
        count = len(self.events)
        when = f", last {self.last:%Y-%m-%d}" if self.last else ""
        return f"{self.name} (in {count} text{'s' if count > 1 else ''}{when})"


@dataclass(frozen=True)
class Entities(AsJson):
    """What a user dealt with; never changes: adding gives a new one.

    Attributes:
        user: Whose.
        entities: In the order of their first mention.
        read: Ids of the events that were looked at, also of those that mention nothing.
        notes: What limits it.
    """

    user: str
    entities: tuple[Entity, ...] = ()
    read: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    __pydantic_config__: ClassVar[Mapping[str, Any]] = STRICT

    def add(self, events: Events, link: Linker, *, items: bool = True) -> Entities:
        """With what further events mention; those read before are passed over.

        Args:
            events: The user's own, oldest first.
            link: Finds names in a title and text.
            items: Take the title of what an event is about as an entity, too.
        """
        known = {entity.name: entity for entity in self.entities}
        read = dict.fromkeys(self.read)
        for event, item in zip(events, events.about, strict=True):
            if event.id in read:
                continue
            read[event.id] = None
            names = list(link(". ".join(part for part in (event.title, event.text) if part)))
            if items and item is not None and item.title:
                names.insert(0, item.title)
            for name in dict.fromkeys(names):
                old = known.get(name, Entity(name, (), ()))
                known[name] = Entity(name, (*old.events, event.id), (*old.times, event.time))
        return replace(self, entities=tuple(known.values()), read=tuple(read))

    def forget(self, events: Iterable[str]) -> Entities:
        """As if some events had never been."""
        gone = set(events)
        left = []
        for entity in self.entities:
            kept = [
                (e, t) for e, t in zip(entity.events, entity.times, strict=True) if e not in gone
            ]
            if kept:
                left.append(Entity(entity.name, *map(tuple, zip(*kept, strict=True))))
        return replace(
            self, entities=tuple(left), read=tuple(name for name in self.read if name not in gone)
        )

    @property
    def evidence(self) -> tuple[str, ...]:
        """Ids of the events that mention something, each once."""
        return tuple(dict.fromkeys(event for entity in self.entities for event in entity.events))


@dataclass(frozen=True, slots=True)
class Relevant:
    """An entity with its score for a request.

    Attributes:
        entity: Which.
        score: Weight × how near it is to the request.
        near: 0..1: 1 if the request names it or the graph links it; else the share of its events
            that mention something the request names.
    """

    entity: Entity
    score: float
    near: float


@dataclass(frozen=True)
class Familiar:
    """Which of a user's entities matter for a request: near what it names, often and lately used.

    Attributes:
        link: Finds names in the request.
        entities: How many at most.
        half_life: Days after which a mention counts half; None counts all fully.
        graph: Entity → related ones, a knowledge graph's edges; None for no graph.
        least: Nearness that every entity has, so that interests far from the request are shown
            where there is room (ours).
    """

    link: Linker
    entities: int = 20
    half_life: float | None = None
    graph: Mapping[str, Sequence[str]] | None = None
    least: float = 0.1

    def __call__(self, known: Entities, request: Request) -> list[Relevant]:
        """The best ones, best first; ties by their first mention."""
        item = request.item.words if request.item is not None else ""
        title = [request.item.title] if request.item is not None and request.item.title else []
        given = (str(value) for value in request.given.values())
        named = {*title, *self.link("\n".join((request.words, item, *given)))}
        linked = named.union(*((self.graph or {}).get(name, ()) for name in named))
        about = {e for entity in known.entities if entity.name in named for e in entity.events}
        at = None if request.time is None else as_time(request.time)
        found = []
        for entity in known.entities:
            together = sum(event in about for event in entity.events) / len(entity.events)
            near = 1.0 if entity.name in linked else together
            weight = entity.weight(at, self.half_life)
            found.append(Relevant(entity, weight * max(near, self.least), near))
        return sorted(found, key=lambda one: -one.score)[: self.entities]
