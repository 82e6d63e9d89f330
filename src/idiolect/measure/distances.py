"""Distances of texts, for many pairs at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, count

import numpy as np
from numpy.typing import NDArray

from idiolect.errors import SettingError
from idiolect.measure.metrics import TextMetric

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
#: Texts and texts → distance of each pair, 0..1, lower is closer.  # (pairs,)
Distance = Callable[[Sequence[str], Sequence[str]], Floats]

#: Shared words looked for at once, so that many pairs do not fill the memory.
_AT_ONCE = 2**22


def one_minus(metric: TextMetric, *, scale: float = 1.0) -> Distance:
    """The distance that is 1 − metric; NaN where the metric is undefined.

    Args:
        metric: Of rows, the higher the closer.
        scale: Its largest figure: 1, or 100 for those of sacrebleu.

    Raises:
        SettingError: The metric has no figure of a row, or higher is not better.
    """
    if metric.rows is None or not metric.higher_is_better:
        raise SettingError(
            f"Found metric {metric.name!r}; a distance needs one that has a figure of each row and "
            "is higher for closer texts."
        )

    def distance(one: Sequence[str], other: Sequence[str]) -> Floats:
        return 1 - metric.score(one, other) / scale

    return distance


@dataclass(frozen=True)
class JensenShannon:
    """Jensen-Shannon divergence (base 2) of the distributions of words, 0..1.

    Words that only one text has add half their share, so a pair costs what its shared words cost:
    1 + ½ Σ over shared words of p log₂(p / (p + q)) + q log₂(q / (p + q)).

    Args:
        digits: Decimals that each divergence is rounded to, as the authors of EGISES do; None keeps
            all. A divergence that lies on the edge of two may go either way with the processor.
        words: Cuts a text into words; at white space, case kept, by default.
    """

    digits: int | None = 4
    words: Callable[[str], Sequence[str]] = str.split

    def __call__(self, one: Sequence[str], other: Sequence[str]) -> Floats:
        """Divergence of each pair; 1 where either text has no word.  # (pairs,)"""
        number: defaultdict[str, int] = defaultdict(count().__next__)
        left, right = (
            np.fromiter(map(number.__getitem__, side), dtype=np.intp) for side in (one, other)
        )
        counts = _Counts.of(map(self.words, number))
        # It is symmetric: what is asked for twice, or the other way round, is computed once.
        keys = np.minimum(left, right) * len(number) + np.maximum(left, right)
        pairs, back = np.unique(keys, return_inverse=True)
        first, second = np.divmod(pairs, len(number))
        sizes = counts.ends[first] - counts.starts[first]
        cuts = np.searchsorted(np.cumsum(sizes), np.arange(_AT_ONCE, sizes.sum(), _AT_ONCE))
        blocks = zip(np.split(first, cuts), np.split(second, cuts), strict=True)
        found = np.concatenate([counts.divergence(*block) for block in blocks])
        if self.digits is not None:
            found = np.round(found, self.digits)
        return found[back.reshape(-1)]


@dataclass(frozen=True)
class _Counts:
    """Share of each word in each text, text after text, words in order.

    Args:
        keys: Text number × words in all + word number, ascending.  # (different words of texts,)
        shares: Share of the text's words.
        starts: Where each text begins.  # (texts,)
        ends: Where it ends.
        words: Different words in all.
    """

    keys: Ints
    shares: Floats
    starts: Ints
    ends: Ints
    words: int

    @classmethod
    def of(cls, texts: Iterable[Sequence[str]]) -> _Counts:
        names: defaultdict[str, int] = defaultdict(count().__next__)
        lengths: list[int] = []

        def measured() -> Iterator[Sequence[str]]:
            for text in texts:
                lengths.append(len(text))
                yield text

        words = chain.from_iterable(measured())
        flat = np.fromiter(map(names.__getitem__, words), dtype=np.intp)
        sizes = np.array(lengths, dtype=np.intp)
        width = max(len(names), 1)
        keys, times = np.unique(
            np.repeat(np.arange(len(sizes)), sizes) * width + flat, return_counts=True
        )
        shares = times / sizes[keys // width]
        edges = np.searchsorted(keys, np.arange(len(sizes) + 1) * width)
        return cls(keys, shares, edges[:-1], edges[1:], width)

    def divergence(self, first: Ints, second: Ints) -> Floats:
        """Of each pair of texts.  # (pairs,)"""
        sizes = self.ends[first] - self.starts[first]
        pair = np.repeat(np.arange(len(first)), sizes)
        at = np.arange(len(pair)) + np.repeat(self.starts[first] - np.cumsum(sizes) + sizes, sizes)
        wanted = self.keys[at] + (second - first)[pair] * self.words
        place = np.searchsorted(self.keys, wanted)
        place[place == len(self.keys)] = 0
        shared = self.keys[place] == wanted if len(self.keys) else np.zeros(0, dtype=bool)
        p, q = self.shares[at[shared]], self.shares[place[shared]]
        less = p * np.log2(p / (p + q)) + q * np.log2(q / (p + q))
        found: Floats = 1 + np.bincount(pair[shared], less, len(first)) / 2
        return np.maximum(found, 0.0)
