"""A town with its reviews, made from a seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from random import Random

import numpy as np

from idiolect.data import Event, Population
from idiolect.difference import RATING
from idiolect.errors import SettingError
from idiolect.measure import FEATURES, Feature, measure
from idiolect.testing.town.people import (
    MOST_PEOPLE,
    Person,
    Place,
    made_people,
    made_places,
    made_visits,
)
from idiolect.testing.town.review import review
from idiolect.testing.town.truth import Truth, effects


@dataclass(frozen=True)
class Town:
    """People, places, what they wrote, and what was planted.

    Attributes:
        people: By name.
        places: By id.
        population: The reviews; `extra` columns: district.
        seed: What it was made from.
        choosy: How strongly people keep to the places of their taste.
    """

    people: tuple[Person, ...]
    places: tuple[Place, ...]
    population: Population
    seed: int
    choosy: float = 1.2

    @cached_property
    def by_name(self) -> Mapping[str, Person]:
        """People by their names."""
        return {person.name: person for person in self.people}

    def truth(self, texts: int = 250, features: Sequence[Feature] | None = None) -> Truth:
        """Each person's effect on `texts` fresh reviews of further places.

        The town goes on as before: as many people to a place, and people go where they like to go
        (somebody may well be generous only with the places that they choose).

        Args:
            texts: Fresh reviews of each person.
            features: What to measure; None means `FEATURES`. The rating comes last.
        """
        features = FEATURES if features is None else tuple(features)
        rng, size = Random(f"truth {self.seed}"), len(self.population) // len(self.people)
        places = made_places(-(-texts * len(self.places) // size), rng, "fresh")
        visits = made_visits(self.people, places, texts, 2, self.choosy, rng)
        where = np.array(visits).ravel()
        who = np.repeat(np.arange(len(self.people)), texts)
        reviews = [
            review(self.people[person], places[place], self.seed)
            for person, place in zip(who, where, strict=True)
        ]
        values = np.full((len(places), len(self.people), len(features) + 1), np.nan)
        values[where, who, :-1] = measure([one.text for one in reviews], features)
        values[where, who, -1] = [one.rating for one in reviews]
        names = (*(feature.name for feature in features), RATING.name)
        return Truth(tuple(person.name for person in self.people), names, effects(values), texts)


def town(
    users: int = 48,
    places: int | None = None,
    texts: int = 24,
    seed: int = 0,
    *,
    peers: int = 8,
    choosy: float = 1.2,
) -> Town:
    """A made-up town.

    Args:
        users: People.
        places: Places; None means so many that each gets about 16 reviews.
        texts: Reviews a person writes, each of another place.
        seed: Everything follows from it.
        peers: Other people that every place has at least.
        choosy: How strongly people keep to the places of their taste: 0 not at all; at 4 most go to
            one or two kinds of places.

    Raises:
        SettingError: So many people, places and texts cannot be had.
    """
    if not 2 <= users <= MOST_PEOPLE:
        raise SettingError(f"Found users = {users!r}; a town has from 2 to {MOST_PEOPLE} people.")
    if places is None:
        places = max(texts, users * texts // max(2 * peers, 1))
    if not 1 <= texts <= places or users * texts < places * (peers + 1) or users <= peers:
        raise SettingError(
            f"Found {users} users, {places} places and {texts} texts a user; each text needs its "
            f"own place, and each place {peers + 1} of the {users * texts} texts. Give fewer "
            "places, more users, or a smaller `peers`."
        )
    rng = Random(f"town {seed}")
    people = tuple(made_people(users, rng))
    where = made_places(places, rng, "place")
    visits = made_visits(people, where, texts, peers + 1, choosy, rng)
    start, events = datetime(2023, 3, 1, 8, tzinfo=UTC), []
    for person, numbers in zip(people, visits, strict=True):
        for number in numbers:
            told = review(person, where[number], seed)
            events.append(
                Event(
                    person.name,
                    told.text,
                    where[number].id,
                    start + timedelta(minutes=rng.randrange(2 * 365 * 24 * 60)),
                    float(told.rating),
                    told.title,
                    extra={"district": person.district},
                )
            )
    population = Population.of(events, [place.item for place in where])
    return Town(people, tuple(where), population, seed, choosy)
