"""Who lives in the town, which places there are, and who goes where."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from random import Random

from idiolect.data import Item
from idiolect.testing.town.kinds import KINDS
from idiolect.testing.town.phrases import FAVOURITES, listed

#: Planted habit → feature that it should move, and the sign of that at positive strength.
HABITS: Mapping[str, tuple[str, int]] = {
    "long texts": ("length", 1),
    "long sentences": ("sentence_length", 1),
    "exclamation marks": ("exclamations", 1),
    "questions": ("questions", 1),
    "trailing dots": ("ellipses", 1),
    "brackets": ("asides", 1),
    "dashes": ("dashes", 1),
    "capitals": ("capitals", 1),
    "contractions": ("contractions", 1),
    "first person": ("first_person", 1),
    "hedging": ("hedges", 1),
    "intensifying": ("intensifiers", 1),
    "positive tone": ("sentiment", 1),
    "numbers": ("numbers", 1),
    "advice": ("advice", 1),
    "smileys": ("emoji", 1),
    "severe ratings": ("rating", -1),
}
#: How strong a habit is, and how often a person has it so.
STRENGTHS: Mapping[float, float] = {0: 0.55, 0.5: 0.09, -0.5: 0.06, 1: 0.1, -1: 0.06, 2: 0.14}

DISTRICTS = ("Old Town", "Harbour", "Hillside")
#: Planted in a whole district: habit and strength that its people have on top of their own.
DISTRICT_HABITS: Mapping[str, tuple[str, float]] = {"Harbour": ("numbers", 1.5)}

_FIRST = listed(
    "Ada, Anton, Bea, Boris, Clara, Conrad, Dina, Dario, Elif, Emil, Fiona, Felix, Greta, Gino, "
    "Hana, Hugo, Ines, Ivo, Joana, Jasper, Karla, Kofi, Lena, Leo, Mira, Milo, Nadia, Noah, Olga, "
    "Oscar, Paula, Piet, Rosa, Ravi, Selma, Sven, Tara, Tomas, Uma, Ulrich, Vera, Viktor, Wanda, "
    "Willem, Yara, Yusuf, Zoe, Zeno"
)
_LAST = listed(
    "Abbott, Brandt, Castell, Dorn, Ekberg, Farrow, Gallo, Hartig, Ibsen, Jarvis, Kessler, "
    "Lindqvist, Marlow, Novak, Okafor, Pereira, Quist, Rinaldi, Sorel, Tanaka, Ullmann, Vance, "
    "Winther, Yilmaz, Zeller, Bloom, Cray, Duval, Esposito, Frey"
)
_OWNERS = listed(
    "Amber, Birch, Copper, Dover, Elm, Fox, Garnet, Heron, Ivory, Juniper, Kestrel, Linden, Mill, "
    "Nettle, Otter, Plum, Quarry, Rowan, Saffron, Thistle, Umber, Violet, Willow, Yarrow, Anchor, "
    "Bell, Crown, Drum, Eagle, Fountain"
)
#: People with different names that there can be.
MOST_PEOPLE = len(_FIRST) * len(_LAST)


@dataclass(frozen=True)
class Place:
    """What people write about.

    Attributes:
        id: Its id in the population.
        name: What it is called.
        kind: Number among `KINDS`.
        quality: How good it is, in points of a rating from 3.3.
        fuss: How much it makes everybody write (log scale).
        things: What is to be found there.
        figures: Its own numbers, which its facts speak of.
    """

    id: str
    name: str
    kind: int
    quality: float
    fuss: float
    things: tuple[str, ...]
    figures: Mapping[str, int]

    @property
    def item(self) -> Item:
        """The place as an item."""
        kind = KINDS[self.kind]
        first, second = self.things[:2]
        return Item(
            self.id,
            title=self.name,
            description=f"A {kind.name} known for {first} and {second}.",
            attributes={"kind": kind.name},
        )


@dataclass(frozen=True)
class Person:
    """Somebody who writes reviews.

    Attributes:
        name: First and last.
        district: Where they live.
        habits: Planted habit → strength, without those of strength 0; the district's on top.
        favourites: Planted favourite word → share of texts that open a sentence with it.
        tastes: Points of rating for each kind of place.
    """

    name: str
    district: str
    habits: Mapping[str, float]
    favourites: Mapping[str, float]
    tastes: tuple[float, ...]

    def strength(self, habit: str) -> float:
        """How strong a habit is; 0 where it was not planted."""
        return self.habits.get(habit, 0.0)


def made_people(count: int, rng: Random) -> list[Person]:
    """So many people, by name, each with habits, favourite words and tastes."""
    names = [f"{first} {last}" for first, last in product(_FIRST, _LAST)]
    # First names come again only when they have run out.
    shuffled = rng.sample(_LAST, len(_LAST))
    if count <= len(_FIRST):
        chosen = [
            f"{first} {shuffled[n % len(shuffled)]}"
            for n, first in enumerate(rng.sample(_FIRST, count))
        ]
    else:
        chosen = rng.sample(names, count)
    people = []
    for name in sorted(chosen):
        habits = dict(
            zip(
                HABITS, rng.choices([*STRENGTHS], [*STRENGTHS.values()], k=len(HABITS)), strict=True
            )
        )
        district = rng.choice(DISTRICTS)
        if district in DISTRICT_HABITS:
            habit, strength = DISTRICT_HABITS[district]
            habits[habit] += strength
        favourites = {
            word: rng.choice([0.25, 0.4, 0.6])
            for word in rng.sample(FAVOURITES, rng.choice([0, 0, 1, 2]))
        }
        likes = [rng.gauss(0, 0.7) for _ in KINDS]
        # Tastes differ between kinds of places; generosity is the habit of severe ratings.
        tastes = tuple(like - sum(likes) / len(likes) for like in likes)
        planted = {habit: strength for habit, strength in habits.items() if strength}
        people.append(Person(name, district, planted, favourites, tastes))
    return people


def made_places(count: int, rng: Random, prefix: str) -> list[Place]:
    """So many places, of all kinds in turn."""
    names = {
        number: [
            f"{owner} {ending}"
            for owner, ending in rng.sample(
                [*product(_OWNERS, kind.names)], len(_OWNERS) * len(kind.names)
            )
        ]
        for number, kind in enumerate(KINDS)
    }
    places = []
    for n in range(count):
        kind = n % len(KINDS)
        name = names[kind][(n // len(KINDS)) % len(names[kind])]
        figures = {"a": 2, "b": 0, "c": 12, "d": 5, "e": 6}
        figures = {key: low + rng.randrange(8) for key, low in figures.items()}
        figures["b"] = rng.randrange(1, 10)
        places.append(
            Place(
                f"{prefix}-{n:03d}",
                name,
                kind,
                rng.gauss(0, 0.9),
                rng.gauss(0, 0.15) + 0.05 * kind,
                tuple(rng.sample(KINDS[kind].things, 4)),
                figures,
            )
        )
    return places


def made_visits(
    people: Sequence[Person],
    places: Sequence[Place],
    texts: int,
    least: int,
    choosy: float,
    rng: Random,
) -> list[list[int]]:
    """Which places each person goes to: those they like, but each place gets `least` visitors."""
    visits: list[list[int]] = []
    count = [0] * len(places)
    for person in people:
        # Random draws without replacement, weighted by taste (Efraimidis & Spirakis).
        keys = [
            math.log(rng.random()) / math.exp(choosy * person.tastes[place.kind])
            for place in places
        ]
        chosen = sorted(range(len(places)), key=keys.__getitem__, reverse=True)[:texts]
        visits.append(sorted(chosen))
        for number in chosen:
            count[number] += 1
    for number in range(len(places)):
        while count[number] < least:
            absent = [who for who, mine in enumerate(visits) if number not in mine]
            spare = [
                (count[there], there, who)
                for who in absent
                for there in visits[who]
                if count[there] > least
            ]
            _, there, who = max(spare)
            visits[who].remove(there)
            visits[who].append(number)
            count[there] -= 1
            count[number] += 1
    return visits
