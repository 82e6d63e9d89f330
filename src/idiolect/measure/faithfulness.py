"""What of a rewritten text is in its source, and what in its purpose.

A text that is rewritten for a purpose (a résumé for a job) should keep to its source and come
nearer to the purpose. `overlap`, `jaccard`, `tfidf_cosine` and `chunk_cosine` are the measures of
ResumeFlow (Zinjad et al. 2024, arXiv 2402.06221); `faithfulness` takes them of all three pairs.
None of them sees an invented employer: `measure.inventions` does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from idiolect.embed import Encoder, unit
from idiolect.measure.meteor import stem, tokens
from idiolect.measure.text import FUNCTION_WORDS

_NOT_A_LETTER = re.compile(r"[\W\d_]")


def stems(text: str, stop_words: AbstractSet[str] = FUNCTION_WORDS) -> frozenset[str]:
    """The set of stems of a text's words, without stop words.

    NLTK's tokens, letters only, lower case, Porter's stems: the authors' steps, but letters of any
    script, where theirs drop all but a to z, and our list of stop words.

    Args:
        text: Any.
        stop_words: In lower case; the authors' are those of NLTK's corpus.
    """
    letters = (_NOT_A_LETTER.sub("", token).lower() for token in tokens(text))
    return frozenset(stem(word) for word in letters if word and word not in stop_words)


def overlap(one: str, other: str, stop_words: AbstractSet[str] = FUNCTION_WORDS) -> float:
    """Overlap coefficient of two texts' stems: common ones over those of the smaller set, 0..1.

    0 where a text has none.
    """
    mine, theirs = stems(one, stop_words), stems(other, stop_words)
    return len(mine & theirs) / (min(len(mine), len(theirs)) or 1)


def jaccard(one: str, other: str, stop_words: AbstractSet[str] = FUNCTION_WORDS) -> float:
    """Common stems of two texts over all their stems, 0..1; 0 where neither has any."""
    mine, theirs = stems(one, stop_words), stems(other, stop_words)
    return len(mine & theirs) / (len(mine | theirs) or 1)


def tfidf_cosine(one: str, other: str) -> float:
    """Cosine of TF-IDF vectors fitted on the two texts alone (scikit-learn's defaults), 0..1.

    0 where neither has a word of two letters.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer()
    if not any(map(vectorizer.build_analyzer(), (one, other))):
        return 0.0
    vectors = vectorizer.fit_transform([one, other])
    return float((vectors[0] @ vectors[1].T).toarray()[0, 0])


def chunks(document: Any, name: str = "") -> Iterator[str]:
    """A structured document as lines ``path: value``, one a value; missing values are left out.

    Args:
        document: Mappings and sequences of values, as JSON is read.
        name: Path so far.
    """
    if isinstance(document, dict):
        for key, value in document.items():
            yield from chunks(value, f"{name}.{key}" if name else str(key))
    elif isinstance(document, list | tuple):
        for number, value in enumerate(document):
            yield from chunks(value, f"{name}_{number}")
    elif document is not None:
        yield f"{name}: {document}"


def chunk_cosine(encoder: Encoder, one: Any, other: Any) -> float:
    """Mean cosine of every chunk of one document with every chunk of the other, −1..1.

    0 where a document is empty.
    """
    mine, theirs = list(chunks(one)), list(chunks(other))
    if not mine or not theirs:
        return 0.0
    vectors = unit(encoder.encode([*mine, *theirs]))
    return float((vectors[: len(mine)] @ vectors[len(mine) :].T).mean())


@dataclass(frozen=True)
class Faithfulness:
    """How far a rewritten text keeps to its source and suits its purpose; overlaps of stems, 0..1.

    Attributes:
        preserved: Of output and source.
        aligned: Of output and purpose.
        before: Of source and purpose: what the match was without rewriting.
    """

    preserved: float
    aligned: float
    before: float

    @property
    def gained(self) -> float:
        """How much nearer to the purpose the output is than the source was."""
        return self.aligned - self.before


def faithfulness(output: str, source: str, purpose: str) -> Faithfulness:
    """The three overlap coefficients of a rewritten text."""
    return Faithfulness(overlap(output, source), overlap(output, purpose), overlap(source, purpose))
