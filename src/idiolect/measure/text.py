"""A text, cut into sentences and words once, and whether it may be English.

A word is a run of letters and digits with inner apostrophes and hyphens; scripts that put no space
between words count each ideograph or kana as one. A sentence ends at `.`, `!`, `?`, `…` before a
space, at `。`, `！`, `？`, at a blank line, before a list item, and at the end of a short line; a
line of `WRAPPED` characters or more without a stop is taken for hard-wrapped and goes on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

Span = tuple[int, int]

WORD = re.compile(
    r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]"
    r"|[^\W_\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]+"
    r"(?:['’\-][^\W_\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]+)*"
)
_BREAK = re.compile(r"[.!?…]+[\"'”’)\]]*\s+|[。！？]+[」』”]*\s*|\s*\n\s*")
_LISTED = re.compile(r"[-*•]\s|\d+[.)]\s")
#: Characters from which on a line without a stop counts as hard-wrapped; mail and commit messages
#: wrap at 65 to 80.
WRAPPED = 50


def word_set(words: str) -> frozenset[str]:
    """The words of a list in one string."""
    return frozenset(words.split())


#: English words that carry grammar rather than content.
FUNCTION_WORDS = word_set(
    """a an the this that these those i me my mine myself you your yours yourself he him his himself
    she her hers herself it its itself we us our ours ourselves they them their theirs themselves
    who whom whose which what where when why how and or but nor so yet if then than because while
    although though unless until since whether as of in on at by for with about against between into
    through during before after above below to from up down out off over under again once here there
    all any both each few more most other some such no not only own same too very can could may
    might must shall should will would do does did doing be am is are was were been being have has
    had having just also ever never always often every either neither much many i'm i've i'd i'll
    you're you've you'd you'll he's he'd he'll she's she'd she'll it's it'd it'll we're we've we'd
    we'll they're they've they'd they'll that's that'd there's there'd what's who's where's here's
    isn't aren't wasn't weren't haven't hasn't hadn't don't doesn't didn't won't wouldn't shan't
    shouldn't can't cannot couldn't mustn't needn't mightn't let's"""
)

#: Below this share of function words a text is not taken for English: ours, between English
#: commit messages (about .3; prose about .5) and other European languages (at most about .1, by
#: homographs such as "on", "a", "in").
ENGLISH_FLOOR = 0.15
#: Shorter texts, in words, say too little of their language.
ENGLISH_WORDS = 12


@dataclass(frozen=True)
class Text:
    """A text, cut into sentences and words once, for all features.

    Args:
        raw: The text itself.
    """

    raw: str

    @cached_property
    def spans(self) -> list[Span]:
        """Start and end of each sentence that has a word."""
        ends = [match.end() for match in _BREAK.finditer(self.raw) if not self._wraps(match)]
        found, start = [], 0
        for end in [*ends, len(self.raw)]:
            piece = self.raw[start:end]
            if WORD.search(piece):
                left = start + len(piece) - len(piece.lstrip())
                found.append((left, start + len(piece.rstrip())))
            start = end
        return found

    def _wraps(self, gap: re.Match[str]) -> bool:
        """Whether a gap is a mere line break within a sentence."""
        line = gap.start() - (self.raw.rfind("\n", 0, gap.start()) + 1)
        listed = _LISTED.match(self.raw, gap.end())
        return gap.group().strip(" \t\r") == "\n" and line >= WRAPPED and not listed

    @cached_property
    def sentences(self) -> list[str]:
        """The sentences, as they stand in the text."""
        return [self.raw[start:end] for start, end in self.spans]

    @cached_property
    def by_sentence(self) -> list[list[str]]:
        """The words of each sentence, as they are written."""
        return [WORD.findall(sentence) for sentence in self.sentences]

    @cached_property
    def words(self) -> list[str]:
        """The words, as they are written."""
        return [word for words in self.by_sentence for word in words]

    @cached_property
    def lower(self) -> list[str]:
        """The words in lower case, with plain apostrophes."""
        return [word.lower().replace("’", "'") for word in self.words]

    @cached_property
    def tones(self) -> list[float]:
        """VADER's compound score of each sentence, −1..1."""
        return [_vader().polarity_scores(sentence)["compound"] for sentence in self.sentences]

    @property
    def english(self) -> bool:
        """Whether it may be English: enough English function words, or too short to tell."""
        return len(self.lower) < ENGLISH_WORDS or function_share([self]) >= ENGLISH_FLOOR


@lru_cache(maxsize=1)
def _vader() -> Any:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    return SentimentIntensityAnalyzer()


def content(text: str) -> list[str]:
    """The words of a text in lower case, without those that carry only grammar."""
    return [word for word in Text(text).lower if word not in FUNCTION_WORDS]


def function_share(texts: Iterable[Text]) -> float:
    """Share of English function words among all words of the texts; 0 without words."""
    words = [word for text in texts for word in text.lower]
    return sum(word in FUNCTION_WORDS for word in words) / max(len(words), 1)


def language_of(text: Text, code: str | None) -> str:
    """Primary language code: the given one, else "en" where it may be English, else "und"."""
    if code:
        return code.replace("_", "-").split("-")[0].lower()
    return "en" if text.english else "und"
