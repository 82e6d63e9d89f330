"""How alike short texts are: cosine of TF-IDF over the words that carry content."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from idiolect.lm import Entry
from idiolect.measure.text import content

Floats = NDArray[np.float64]


def likeness(texts: Sequence[str], others: Sequence[str]) -> Floats:
    """Cosine of each text with each of the others, 0..1; 0 for one without content words.

    The idf is log((1 + n)/(1 + df)) + 1 over the texts and the others together, and a word counts
    1 + log of its frequency.  # (texts, others)
    """
    from scipy.sparse import csr_array

    counts = [Counter(content(text)) for text in (*texts, *others)]
    documents = Counter(word for count in counts for word in count)
    column = {word: at for at, word in enumerate(documents)}
    rarity = {word: np.log((1 + len(counts)) / (1 + df)) + 1 for word, df in documents.items()}
    weights = [
        [(1 + np.log(times)) * rarity[word] for word, times in count.items()] for count in counts
    ]
    data = [w / np.linalg.norm(row) for row in weights for w in row]
    columns = [column[word] for count in counts for word in count]
    starts = np.concatenate([[0], np.cumsum([len(count) for count in counts])])
    shape = (len(counts), max(len(column), 1))
    unit = csr_array((data, columns, starts), shape=shape)
    alike: Floats = (unit[: len(texts)] @ unit[len(texts) :].T).toarray()
    return alike


def central(sentences: Sequence[str]) -> list[int]:
    """Positions of sentences, the one most like all others first; equals keep their order."""
    if not sentences:
        return []
    return [
        int(at) for at in np.argsort(-likeness(sentences, sentences).sum(axis=1), kind="stable")
    ]


def shown(entry: Entry) -> str:
    """All words of an entry: its text and those facts that are no numbers."""
    return "\n".join([*(v for _, v in entry.facts if number(v) is None), entry.text])


def number(value: str | None) -> float | None:
    """A fact as a number; None where there is none or it is no number."""
    try:
        return float(value or "")
    except ValueError:
        return None
