"""Reading what was said about a user: which features, which words.

Measured differences and the floor's own comparisons use the wording of the features, so that it
can be found again in a profile without understanding prose.
"""

from __future__ import annotations

import re

from idiolect.measure import FEATURES, Feature
from idiolect.measure.text import content

#: A feature and whether there is more of it (1) or less (−1).
Statement = tuple[Feature, int]

_QUOTED = re.compile(r"[“\"]([^”\"\n]{1,40})[”\"]")


def statements(text: str) -> list[Statement]:
    """The features that a text names in their own wording, in the order of `FEATURES`."""
    low = text.casefold()
    return [
        (feature, direction)
        for feature in FEATURES
        for direction, wording in ((1, feature.more), (-1, feature.less))
        if wording.casefold() in low
    ]


def quoted_words(text: str) -> list[str]:
    """Single words of content in quotation marks, each once; longer quotes are passages."""
    inside = [content(match) for match in _QUOTED.findall(text) if len(match.split()) == 1]
    return list(dict.fromkeys(word for words in inside for word in words))
