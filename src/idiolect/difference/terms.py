"""Distinctive words: exact chances within items, ordered by smoothed log-odds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from idiolect.measure import at_least, benjamini_hochberg, log_odds


@dataclass(frozen=True)
class Term:
    """A word that the user's texts have more often than other people's on the same items.

    Attributes:
        text: The word, in lower case.
        z: Log-odds with an informative Dirichlet prior over its standard deviation.
        p: Probability of this many own texts with it, if the author's name meant nothing.
        q: `p` after Benjamini–Hochberg over all words that could reach significance.
        own_texts: Own texts that have it.
        expected: How many would, if they were like the others on the same items.
        own: Ids of the own texts that have it.
    """

    text: str
    z: float
    p: float
    q: float
    own_texts: int
    expected: float
    own: tuple[str, ...] = ()


def distinctive(
    words: Sequence[frozenset[str]],
    ids: Sequence[str],
    item: NDArray[np.intp],
    mine: NDArray[np.bool_],
    *,
    most: int = 8,
    level: float = 0.05,
) -> tuple[Term, ...]:
    """Words that own texts have more often than others' on the same items, most typical first.

    The chance of a word in an own text is its share among all texts on that item, so that the
    number of own texts with it is Poisson-binomial, exactly, if authors mean nothing.

    Args:
        words: Words of each text.
        ids: Event of each text.
        item: Item number of each text, from 0.  # (texts,)
        mine: Which texts are own.  # (texts,)
        most: Words to keep at most.
        level: Greatest corrected p-value.
    """
    names = sorted({word for has in words for word in has})
    if not names or not most:
        return ()
    number = {name: n for n, name in enumerate(names)}
    text = np.repeat(np.arange(len(words)), [len(has) for has in words])
    word = np.array([number[name] for has in words for name in has])
    here = mine[text]
    own = np.bincount(word[here], minlength=len(names))
    other = np.bincount(word[~here], minlength=len(names))
    share = np.zeros((int(item.max()) + 1, len(names)))
    np.add.at(share, (item[text], word), 1.0)
    share /= np.bincount(item)[:, None]
    # Words too rare to reach significance in any case are no tests; authors play no part here.
    surprise = np.log(share, out=np.zeros_like(share), where=share > 0).sum(axis=0)
    testable = surprise <= np.log(level)
    p = np.where(testable, 1.0, np.nan)
    tried = np.flatnonzero(testable & (own > 1))
    p[tried] = at_least(own[tried], share[:, tried])
    q = benjamini_hochberg(p)
    both = (own + other).astype(float)
    z = log_odds(own.astype(float), other.astype(float), both * own.sum() / both.sum())
    best = sorted(np.flatnonzero((q <= level) & (z > 0)), key=lambda n: -z[n])
    own_texts: list[int] = np.flatnonzero(mine).tolist()
    return tuple(
        Term(
            text=names[n],
            z=float(z[n]),
            p=float(p[n]),
            q=float(q[n]),
            own_texts=int(own[n]),
            expected=float(share[:, n].sum()),
            own=tuple(ids[m] for m in own_texts if names[n] in words[m]),
        )
        for n in best[:most]
    )
