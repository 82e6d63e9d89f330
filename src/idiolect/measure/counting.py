"""What features count in a text: marks, listed words, and figures of sentences and words."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from typing import Literal

from idiolect.measure.lexicons import NEGATIONS
from idiolect.measure.text import FUNCTION_WORDS, Text

EMOJI = (
    "[\U0001f300-\U0001faff\u2600-\u27bf]|(?<!\\w)[:;=][-']?[()DPp/\\\\](?!\\w)|(?<!\\w)<3(?!\\d)"
)
_I_AM = frozenset({"I'", "I’"})


@dataclass(frozen=True)
class Marks:
    """How often a pattern occurs, per sentence or per 100 words.

    Args:
        pattern: What to count.
        per: Its base.
    """

    pattern: str
    per: Literal["sentence", "100 words"] = "100 words"

    def __call__(self, text: Text) -> float:
        """The rate in one text."""
        count = sum(1 for _ in re.finditer(self.pattern, text.raw))
        if self.per == "sentence":
            return count / len(text.sentences)
        return 100 * count / len(text.words)


@dataclass(frozen=True)
class Listed:
    """How many of 100 words are in a list, or begin one of some phrases.

    Args:
        words: Lower case.
        phrases: Sequences of words, separated by one space.
    """

    words: frozenset[str]
    phrases: tuple[str, ...] = ()

    def __call__(self, text: Text) -> float:
        """The rate in one text."""
        count = sum(word in self.words for word in text.lower)
        if self.phrases:
            line = f" {' '.join(text.lower)} "
            count += sum(line.count(f" {phrase} ") for phrase in self.phrases)
        return 100 * count / len(text.words)


def length(text: Text) -> float:
    """Words."""
    return len(text.words)


def sentence_length(text: Text) -> float:
    """Words a sentence."""
    return len(text.words) / len(text.sentences)


def word_length(text: Text) -> float:
    """Letters a word."""
    return sum(map(len, text.words)) / len(text.words)


def long_words(text: Text) -> float:
    """Words of 8 letters and up, of 100."""
    return 100 * sum(len(word) >= 8 for word in text.words) / len(text.words)


def richness(text: Text, drawn: int = 10) -> float:
    """Expected different words among `drawn` random ones of the text, in percent.

    HD-D (McCarthy & Jarvis 2010) with 10 words rather than 42, so that short texts have it. On
    film reviews of 19 words and commit messages of 65 (medians) its correlation with a text's
    length is −.05 and +.18, where Guiraud's index has +.95 and +.89.
    """
    size = len(text.lower)
    if size < drawn:
        return math.nan
    absent = sum(math.comb(size - n, drawn) for n in Counter(text.lower).values())
    return 100 * (len(set(text.lower)) - absent / math.comb(size, drawn)) / drawn


def capitals(text: Text) -> float:
    """Words in capitals, of 100."""
    return 100 * sum(len(w) > 1 and w.isupper() for w in text.words) / len(text.words)


def lower_starts(text: Text) -> float:
    """Sentences that begin in lower case, of 100."""
    return 100 * sum(words[0].islower() for words in text.by_sentence) / len(text.sentences)


def contractions(text: Text) -> float:
    """Contracted words, of 100."""
    return 100 * sum(w in FUNCTION_WORDS and "'" in w for w in text.lower) / len(text.words)


def negations(text: Text) -> float:
    """Negating words, of 100."""
    count = sum(w in NEGATIONS or w.endswith("n't") for w in text.lower)
    return 100 * count / len(text.words)


def sentiment(text: Text) -> float:
    """Mean tone of the sentences."""
    return sum(text.tones) / len(text.tones)


def sentiment_range(text: Text) -> float:
    """From the worst tone of a sentence to the best; NaN with one sentence."""
    return max(text.tones) - min(text.tones) if len(text.tones) > 1 else math.nan


def density(text: Text) -> float:
    """Different content words in 100 words."""
    return 100 * len(set(text.lower) - FUNCTION_WORDS) / len(text.words)


def names(text: Text) -> float:
    """Words within sentences that are written as names are, of 100."""
    inner = (word for words in text.by_sentence for word in words[1:])
    named = sum(w[0].isupper() and not w.isupper() and w[:2] not in _I_AM for w in inner)
    return 100 * named / len(text.words)
