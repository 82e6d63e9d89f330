"""Named features of a text, each with its unit, what more and less of it mean, and its languages.

Word lists are our own; the sentiment lexicon is VADER's (Hutto & Gilbert 2014), English only.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from idiolect.measure import counting, lexicons
from idiolect.measure.counting import Listed, Marks
from idiolect.measure.text import FUNCTION_WORDS, Text, language_of

Dimension = Literal["writing", "emotional", "semantic"]
#: In which direction a single sentence can show a feature.
Shown = Literal["both", "more", "never"]


@dataclass(frozen=True)
class Feature:
    """Something that can be measured in a text.

    Attributes:
        name: Unique among the features.
        dimension: `writing`, `emotional` or `semantic`.
        unit: Of the value, as it reads after a number.
        more: What somebody with more of it does, in plain words ("writes longer sentences").
        less: What somebody with less of it does.
        value: The figure of a text that has at least one word; NaN where it says nothing.
        languages: Codes that it is valid for; empty means any.
        shown: Directions in which one sentence of the text can show it.
    """

    name: str
    dimension: Dimension
    unit: str
    more: str
    less: str
    value: Callable[[Text], float]
    languages: tuple[str, ...] = ()
    shown: Shown = "both"

    def __call__(self, text: str) -> float:
        """The figure of one text, whatever its language; NaN without a word."""
        cut = Text(text)
        return self.value(cut) if cut.words else math.nan

    def valid(self, language: str) -> bool:
        """Whether it holds in this language; an unknown one ("und") needs a feature for any."""
        return not self.languages or language in self.languages


def row(
    text: Text, code: str | None = None, features: Sequence[Feature] | None = None
) -> NDArray[np.float64]:
    """All features of one text; NaN where one does not apply.  # (features,)

    Args:
        text: Any text.
        code: Its language; None is unknown, see `language_of`.
        features: What to measure; None means `FEATURES`.
    """
    features = FEATURES if features is None else features
    if not text.words:
        return np.full(len(features), np.nan)
    language = language_of(text, code)
    return np.array([f.value(text) if f.valid(language) else np.nan for f in features])


def measure(
    texts: Sequence[str],
    features: Sequence[Feature] | None = None,
    languages: Sequence[str | None] | None = None,
) -> NDArray[np.float64]:
    """The features of each text; NaN where one does not apply.  # (texts, features)

    Args:
        texts: Any texts.
        features: What to measure; None means `FEATURES`.
        languages: Language code of each text; None is unknown, see `language_of`.
    """
    features = FEATURES if features is None else features
    codes = [None] * len(texts) if languages is None else languages
    rows = [row(Text(text), code, features) for text, code in zip(texts, codes, strict=True)]
    return np.array(rows).reshape(len(texts), len(features))


_CASED = ("en", "es", "fr", "it", "nl", "pt")
_ENGLISH = ("en",)


def _both(says: str) -> tuple[str, str]:
    """What more and less of a feature mean: the one word of the two that differs, "more|less"."""
    more, less = re.sub(r"(\w+)\|\w+", r"\1", says), re.sub(r"\w+\|(\w+)", r"\1", says)
    return more, less


def _marks(
    name: str,
    dimension: Dimension,
    says: str,
    pattern: str,
    per: Literal["sentence", "100 words"] = "100 words",
    shown: Shown = "more",
) -> Feature:
    unit = "a sentence" if per == "sentence" else "per 100 words"
    return Feature(name, dimension, unit, *_both(says), Marks(pattern, per), shown=shown)


def _share(
    name: str,
    dimension: Dimension,
    says: str,
    value: Callable[[Text], float],
    languages: tuple[str, ...] = _ENGLISH,
) -> Feature:
    return Feature(name, dimension, "% of words", *_both(says), value, languages, shown="more")


#: What is measured unless told otherwise.
FEATURES: tuple[Feature, ...] = (
    Feature(
        "length",
        "writing",
        "words",
        *_both("writes longer|shorter texts"),
        counting.length,
        shown="never",
    ),
    Feature(
        "sentence_length",
        "writing",
        "words",
        *_both("writes longer|shorter sentences"),
        counting.sentence_length,
    ),
    Feature(
        "word_length",
        "writing",
        "letters",
        *_both("uses longer|shorter words"),
        counting.word_length,
    ),
    Feature(
        "richness",
        "writing",
        "% different in ten words",
        "varies the words more",
        "repeats words more",
        counting.richness,
        shown="never",
    ),
    Feature(
        "function_words",
        "writing",
        "% of words",
        *_both("uses more|fewer function words"),
        Listed(FUNCTION_WORDS),
        _ENGLISH,
    ),
    _marks("exclamations", "writing", "uses more|fewer exclamation marks", "[!！]", "sentence"),
    _marks("questions", "writing", "asks more|fewer questions", "[?？]", "sentence"),
    _marks("commas", "writing", "uses more|fewer commas", "[,、，]"),
    _marks("dashes", "writing", "uses more|fewer dashes", r"[–—]|(?<=\s)--?(?=\s)"),
    _marks("ellipses", "writing", "trails off with more|fewer dots", r"\.{2,}|…"),
    _marks("semicolons", "writing", "uses more|fewer colons and semicolons", r"[:;](?=\s|$)"),
    _marks("asides", "writing", "puts more|less into brackets", r"[(（]\w"),
    _marks("quotation", "writing", "uses more|fewer quotation marks", '["“”„«»]'),
    _marks("line_breaks", "writing", "breaks more|fewer lines", r"\n+", shown="never"),
    _share("capitals", "writing", "writes more|fewer words in capitals", counting.capitals, ()),
    Feature(
        "lower_starts",
        "writing",
        "% of sentences",
        *_both("starts more|fewer sentences in lower case"),
        counting.lower_starts,
        shown="more",
    ),
    _share(
        "contractions", "writing", "contracts more|fewer words (it's, don't)", counting.contractions
    ),
    _share(
        "first_person", "writing", "says I and my more|less often", Listed(lexicons.FIRST_PERSON)
    ),
    _share(
        "first_plural", "writing", "says we and our more|less often", Listed(lexicons.FIRST_PLURAL)
    ),
    _share(
        "second_person",
        "writing",
        "addresses the reader more|less (you, your)",
        Listed(lexicons.SECOND_PERSON),
    ),
    _share(
        "hedges",
        "writing",
        "hedges more|less (perhaps, a bit, I think)",
        Listed(lexicons.HEDGES, lexicons.HEDGE_PHRASES),
    ),
    _share("negations", "writing", "negates more|less (not, never, don't)", counting.negations),
    Feature(
        "sentiment",
        "emotional",
        "on VADER's scale from -1 to 1",
        *_both("sounds more positive|negative"),
        counting.sentiment,
        _ENGLISH,
    ),
    Feature(
        "sentiment_range",
        "emotional",
        "on VADER's scale between the best and the worst sentence",
        "swings more between praise and blame",
        "keeps a more even tone",
        counting.sentiment_range,
        _ENGLISH,
        shown="never",
    ),
    _share(
        "intensifiers",
        "emotional",
        "intensifies more|less (very, really, so)",
        Listed(lexicons.INTENSIFIERS),
    ),
    _share(
        "absolutes",
        "emotional",
        "speaks in absolutes more|less (always, nothing, best)",
        Listed(lexicons.ABSOLUTES),
    ),
    _marks("stretched", "emotional", "stretches more|fewer words (sooo)", r"([^\W\d_])\1\1"),
    _marks("emoji", "emotional", "uses more|fewer emoji", counting.EMOJI),
    Feature(
        "density",
        "semantic",
        "different content words per 100 words",
        *_both("packs more|less information into the words"),
        counting.density,
        _ENGLISH,
    ),
    _marks("numbers", "semantic", "gives more|fewer numbers", r"\d+(?:[.,:]\d+)*"),
    _share(
        "names", "semantic", "names more|fewer people, places and things", counting.names, _CASED
    ),
    _share(
        "long_words",
        "semantic",
        "uses more|fewer long words (8 letters and up)",
        counting.long_words,
        (),
    ),
    _share(
        "reasons",
        "semantic",
        "gives more|fewer reasons (because, which means)",
        Listed(lexicons.REASONS, lexicons.REASON_PHRASES),
    ),
    _share(
        "comparisons",
        "semantic",
        "compares more|less (than, better, like)",
        Listed(lexicons.COMPARISONS),
    ),
    _share(
        "advice",
        "semantic",
        "gives more|less advice (should, try, avoid)",
        Listed(lexicons.ADVICE, lexicons.ADVICE_PHRASES),
    ),
)
