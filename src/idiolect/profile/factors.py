"""Factors: what moves a user's responses, with how often, how strongly and which way (RPM)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from idiolect.data import Events
from idiolect.errors import DataError
from idiolect.measure import Text
from idiolect.measure.meteor import stem
from idiolect.measure.text import FUNCTION_WORDS
from idiolect.profile.claim import Claim, Polarity, Span

#: A factor's mean direction beyond which it is for or against (ours).
LEANS = 0.1


@dataclass(frozen=True, slots=True)
class Aspect:
    """One thing in a text that moved the user's response.

    Attributes:
        name: What, in a word or phrase.
        influence: How strongly, 0..1.
        polarity: Which way, -1 (against) to 1 (for).
        event: Id of the event; empty for a request.

    Raises:
        DataError: A number is out of range.
    """

    name: str
    influence: float
    polarity: float
    event: str = ""

    def __post_init__(self) -> None:
        if not (0 <= self.influence <= 1 and -1 <= self.polarity <= 1):
            raise DataError(
                f"Found influence={self.influence!r} and polarity={self.polarity!r} of "
                f"{self.name!r}; give 0 to 1 and -1 to 1."
            )


@dataclass(frozen=True, slots=True)
class Factor:
    """Aspects that are the same to the user, with their statistics over all texts.

    Attributes:
        name: What they have in common.
        coverage: Share of the texts that have one of them.
        influence: Mean over those texts of the mean influence there, 0..1.
        polarity: Mean over those texts of the mean polarity there, -1..1.
        aspects: Their names, each once.
        events: Ids of those texts, oldest first.
    """

    name: str
    coverage: float
    influence: float
    polarity: float
    aspects: tuple[str, ...]
    events: tuple[str, ...]

    @property
    def leaning(self) -> Polarity:
        """Whether the user is for it, against it, or neither."""
        if abs(self.polarity) <= LEANS:
            return "neutral"
        return "positive" if self.polarity > 0 else "negative"

    @property
    def text(self) -> str:
        """The factor with its statistics, as a line."""
        which = {"positive": "for it", "negative": "against it", "neutral": "neither way"}
        return (
            f"{self.name}: in {self.coverage:.0%} of the texts, influence {self.influence:.2f}, "
            f"{which[self.leaning]} ({self.polarity:+.2f})"
        )

    def claim(self, events: Events) -> Claim:
        """As a belief, its confidence the coverage, with the words that show it where they are."""
        texts = {event.id: event for event in events}
        spans = (
            next((s for name in self.aspects if (s := Span.of(name, texts[e]))), Span(e))
            for e in self.events
        )
        return Claim(
            self.text, "factors", round(self.coverage, 4), polarity=self.leaning, spans=tuple(spans)
        )


def factors(
    aspects: Sequence[Aspect],
    groups: Mapping[str, Iterable[int]],
    texts: int,
    *,
    most: int | None = None,
) -> tuple[Factor, ...]:
    """Statistics of grouped aspects; the widest and strongest factor first, ties by name.

    A text counts once, however many aspects of a factor it has: by their mean.

    Args:
        aspects: In the order of the texts.
        groups: Factor → positions of its aspects; others are in no factor.
        texts: How many were looked at.
        most: Factors at most; None keeps all.
    """
    found = []
    for name, positions in groups.items():
        of_text: dict[str, list[Aspect]] = {}
        for at in sorted(set(positions)):
            of_text.setdefault(aspects[at].event, []).append(aspects[at])
        if not of_text:
            continue
        strengths = [_mean(one.influence for one in each) for each in of_text.values()]
        ways = [_mean(one.polarity for one in each) for each in of_text.values()]
        names = dict.fromkeys(one.name for each in of_text.values() for one in each)
        found.append(
            Factor(
                name,
                len(of_text) / texts,
                _mean(strengths),
                _mean(ways),
                tuple(names),
                tuple(of_text),
            )
        )
    found.sort(key=lambda one: (-one.coverage * one.influence, one.name))
    return tuple(found[:most])


def mentioned(text: str, event: str = "") -> tuple[Aspect, ...]:
    """The aspects of a text that can be read off it: what sentences are about, in which tone.

    An aspect is a word of content without a tone of its own; its polarity is the mean of VADER's
    tones of the sentences that it stands in, its influence the size of that. English only: other
    languages have aspects without influence.

    Args:
        text: What is looked at.
        event: Its id.
    """
    cut = Text(text)
    tones: dict[str, list[float]] = {}
    forms: dict[str, str] = {}
    for words, tone in zip(cut.by_sentence, cut.tones, strict=True):
        low = [word.lower() for word in words]
        about = [w for w in low if w not in FUNCTION_WORDS and len(w) > 2 and w.isalpha()]
        for word in {stem(w): w for w in reversed(about) if not _toned(w)}.values():
            forms.setdefault(stem(word), word)
            tones.setdefault(stem(word), []).append(tone)
    means = {each: _mean(them) for each, them in sorted(tones.items())}
    return tuple(Aspect(forms[each], abs(tone), tone, event) for each, tone in means.items())


def by_stem(aspects: Sequence[Aspect], at_least: int = 2) -> dict[str, list[int]]:
    """Aspects of one stem as a group, named by their most frequent form (ties: the first).

    Args:
        aspects: Single words.
        at_least: Texts that must have one.
    """
    groups: dict[str, list[int]] = {}
    for at, aspect in enumerate(aspects):
        groups.setdefault(stem(aspect.name), []).append(at)
    return {
        Counter(aspects[at].name for at in group).most_common(1)[0][0]: group
        for group in groups.values()
        if len({aspects[at].event for at in group}) >= at_least
    }


def _toned(word: str) -> bool:
    return any(Text(word).tones)


def _mean(values: Iterable[float]) -> float:
    them = list(values)
    return sum(them) / len(them)
