"""Okapi BM25: which own events share the most telling words with the request."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from idiolect.data import Event, Events, Item, Request, View
from idiolect.embed import words
from idiolect.select.chosen import Chosen
from idiolect.select.ranking import at_least_one, few, top

if TYPE_CHECKING:
    from scipy.sparse import csc_array

Document = Callable[[Event, Item | None], str]
Query = Callable[[Request], str]
Terms = Callable[[str], Sequence[str]]


def _joined(*parts: str | float | None) -> str:
    return " ".join(str(part) for part in parts if part is not None and part != "")


def all_words(event: Event, item: Item | None) -> str:
    """Title and text of an event, title and description of its item."""
    item = item or Item("")
    return _joined(event.title, item.title, item.description, event.text)


def asked_words(request: Request) -> str:
    """Words of a request, its given title, title and description of its item."""
    item = request.item or Item("")
    return _joined(request.words, request.given.get("title"), item.title, item.description)


def title_and_description(event: Event, item: Item | None) -> str:
    """Title of an event and description of its item (what DPL's authors index)."""
    return _joined(event.title, item.description if item else None)


def asked_title_and_description(request: Request) -> str:
    """Given title and description of the request's item (what DPL's authors ask with)."""
    return _joined(request.given.get("title"), request.item.description if request.item else None)


@dataclass(frozen=True)
class OkapiIndex:
    """BM25 weights of documents, for repeated queries.

    Attributes:
        columns: Column of each term.
        weights: Saturated, length-normalised term frequencies.  # (documents, terms)
        idf: Inverse document frequency of each term.  # (terms,)
    """

    columns: Mapping[str, int]
    weights: csc_array
    idf: NDArray[np.float64]

    @classmethod
    def of(
        cls,
        documents: Sequence[Sequence[str]],
        *,
        published: bool = False,
        k1: float = 1.5,
        b: float = 0.75,
        epsilon: float = 0.25,
    ) -> OkapiIndex:
        """The index of documents given as terms.

        Args:
            documents: One sequence of terms each.
            published: As in rank_bm25 0.2.2 `BM25Okapi`: the idf is log((N − n + ½)/(n + ½)), and
                where that is negative `epsilon` times the mean idf, which is itself negative for
                one or two documents. Otherwise log(1 + (N − n + ½)/(n + ½)), always positive.
            k1: Saturation of repeated terms (1.5 as in rank_bm25).
            b: Weight of the document's length (0.75 as in rank_bm25).
            epsilon: Floor of the published idf, in mean idfs (0.25 as in rank_bm25).
        """
        from scipy.sparse import coo_array

        columns: dict[str, int] = {}
        terms = np.fromiter(
            (columns.setdefault(term, len(columns)) for term in chain.from_iterable(documents)),
            dtype=np.int32,
        )
        lengths = np.array([len(document) for document in documents], dtype=float)
        rows = np.repeat(np.arange(len(documents), dtype=np.int32), lengths.astype(int))
        shape = (len(documents), len(columns))
        counts = coo_array((np.ones(len(terms)), (rows, terms)), shape=shape).tocsc()
        counts.sum_duplicates()
        if len(terms):
            norms = k1 * (1 - b + b * lengths / lengths.mean())
            counts.data = counts.data * (k1 + 1) / (counts.data + norms[counts.indices])
        holding = np.diff(counts.indptr)  # documents of each term
        if published:
            return cls(columns, counts, _published_idf(len(documents), holding, epsilon))
        rarity = np.log1p((len(documents) - holding + 0.5) / (holding + 0.5))
        return cls(columns, counts, rarity)

    def scores(self, query: Sequence[str]) -> NDArray[np.float64]:
        """BM25 of every document; a term counts as often as the query repeats it.  # (documents,)

        Terms are added in the query's order, so that equal sums are equal to the last bit.
        """
        found = np.zeros(self.weights.shape[0])
        starts, rows, weights = self.weights.indptr, self.weights.indices, self.weights.data
        for term in query:
            column = self.columns.get(term)
            if column is not None:
                part = slice(starts[column], starts[column + 1])
                found[rows[part]] += self.idf[column] * weights[part]
        return found


def _published_idf(
    documents: int, holding: NDArray[np.int32], epsilon: float
) -> NDArray[np.float64]:
    # math.log, not np.log: they may differ in the last bit, and with it the order of near ties.
    by_count = {n: math.log(documents - n + 0.5) - math.log(n + 0.5) for n in set(holding.tolist())}
    idf = np.array([by_count[n] for n in holding.tolist()])
    if len(idf):
        idf[idf < 0] = epsilon * (sum(idf.tolist()) / len(idf))
    return idf


def okapi_scores(
    documents: Sequence[Sequence[str]],
    query: Sequence[str],
    *,
    published: bool = False,
    k1: float = 1.5,
    b: float = 0.75,
    epsilon: float = 0.25,
) -> NDArray[np.float64]:
    """BM25 of every document for one query; settings as in `OkapiIndex.of`.  # (documents,)"""
    index = OkapiIndex.of(documents, published=published, k1=k1, b=b, epsilon=epsilon)
    return index.scores(query)


@dataclass(frozen=True)
class Okapi:
    """The events with the highest Okapi BM25 for the request; equal scores newest first.

    Args:
        events: How many.
        document: Words of an event.
        query: Words of a request.
        published: As in rank_bm25 0.2.2: terms split at white space, case kept, and its idf. A view
            in published mode asks for it too.
        terms: How texts are cut into terms, in either mode; None: lower-cased words, white space in
            published mode.

    Raises:
        SettingError: `events` is below 1.
    """

    events: int = 8
    document: Document = all_words
    query: Query = asked_words
    published: bool = False
    terms: Terms | None = None

    def __post_init__(self) -> None:
        at_least_one("events", self.events)

    def __call__(self, view: View, events: Events | None = None) -> Chosen:
        """The chosen ones among `events`, oldest first; by default all own events."""
        events = view.own if events is None else events
        published = self.published or view.published
        terms = self.terms or (str.split if published else words)
        pairs = zip(events, events.about, strict=True)
        documents = [terms(self.document(event, item)) for event, item in pairs]
        query = terms(self.query(view.request))
        scores = okapi_scores(documents, query, published=published)
        found = top(events, scores, self.events, "BM25")
        # Nothing was asked about, as where a user model serves any request: no limit to tell of.
        return found if query else replace(found, note=few(len(events), self.events))
