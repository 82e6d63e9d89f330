"""Which own events: by meaning, recency, chance, relevance with variety, or several of these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from idiolect.data import Events, Request, View
from idiolect.data.index import Rows
from idiolect.embed import Encoder, Vectors, unit
from idiolect.errors import SettingError
from idiolect.select.chosen import Chosen, Selector
from idiolect.select.okapi import Document, Query, all_words, asked_words
from idiolect.select.ranking import at_least_one, best_first, few, top


def drawn(seed: int, *about: str | None) -> np.random.Generator:
    """A generator that depends on a seed and on what the draw is about, and on nothing else."""
    return np.random.default_rng([seed, *(crc32((part or "").encode()) for part in about)])


def _request_of(request: Request) -> tuple[str | None, ...]:
    item = request.item.id if request.item else None
    return request.user, request.event, item, request.words


def _cosines(
    encoder: Encoder, texts: Sequence[str], asked: str
) -> tuple[Vectors, NDArray[np.float32]]:
    """Unit vectors of texts, and the cosine of each with what is asked."""
    # A request without words is like nothing; endpoints refuse empty texts.
    vectors = unit(encoder.encode([*texts, asked] if asked else texts))
    if not asked:
        return vectors, np.zeros(len(texts), dtype=np.float32)
    return vectors[:-1], vectors[:-1] @ vectors[-1]


def _compared(
    encoder: Encoder, view: View, events: Events, document: Document, query: Query
) -> tuple[Vectors, NDArray[np.float32]]:
    """Unit vectors of the events, and the cosine of each with the request."""
    pairs = zip(events, events.about, strict=True)
    texts = [document(event, item) for event, item in pairs]
    return _cosines(encoder.at(view), texts, query(view.request))


def similarities(encoder: Encoder, texts: Sequence[str], asked: str) -> NDArray[np.float64]:
    """Cosine of each text with what is asked; zeros where nothing is.  # (texts,)

    Args:
        encoder: As it may be used in the view (`encoder.at(view)`).
        texts: One at least.
        asked: In words.
    """
    return np.asarray(_cosines(encoder, texts, asked)[1], dtype=np.float64)


def nearest(encoder: Encoder, texts: Sequence[str], asked: str, wanted: int) -> list[int]:
    """Positions of the texts with the highest cosine with what is asked, best first; ties first.

    Args:
        encoder: As it may be used in the view (`encoder.at(view)`).
        texts: Any number.
        asked: Nothing is like an empty one: then the first `wanted` are taken.
        wanted: How many at most.
    """
    if not texts:
        return []
    _, alike = _cosines(encoder, texts, asked)
    order: list[int] = np.argsort(-alike, kind="stable").tolist()
    return order[:wanted]


@dataclass(frozen=True)
class Dense:
    """The events whose vectors have the highest cosine with the request's; ties newest first.

    Args:
        encoder: Cut at the view before it is used.
        events: How many.
        document: Words of an event.
        query: Words of a request.

    Raises:
        SettingError: `events` is below 1.
    """

    encoder: Encoder
    events: int = 8
    document: Document = all_words
    query: Query = asked_words

    def __post_init__(self) -> None:
        at_least_one("events", self.events)

    def __call__(self, view: View, events: Events | None = None) -> Chosen:
        """The chosen ones among `events`, oldest first; by default all own events."""
        events = view.own if events is None else events
        if not len(events):
            return Chosen(events, note=few(0, self.events))
        _, cosines = _compared(self.encoder, view, events, self.document, self.query)
        return top(events, cosines, self.events, "cosine")


@dataclass(frozen=True)
class Recency:
    """The newest events, newest first.

    Args:
        events: How many.

    Raises:
        SettingError: `events` is below 1.
    """

    events: int = 8

    def __post_init__(self) -> None:
        at_least_one("events", self.events)

    def __call__(self, view: View, events: Events | None = None) -> Chosen:
        """The chosen ones among `events`, oldest first; by default all own events."""
        events = view.own if events is None else events
        newest = range(len(events))[::-1][: self.events]
        reasons = [f"newest, rank {rank} of {len(events)}" for rank, _ in enumerate(newest, 1)]
        return Chosen(events.take(newest), tuple(reasons), few(len(events), self.events))


@dataclass(frozen=True)
class Random:
    """Events drawn without replacement; the same ones for the same seed and request.

    Args:
        events: How many.
        seed: Of the draw.

    Raises:
        SettingError: `events` is below 1.
    """

    events: int = 8
    seed: int = 0

    def __post_init__(self) -> None:
        at_least_one("events", self.events)

    def __call__(self, view: View, events: Events | None = None) -> Chosen:
        """The chosen ones among `events`, oldest first; by default all own events."""
        events = view.own if events is None else events
        rng = drawn(self.seed, *_request_of(view.request))
        order = rng.permutation(len(events))[: self.events]
        reasons = (f"drawn at random from {len(events)}",) * len(order)
        return Chosen(events.take(order), reasons, few(len(events), self.events))


def mmr_order(
    relevance: NDArray[np.floating], vectors: Vectors, wanted: int, trade_off: float
) -> tuple[Rows, NDArray[np.float64]]:
    """Maximal marginal relevance: one after the other the most relevant that is least like those.

    Args:
        relevance: Similarity with the request.  # (texts,)
        vectors: Of length 1.  # (texts, dim)
        wanted: How many.
        trade_off: Weight of relevance, 0..1; the rest is the weight of the highest similarity with
            one already chosen (λ of Carbonell & Goldstein 1998).

    Returns:
        Positions, best first (ties: the last), and each one's highest similarity with those chosen
        before it (0 for the first).
    """
    alike = np.zeros(len(relevance))  # highest similarity with one chosen
    order: list[int] = []
    seen: list[float] = []
    left = np.ones(len(relevance), dtype=bool)
    for _ in range(min(wanted, len(relevance))):
        worth = np.where(left, trade_off * relevance - (1 - trade_off) * alike, -np.inf)
        at = int(best_first(worth)[0])
        order.append(at)
        seen.append(float(alike[at]))
        left[at] = False
        like = vectors @ vectors[at]
        alike = like if len(order) == 1 else np.maximum(alike, like)
    return np.array(order, dtype=np.intp), np.array(seen)


@dataclass(frozen=True)
class Mmr:
    """Relevant events that are unlike each other: maximal marginal relevance over cosines.

    Args:
        encoder: Cut at the view before it is used.
        events: How many.
        trade_off: Weight of relevance against variety, 0..1.
        document: Words of an event.
        query: Words of a request.

    Raises:
        SettingError: `events` is below 1, or `trade_off` is outside 0..1.
    """

    encoder: Encoder
    events: int = 8
    trade_off: float = 0.5
    document: Document = all_words
    query: Query = asked_words

    def __post_init__(self) -> None:
        at_least_one("events", self.events)
        if not 0 <= self.trade_off <= 1:
            raise SettingError(
                f"Found trade_off={self.trade_off!r}; it must lie between 0 (variety only) and 1 "
                "(relevance only)."
            )

    def __call__(self, view: View, events: Events | None = None) -> Chosen:
        """The chosen ones among `events`, oldest first; by default all own events."""
        events = view.own if events is None else events
        if not len(events):
            return Chosen(events, note=few(0, self.events))
        vectors, cosines = _compared(self.encoder, view, events, self.document, self.query)
        order, alike = mmr_order(cosines, vectors, self.events, self.trade_off)
        reasons = [
            f"cosine {cosines[at]:.2f}" + (f", {like:.2f} with the nearest chosen" if rank else "")
            for rank, (at, like) in enumerate(zip(order, alike, strict=True))
        ]
        return Chosen(events.take(order), tuple(reasons), few(len(events), self.events))


@dataclass(frozen=True)
class Fused:
    """What several selectors rank high together: reciprocal rank fusion.

    Args:
        selectors: Each says how many events it ranks.
        events: How many are kept.
        smoothing: Added to each rank (60 in Cormack, Clarke & Büttcher 2009).

    Raises:
        SettingError: There is no selector, or `events` is below 1.
    """

    selectors: Sequence[Selector]
    events: int = 8
    smoothing: float = 60.0

    def __post_init__(self) -> None:
        at_least_one("events", self.events)
        at_least_one("the number of selectors", len(self.selectors))

    def __call__(self, view: View, events: Events | None = None) -> Chosen:
        """The chosen ones among `events`, oldest first; by default all own events."""
        events = view.own if events is None else events
        scores = np.zeros(len(events))
        position = {row: at for at, row in enumerate(events.rows.tolist())}
        ranks: dict[int, list[str]] = {}
        for selector in self.selectors:
            name = type(selector).__name__
            for rank, row in enumerate(selector(view, events).events.rows.tolist(), start=1):
                scores[position[row]] += 1 / (self.smoothing + rank)
                ranks.setdefault(position[row], []).append(f"{name} rank {rank}")
        order = [at for at in best_first(scores).tolist() if at in ranks][: self.events]
        reasons = tuple(", ".join(ranks[at]) for at in order)
        return Chosen(events.take(order), reasons, few(len(events), self.events))
