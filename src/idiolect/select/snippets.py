"""Documents ranked by their best snippet: one telling passage makes a long text relevant."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from textwrap import wrap

import numpy as np
from numpy.typing import NDArray

from idiolect.data import Events, Request, View
from idiolect.embed import Encoder, words
from idiolect.lm import Entry
from idiolect.select.chosen import Chosen
from idiolect.select.events import similarities
from idiolect.select.okapi import Query, asked_words, okapi_scores
from idiolect.select.ranking import at_least_one, best_first, few, top


def in_snippets(text: str, length: int = 250) -> list[str]:
    """A text in pieces of at most `length` characters, cut between words; none for an empty one.

    White space counts as one space. A word longer than that is cut.
    """
    return wrap(text, length)


def beginning(request: Request, characters: int = 150) -> str:
    """How what is asked for begins: the start of what is given, of the thing, and of the query.

    Facts in words come first (a title before a text, as they are given), numbers are left out.
    """
    facts = [fact for fact in request.given.values() if isinstance(fact, str)]
    about = request.item.words if request.item else ""
    return " ".join(part for part in (*facts, about, request.words) if part)[:characters]


def within(texts: Iterable[Entry], characters: int) -> tuple[Entry, ...]:
    """Texts, best first, as far as they have `characters` together; the last one is cut there.

    One character is counted between two texts.
    """
    kept: list[Entry] = []
    left = characters
    for entry in texts:
        if left <= 0:
            break
        kept.append(replace(entry, text=entry.text[:left]))
        left -= len(entry.text) + 1
    return tuple(kept)


def best_of_each(
    scores: NDArray[np.floating], of: Sequence[int], documents: int, kept: int | None = None
) -> NDArray[np.float64]:
    """The best score of each document's snippets; −inf for one without any.  # (documents,)

    Args:
        scores: One a snippet.  # (snippets,)
        of: Document that each snippet is from.  # (snippets,)
        documents: How many there are.
        kept: Only so many snippets count, those of the highest scores (equal: the last); None
            counts all.
    """
    best = np.full(documents, -np.inf)
    counted = best_first(np.asarray(scores))[:kept]
    np.maximum.at(best, np.asarray(of, dtype=np.intp)[counted], np.asarray(scores, float)[counted])
    return best


@dataclass(frozen=True)
class Snippet:
    """A piece of an event's text.

    Attributes:
        text: The words.
        event: Id of the event.
        of: Position of the event among those that were cut.
    """

    text: str
    event: str
    of: int


@dataclass(frozen=True)
class BySnippet:
    """The events with the best snippets: score(d) = max over the retrieved snippets of d.

    RankDocBySnpt of Li et al. 2023 (arXiv 2308.07968). Events none of whose snippets is retrieved
    come last, newest first.

    Args:
        encoder: Snippets are compared by cosine, cut at the view; None: by BM25 over snippets.
        events: How many.
        snippets: How many snippets are retrieved; ours, the paper does not say.
        length: Characters of a snippet at most; ours.
        query: Words of a request.

    Raises:
        SettingError: A count is below 1.
    """

    encoder: Encoder | None = None
    events: int = 8
    snippets: int = 50
    length: int = 250
    query: Query = asked_words

    def __post_init__(self) -> None:
        for name in ("events", "snippets", "length"):
            at_least_one(name, getattr(self, name))

    def __call__(self, view: View, events: Events | None = None) -> Chosen:
        """The chosen ones among `events`, oldest first; by default all own events."""
        events = view.own if events is None else events
        cut, scores = self.scored(view, events)
        if not cut:
            return Chosen(events[:0], note=few(0, self.events))
        of = [snippet.of for snippet in cut]
        best = best_of_each(scores, of, len(events), self.snippets)
        return top(events, best, self.events, "best snippet")

    def passages(self, view: View, events: Events | None = None) -> list[Snippet]:
        """The retrieved snippets themselves, best first (RankSnippet)."""
        cut, scores = self.scored(view, view.own if events is None else events)
        return [cut[at] for at in best_first(scores)[: self.snippets]]

    def scored(self, view: View, events: Events) -> tuple[list[Snippet], NDArray[np.float64]]:
        """All snippets in the order of the events, and how near the request each is."""
        whole = zip(events.ids, events.column("title"), events.texts, strict=True)
        cut = [
            Snippet(piece, name, of)
            for of, (name, title, text) in enumerate(whole)
            for piece in in_snippets(f"{title or ''}\n{text}", self.length)
        ]
        asked, pieces = self.query(view.request), [snippet.text for snippet in cut]
        if not cut:
            return [], np.zeros(0)
        if self.encoder is None:
            return cut, okapi_scores([words(piece) for piece in pieces], words(asked))
        return cut, similarities(self.encoder.at(view), pieces, asked)
