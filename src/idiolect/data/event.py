"""The smallest nouns: one thing a user did, what it was about, and what is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal

Audience = Literal["self", "group", "public"]
Role = Literal["system", "user", "assistant"]


def _nothing() -> Mapping[str, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Event:
    """One thing a user did.

    Attributes:
        user: Who did it.
        text: The text part; empty for events without words.
        item: Id of what it is about.
        time: When, UTC; None where the data has no times.
        rating: A number the user gave, on the data's own scale.
        title: A short heading of the text.
        kind: What sort of act: ``"text"``, ``"comparison"``, ``"impression"``, …
        image: Reference (path or URL) of the image part.
        options: What could be chosen, for comparisons and impressions.
        chosen: What was chosen among the options.
        thread: Conversation or group it belongs to.
        role: Speaker's role in a conversation.
        audience: Who may read it; None is read as public.
        language: BCP 47 code such as ``"en"``; None is unknown.
        extra: Further columns of the data, by name.
        id: Stable identifier; evidence points to it.
    """

    user: str
    text: str = ""
    item: str | None = None
    time: datetime | None = None
    rating: float | None = None
    title: str | None = None
    kind: str = "text"
    image: str | None = None
    options: tuple[str, ...] = ()
    chosen: str | None = None
    thread: str | None = None
    role: Role | None = None
    audience: Audience | None = None
    language: str | None = None
    extra: Mapping[str, Any] = field(default_factory=_nothing)
    id: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """What events are about."""

    id: str
    title: str | None = None
    description: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=_nothing)
    image: str | None = None

    @property
    def name(self) -> str:
        """The title, or the id where there is none."""
        return self.title or self.id

    @property
    def words(self) -> str:
        """Title and description as one text; empty where nothing is known."""
        return ". ".join(part for part in (self.title, self.description) if part)


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for. It never holds the answer.

    Attributes:
        user: For whom.
        query: What is asked, in words; may be empty when `item` says it all.
        messages: The conversation so far, oldest first.
        item: What the answer is about.
        time: When it is asked, UTC; None means now (everything is past).
        options: What may be answered, for choices.
        scale: Within which a number is asked for, such as a rating.
        given: Facts that come with the request, such as a rating or a title.
        event: Id of the held-out event that this request stands for, if any.
    """

    user: str
    query: str = ""
    messages: tuple[Message, ...] = ()
    item: Item | None = None
    time: datetime | None = None
    options: tuple[str, ...] = ()
    scale: tuple[float, float] | None = None
    given: Mapping[str, str | float] = field(default_factory=_nothing)
    event: str | None = None

    @property
    def words(self) -> str:
        """Query and the last message of the user, as one text."""
        said = next((m.content for m in reversed(self.messages) if m.role == "user"), "")
        return "\n".join(part for part in (self.query, said) if part)
