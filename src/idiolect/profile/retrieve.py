"""Which claims matter for some words: BM25, how current they are, and variety (GUM)."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from idiolect.embed import unit, words
from idiolect.errors import SettingError
from idiolect.measure.meteor import stem
from idiolect.profile.claim import Claim
from idiolect.select import OkapiIndex, mmr_order
from idiolect.select.ranking import at_least_one, best_first

Decay = Literal["durability", "published", "none"]
#: What SQLite's FTS5 puts for the idf of a term in half of the documents or more, and its k1.
_LEAST_IDF, _K1 = 1e-6, 1.2
#: In the authors' code: times the age in days, times the claim's decay of 1 to 10.
_PUBLISHED_RATE = 2.0
_LONG_WORD = re.compile(r"\b\w\w+\b")
_WIDER, _SHOWN_QUOTES = 10, 10  # authors' code: candidates a result, observations a proposition


@dataclass(frozen=True)
class Retrieve:
    """The claims nearest to some words, as GUM ranks propositions.

    A claim's relevance is the BM25 (SQLite's formula, on stems) of its words or, if that is more,
    of its best quote. It is multiplied by how current the claim is and scaled to 0..1 among the
    ten-times-`limit` best by BM25. Among those, maximal marginal relevance over TF-IDF cosines
    takes claims that are unlike each other. Without words, the newest are candidates.

    Attributes:
        limit: How many at most (3 as in the authors' code).
        quotes: Whether the quotes count too.
        varied: Whether claims are taken that are unlike each other; else the `limit` best by BM25.
        decay: `durability` halves a claim every `durability` days, so that what lasts counts for
            longer. `published` is the authors' formula, exp(−2 · decay · days) with a decay of 1
            (short-lived) to 10 (long-lasting), by which what lasts is forgotten *first*; the decay
            is 1 + log2 of the durability in days. `none` leaves age out.
        trade_off: Weight of relevance against variety, 0..1 (.5 as in the authors' code).
        stem: Of a word. SQLite's, which the authors' code uses, is NLTK's with the mode
            `MARTIN_EXTENSIONS`; it takes the name Ines for the word "in".

    Raises:
        SettingError: `limit` is below 1, or `trade_off` outside 0..1.
    """

    limit: int = 3
    quotes: bool = True
    varied: bool = True
    decay: Decay = "durability"
    trade_off: float = 0.5
    stem: Callable[[str], str] = stem

    def __post_init__(self) -> None:
        at_least_one("limit", self.limit)
        if not 0 <= self.trade_off <= 1:
            raise SettingError(f"Found trade_off={self.trade_off!r}; give 0 to 1.")

    def __call__(
        self, claims: Sequence[Claim], query: str, at: datetime | None = None
    ) -> list[tuple[Claim, float]]:
        """Claims and their relevance among the candidates, 0..1; the best first.

        Args:
            claims: To choose from; those that share no word with the query are never chosen.
            query: In words; empty asks for the newest.
            at: When it is asked; None leaves age out.
        """
        pool, relevance = self._candidates(claims, self._stems(query))
        if not pool:
            return []
        worth = relevance * [self._currency(claim, at) for claim in pool]
        low, high = worth.min(), worth.max()
        worth = (worth - low) / (high - low) if high > low else np.full(len(pool), 0.5)
        if self.varied and len(pool) > 1:
            # Candidates stand worst first there, as of equals the last one is taken.
            vectors = _tf_idf([_whole(claim, self.quotes) for claim in pool[::-1]])
            order, _ = mmr_order(worth[::-1], vectors, self.limit, self.trade_off)
            chosen = [len(pool) - 1 - int(place) for place in order]
        else:
            chosen = [int(place) for place in best_first(worth)[: self.limit]]
        return [(pool[place], float(worth[place])) for place in chosen]

    def _candidates(
        self, claims: Sequence[Claim], query: Sequence[str]
    ) -> tuple[list[Claim], NDArray[np.float64]]:
        """Claims by falling BM25, and that."""
        wanted = self.limit * _WIDER if self.varied else self.limit
        if not query:
            newest = sorted(
                claims,
                key=lambda c: -math.inf if c.learned_at is None else c.learned_at.timestamp(),
            )
            return newest[::-1][:wanted], np.zeros(min(wanted, len(claims)))
        scores = _bm25([self._stems(claim.text) for claim in claims], query)
        if self.quotes:
            texts = {(s.event, s.quote): 0 for c in claims for s in c.spans if s.quote}
            shown = dict(zip(texts, _bm25([self._stems(q) for _, q in texts], query), strict=True))
            for place, claim in enumerate(claims):
                of_quotes = (shown[s.event, s.quote] for s in claim.spans if s.quote)
                scores[place] = max(scores[place], max(of_quotes, default=0.0))
        order = np.argsort(-scores, kind="stable")[:wanted]
        order = order[scores[order] > 0]
        return [claims[place] for place in order], scores[order]

    def _stems(self, text: str) -> list[str]:
        return [self.stem(word) for word in words(text)]

    def _currency(self, claim: Claim, at: datetime | None) -> float:
        if self.decay == "durability":
            return claim.currency(at)
        if self.decay == "none" or at is None or claim.learned_at is None:
            return 1.0
        days = max(0.0, (at - claim.learned_at).total_seconds() / 86_400)
        return math.exp(-_PUBLISHED_RATE * _published_decay(claim) * days)


def _published_decay(claim: Claim) -> float:
    """1 (short-lived) to 10 (long-lasting); 0 where none is known, as in the authors' code."""
    if claim.durability is None:
        return 0.0
    return min(10.0, max(1.0, 1 + math.log2(claim.durability)))


def _bm25(documents: Sequence[Sequence[str]], query: Sequence[str]) -> NDArray[np.float64]:
    """As SQLite's `bm25()`, larger for better."""
    if not any(documents):
        return np.zeros(len(documents))
    index = OkapiIndex.of(documents, k1=_K1)
    holding = np.diff(index.weights.indptr)
    idf = np.log((len(documents) - holding + 0.5) / (holding + 0.5))
    return replace(index, idf=np.where(idf > 0, idf, _LEAST_IDF)).scores(query)


def _whole(claim: Claim, quotes: bool) -> str:
    return " ".join((claim.text, *(claim.quotes[:_SHOWN_QUOTES] if quotes else ())))


def _tf_idf(texts: Sequence[str]) -> NDArray[np.float32]:
    """Smoothed TF-IDF of words of two letters and more, of length 1 (scikit-learn's defaults)."""
    counts = [Counter(_LONG_WORD.findall(text.lower())) for text in texts]
    column = {term: n for n, term in enumerate(dict.fromkeys(t for c in counts for t in c))}
    weights = np.zeros((len(texts), len(column)))
    for row, count in enumerate(counts):
        weights[row, [column[term] for term in count]] = list(count.values())
    holding = (weights > 0).sum(axis=0)
    return unit(weights * (np.log((1 + len(texts)) / (1 + holding)) + 1))
