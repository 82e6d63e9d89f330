"""A user's important words, by counting: often used by the user, seldom by everybody."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from idiolect.data import Snapshot, View
from idiolect.measure.text import content


def key_words(
    texts: Iterable[str], idf: Mapping[str, float], *, most: int = 20, least_idf: float = 1.5
) -> list[str]:
    """Single words of some texts that come back and that not everybody uses.

    SynCtxInd of Li et al. 2023 (arXiv 2308.07968): no stop words, more than once in all the texts,
    an IDF of at least 1.5; by falling frequency, then by falling IDF, at most 20. Equals keep
    the order in which they first occur.

    Args:
        texts: The user's past texts.
        idf: Word → inverse document frequency; a word that is not there counts as rare.
        most: Words at most.
        least_idf: Below it a word is everybody's.
    """
    counts = Counter(word for text in texts for word in content(text) if word.isalpha())
    kept = [
        word for word, times in counts.items() if times > 1 and idf.get(word, math.inf) >= least_idf
    ]
    return sorted(kept, key=lambda word: (-counts[word], -idf.get(word, math.inf)))[:most]


def occurring(named: Iterable[str], texts: Iterable[str]) -> tuple[list[str], list[str]]:
    """Which of some words are words of content in some texts, and which are not; each once.

    Case does not matter; a word is given as it was named first.
    """
    there = {word for text in texts for word in content(text)}
    once: dict[str, str] = {}
    for word in named:
        once.setdefault(word.casefold(), word)
    found = [word for form, word in once.items() if form in there]
    return found, [word for form, word in once.items() if form not in there]


@dataclass(frozen=True)
class Idf:
    """Inverse document frequencies of words, log(N / n), over what a view may know.

    Counted once for each snapshot of a population; many threads may ask.

    Args:
        texts: The most texts to count, evenly spaced over the snapshot.
    """

    texts: int = 20_000

    def __call__(self, view: View) -> Mapping[str, float]:
        """Word → IDF (natural logarithm); words of no counted text are not there."""
        return view.snapshot().once(self, self._count)

    def _count(self, snapshot: Snapshot) -> dict[str, float]:
        events = snapshot.events
        spaced = np.linspace(0, len(events) - 1, min(len(events), self.texts)).astype(int)
        return inverse_frequencies(events.take(spaced).texts)


def inverse_frequencies(texts: Iterable[str]) -> dict[str, float]:
    """Word → log(texts / texts that have it), of words that carry content."""
    having = [set(content(text)) for text in texts]
    counts = Counter(word for words in having for word in words)
    return {word: math.log(len(having) / times) for word, times in counts.items()}
