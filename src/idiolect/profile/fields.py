"""Changed attributes of a profile, as a model reports them: only what changed, nested or flat."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, make_dataclass
from functools import cache
from typing import Any

from idiolect.data import Events
from idiolect.errors import DataError
from idiolect.lm import Json, LanguageModel, Prompt, Sampling, Section, own
from idiolect.profile.claim import Claim, Span
from idiolect.profile.schema import Field, Schema
from idiolect.profile.sensitive import sensitive


@dataclass(frozen=True)
class Changed:
    """What a reply changes.

    Attributes:
        values: Attribute and its new value, several for one that has many.
        refused: Why other parts of the reply were not taken.
    """

    values: tuple[tuple[str, Any], ...] = ()
    refused: tuple[str, ...] = ()


def changed(reply: Mapping[str, Any], schema: Schema) -> Changed:
    """A reply's attributes, by the merge rules of AI PERSONA (Wang et al. 2024, arXiv 2412.13103).

    A group is merged attribute by attribute; an attribute may also stand alone, whatever its group;
    protected attributes are passed over; a name that the schema does not know changes nothing.
    Unlike theirs, a group is never replaced by something else, an unknown name is not added to a
    group, and what was passed over is said. None and empty values change nothing.

    Args:
        reply: Group → attribute → value, or attribute → value. Names may differ in case, and have
            spaces or hyphens for underscores.
        schema: The attributes that there are.
    """
    fields = {_plain(field.name): field for field in schema.fields}
    groups = {_plain(field.group) for field in schema.fields if field.group}
    values: list[tuple[str, Any]] = []
    refused: list[str] = []
    for name, value in _flat(reply, groups, refused):
        field = fields.get(_plain(name))
        if field is None:
            refused.append(f"{name!r} is no attribute")
        elif field.protected:
            refused.append(f"{field.name!r} is protected: only the user may change it")
        else:
            for one in value if field.many and isinstance(value, list | tuple) else [value]:
                try:
                    values.append((field.name, field.read(one)))
                except DataError as error:
                    refused.append(str(error))
    return Changed(tuple(values), tuple(refused))


def _flat(
    reply: Mapping[str, Any], groups: set[str], refused: list[str]
) -> Iterator[tuple[str, Any]]:
    """Attributes and values, out of their groups, without empty ones."""
    for name, value in reply.items():
        if _plain(name) in groups:
            if isinstance(value, Mapping):
                yield from ((k, v) for k, v in value.items() if v not in (None, "", [], ()))
            elif value not in (None, ""):
                refused.append(f"the group {name!r} cannot become {value!r}")
        elif value not in (None, "", [], ()):
            yield name, value


def _plain(name: str) -> str:
    return name.strip().casefold().replace(" ", "_").replace("-", "_")


@dataclass(frozen=True)
class AskFields:
    """Asks a model which attributes some of the user's texts change: one prompt.

    What a model says so is inferred, so a value on a sensitive matter is passed over, whatever the
    attribute; what it was is not told.

    Attributes:
        lm: Who reads; it has to answer in JSON.
        wording: The instruction.
        schema: Attributes; protected ones are not asked for.
        sampling: How replies are drawn.
        confidence: Of what is inferred, 0..1.
        allow_sensitive: Keep values on sensitive matters.
    """

    lm: LanguageModel
    wording: str
    schema: Schema
    sampling: Sampling | None = None
    confidence: float = 0.5
    allow_sensitive: bool = False

    def __call__(
        self, texts: Events, *known: Section | None
    ) -> tuple[tuple[Claim, ...], tuple[str, ...]]:
        """Claims, and what was passed over.

        A claim quotes its value where the user says it in these words; else it rests on these texts
        as a whole, so that forgetting one of them leaves it.

        Args:
            texts: The user's own.
            *known: What is believed so far, shown first.

        Raises:
            ReplyError: The reply has another form.
        """
        prompt = Prompt(
            self.wording,
            *known,
            own(texts),
            expects=Json(_form(self.schema.fields)),
            sampling=self.sampling,
            stage="update",
        )
        found = changed(_mapping(self.lm.one(prompt).value), self.schema)
        whole = tuple(map(Span, texts.ids))
        learned = max((time for time in texts.column("time") if time is not None), default=None)
        claims, refused = [], list(found.refused)
        for name, value in found.values:
            kind = self.schema[name].sensitive or sensitive(str(value))
            if kind and not self.allow_sensitive:
                refused.append(f"{name!r} is left as it was: its value is about {kind}, inferred")
                continue
            spans = tuple(_places(value, texts)) or whole
            more: dict[str, Any] = {"spans": spans, "learned_at": learned, "sensitive": kind}
            claims.append(self.schema.claim(name, value, self.confidence, **more))
        return tuple(claims), tuple(refused)


def _places(value: Any, texts: Events) -> Iterator[Span]:
    """Where texts say a value as it is; capitals may differ."""
    if isinstance(value, str):
        said = re.compile(rf"(?<!\w){re.escape(value)}(?!\w)", re.IGNORECASE)
        found = ((event.id, said.search(event.text)) for event in texts)
        yield from (Span(name, place[0], place.start()) for name, place in found if place)


@cache
def _form(fields: Sequence[Field]) -> type[Any]:
    """Group → attribute, each of them optional; unknown names are read too, to be refused."""
    grouped: dict[str, list[tuple[str, Any, Any]]] = {}
    for field in fields:
        if not field.protected:
            one: Any = {"number": float, "yes or no": bool}.get(field.kind, str)
            kind = tuple[one, ...] if field.many else one
            grouped.setdefault(field.group, []).append((field.name, kind | None, None))
    inner = [(name, _loose(name, of) | None, None) for name, of in grouped.items() if name]
    made: type[Any] = _loose("Changes", [*inner, *grouped.get("", [])])
    return made


def _loose(name: str, fields: list[tuple[str, Any, Any]]) -> Any:
    made = make_dataclass(name, fields, frozen=True)
    made.__pydantic_config__ = {"extra": "allow"}  # type: ignore[attr-defined]
    return made


def _mapping(value: Any) -> Any:
    """An object of the form as mappings, with all that was said."""
    if isinstance(value, dict):
        return {name: _mapping(inner) for name, inner in value.items()}
    return _mapping(vars(value)) if hasattr(value, "__dict__") else value
