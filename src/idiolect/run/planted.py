"""Pairs of texts of which everybody knows which is right: what a judge is examined with.

All are made from texts that people really wrote, by rules and without a model, so that the truth
is known: the real text against one that is wrong in a known way, of about the same length, or
against the same content in more words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from zlib import crc32

import numpy as np

from idiolect.data import Event, Events, Population, View, last_per_user
from idiolect.errors import SettingError
from idiolect.measure import Text

#: Sentences that say nothing; English.
_FILLER = (
    "That is what there is to say about it.",
    "There would be other ways to put it.",
    "One could go on about this for a while.",
    "So much for that, as they say.",
    "It is what it is, all things considered.",
)
_LEADS = (
    "What should be said at this point is the following:",
    "To put it into words as they come:",
    "If one were to say what there is to say, it would be this:",
    "It may as well be mentioned here that one would put it so:",
)
_PRAISE = (
    "This is simply great.",
    "Everything about it is wonderful, and nothing could be better.",
    "A perfect choice in every way.",
    "Anybody would love it.",
    "It could not be recommended more highly.",
    "Truly outstanding from start to end.",
)
_NEGATION = re.compile(
    r"\b(?:(?P<verb>is|are|was|were|do|does|did|has|have|had|could|would|should)n['’]t"
    r"|(?P<will>won['’]t)|(?P<can>can['’]t|cannot)|(?P<word>not|never|no)\s)",
    re.IGNORECASE,
)
_VERB = re.compile(
    r"\b(is|are|was|were|am|will|would|can|could|should|must|has|have|had)\b(?!\s+not\b)",
    re.IGNORECASE,
)
#: Events looked at to find one of about the same length.
_LOOKED_AT = 40


@dataclass(frozen=True)
class Case:
    """Two texts for one request, and what is planted in the second.

    Attributes:
        test: A name in `WRONG` or `LONGER`.
        view: What may be known of the user.
        a: What the user really wrote, its sentences in another order.
        b: What is wrong with a known cause, or the same in more words.
        reference: What the user really wrote.
    """

    test: str
    view: View
    a: str
    b: str
    reference: Event


def planted(population: Population, cases: int = 32, seed: int = 0) -> tuple[Case, ...]:
    """Cases of every test for the last text of each of `cases` people.

    A case that cannot be made for somebody (nobody else wrote, nothing to negate) is left out.

    Args:
        population: Whose texts; people with at least three events take part.
        cases: People, drawn at random where there are more.
        seed: Of the draws.

    Raises:
        SettingError: `cases` is below 2.
        DataError: Nobody has three events.
    """
    if cases < 2:
        raise SettingError(f"Found cases={cases!r}; an interval needs at least 2 people.")
    requests = last_per_user(population, at_least=3)
    rng = np.random.default_rng(seed)
    chosen = sorted(rng.permutation(len(requests))[:cases].tolist())
    found = []
    for view in (population.as_of(requests[at]) for at in chosen):
        reference = population.event(view.request.event or "")
        right = turned(reference.text)
        about = crc32(reference.id.encode())
        for test, make in {**WRONG, **LONGER}.items():
            text = make(population, view, right, np.random.default_rng([seed, about]))
            if text and text != right:
                found.append(Case(test, view, right, text, reference))
    return tuple(found)


def turned(text: str) -> str:
    """The same sentences, the first one last: the same content, not the same string."""
    sentences = Text(text).sentences
    return " ".join([*sentences[1:], *sentences[:1]]) if len(sentences) > 1 else text


Make = Callable[[Population, View, str, np.random.Generator], str]


def _by_another(population: Population, view: View, right: str, rng: np.random.Generator) -> str:
    """What somebody else wrote about the same thing, or about any thing where nobody did."""
    item, index = view.request.item, population.by_item
    rows = np.arange(len(population))
    if item is not None and index is not None and item.id in index.code:
        rows = index.rows(item.id)
    there, mine = Events(population, rows).by_people, population.by_user.code[view.request.user]
    others = there.take(np.flatnonzero(there.user_codes != mine).tolist())
    return _of_length(others.texts, right, rng)


def _about_another(population: Population, view: View, right: str, rng: np.random.Generator) -> str:
    """What the same user wrote about another thing."""
    item = view.request.item
    pairs = zip(view.own.items, view.own.texts, strict=True)
    return _of_length([t for i, t in pairs if item is None or i != item.id], right, rng)


def _of_length(texts: Sequence[str], right: str, rng: np.random.Generator) -> str:
    """Of up to forty of these texts, the one whose length is nearest; empty where there is none."""
    some = [texts[at] for at in rng.permutation(len(texts))[:_LOOKED_AT] if texts[at].strip()]
    return min(some, key=lambda text: abs(len(text) - len(right)), default="")


def negated(text: str) -> str:
    """The text with every sentence turned into its opposite; empty where none can be. English."""
    if not Text(text).english:
        return ""
    made = [_opposite(sentence) for sentence in Text(text).sentences]
    return " ".join(made) if made != Text(text).sentences else ""


def _opposite(sentence: str) -> str:
    found = _NEGATION.search(sentence)
    if found is not None:
        kept = found["verb"] or ("will" if found["will"] else "can" if found["can"] else "")
        return sentence[: found.start()] + kept + sentence[found.end() :]
    return _VERB.sub(lambda verb: f"{verb[0]} not", sentence, count=1)


def _praise(population: Population, view: View, right: str, rng: np.random.Generator) -> str:
    """Praise without content, about as long."""
    said: list[str] = []
    start = int(rng.integers(len(_PRAISE)))
    for sentence in cycle((*_PRAISE[start:], *_PRAISE[:start])):
        longer = " ".join([*said, sentence])
        if said and abs(len(longer) - len(right)) > abs(len(" ".join(said)) - len(right)):
            return " ".join(said)
        said.append(sentence)
    raise AssertionError


def _padded(population: Population, view: View, right: str, rng: np.random.Generator) -> str:
    """The same text, then sentences that say nothing, half as much again or more."""
    said, more = right, iter(cycle(_FILLER))
    while len(said) < 1.5 * len(right):
        said += " " + next(more)
    return said


def _wordy(population: Population, view: View, right: str, rng: np.random.Generator) -> str:
    """The same sentences, each after words that announce it."""
    leads = cycle(_LEADS)
    return " ".join(f"{next(leads)} {sentence}" for sentence in Text(right).sentences)


#: Texts that are wrong, by what is wrong with them.
WRONG: Mapping[str, Make] = {
    "wrong user": _by_another,
    "other item": _about_another,
    "negated": lambda population, view, right, rng: negated(right),
    "empty praise": _praise,
}
#: The same content in more words, by how.
LONGER: Mapping[str, Make] = {"length": _padded, "verbosity": _wordy}
