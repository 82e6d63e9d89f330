"""Latent semantic analysis: an encoder fitted on what was there before the request; no download."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from idiolect.data import Snapshot, View
from idiolect.embed.base import Encoder, Vectors
from idiolect.errors import CapabilityError, SettingError

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import TfidfVectorizer

# Kana and Han are written without spaces: each character counts as a word.
_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+")


def words(text: str) -> list[str]:
    """Lower-cased words: runs of letters and digits of any script."""
    return _WORD.findall(text.lower())


def unit(vectors: Vectors) -> Vectors:
    """Vectors of length 1; zeros stay zeros.  # (texts, dim)"""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: Vectors = np.divide(vectors, norms, out=np.zeros_like(vectors), where=norms > 0)
    return scaled


@dataclass(frozen=True, eq=False, kw_only=True)
class FittedLsa(Encoder):
    """LSA as fitted on some texts.

    Attributes:
        tfidf: Texts → weights of words; None where no text had a word.
        axes: The kept directions.  # (words, dim)
        key: Which events it was fitted on, as `Snapshot.key`.
        until: The time of the last of them; None without times.
        events: How many they are, of which `Lsa.texts` at most were read.
        users: How many people they are by.
        name: How traces call it.
    """

    tfidf: TfidfVectorizer | None = field(repr=False)
    axes: Vectors = field(repr=False)
    key: str = "given texts"
    until: datetime | None = None
    events: int = 0
    users: int = 0
    name: str = "lsa"

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One vector of length 1 a text; zeros where no word is known.  # (texts, dim)"""
        if self.tfidf is None or not len(texts):
            return np.zeros((len(texts), self.axes.shape[1]), dtype=np.float32)
        return unit(np.asarray(self.tfidf.transform(texts) @ self.axes, dtype=np.float32))


@dataclass(frozen=True)
class Lsa(Encoder):
    """TF-IDF of words (sublinear) reduced by a truncated SVD, fitted where it is used.

    `at` fits it on the snapshot of the view, once for each snapshot of a population; many threads
    may ask. A snapshot with fewer than `dim` texts or words spans fewer directions: the other
    coordinates are 0. Without any text all vectors are 0, so everything is equally near.

    Args:
        dim: Length of the vectors.
        seed: Of the randomized SVD.
        texts: The most texts to fit on, evenly spaced over the snapshot; keeps a fit on ten million
            events at the price of one on this many.
        vocabulary: The most words, those that occur most.

    Raises:
        SettingError: A count is below 1.
    """

    dim: int = 128
    seed: int = 0
    texts: int = 50_000
    vocabulary: int = 20_000
    name: str = "lsa"

    def __post_init__(self) -> None:
        for setting in ("dim", "texts", "vocabulary"):
            if getattr(self, setting) < 1:
                raise SettingError(f"Found {setting}={getattr(self, setting)!r}; give at least 1.")

    def at(self, view: View) -> FittedLsa:
        """The encoder fitted on what `view` may know."""
        return view.snapshot().once(self, self._fit_on)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Not possible before it is fitted.

        Raises:
            CapabilityError: Always; `at(view).encode` and `fit(texts).encode` are the ways.
        """
        raise CapabilityError(
            "Found an LSA encoder that is not fitted; it learns its words from the texts that a "
            "request may see. Use `encoder.at(view).encode(texts)`, or `encoder.fit(texts)`."
        )

    def fit(self, texts: Sequence[str]) -> FittedLsa:
        """The encoder fitted on given texts."""
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.utils.extmath import randomized_svd

        told = [text for text in texts if words(text)]
        if not told:
            return FittedLsa(tfidf=None, axes=np.zeros((0, self.dim), dtype=np.float32))
        tfidf = TfidfVectorizer(
            analyzer=words, sublinear_tf=True, max_features=self.vocabulary, dtype=np.float32
        )
        weights = tfidf.fit_transform(told)  # (texts, words)
        rank = min(self.dim, *weights.shape)
        # What sklearn's TruncatedSVD calls, without its variance ratios (undefined for one text).
        _, _, directions = randomized_svd(weights, rank, n_iter=5, random_state=self.seed)
        axes = np.zeros((weights.shape[1], self.dim), dtype=np.float32)
        axes[:, :rank] = directions.T
        return FittedLsa(tfidf=tfidf, axes=axes)

    def _fit_on(self, snapshot: Snapshot) -> FittedLsa:
        events = snapshot.events
        spaced = np.linspace(0, len(events) - 1, min(len(events), self.texts)).astype(int)
        return replace(
            self.fit(events.take(spaced).texts),
            key=snapshot.key,
            until=snapshot.until,
            events=len(events),
            users=events.people,
            name=self.name,
        )
