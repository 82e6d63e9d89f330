"""Knowledge that answered before, kept with the user: ERAGent's experience pool, and its filter."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from itertools import zip_longest
from typing import Annotated, Any, ClassVar

from annotated_types import MinLen

from idiolect.data import View, as_time
from idiolect.embed import words
from idiolect.errors import DataError
from idiolect.lm import Choice, Entry, LanguageModel, Prompt, Sampling, Section, entries
from idiolect.lm.sections import SectionKind
from idiolect.measure.judge import Considered
from idiolect.profile.as_json import AsJson
from idiolect.profile.claim import STRICT
from idiolect.profile.profile import Profile
from idiolect.select import OkapiIndex, all_words
from idiolect.select.ranking import best_first

#: Query → documents, best first; a document's title is its fact `title`.
Search = Callable[[str], Sequence[Entry]]
#: What a document is to a question, as in natural language inference.
INFERRED = ("entailment", "neutral", "contradiction")


def title(document: Entry) -> str:
    """What a document is known by: what it is about, if that is said, and its title, else text."""
    parts = document.fact("about"), document.fact("title") or document.text
    return ": ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Experience:
    """A question that was answered, and the knowledge that was kept of it.

    Attributes:
        question: As it was understood.
        knowledge: Documents that answer it.
        at: When; None where no time is known.
    """

    question: str
    knowledge: tuple[Entry, ...]
    at: datetime | None = None
    __pydantic_config__: ClassVar[Mapping[str, Any]] = STRICT


@dataclass(frozen=True)
class Rewritten:
    """What a model makes of a request: one question, and queries that would answer it."""

    question: Annotated[str, MinLen(1)]
    queries: Annotated[tuple[str, ...], MinLen(1)]


@dataclass(frozen=True)
class Informed(AsJson):
    """A user model of somebody who asks: a profile, what was learned for them, what bears on now.

    Attributes:
        profile: What is believed of the user.
        pool: Questions answered before and the knowledge kept of each, oldest first.
        question: What is asked now, as it was understood.
        sources: Documents for it, own texts and others' apart, as prompts show them.
        searched: Queries that the pool did not cover.
        notes: What limits it.
    """

    profile: Profile
    pool: tuple[Experience, ...] = ()
    question: str = ""
    sources: tuple[Section, ...] = ()
    searched: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    __pydantic_config__: ClassVar[Mapping[str, Any]] = STRICT

    @classmethod
    def at(cls, view: View, last: Informed | None) -> Informed:
        """The user model of the last request, or a new one where there was none.

        Raises:
            DataError: It is somebody else's, or was made from what the view may not know.
        """
        user = view.request.user
        if last is None:
            return cls(Profile(user))
        if last.profile.user != user:
            raise DataError(
                f"Found the user model of {last.profile.user!r} at a request of {user!r}; hand "
                "each user's own."
            )
        unknown = sorted(set(last.profile.sources).difference(view.own.ids))
        if unknown:
            raise DataError(
                f"Found a user model of {user!r} made from {unknown[0]!r}, which is no own event "
                "before the request; hand the model of an earlier request, or `forget` the event."
            )
        return last

    def known(self, at: datetime | None = None) -> dict[str, Entry]:
        """Title → document of the pool, the last of each title; only from before a time."""
        until = None if at is None else as_time(at)
        return {
            title(document): document
            for each in self.pool
            if until is None or each.at is None or as_time(each.at) < until
            for document in each.knowledge
        }

    def forget(self, events: Iterable[str]) -> Informed:
        """As if some events had never been: documents made from them are gone."""
        gone = set(events)

        def left(documents: Iterable[Entry]) -> tuple[Entry, ...]:
            return tuple(each for each in documents if not gone.intersection(each.events))

        pool = (replace(each, knowledge=left(each.knowledge)) for each in self.pool)
        return replace(
            self,
            profile=self.profile.forget(gone),
            pool=tuple(each for each in pool if each.knowledge),
            sources=tuple(
                Section(each.kind, kept) for each in self.sources if (kept := left(each.entries))
            ),
        )

    @property
    def evidence(self) -> tuple[str, ...]:
        """Ids of the events that profile and documents were made from, each once."""
        shown = (document for each in self.sources for document in each.entries)
        documents = (*shown, *(document for each in self.pool for document in each.knowledge))
        ids = (event for document in documents for event in document.events)
        return tuple(dict.fromkeys((*self.profile.evidence, *ids)))


def sections(documents: Iterable[Entry], own: Container[str]) -> tuple[Section, ...]:
    """Documents as prompts show them: the user's own texts, and what others wrote.

    Args:
        documents: Best first.
        own: Ids of the user's own events; what was made from no event is by others.
    """
    them = list(documents)
    mine = [bool(each.events) and all(event in own for event in each.events) for each in them]
    kinds: tuple[SectionKind, SectionKind] = ("own", "peers")
    shown = (
        Section(kind, tuple(d for d, my in zip(them, mine, strict=True) if my == (kind == "own")))
        for kind in kinds
    )
    return tuple(section for section in shown if section.entries)


@dataclass(frozen=True)
class KnowledgeFilter:
    """Keeps documents that hold a clear answer to a question: one prompt each, side by side.

    Attributes:
        lm: Who judges; the floor cannot.
        wording: The instruction; the document is the premise, that it answers the hypothesis.
        sampling: How replies are drawn.
    """

    lm: LanguageModel
    wording: str
    sampling: Sampling | None = None

    def __call__(
        self, question: str, documents: Sequence[Entry], own: Container[str] = frozenset()
    ) -> tuple[Entry, ...]:
        """Those that entail an answer; `own` as for `sections`.

        Raises:
            ReplyError: A reply stayed unusable.
        """
        replies = self.lm.reply(
            Prompt(
                self.wording,
                *sections([document], own),
                Section("query", (Entry(question),)),
                expects=Considered(Choice(INFERRED)),
                sampling=self.sampling,
                stage="filter",
            )
            for document in documents
        )
        pairs = zip(documents, replies, strict=True)
        return tuple(document for document, reply in pairs if reply.value == INFERRED[0])


@dataclass(frozen=True)
class OwnAndPublic:
    """Search without a network: BM25 over the user's own and other people's public texts.

    Attributes:
        view: What may be known.
        documents: A query finds so many at most.
        latest: Only so many of other people's latest texts are looked at, which bounds the cost.
    """

    view: View
    documents: int = 5
    latest: int = 5000

    @cached_property
    def _index(self) -> tuple[tuple[Entry, ...], OkapiIndex]:
        theirs = self.view.others[-self.latest :]
        public = theirs.take(
            n for n, to in enumerate(theirs.column("audience")) if to in (None, "public")
        )
        known = (public, self.view.own)
        texts = [
            all_words(*pair) for events in known for pair in zip(events, events.about, strict=True)
        ]
        shown = tuple(entry for events in known for entry in entries(events))
        return shown, OkapiIndex.of([words(text) for text in texts])

    def __call__(self, query: str) -> tuple[Entry, ...]:
        """The texts of the highest score; of equal ones own first, then the newest."""
        shown, index = self._index
        return tuple(shown[at] for at in best_first(index.scores(words(query)))[: self.documents])


def merged(found: Iterable[Sequence[Entry]], most: int) -> tuple[Entry, ...]:
    """What several queries found as one list: the first of each, then the second, each title once.

    Args:
        found: For each query, best first.
        most: How many are kept.
    """
    by_rank = (one for rank in zip_longest(*found) for one in rank if one is not None)
    distinct: dict[str, Entry] = {}
    for document in by_rank:
        distinct.setdefault(title(document), document)
    return tuple(distinct.values())[:most]
