"""What prompts show: typed sections of entries that know the events they were made from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from idiolect.data import Event, Events, Item, Message, Request

SectionKind = Literal[
    "profile", "own", "peers", "drafts", "differences", "item", "given", "query", "conversation",
    "options",
]  # fmt: skip
_TAGS: Mapping[SectionKind, str] = {
    "profile": "profile",
    "own": "texts_by_the_user",
    "peers": "texts_by_other_people",
    "drafts": "drafts_by_a_model",
    "differences": "differences",
    "item": "item",
    "given": "given",
    "query": "request",
    "conversation": "conversation",
    "options": "options",
}
#: The tags between which prompts show sections.
TAGS = tuple(_TAGS.values())
#: Also with what hardly shows before the name, or with something behind it.
_OWN_TAG = re.compile(
    rf"<(?=[\s/\u200b-\u200d\ufeff]*(?:{'|'.join(TAGS)})\b[^<>\n]{{0,80}}>)", re.IGNORECASE
)


@dataclass(frozen=True)
class Entry:
    """One thing shown in a section.

    Attributes:
        text: What is shown.
        facts: Labels and values shown above the text, in order.
        events: Ids of the events that it was made from.
    """

    text: str
    facts: tuple[tuple[str, str], ...] = ()
    events: tuple[str, ...] = ()

    def fact(self, label: str) -> str | None:
        """The value of a label; None where there is none."""
        return dict(self.facts).get(label)


@dataclass(frozen=True)
class Section:
    """A typed part of a prompt: entries, best first, so that cutting takes the last.

    Attributes:
        kind: What it holds.
        entries: What is shown.
        asked: Id of the event in whose place something is asked for, where its facts are shown:
            not what the reply was made from, but forgetting the event has to find the reply.
    """

    kind: SectionKind
    entries: tuple[Entry, ...]
    asked: str = ""

    @property
    def events(self) -> tuple[str, ...]:
        """Ids of the events that its entries were made from, each once."""
        return tuple(dict.fromkeys(event for entry in self.entries for event in entry.events))

    def render(self) -> str:
        """The section as text between tags, which mark it as data.

        A tag of ours within the data, or nearly one, is made harmless (`&lt;`), so that nobody's
        text can end it.
        """
        many = len(self.entries) > 1
        shown = []
        for number, entry in enumerate(self.entries, 1):
            head = " | ".join(f"{label}: {value}" for label, value in entry.facts)
            mark = f"[{number}] " if many else ""
            shown.append("\n".join(part for part in (mark + head, entry.text) if part.strip()))
        tag = _TAGS[self.kind]
        return f"<{tag}>\n" + harmless("\n\n".join(shown)) + f"\n</{tag}>"


class Says(Protocol):
    """Something said about a user, with the events that it rests on."""

    @property
    def text(self) -> str:
        """What is said."""
        ...

    @property
    def about(self) -> str:
        """What it is about; empty where it is about everything."""
        ...

    @property
    def evidence(self) -> tuple[str, ...]:
        """Ids of the events that it rests on."""
        ...


def item(about: Item | None) -> Section | None:
    """The thing that is written about."""
    if about is None:
        return None
    facts = (("title", about.title),) if about.title else ()
    text = about.description or ""
    return Section("item", (Entry(text, facts),)) if text or facts else None


def _shown(event: Event, about: Item | None) -> Entry:
    facts: list[tuple[str, str]] = []
    if about is not None and about.words:
        facts.append(("about", about.words))
    if event.rating is not None:
        facts.append(("rating", f"{event.rating:g}"))
    if event.title:
        facts.append(("title", event.title))
    if event.chosen:
        facts.append(("chosen", event.chosen))
    return Entry(event.text, tuple(facts), (event.id,))


def entries(events: Events) -> tuple[Entry, ...]:
    """Events as prompts show them: text, rating, title, choice, what it is about; never by whom."""
    return tuple(map(_shown, events, events.about))


def own(texts: Events | Sequence[Entry]) -> Section:
    """The user's own texts."""
    return Section("own", entries(texts) if isinstance(texts, Events) else tuple(texts))


def peers(texts: Events | Sequence[Entry]) -> Section:
    """Other people's texts; who they are is not shown."""
    return Section("peers", entries(texts) if isinstance(texts, Events) else tuple(texts))


def drafts(texts: Iterable[Entry]) -> Section:
    """What a model wrote, with nothing known of the user, where the user wrote the own texts."""
    return Section("drafts", tuple(texts))


def profile(summary: str | None, evidence: Iterable[str] = ()) -> Section | None:
    """What is believed of the user, and the ids of the events that it was made from."""
    return Section("profile", (Entry(summary, events=tuple(evidence)),)) if summary else None


def differences(found: Iterable[Says]) -> Section:
    """How the user differs from others, one entry each."""
    return Section(
        "differences",
        tuple(Entry(d.text, (("about", d.about),) if d.about else (), d.evidence) for d in found),
    )


def given(request: Request) -> Section | None:
    """Facts that come with the request, such as the rating."""
    facts = tuple(
        (label, f"{v:g}" if isinstance(v, float) else str(v)) for label, v in request.given.items()
    )
    return Section("given", (Entry("", facts),), request.event or "") if facts else None


def query(request: Request) -> Section | None:
    """What the user asks, in words."""
    if not request.query:
        return None
    return Section("query", (Entry(request.query),), request.event or "")


def conversation(messages: Sequence[Message], asked: str | None = None) -> Section:
    """The conversation so far, and the event in whose place something is asked for."""
    shown = tuple(Entry(m.content, (("from", m.role),)) for m in messages)
    return Section("conversation", shown, asked or "")


def options(choices: Sequence[str], asked: str | None = None) -> Section:
    """What may be answered, and the event in whose place something is asked for."""
    return Section("options", tuple(Entry(choice) for choice in choices), asked or "")


def harmless(text: str) -> str:
    """Somebody's words without our tags, or nearly ours, so that they cannot end a section."""
    return _OWN_TAG.sub("&lt;", text)
