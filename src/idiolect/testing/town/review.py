"""What a person writes of a place: clauses, joined into sentences, with the person's marks."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from random import Random

from idiolect.testing.town import phrases
from idiolect.testing.town.kinds import KINDS, Kind
from idiolect.testing.town.people import Person, Place


@dataclass(frozen=True)
class Review:
    """What a person says of a place."""

    rating: int
    title: str
    text: str


@cache
def _odds(base: float, strength: float, step: float = 1.3) -> float:
    """A probability moved on the log-odds scale."""
    return 1 / (1 + math.exp(-(math.log(base / (1 - base)) + step * strength)))


def review(person: Person, place: Place, seed: int) -> Review:
    """One review; it follows from person, place and seed alone."""
    rng = Random(f"{seed} {person.name} {place.id} {place.name}")
    kind, has = KINDS[place.kind], person.strength
    liking = place.quality + person.tastes[place.kind] + rng.gauss(0, 0.5)
    rating = round(3.3 + liking - 0.8 * has("severe ratings"))
    length = 6.5 * math.exp(
        0.4 * has("long texts") + place.fuss - 0.08 * place.quality + rng.gauss(0, 0.25)
    )
    wanted = max(2, round(length))
    cheer = liking + 2 * has("positive tone")
    praise = _odds(0.55, 0.9 * cheer, 1.0)
    said = _Said(rng)
    clauses = [
        _clause(person, place, kind, said, 1 if rng.random() < praise else -1, cheer, rng)
        for _ in range(wanted)
    ]
    text = _sentences(person, clauses, said, rng)
    return Review(
        min(max(rating, 1), 5),
        _title(kind, liking, rng),
        phrases.CONTRACTED.sub(
            lambda match: _short(match, _odds(0.3, has("contractions")), rng), text
        ),
    )


class _Said:
    """Picks phrases so that a review says nothing twice while it has something else to say."""

    def __init__(self, rng: Random) -> None:
        self._rng, self._said = rng, set[str]()

    def new(self, phrases: Sequence[str]) -> str:
        """A phrase not said yet; "" where all were."""
        left = [phrase for phrase in phrases if phrase not in self._said]
        if not left:
            return ""
        phrase = self._rng.choice(left)
        self._said.add(phrase)
        return phrase


@dataclass(frozen=True)
class Clause:
    """Part of a sentence, without capital and stop.

    Attributes:
        text: Its words.
        mood: 1 praises, −1 blames, 0 neither.
        alone: Whether it stands as a sentence of its own.
    """

    text: str
    mood: int = 0
    alone: bool = False


def _clause(
    person: Person, place: Place, kind: Kind, said: _Said, mood: int, cheer: float, rng: Random
) -> Clause:
    has = person.strength
    if rng.random() < _odds(0.1, has("numbers")) and (fact := said.new(kind.facts + phrases.FACTS)):
        return Clause(fact.format(**place.figures))
    if rng.random() < _odds(0.08, has("advice")) and (tip := said.new(kind.tips + phrases.TIPS)):
        return Clause(tip, alone=True)
    if rng.random() < _odds(0.12, has("first person")) and (
        act := said.new(kind.acts + phrases.ACTS)
    ):
        return Clause(f"I {act}")
    other = rng.random()
    if other < 0.08 and (thing := said.new(place.things)):
        return Clause(f"{thing} is worth a look", 1)
    if other < 0.2 and (plain := said.new(phrases.PLAIN)):
        return Clause(plain)
    noun = said.new([aspect.noun for aspect in kind.aspects])
    if other < 0.28 or not noun:
        verdict = said.new(phrases.PRAISE if cheer > 0 else phrases.BLAME) or said.new(
            phrases.PLAIN
        )
        if verdict or not noun:
            return Clause(verdict or "that is all", 1 if cheer > 0 else -1)
    aspect = next(aspect for aspect in kind.aspects if aspect.noun == noun)
    adjective = rng.choice(aspect.good if mood > 0 else aspect.bad)
    if rng.random() < _odds(0.025, has("capitals"), 1.8):
        adjective = adjective.upper()
    if rng.random() < _odds(0.15, has("intensifying")):
        adjective = f"{rng.choice(phrases.STRONG)} {adjective}"
    elif rng.random() < _odds(0.1, has("hedging")):
        adjective = f"{rng.choice(phrases.SOFT)} {adjective}"
    if rng.random() < _odds(0.12, has("first person"), 1.1):
        text = f"I found the {noun} {adjective}"
    else:
        text = f"the {noun} {'were' if aspect.plural else 'was'} {adjective}"
    if rng.random() < _odds(0.05, has("hedging")):
        text = f"{rng.choice(phrases.HEDGES)} {text}"
    return Clause(text, mood)


def _sentences(person: Person, clauses: Sequence[Clause], said: _Said, rng: Random) -> str:
    """Clauses joined into sentences, with the person's marks."""
    has = person.strength
    opener = next((w for w, share in person.favourites.items() if rng.random() < share), "")
    if not opener and rng.random() < 0.08:
        opener = rng.choice(phrases.FAVOURITES)
    groups: list[list[Clause]] = []
    for clause in clauses:
        apart = not groups or clause.alone or groups[-1][-1].alone or len(groups[-1]) == 5
        if apart or rng.random() >= _odds(0.3, has("long sentences"), 1.1):
            groups.append([clause])
        else:
            groups[-1].append(clause)
    opened, parts = rng.randrange(len(groups)), []
    for number, group in enumerate(groups):
        sentence = _joined(person, group, rng)
        mood = next((clause.mood for clause in reversed(group) if clause.mood), 0)
        if rng.random() < _odds(0.04, has("brackets"), 1.6) and (
            aside := said.new(phrases.BRACKETS)
        ):
            sentence = f"{sentence} ({aside})"
        if opener and number == opened:
            sentence = f"{opener}, {sentence}"
        parts.append(sentence[0].upper() + sentence[1:] + _stop(person, mood, rng))
        if rng.random() < _odds(0.03, has("questions"), 1.5):
            parts.append(said.new(phrases.ASK_GOOD if mood >= 0 else phrases.ASK_BAD))
    if rng.random() < _odds(0.04, has("smileys"), 1.8):
        parts.append(rng.choice(phrases.SMILEYS))
    return " ".join(part for part in parts if part)


def _joined(person: Person, clauses: Sequence[Clause], rng: Random) -> str:
    sentence, mood = clauses[0].text, clauses[0].mood
    for number, clause in enumerate(clauses[1:], start=2):
        if rng.random() < _odds(0.04, person.strength("dashes"), 1.6):
            link = " – "
        elif clause.mood * mood < 0:
            link = rng.choice((", but ", ", though "))
        elif number < len(clauses):
            link = rng.choice((", ", " and "))
        else:
            link = rng.choice((", and ", " and "))
        sentence, mood = f"{sentence}{link}{clause.text}", clause.mood or mood
    return sentence


def _stop(person: Person, mood: int, rng: Random) -> str:
    if rng.random() < _odds(0.07 if mood else 0.03, person.strength("exclamation marks"), 1.4):
        return "!" if rng.random() < 0.8 else "!!!"
    return "..." if rng.random() < _odds(0.03, person.strength("trailing dots"), 1.6) else "."


def _title(kind: Kind, liking: float, rng: Random) -> str:
    first, second = rng.sample(kind.aspects, 2)
    one = rng.choice(first.good if liking > 0 else first.bad)
    two = rng.choice(second.good if liking > -0.7 + 1.4 * rng.random() else second.bad)
    return f"{one[0].upper()}{one[1:]} {first.noun}, {two} {second.noun}"


def _short(match: re.Match[str], chance: float, rng: Random) -> str:
    long = match.group()
    if rng.random() >= chance:
        return long
    short = phrases.SHORT_FORMS.get(long) or phrases.SHORT_FORMS[long[0].lower() + long[1:]]
    return long[0] + short[1:]
