"""A made-up town: people with planted habits who review the same places.

The truth is known twice over: the habits that each person was given, and each person's true effect
on every feature, measured on many *fresh* texts of theirs about further places. What a place is
like moves everybody's words (a bad one gets longer, angrier reviews; a museum gets other words than
a café), and people go where they like to go, so only a comparison on the same places is fair.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from itertools import product
from random import Random

import numpy as np
from numpy.typing import NDArray

from idiolect.data import Event, Item, Population
from idiolect.difference import RATING, Measure
from idiolect.errors import SettingError
from idiolect.measure import FEATURES, Feature, measure

Floats = NDArray[np.float64]


def _words(line: str) -> tuple[str, ...]:
    return tuple(line.split())


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

FAVOURITES = _words(
    "honestly frankly admittedly curiously oddly naturally incidentally anyway evidently "
    "basically overall meanwhile"
)

DISTRICTS = ("Old Town", "Harbour", "Hillside")
#: Planted in a whole district: habit and strength that its people have on top of their own.
DISTRICT_HABITS: Mapping[str, tuple[str, float]] = {"Harbour": ("numbers", 1.5)}

_FIRST = _words(
    "Ada Anton Bea Boris Clara Conrad Dina Dario Elif Emil Fiona Felix Greta Gino Hana Hugo Ines "
    "Ivo Joana Jasper Karla Kofi Lena Leo Mira Milo Nadia Noah Olga Oscar Paula Piet Rosa Ravi "
    "Selma Sven Tara Tomas Uma Ulrich Vera Viktor Wanda Willem Yara Yusuf Zoe Zeno"
)
_LAST = _words(
    "Abbott Brandt Castell Dorn Ekberg Farrow Gallo Hartig Ibsen Jarvis Kessler Lindqvist Marlow "
    "Novak Okafor Pereira Quist Rinaldi Sorel Tanaka Ullmann Vance Winther Yilmaz Zeller Bloom "
    "Cray Duval Esposito Frey"
)
_OWNERS = _words(
    "Amber Birch Copper Dover Elm Fox Garnet Heron Ivory Juniper Kestrel Linden Mill Nettle Otter "
    "Plum Quarry Rowan Saffron Thistle Umber Violet Willow Yarrow Anchor Bell Crown Drum Eagle "
    "Fountain"
)


@dataclass(frozen=True)
class Aspect:
    """Something about a place that can be good or bad.

    Attributes:
        noun: Without article.
        good: Adjectives of praise.
        bad: Adjectives of blame.
        plural: Whether the noun is.
    """

    noun: str
    good: tuple[str, ...]
    bad: tuple[str, ...]
    plural: bool = False


@dataclass(frozen=True)
class Kind:
    """A kind of place.

    Attributes:
        name: What it is called.
        names: Endings of such places' names.
        aspects: What people write about.
        things: What one may find in one, each a subject of a sentence.
        facts: Sentences with a number in them.
        acts: What visitors do there, after "I".
        tips: Advice.
    """

    name: str
    names: tuple[str, ...]
    aspects: tuple[Aspect, ...]
    things: tuple[str, ...]
    facts: tuple[str, ...]
    acts: tuple[str, ...]
    tips: tuple[str, ...]


def _aspect(noun: str, good: str, bad: str, plural: bool = False) -> Aspect:
    return Aspect(noun, tuple(good.split(", ")), tuple(bad.split(", ")), plural)


KINDS: tuple[Kind, ...] = (
    Kind(
        "café",
        ("Café", "Coffee House", "Tea Room"),
        (
            _aspect("coffee", "strong, rich, excellent", "weak, bitter, lukewarm"),
            _aspect("cakes", "fresh, lovely, delicious", "dry, horrible, disappointing", True),
            _aspect("service", "friendly, quick, warm", "slow, rude, careless"),
            _aspect("seats", "comfortable, cosy, generous", "cramped, hard, terrible", True),
            _aspect("music", "pleasant, quiet, charming", "loud, annoying, awful"),
            _aspect("bill", "fair, reasonable, honest", "steep, wrong, outrageous"),
        ),
        (
            "the brass clock over the counter",
            "the blue door",
            "the shelf of board games",
            "the window seat",
            "the tiled stove",
            "the courtyard with the fig tree",
            "the old piano",
        ),
        (
            "a pot of tea costs {a}.{b}0",
            "there are {c} tables",
            "the order took {d} minutes",
            "it opens at {e}:30",
        ),
        (
            "sat by the window with a newspaper",
            "ordered the plum cake",
            "stayed for a second cup",
            "met an old friend at the counter",
        ),
        ("try the plum cake", "ask for a table in the back", "avoid the noon rush"),
    ),
    Kind(
        "museum",
        ("Museum", "Gallery", "Collection"),
        (
            _aspect("rooms", "bright, beautiful, calm", "dark, ugly, gloomy", True),
            _aspect("labels", "clear, helpful, witty", "confusing, tiny, useless", True),
            _aspect("guide", "wonderful, patient, funny", "boring, hurried, arrogant"),
            _aspect("shop", "charming, well stocked, lovely", "overpriced, dull, poor"),
            _aspect("entrance", "welcoming, free, easy", "chaotic, hidden, unpleasant"),
            _aspect("new exhibition", "fascinating, inspiring, bold", "boring, weak, tedious"),
        ),
        (
            "the whale skeleton",
            "the room of maps",
            "the glass staircase",
            "the harbour model",
            "the portrait of the twins",
            "the printing press",
            "the roof terrace",
        ),
        (
            "a ticket costs {c}.50",
            "the collection holds {c}{d} paintings",
            "the tour lasts {d}5 minutes",
            "the house was built in 18{c}",
        ),
        (
            "spent a whole morning in the map room",
            "took the tour with a class of children",
            "made a drawing of the model ships",
            "came back for the prints",
        ),
        ("start on the top floor", "skip the audio guide", "make sure to see the roof"),
    ),
    Kind(
        "park",
        ("Park", "Gardens", "Meadow"),
        (
            _aspect("paths", "clean, pretty, smooth", "muddy, broken, dirty", True),
            _aspect("benches", "comfortable, plentiful, nice", "broken, filthy, awful", True),
            _aspect("pond", "lovely, peaceful, clear", "smelly, ugly, neglected"),
            _aspect("playground", "safe, fun, imaginative", "dangerous, rusty, sad"),
            _aspect("flower beds", "gorgeous, bright, fresh", "bare, ugly, neglected", True),
            _aspect("kiosk", "cheerful, cheap, friendly", "closed, unfriendly, rude"),
        ),
        (
            "the copper beech",
            "the bandstand",
            "the stone heron",
            "the rope bridge",
            "the sundial",
            "the row of lime trees",
            "the boathouse",
        ),
        (
            "the loop is {a}.{b} kilometres",
            "tram {a} stops at the gate",
            "the gates close at {e}",
            "there are {c} benches around the water",
        ),
        (
            "walked the dog around the water",
            "read under the trees",
            "ran two rounds before work",
            "watched the chess players",
        ),
        ("go before breakfast", "try the gate by the boathouse", "avoid Sunday afternoons"),
    ),
    Kind(
        "bakery",
        ("Bakery", "Bread", "Ovens"),
        (
            _aspect("rye bread", "wonderful, moist, perfect", "sour, burnt, awful"),
            _aspect("rolls", "crisp, fresh, perfect", "soggy, terrible, disappointing", True),
            _aspect("queue", "short, cheerful, friendly", "endless, chaotic, terrible"),
            _aspect("sellers", "kind, quick, cheerful", "rude, tired, unfriendly", True),
            _aspect("tarts", "delicious, pretty, light", "greasy, horrible, disgusting", True),
            _aspect("smell", "heavenly, sweet, warm", "burnt, bad, unpleasant"),
        ),
        (
            "the open oven",
            "the chalkboard with the day's loaves",
            "the marble counter",
            "the flour mill in the yard",
            "the bench outside",
            "the basket of seconds",
            "the delivery bicycle",
        ),
        (
            "a loaf costs {a}.{b}0",
            "they bake {c} sorts of bread",
            "the doors open at {e}:15",
            "the line was {d} people long",
        ),
        (
            "bought two loaves for the week",
            "ate a roll on the way home",
            "asked for the seeded one",
            "went back for the almond tart",
        ),
        ("come before eight", "try the almond tart", "ask for yesterday's loaf"),
    ),
    Kind(
        "bookshop",
        ("Books", "Bookshop", "Pages"),
        (
            _aspect("shelves", "tidy, great, inviting", "messy, dusty, half empty", True),
            _aspect("owner", "wise, kind, generous", "grumpy, rude, impatient"),
            _aspect("choice of novels", "excellent, surprising, smart", "poor, dull, dated"),
            _aspect("reading corner", "cosy, peaceful, comfortable", "cold, awful, noisy"),
            _aspect("prices", "fair, friendly, honest", "high, insulting, terrible", True),
            _aspect("children's room", "cheerful, clever, lovely", "sad, bare, chaotic"),
        ),
        (
            "the spiral stair",
            "the grey cat",
            "the wall of atlases",
            "the bargain crate",
            "the green lamp",
            "the poetry table",
            "the cellar",
        ),
        (
            "there are {c}00 atlases downstairs",
            "the order came in {a} days",
            "most paperbacks cost {a}.90",
            "the reading starts at {e}:00",
        ),
        (
            "found a first edition by accident",
            "left with three novels",
            "asked about a poet",
            "lost an hour in the cellar",
        ),
        ("ask the owner for a tip", "go down to the cellar", "try the bargain crate first"),
    ),
    Kind(
        "pool",
        ("Baths", "Pool", "Lido"),
        (
            _aspect("water", "warm, clear, clean", "cold, disgusting, dirty"),
            _aspect("showers", "hot, clean, good", "broken, cold, disgusting", True),
            _aspect("lanes", "calm, wide, pleasant", "crowded, terrible, chaotic", True),
            _aspect("lifeguards", "friendly, alert, helpful", "bored, rude, careless", True),
            _aspect("lockers", "safe, handy, great", "broken, tiny, dirty", True),
            _aspect("sauna", "perfect, peaceful, relaxing", "closed, awful, unpleasant"),
        ),
        (
            "the mosaic of fish",
            "the diving tower",
            "the glass roof",
            "the sun deck",
            "the old changing cabins",
            "the salt basin",
            "the slide",
        ),
        (
            "the main basin is {c}5 metres long",
            "an evening ticket costs {a}.{b}0",
            "there were {d} people in one lane",
            "the water had {c} degrees",
        ),
        (
            "swam forty lengths before lunch",
            "dried off on the sun deck",
            "took the children to the slide",
            "forgot a towel and got one at the desk",
        ),
        ("bring a coin for the locker", "come after seven", "avoid the school hours"),
    ),
)

_HEDGES = ("perhaps", "maybe", "probably", "apparently")
_SOFT = ("a bit", "rather", "somewhat", "fairly", "slightly")
_STRONG = ("very", "really", "so", "extremely", "absolutely", "incredibly")
_PRAISE = (
    "it is a place to come back to",
    "that is a good way to spend an hour",
    "it does not get much better in this town",
    "they do not hurry anybody",
    "it is easy to like this place",
)
_BLAME = (
    "it is not worth the trip",
    "that is not how one treats guests",
    "it did not get better later",
    "they do not care any more",
    "it is hard to like this place",
)
_PLAIN = (
    "it is on the corner by the tram stop",
    "it was a grey weekday",
    "the sign outside is green",
    "it was not the first visit",
    "there is a second entrance around the back",
    "the street was not busy",
    "they have changed the opening hours",
    "a school class was on the way out",
)
_FACTS = (
    "the visit took {d}5 minutes",
    "tram {a} stops outside",
    "it was {c} degrees outside",
    "the place is {c} years old",
    "there were {d} other guests",
)
_ACTS = (
    "went on a rainy Tuesday",
    "came with my sister",
    "had heard of it from a colleague",
    "stayed longer than planned",
    "took a few photographs",
    "left before the evening crowd",
    "showed it to my parents",
    "talked to my neighbour about it",
)
_TIPS = (
    "go on a weekday",
    "bring some cash",
    "take the side entrance",
    "you should go early",
    "ask for the manager",
    "skip the weekend",
    "make sure to check the hours",
)
_ASK_GOOD = (
    "Where else is it like this?",
    "Why did nobody mention it before?",
    "What more does one need?",
    "Who would leave early?",
)
_ASK_BAD = (
    "Who thinks of such things?",
    "Is that too much to ask?",
    "Why is it like this?",
    "Does nobody check?",
)
_BRACKETS = (
    "as always",
    "at least that day",
    "again",
    "my neighbour agrees",
    "no surprise there",
    "on a weekday",
)
_SMILEYS = (":)", "😊", ";)")
_SHORT_FORMS = {
    "it is": "it's",
    "that is": "that's",
    "there is": "there's",
    "do not": "don't",
    "does not": "doesn't",
    "did not": "didn't",
    "is not": "isn't",
    "are not": "aren't",
    "was not": "wasn't",
    "I would": "I'd",
    "I have": "I've",
}
_CONTRACTED = re.compile(r"\b(" + "|".join(_SHORT_FORMS) + r")\b", re.IGNORECASE)


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


@dataclass(frozen=True)
class Recovery:
    """How much of the truth was found, over pairs of a user and a feature.

    Pairs with a true effect between `small` and `large` count neither way.

    Attributes:
        precision: Share of right ones among what was found.
        recall: Share of what had to be found that was, with the right sign.
        right: Found, large and of the right sign.
        false: Found although small, or with the wrong sign.
        between: Found, neither small nor large, and of the right sign.
        large: Pairs that had to be found.
    """

    precision: float
    recall: float
    right: int
    false: int
    between: int
    large: int


@dataclass(frozen=True)
class Truth:
    """True effects, measured on fresh texts.

    Attributes:
        users: Names, one a row.
        features: Names, one a column.
        effects: In pooled within-item standard deviations; NaN where nothing varies.
        texts: Fresh texts of each user.
    """

    users: tuple[str, ...]
    features: tuple[str, ...]
    effects: Floats
    texts: int

    def of(self, user: str, feature: str) -> float:
        """One user's true effect on one feature."""
        return float(self.effects[self.users.index(user), self.features.index(feature)])

    def score(
        self, found: Mapping[str, Iterable[Measure]], *, large: float = 1.0, small: float = 0.3
    ) -> Recovery:
        """Score what was found of each user.

        Args:
            found: User → the measures that count as found.
            large: Least true effect that has to be found.
            small: True effects below must not be found.
        """
        sign = np.zeros(self.effects.shape)
        for user, measures in found.items():
            for one in measures:
                at = self.users.index(user), self.features.index(one.feature)
                sign[at] = math.copysign(1, one.effect)
        size, agrees = np.abs(np.nan_to_num(self.effects)), sign * self.effects > 0
        right = int((agrees & (size >= large)).sum())
        false = int(((sign != 0) & ~(agrees & (size >= small))).sum())
        wanted = int((size >= large).sum())
        return Recovery(
            precision=right / max(right + false, 1),
            recall=right / max(wanted, 1),
            right=right,
            false=false,
            between=int((sign != 0).sum()) - right - false,
            large=wanted,
        )


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
        places = _places(-(-texts * len(self.places) // size), rng, "fresh")
        visits = _visits(self.people, places, texts, 2, self.choosy, rng)
        where = np.array(visits).ravel()
        who = np.repeat(np.arange(len(self.people)), texts)
        reviews = [
            _review(self.people[person], places[place], self.seed)
            for person, place in zip(who, where, strict=True)
        ]
        values = np.full((len(places), len(self.people), len(features) + 1), np.nan)
        values[where, who, :-1] = measure([review.text for review in reviews], features)
        values[where, who, -1] = [review.rating for review in reviews]
        names = (*(feature.name for feature in features), RATING.name)
        return Truth(tuple(person.name for person in self.people), names, _effects(values), texts)


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
    most = len(_FIRST) * len(_LAST)
    if not 2 <= users <= most:
        raise SettingError(f"Found users = {users!r}; a town has from 2 to {most} people.")
    if places is None:
        places = max(texts, users * texts // max(2 * peers, 1))
    if not 1 <= texts <= places or users * texts < places * (peers + 1) or users <= peers:
        raise SettingError(
            f"Found {users} users, {places} places and {texts} texts a user; each text needs its "
            f"own place, and each place {peers + 1} of the {users * texts} texts. Give fewer "
            "places, more users, or a smaller `peers`."
        )
    rng = Random(f"town {seed}")
    people = tuple(_people(users, rng))
    where = _places(places, rng, "place")
    visits = _visits(people, where, texts, peers + 1, choosy, rng)
    start, events = datetime(2023, 3, 1, 8, tzinfo=UTC), []
    for person, numbers in zip(people, visits, strict=True):
        for number in numbers:
            review = _review(person, where[number], seed)
            events.append(
                Event(
                    person.name,
                    review.text,
                    where[number].id,
                    start + timedelta(minutes=rng.randrange(2 * 365 * 24 * 60)),
                    float(review.rating),
                    review.title,
                    extra={"district": person.district},
                )
            )
    population = Population.of(events, [place.item for place in where])
    return Town(people, tuple(where), population, seed, choosy)


def _people(count: int, rng: Random) -> list[Person]:
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


def _places(count: int, rng: Random, prefix: str) -> list[Place]:
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


def _visits(
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


def _review(person: Person, place: Place, seed: int) -> Review:
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
        _CONTRACTED.sub(lambda match: _short(match, _odds(0.3, has("contractions")), rng), text),
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
    if rng.random() < _odds(0.1, has("numbers")) and (fact := said.new(kind.facts + _FACTS)):
        return Clause(fact.format(**place.figures))
    if rng.random() < _odds(0.08, has("advice")) and (tip := said.new(kind.tips + _TIPS)):
        return Clause(tip, alone=True)
    if rng.random() < _odds(0.12, has("first person")) and (act := said.new(kind.acts + _ACTS)):
        return Clause(f"I {act}")
    other = rng.random()
    if other < 0.08 and (thing := said.new(place.things)):
        return Clause(f"{thing} is worth a look", 1)
    if other < 0.2 and (plain := said.new(_PLAIN)):
        return Clause(plain)
    noun = said.new([aspect.noun for aspect in kind.aspects])
    if other < 0.28 or not noun:
        verdict = said.new(_PRAISE if cheer > 0 else _BLAME) or said.new(_PLAIN)
        if verdict or not noun:
            return Clause(verdict or "that is all", 1 if cheer > 0 else -1)
    aspect = next(aspect for aspect in kind.aspects if aspect.noun == noun)
    adjective = rng.choice(aspect.good if mood > 0 else aspect.bad)
    if rng.random() < _odds(0.025, has("capitals"), 1.8):
        adjective = adjective.upper()
    if rng.random() < _odds(0.15, has("intensifying")):
        adjective = f"{rng.choice(_STRONG)} {adjective}"
    elif rng.random() < _odds(0.1, has("hedging")):
        adjective = f"{rng.choice(_SOFT)} {adjective}"
    if rng.random() < _odds(0.12, has("first person"), 1.1):
        text = f"I found the {noun} {adjective}"
    else:
        text = f"the {noun} {'were' if aspect.plural else 'was'} {adjective}"
    if rng.random() < _odds(0.05, has("hedging")):
        text = f"{rng.choice(_HEDGES)} {text}"
    return Clause(text, mood)


def _sentences(person: Person, clauses: Sequence[Clause], said: _Said, rng: Random) -> str:
    """Clauses joined into sentences, with the person's marks."""
    has = person.strength
    opener = next((w for w, share in person.favourites.items() if rng.random() < share), "")
    if not opener and rng.random() < 0.08:
        opener = rng.choice(FAVOURITES)
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
        if rng.random() < _odds(0.04, has("brackets"), 1.6) and (aside := said.new(_BRACKETS)):
            sentence = f"{sentence} ({aside})"
        if opener and number == opened:
            sentence = f"{opener}, {sentence}"
        parts.append(sentence[0].upper() + sentence[1:] + _stop(person, mood, rng))
        if rng.random() < _odds(0.03, has("questions"), 1.5):
            parts.append(said.new(_ASK_GOOD if mood >= 0 else _ASK_BAD))
    if rng.random() < _odds(0.04, has("smileys"), 1.8):
        parts.append(rng.choice(_SMILEYS))
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
    short = _SHORT_FORMS.get(long) or _SHORT_FORMS[long[0].lower() + long[1:]]
    return long[0] + short[1:]


def _effects(values: Floats) -> Floats:
    """Mean distance from the others on the item, in pooled within-item deviations.

    Written anew rather than taken from `idiolect.measure`, so that the one checks the other.

    Args:
        values: NaN where there is no text, or a feature does not apply.
            # (items, users, features)

    Returns:
        One effect a user and feature.  # (users, features)
    """
    known = np.isfinite(values)
    count = known.sum(axis=1, keepdims=True)
    filled = np.where(known, values, 0.0)
    total = filled.sum(axis=1, keepdims=True)
    others = (total - filled) / np.maximum(count - known, 1)
    apart = np.where(known & (count > 1), values - others, np.nan)
    squares = np.where(known, (values - total / np.maximum(count, 1)) ** 2, 0.0).sum(axis=(0, 1))
    sd = np.sqrt(squares / np.maximum(np.maximum(count[:, 0] - 1, 0).sum(axis=0), 1))
    mean = np.nanmean(apart, axis=0)
    effects: Floats = np.divide(mean, sd, out=np.full_like(mean, np.nan), where=sd > 0)
    return effects
