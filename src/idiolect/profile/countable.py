"""Summaries that can be counted: labels, scores, lengths and marks; exact, without a model.

What IntSum asks a model for the countable tasks of LaMP (which label, which score is the most
common), and what GPG's digest notes of the surface of texts, is a matter of counting.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from idiolect.data import Events
from idiolect.lm import Entry
from idiolect.measure import Text
from idiolect.profile.claim import Claim, Span

#: The marks and words of an address are not the user's; a mark after it is.
_LINK = re.compile(r"(?:https?://|(?<!\w)www\.)\S*[^\s.,;:!?…'\"“”’)\]]")
#: Stands for a link while everything else is counted.
_THERE = "\0"
_PICTURE = (
    "[\U0001f300-\U0001f3fa\U0001f400-\U0001faff"
    "\u2600-\u2604\u2607-\u27bf\u2b50\u2b55\u231a\u231b\u23e9-\u23f3]"
)
_TONED = "[\ufe0f\U0001f3fb-\U0001f3ff]*"
#: What is seen as one: a picture with its skin tone, several with joiners, a flag, a key cap.
_EMOJI = (
    f"{_PICTURE}{_TONED}[\U000e0020-\U000e007f]*(?:\u200d{_PICTURE}{_TONED})*"
    "|[\U0001f1e6-\U0001f1ff]{2}|[0-9#*]\ufe0f?\u20e3"
)


def _matches(pattern: str) -> Callable[[str], int]:
    compiled = re.compile(pattern)
    return lambda text: len(compiled.findall(text))


#: Surface trait → how often a text shows it, `_THERE` in place of each of its links.
TRAITS: Mapping[str, Callable[[str], int]] = MappingProxyType(
    {
        "words in capitals": lambda text: sum(
            len(word) > 1 and word.isupper() for word in Text(text).words
        ),
        "sentences that begin in lower case": lambda text: sum(
            words[0][0].islower() for words in Text(text).by_sentence
        ),
        "exclamation marks": _matches("[!！]"),
        "question marks": _matches("[?？]"),
        "dots in a row": _matches(r"\.{2,}|…"),
        "hashtags": _matches(r"(?<!\w)#\w+"),
        "mentions": _matches(r"(?<!\w)@\w+"),
        "links": _matches(_THERE),
        "emoji": _matches(_EMOJI),
        "no mark at the end": lambda text: int(re.search(rf"[\w{_THERE}]\s*$", text) is not None),
    }
)


@dataclass(frozen=True, slots=True)
class Counted:
    """One thing that was counted in a user's texts.

    Attributes:
        name: What was counted, such as `label` or `exclamation marks`.
        value: Which label or score; empty for traits.
        times: How often it occurs.
        among: Of how many texts.
        events: Ids of those that show it, oldest first.
        said: The sentence about it; made of the figures where none is given.
    """

    name: str
    value: str
    times: int
    among: int
    events: tuple[str, ...]
    said: str = ""

    @property
    def text(self) -> str:
        """The figures as a line."""
        if self.said:
            return self.said
        value = f" “{self.value}”" if self.value else ""
        more = f", {self.times} times" if self.times > len(self.events) else ""
        return f"{self.name}{value}: in {len(self.events)} of {self.among} texts{more}"

    @property
    def entry(self) -> Entry:
        """As prompts show it."""
        return Entry(self.text, events=self.events)

    @property
    def claim(self) -> Claim:
        """As a belief; its confidence is 1, since it is counted."""
        return Claim(
            self.text,
            "writing" if not self.value else "choices",
            1.0,
            spans=tuple(Span(name) for name in self.events),
        )


def values(name: str, given: Sequence[str | None], ids: Sequence[str]) -> tuple[Counted, ...]:
    """How often each value occurs, the most frequent first; of equals the one given last.

    Args:
        name: What the values are.
        given: One a text, oldest first; None where a text has none.
        ids: The texts' ids.
    """
    shown: dict[str, list[str]] = {}
    for value, event in zip(given, ids, strict=True):
        if value:
            # Popped and put back, so that the order of keys is that of the last use.
            shown[value] = [*shown.pop(value, []), event]
    latest_first = list(shown.items())[::-1]
    among = sum(bool(value) for value in given)
    return tuple(
        Counted(name, value, len(events), among, tuple(events))
        for value, events in sorted(latest_first, key=lambda pair: -len(pair[1]))
    )


def labels(events: Events) -> tuple[Counted, ...]:
    """The options that the user chose, the dominant one first."""
    return values("label", events.column("chosen"), events.ids)


def scores(events: Events, middle: float | None = None) -> tuple[Counted, ...]:
    """The ratings that the user gave, the most common one first.

    Args:
        events: Rated ones count.
        middle: Of the scale: then only the most common score above it and the one below it, the
            two that IntSum asks for in LaMP's rating task.
    """
    ratings = events.ratings
    given = [None if np.isnan(rating) else f"{rating:.15g}" for rating in ratings]
    found = values("score", given, events.ids)
    if middle is None:
        return found
    sides = (
        next((each for each in found if float(each.value) > middle), None),
        next((each for each in found if float(each.value) < middle), None),
    )
    return tuple(each for each in sides if each is not None)


def traits(events: Events) -> tuple[Counted, ...]:
    """Every trait of `TRAITS`, also those that no text shows; empty texts do not count."""
    texts = _written(events)
    found = []
    for name, count in TRAITS.items():
        times = [(event, count(text)) for event, text in texts]
        shown = tuple(event for event, often in times if often)
        found.append(Counted(name, "", sum(often for _, often in times), len(texts), shown))
    return tuple(found)


def lengths(events: Events) -> tuple[Counted, ...]:
    """Words a text, links apart: median and range; nothing without texts."""
    texts = _written(events)
    if not texts:
        return ()
    words = [len(Text(text).words) for _, text in texts]
    said = f"{np.median(words):g} words a text (median; {min(words)} to {max(words)})"
    ids = tuple(event for event, _ in texts)
    return (Counted("words", "", sum(words), len(texts), ids, said),)


def countable(events: Events, *, middle: float | None = None, most: int = 3) -> tuple[Counted, ...]:
    """All of these that occur: labels, scores, lengths, traits.

    Args:
        events: The user's own, oldest first.
        middle: Of the scale that scores are on, if only the common ones on its sides matter.
        most: Labels and scores at most, each.
    """
    shown = tuple(trait for trait in traits(events) if trait.times)
    return (*labels(events)[:most], *scores(events, middle)[:most], *lengths(events), *shown)


def _written(events: Events) -> list[tuple[str, str]]:
    """Ids and texts of those that have one; a link is one sign in it."""
    return [
        (event.id, _LINK.sub(_THERE, event.text.replace(_THERE, "")))
        for event in events
        if event.text.strip()
    ]
