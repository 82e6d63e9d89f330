"""Metrics of a written text against the real one, each under a name that says which variant it is.

An output that does not exist (`None`, a request that failed) has no figure: NaN. An empty output
is an answer, and scores 0 wherever it is compared with a reference. A reference in which a metric
finds nothing to compare with (no word, no bigram) leaves the row undefined: NaN, where the original
packages give every output 0.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idiolect.embed import Encoder
from idiolect.errors import DataError, UnknownNameError
from idiolect.measure.intervals import bootstrap
from idiolect.measure.meteor import Meteor, installed_wordnet, stem
from idiolect.measure.text import WORD

Floats = NDArray[np.float64]
Texts = Sequence[str]


@dataclass(frozen=True)
class TextMetric:
    """A figure of outputs against references.

    Attributes:
        name: Unique among the metrics; variants never share one.
        source: Which definition it is, and whose.
        higher_is_better: None where neither is: the figure describes.
        rows: Outputs and references → a figure each; None where it is defined on a corpus only.
        whole: Outputs and references → one figure; None where it is the mean of the rows.
        needs: Raises the error that says what is missing here, before anything is paid for.
    """

    name: str
    source: str
    higher_is_better: bool | None
    rows: Callable[[Texts, Texts], Iterable[float]] | None
    whole: Callable[[Texts, Texts], float] | None = None
    needs: Callable[[], object] | None = None

    def require(self) -> None:
        """Nothing where it can be computed here.

        Raises:
            CapabilityError: It needs data that is not installed.
        """
        if self.needs is not None:
            self.needs()

    def score(self, outputs: Sequence[str | None], references: Texts) -> Floats:
        """A figure of each output; NaN where it is undefined.  # (rows,)

        Raises:
            CapabilityError: It needs data that is not installed.
            DataError: There are not as many outputs as references.
        """
        there, made, real = _present(outputs, references)
        values = np.full(len(outputs), np.nan)
        if self.rows is not None and there:
            self.require()
            values[there] = list(self.rows(made, real))
        return values

    def corpus(self, outputs: Sequence[str | None], references: Texts) -> float | None:
        """One figure of all outputs that exist; None where it is the mean of the rows.

        Raises:
            DataError: There are not as many outputs as references.
        """
        _, made, real = _present(outputs, references)
        if self.whole is None:
            return None
        return float(self.whole(made, real)) if made else float("nan")

    def corpus_interval(
        self,
        outputs: Sequence[str | None],
        references: Texts,
        users: NDArray[np.generic],
        rng: np.random.Generator,
        *,
        level: float = 0.95,
        draws: int = 2000,
    ) -> tuple[float, float]:
        """Bootstrap interval of `corpus`, clustered by user.

        Args:
            outputs: One a row; None where there is none.  # (rows,)
            references: What was really written.  # (rows,)
            users: Whose each row is: name or number.  # (rows,)
            rng: Source of the draws.
            level: Coverage.
            draws: Bootstrap samples.

        Returns:
            NaNs with one user or none, and where the figure is not made from sums over rows.

        Raises:
            DataError: There are not as many outputs as references, or as users.
        """
        there, made, real = _present(outputs, references)
        if not isinstance(self.whole, Summed):
            return float("nan"), float("nan")
        parts = np.full((len(outputs), 1), np.nan)
        if there:
            some = self.whole.parts(made, real)
            parts = np.full((len(outputs), some.shape[1]), np.nan)
            parts[there] = some
        return bootstrap(parts, users, rng, of=self.whole.figure, level=level, draws=draws)


def _present(
    outputs: Sequence[str | None], references: Texts
) -> tuple[list[int], list[str], list[str]]:
    """Which outputs exist, they, and their references."""
    if len(outputs) != len(references):
        raise DataError(
            f"Found {len(outputs)} outputs and {len(references)} references; give one reference "
            "for each output, in the same order, and None for an output that does not exist."
        )
    pairs = [(n, text) for n, text in enumerate(outputs) if text is not None]
    return [n for n, _ in pairs], [text for _, text in pairs], [references[n] for n, _ in pairs]


def similarity(encoder: Encoder) -> TextMetric:
    """Cosine of the vectors of output and reference; 0 for an output that has none (zeros).

    Args:
        encoder: Makes the vectors; its name becomes part of the metric's.
    """

    def cosines(outputs: Texts, references: Texts) -> Floats:
        texts = list(dict.fromkeys([*outputs, *references]))
        vectors = encoder.encode(texts).astype(np.float64)
        at = {text: n for n, text in enumerate(texts)}
        one, other = (vectors[[at[text] for text in side]] for side in (outputs, references))
        length, real = np.linalg.norm(one, axis=1), np.linalg.norm(other, axis=1)
        dot = np.einsum("nd,nd->n", one, other)
        cosine = np.divide(dot, length * real, out=np.zeros(len(dot)), where=length * real > 0)
        return np.where(real > 0, cosine, np.nan)

    return TextMetric(
        f"similarity_{encoder.name}", f"cosine of the vectors of {encoder.name}", True, cosines
    )


def text_metric(name: str) -> TextMetric:
    """The metric of this name.

    Raises:
        UnknownNameError: There is none.
    """
    if name not in METRICS:
        raise UnknownNameError("metric", name, METRICS)
    return METRICS[name]


_ROUGE = re.compile(r"[a-z0-9]+")
_FEW = 5


@lru_cache(maxsize=20_000)
def rouge_words(text: str, stemmed: bool) -> tuple[Sequence[str], Mapping[str, int]]:
    """As rouge-score cuts a text: runs of a–z and 0–9, words of more than three stemmed.

    Returns:
        The words, and how often each occurs.
    """
    words = _ROUGE.findall(text.lower())
    if stemmed:
        words = [stem(word) if len(word) > 3 else word for word in words]
    return words, Counter(words)


def _f_measure(common: int, made: int, real: int) -> float:
    if not common:
        return 0.0
    precision, recall = common / made, common / real
    return 2 * precision * recall / (precision + recall)


@dataclass(frozen=True)
class Rouge:
    """ROUGE-N and ROUGE-L, F-measure, equal to rouge-score's (Lin 2004).

    Args:
        n: Length of the n-grams; None is the longest common subsequence.
        stemmed: Whether words of more than three characters are stemmed (Porter).
    """

    n: int | None
    stemmed: bool

    def __call__(self, outputs: Texts, references: Texts) -> list[float]:
        """F-measure of each pair; NaN where the reference has no n-gram."""
        return [self._pair(*pair) for pair in zip(outputs, references, strict=True)]

    def _pair(self, output: str, reference: str) -> float:
        one, counts = rouge_words(output, self.stemmed)
        other, expected = rouge_words(reference, self.stemmed)
        less = (self.n or 1) - 1
        if len(other) <= less:
            return np.nan
        # Nearly all words of two texts are in one of them only.
        shared = counts.keys() & expected.keys()
        if len(shared) < 2 and self.n and self.n > 1:
            # Only a word that is said twice in a row could make an n-gram.
            shared = {word for word in shared if min(counts[word], expected[word]) >= self.n}
        if not shared:
            return 0.0
        # What repeats one shared word is the longest common subsequence.
        if self.n == 1 or (self.n is None and len(shared) == 1):
            common = sum(min(counts[word], expected[word]) for word in shared)
        elif self.n is None:
            common = _common(*([word for word in text if word in shared] for text in (one, other)))
        else:
            grams, others = _grams(one, self.n), _grams(other, self.n)
            both = set(grams).intersection(others)
            # Counting all is dear for a few, counting each for many.
            few = len(both) < _FEW
            often = grams.count if few else Counter(grams).__getitem__
            wanted = others.count if few else Counter(others).__getitem__
            common = sum(min(often(gram), wanted(gram)) for gram in both)
        return _f_measure(common, len(one) - less, len(other) - less)


def _grams(words: Sequence[str], n: int) -> Sequence[tuple[str, ...]]:
    return list(zip(words, *(words[k:] for k in range(1, n)), strict=False))


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """Length of the longest common subsequence, a bit a word of `one` (Hyyrö 2004)."""
    places: dict[str, int] = {}
    for n, word in enumerate(one):
        places[word] = places.get(word, 0) | 1 << n
    full = (1 << len(one)) - 1
    free = full
    for word in other:
        met = free & places.get(word, 0)
        free = (free + met) | (free - met)
    return len(one) - (free & full).bit_count()


@dataclass(frozen=True)
class Summed:
    """A figure of a corpus that is made from sums over rows.

    Args:
        parts: Outputs and references → what is summed; NaN rows count for nothing.  # (rows, parts)
        figure: Sums → figures.  # (draws, parts) → (draws,)
    """

    parts: Callable[[Texts, Texts], Floats]
    figure: Callable[[Floats], Floats]

    def __call__(self, outputs: Texts, references: Texts) -> float:
        """The figure of all rows; NaN without any."""
        parts = self.parts(outputs, references)
        there = ~np.isnan(parts).any(axis=1)
        return float(self.figure(parts[there].sum(axis=0)[None])[0]) if there.any() else np.nan


def _bleu(effective_order: bool) -> Any:
    from sacrebleu.metrics.bleu import BLEU

    # `force` stops a warning about tokenized periods; texts are taken as they are.
    return BLEU(effective_order=effective_order, force=True)


def _bleu_parts(outputs: Texts, references: Texts) -> Floats:
    """Lengths, matches and n-grams of each pair.  # (rows, 10)"""
    bleu, parts = _bleu(False), np.full((len(outputs), 10), np.nan)
    for n, (made, real) in enumerate(zip(outputs, references, strict=True)):
        if real.strip():
            one = bleu.corpus_score([made], [[real]])
            parts[n] = [one.sys_len, one.ref_len, *one.counts, *one.totals]
    return parts


def _bleu_figure(sums: Floats) -> Floats:
    compute = _bleu(False).compute_bleu
    rows = sums.astype(int).tolist()
    return np.array([compute(row[2:6], row[6:], row[0], row[1], "exp").score for row in rows])


def _sentence_bleu(outputs: Texts, references: Texts) -> list[float]:
    bleu = _bleu(True)
    return [
        bleu.sentence_score(made, [real]).score if real.strip() else np.nan
        for made, real in zip(outputs, references, strict=True)
    ]


def _words(text: str) -> list[str]:
    return [word.lower() for word in WORD.findall(text)]


def _length_ratio(outputs: Texts, references: Texts) -> list[float]:
    sizes = ((len(_words(o)), len(_words(r))) for o, r in zip(outputs, references, strict=True))
    return [made / real if real else np.nan for made, real in sizes]


@dataclass(frozen=True)
class Distinct:
    """Share of different n-grams among the n-grams of outputs; 1 repeats nothing.

    Li et al. (2016) divide by the number of words instead. References play no part.

    Args:
        n: Length of the n-grams.
    """

    n: int

    def __call__(self, outputs: Texts, references: Texts) -> list[float]:
        """Of each output alone; NaN for one without an n-gram."""
        return [self._of([text]) for text in outputs]

    def corpus(self, outputs: Texts, references: Texts) -> float:
        """Of all outputs together, so that sameness between them counts."""
        return self._of(outputs)

    def _of(self, outputs: Texts) -> float:
        grams = [gram for text in outputs for gram in _grams(_words(text), self.n)]
        return len(set(grams)) / len(grams) if grams else np.nan


def _all() -> Iterable[TextMetric]:
    for stemmed in (False, True):
        suffix, how = ("_stem", "Porter stemmer") if stemmed else ("", "no stemmer")
        for label, n in (("1", 1), ("2", 2), ("L", None)):
            yield TextMetric(
                f"rouge{label}{suffix}",
                f"ROUGE-{label} F-measure, {how}, as in rouge-score (Lin 2004); 0..1",
                True,
                Rouge(n, stemmed),
            )
    settings = "13a tokenizer, case kept, exponential smoothing; 0..100"
    yield TextMetric(
        "bleu",
        f"corpus BLEU as in sacrebleu, {settings}; one figure of all outputs, none of a row",
        True,
        None,
        Summed(_bleu_parts, _bleu_figure),
    )
    yield TextMetric(
        "sentence_bleu",
        f"sentence BLEU as in sacrebleu, effective order, {settings}; its mean is not corpus BLEU",
        True,
        _sentence_bleu,
    )
    yield TextMetric(
        "meteor",
        "METEOR as in NLTK (alpha .9, beta 3, gamma .5), with WordNet's synonyms; 0..1",
        True,
        Meteor(),
        needs=installed_wordnet,
    )
    yield TextMetric(
        "meteor_exact_stem",
        "METEOR as in NLTK without the synonym stage: same words and stems only; 0..1",
        True,
        Meteor(synonyms=False),
    )
    yield TextMetric(
        "length_ratio", "words of the output over words of the reference", None, _length_ratio
    )
    for n in (1, 2):
        yield TextMetric(
            f"distinct{n}",
            f"share of different {n}-grams among the output's, lower case (after Li et al. 2016)",
            None,
            Distinct(n),
            Distinct(n).corpus,
        )


#: Every metric that needs no encoder, by name; `similarity` makes one from an encoder.
METRICS: Mapping[str, TextMetric] = MappingProxyType({metric.name: metric for metric in _all()})
