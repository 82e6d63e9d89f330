"""Named features of a text, each with its unit, what more and less of it mean, and its languages.

Word lists are our own; the sentiment lexicon is VADER's (Hutto & Gilbert 2014), English only.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from idiolect.measure.text import FUNCTION_WORDS, Text, language_of, word_set

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


def _length(text: Text) -> float:
    return len(text.words)


def _sentence_length(text: Text) -> float:
    return len(text.words) / len(text.sentences)


def _word_length(text: Text) -> float:
    return sum(map(len, text.words)) / len(text.words)


def _long_words(text: Text) -> float:
    return 100 * sum(len(word) >= 8 for word in text.words) / len(text.words)


def _richness(text: Text, drawn: int = 10) -> float:
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


def _capitals(text: Text) -> float:
    return 100 * sum(len(w) > 1 and w.isupper() for w in text.words) / len(text.words)


def _lower_starts(text: Text) -> float:
    return 100 * sum(words[0].islower() for words in text.by_sentence) / len(text.sentences)


def _contractions(text: Text) -> float:
    return 100 * sum(w in FUNCTION_WORDS and "'" in w for w in text.lower) / len(text.words)


def _negations(text: Text) -> float:
    count = sum(w in NEGATIONS or w.endswith("n't") for w in text.lower)
    return 100 * count / len(text.words)


def _sentiment(text: Text) -> float:
    return sum(text.tones) / len(text.tones)


def _sentiment_range(text: Text) -> float:
    return max(text.tones) - min(text.tones) if len(text.tones) > 1 else math.nan


def _density(text: Text) -> float:
    return 100 * len(set(text.lower) - FUNCTION_WORDS) / len(text.words)


def _names(text: Text) -> float:
    inner = (word for words in text.by_sentence for word in words[1:])
    named = sum(w[0].isupper() and not w.isupper() and w[:2] not in _I_AM for w in inner)
    return 100 * named / len(text.words)


_I_AM = frozenset({"I'", "I’"})


FUNCTION = Listed(FUNCTION_WORDS)
FIRST_PERSON = word_set("i me my mine myself i'm i've i'd i'll")
FIRST_PLURAL = word_set("we us our ours ourselves we're we've we'd we'll let's")
SECOND_PERSON = word_set("you your yours yourself yourselves you're you've you'd you'll")
HEDGES = word_set(
    """maybe perhaps possibly probably apparently presumably seemingly somewhat fairly rather
    slightly roughly arguably supposedly seem seems seemed appear appears appeared suppose supposed
    guess guessed suspect might almost mostly partly generally usually"""
)
HEDGE_PHRASES = (
    "i think",
    "i believe",
    "i feel",
    "sort of",
    "kind of",
    "a bit",
    "a little",
    "more or less",
    "not sure",
    "as far as",
    "in a way",
    "may be",
    "could be",
    "tend to",
    "tends to",
    "to some extent",
)
NEGATIONS = word_set(
    "not no never none nobody nothing nowhere nor neither cannot without hardly barely"
)
INTENSIFIERS = word_set(
    """very really so extremely incredibly absolutely totally completely utterly truly highly deeply
    seriously insanely super hugely terribly awfully especially particularly remarkably wildly
    thoroughly ridiculously amazingly immensely"""
)
ABSOLUTES = word_set(
    """always never all every everyone everybody everything everywhere none nobody nothing nowhere
    entirely fully perfect perfectly definitely certainly obviously clearly undoubtedly forever only
    best worst must"""
)
ADVICE = word_set("should must recommend recommended avoid skip try bring ask")
ADVICE_PHRASES = ("make sure", "you need", "need to", "have to", "better to", "go for")
REASONS = word_set("because since therefore hence thus due reason reasons why cause causes caused")
REASON_PHRASES = ("so that", "as a result", "in order to", "which means", "which is why")
COMPARISONS = word_set(
    """than better worse more less most least like unlike similar similarly compared comparison same
    different equal equally whereas rather best worst"""
)

_EMOJI = (
    "[\U0001f300-\U0001faff\u2600-\u27bf]|(?<!\\w)[:;=][-']?[()DPp/\\\\](?!\\w)|(?<!\\w)<3(?!\\d)"
)
_CASED = ("en", "es", "fr", "it", "nl", "pt")
_ENGLISH = ("en",)

#: What is measured unless told otherwise.
FEATURES: tuple[Feature, ...] = (
    Feature(
        "length",
        "writing",
        "words",
        "writes longer texts",
        "writes shorter texts",
        _length,
        shown="never",
    ),
    Feature(
        "sentence_length",
        "writing",
        "words",
        "writes longer sentences",
        "writes shorter sentences",
        _sentence_length,
    ),
    Feature(
        "word_length",
        "writing",
        "letters",
        "uses longer words",
        "uses shorter words",
        _word_length,
    ),
    Feature(
        "richness",
        "writing",
        "% different in ten words",
        "varies the words more",
        "repeats words more",
        _richness,
        shown="never",
    ),
    Feature(
        "function_words",
        "writing",
        "% of words",
        "uses more function words",
        "uses fewer function words",
        FUNCTION,
        _ENGLISH,
    ),
    Feature(
        "exclamations",
        "writing",
        "a sentence",
        "uses more exclamation marks",
        "uses fewer exclamation marks",
        Marks("[!！]", "sentence"),
        shown="more",
    ),
    Feature(
        "questions",
        "writing",
        "a sentence",
        "asks more questions",
        "asks fewer questions",
        Marks("[?？]", "sentence"),
        shown="more",
    ),
    Feature(
        "commas",
        "writing",
        "per 100 words",
        "uses more commas",
        "uses fewer commas",
        Marks("[,、，]"),
        shown="more",
    ),
    Feature(
        "dashes",
        "writing",
        "per 100 words",
        "uses more dashes",
        "uses fewer dashes",
        Marks(r"[–—]|(?<=\s)--?(?=\s)"),
        shown="more",
    ),
    Feature(
        "ellipses",
        "writing",
        "per 100 words",
        "trails off with more dots",
        "trails off with fewer dots",
        Marks(r"\.{2,}|…"),
        shown="more",
    ),
    Feature(
        "semicolons",
        "writing",
        "per 100 words",
        "uses more colons and semicolons",
        "uses fewer colons and semicolons",
        Marks(r"[:;](?=\s|$)"),
        shown="more",
    ),
    Feature(
        "asides",
        "writing",
        "per 100 words",
        "puts more into brackets",
        "puts less into brackets",
        Marks(r"[(（]\w"),
        shown="more",
    ),
    Feature(
        "quotation",
        "writing",
        "per 100 words",
        "uses more quotation marks",
        "uses fewer quotation marks",
        Marks('["“”„«»]'),
        shown="more",
    ),
    Feature(
        "line_breaks",
        "writing",
        "per 100 words",
        "breaks more lines",
        "breaks fewer lines",
        Marks(r"\n+"),
        shown="never",
    ),
    Feature(
        "capitals",
        "writing",
        "% of words",
        "writes more words in capitals",
        "writes fewer words in capitals",
        _capitals,
        shown="more",
    ),
    Feature(
        "lower_starts",
        "writing",
        "% of sentences",
        "starts more sentences in lower case",
        "starts fewer sentences in lower case",
        _lower_starts,
        shown="more",
    ),
    Feature(
        "contractions",
        "writing",
        "% of words",
        "contracts more words (it's, don't)",
        "contracts fewer words (it's, don't)",
        _contractions,
        _ENGLISH,
        shown="more",
    ),
    Feature(
        "first_person",
        "writing",
        "% of words",
        "says I and my more often",
        "says I and my less often",
        Listed(FIRST_PERSON),
        _ENGLISH,
        shown="more",
    ),
    Feature(
        "first_plural",
        "writing",
        "% of words",
        "says we and our more often",
        "says we and our less often",
        Listed(FIRST_PLURAL),
        _ENGLISH,
        shown="more",
    ),
    Feature(
        "second_person",
        "writing",
        "% of words",
        "addresses the reader more (you, your)",
        "addresses the reader less (you, your)",
        Listed(SECOND_PERSON),
        _ENGLISH,
        shown="more",
    ),
    Feature(
        "hedges",
        "writing",
        "% of words",
        "hedges more (perhaps, a bit, I think)",
        "hedges less (perhaps, a bit, I think)",
        Listed(HEDGES, HEDGE_PHRASES),
        _ENGLISH,
        shown="more",
    ),
    Feature(
        "negations",
        "writing",
        "% of words",
        "negates more (not, never, don't)",
        "negates less (not, never, don't)",
        _negations,
        _ENGLISH,
        shown="more",
    ),
    Feature(
        "sentiment",
        "emotional",
        "on VADER's scale from -1 to 1",
        "sounds more positive",
        "sounds more negative",
        _sentiment,
        _ENGLISH,
    ),
    Feature(
        "sentiment_range",
        "emotional",
        "on VADER's scale between the best and the worst sentence",
        "swings more between praise and blame",
        "keeps a more even tone",
        _sentiment_range,
        _ENGLISH,
        shown="never",
    ),
    Feature(
        "intensifiers",
        "emotional",
        "% of words",
        "intensifies more (very, really, so)",
        "intensifies less (very, really, so)",
        Listed(INTENSIFIERS),
        _ENGLISH,
        shown="more",
    ),
    Feature(
        "absolutes",
        "emotional",
        "% of words",
        "speaks in absolutes more (always, nothing, best)",
        "speaks in absolutes less (always, nothing, best)",
        Listed(ABSOLUTES),
        _ENGLISH,
        shown="more",
    ),
    Feature(
        "stretched",
        "emotional",
        "per 100 words",
        "stretches more words (sooo)",
        "stretches fewer words (sooo)",
        Marks(r"([^\W\d_])\1\1"),
        shown="more",
    ),
    Feature(
        "emoji",
        "emotional",
        "per 100 words",
        "uses more emoji",
        "uses fewer emoji",
        Marks(_EMOJI),
        shown="more",
    ),
    Feature(
        "density",
        "semantic",
        "different content words per 100 words",
        "packs more information into the words",
        "packs less information into the words",
        _density,
        _ENGLISH,
    ),
    Feature(
        "numbers",
        "semantic",
        "per 100 words",
        "gives more numbers",
        "gives fewer numbers",
        Marks(r"\d+(?:[.,:]\d+)*"),
        shown="more",
    ),
    Feature(
        "names",
        "semantic",
        "% of words",
        "names more people, places and things",
        "names fewer people, places and things",
        _names,
        _CASED,
        shown="more",
    ),
    Feature(
        "long_words",
        "semantic",
        "% of words",
        "uses more long words (8 letters and up)",
        "uses fewer long words (8 letters and up)",
        _long_words,
        shown="more",
    ),
    Feature(
        "reasons",
        "semantic",
        "% of words",
        "gives more reasons (because, which means)",
        "gives fewer reasons (because, which means)",
        Listed(REASONS, REASON_PHRASES),
        _ENGLISH,
        shown="more",
    ),
    Feature(
        "comparisons",
        "semantic",
        "% of words",
        "compares more (than, better, like)",
        "compares less (than, better, like)",
        Listed(COMPARISONS),
        _ENGLISH,
        shown="more",
    ),
    Feature(
        "advice",
        "semantic",
        "% of words",
        "gives more advice (should, try, avoid)",
        "gives less advice (should, try, avoid)",
        Listed(ADVICE, ADVICE_PHRASES),
        _ENGLISH,
        shown="more",
    ),
)
