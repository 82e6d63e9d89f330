"""A small made-up world whose right answers are known, and ways to tamper with it.

Twelve people choose among sixteen places and write about them. Tastes lie on a circle, places lie
on the same circle, and everybody writes about the twelve places nearest to their taste: all of it
is known, so that a method can be held against it. Nothing in it is random.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from types import MappingProxyType
from typing import Any

import numpy as np

from idiolect.data import Event, Item, Population, Request, Role

_TURN = 0.3  # of the tastes against the places, so that nobody is torn between two
HELD_OUT = 2  # last events of each user: the first of them has a later own event
_START = datetime(2024, 1, 1, tzinfo=UTC)
_VERDICTS = ("is a let-down", "is rather dull", "will do", "is a treat", "is a delight")
#: Person → how their texts begin and end.
_VOICES = {
    "ada": ("Honestly,", "I would go again!"),
    "ben": ("Well...", "so that was that..."),
    "cleo": ("To be precise,", "as I noted in my diary on the same evening."),
    "dora": ("WOW,", "GO THERE NOW!!!"),
    "emil": ("Perhaps I am wrong, but", "though others may well see it differently."),
    "fay": ("my dears,", "kisses to the kitchen."),
    "gus": ("Look,", "end of story."),
    "hana": ("With two children in tow,", "and the little ones slept all the way home."),
    "ivo": ("For 12 euros", "which is 3 more than in 2019."),
    "june": ("(A friend took me.)", "(We stayed until they closed.)"),
    "karl": ("Why does nobody say that", "or am I the only one who noticed?"),
    "lena": ("A note for gardeners:", "because the light comes from the north."),
}
#: Place → what it is.
_PLACES = {
    "Old Mill": "a bakery by the river",
    "Blue Door": "a small theatre in a cellar",
    "Harbour Baths": "a swimming pool with sea water",
    "Three Lanterns": "a noodle kitchen open at night",
    "Print Room": "a museum of posters",
    "Walnut Yard": "a wine bar under trees",
    "Signal Box": "a café in a railway cabin",
    "Glass House": "a garden of palms",
    "Copper Pot": "a stew kitchen for workers",
    "Quiet Page": "a second-hand bookshop",
    "North Gate": "a climbing hall in a tower",
    "Salt Store": "a fish market",
    "Second Moon": "a dance hall",
    "Paper Boat": "a playground on a pond",
    "Long Table": "a breakfast place for sharing",
    "Iron Stair": "a viewpoint above the docks",
}
#: What stands in the place of words that must not be read.
CANARY = ("zorblat", "quiffledrum", "vextrop", "murgwhistle", "plonkari", "skeezleth", "brantogue")


@dataclass(frozen=True)
class World:
    """A population with held-out requests and what is true of its people.

    Attributes:
        population: 144 events by 12 users about 16 items, an hour apart; each event also says
            among which three items it was chosen.
        requests: The last two events of each user, by user name, oldest first. They carry all that
            a recipe may ask for: item, rating, title, query, options.
        tastes: User → weight of the item attributes `price` and `quiet`.
    """

    population: Population
    requests: tuple[Request, ...]
    tastes: Mapping[str, tuple[float, float]]

    @property
    def past(self) -> Population:
        """What lies before the first request; something may be fitted on it."""
        first = min(self.population.row(request.event or "") for request in self.requests)
        return self.population.keep(np.arange(first))


@cache
def world() -> World:
    """The world; always the same."""
    users, places = list(_VOICES), list(_PLACES)
    items = [
        Item(
            place.lower().replace(" ", "-"),
            title=place,
            description=what,
            attributes={"price": _on_circle(at, 16)[0], "quiet": _on_circle(at, 16)[1]},
        )
        for at, (place, what) in enumerate(_PLACES.items())
    ]
    events: list[Event] = []
    for number, user in enumerate(users):
        liking = [
            math.cos(math.tau * (at / 16 - (number + _TURN) / 12)) for at in range(len(places))
        ]
        ranked = sorted(range(len(places)), key=lambda at: (-liking[at], at))
        visited, avoided = ranked[:12], ranked[12:]
        for turn in range(12):
            at = visited[(turn * 5 + number) % 12]  # 5 and 12 share no factor: each place once
            shown = (at, avoided[turn % 4], avoided[(turn + 1) % 4])
            options = tuple(sorted(items[n].id for n in shown))
            time = _START + timedelta(hours=12 * turn + number)
            events.append(_event(user, items[at], liking[at], turn, time, options))
    population = Population.of(events, items)
    held_out = [name for user in users for name in population.events_of(user).ids[-HELD_OUT:]]
    return World(
        population,
        tuple(_request(population, name) for name in held_out),
        MappingProxyType(
            {user: _on_circle(number + _TURN, 12) for number, user in enumerate(users)}
        ),
    )


def _on_circle(at: float, of: int) -> tuple[float, float]:
    angle = math.tau * at / of
    return round(math.cos(angle), 3), round(math.sin(angle), 3)


def _event(
    user: str, item: Item, liking: float, turn: int, time: datetime, options: tuple[str, ...]
) -> Event:
    opening, closing = _VOICES[user]
    rating = 1 + round(2 * (liking + 1))
    verdict = _VERDICTS[rating - 1]
    return Event(
        user,
        f"{opening} the {item.title} {verdict}: it is {item.description}. Visit {turn + 1}, "
        f"{closing}",
        item.id,
        time,
        float(rating),
        f"{item.title} {verdict}",
        options=options,
        chosen=item.id,
        language="en",
        id=f"{user}-{turn + 1}",
    )


def _request(population: Population, event: str) -> Request:
    options = population.event(event).options
    request = population.request(event)
    about = request.item.name if request.item else event
    return replace(request, query=f"What do you say about {about}?", options=options)


def without_future(population: Population, request: Request) -> Population:
    """The population without anything from the request onward; of its target only a husk is left.

    Text and title of the target become canary words, its rating and choice are swapped.
    """
    import polars as pl

    target = population.row(request.event or "")
    kept = np.arange(target + 1) if population.timed else np.arange(len(population))
    mask = pl.Series(kept == target)
    columns = {"text": pl.lit(" ".join(CANARY)), "title": pl.lit(CANARY[0]), "rating": pl.lit(0.0)}
    if "chosen" in population.columns:
        event = population.event(request.event or "")
        columns["chosen"] = pl.lit(next(o for o in event.options if o != event.chosen))
    return _changed(population.keep(kept), mask, columns)


def with_altered_others(population: Population, user: str) -> Population:
    """The population with every text and title of other people made of canary words."""
    import polars as pl

    words = [
        " ".join(CANARY[(row + step * (1 + row % 3)) % len(CANARY)] for step in range(4 + row % 5))
        for row in range(len(population))
    ]
    titles = [CANARY[row % len(CANARY)] for row in range(len(population))]
    return _changed(
        population,
        population.frame["user"] != user,
        {"text": pl.Series(words), "title": pl.Series(titles)},
    )


def without_others(population: Population, user: str) -> Population:
    """The population with only one user left."""
    return population.keep(population.by_user.rows(user))


def with_history_of(population: Population, user: str, other: str) -> Population:
    """The population with `user`'s events replaced, one by one, by copies of `other`'s.

    Ids and times stay, other people stay: what changes in an answer then comes from the history.
    """
    mine, theirs = population.by_user.rows(user), population.by_user.rows(other)
    source = np.arange(len(population))
    shared = min(len(mine), len(theirs))
    source[mine[:shared]] = theirs[:shared]
    kept = [name for name in ("id", "user", "time") if name in population.columns]
    copied = population.frame[source].with_columns([population.frame[name] for name in kept])
    return Population(copied, population.items)


def with_programs(population: Population, requests: Sequence[Request]) -> Population:
    """The population with events under everybody's name that are not theirs, made of canary words.

    Four a user, each right after one of the latest events before the held-out ones, on the same
    thing and with another rating: an assistant's turn and a system's, a recalled text and an
    injected one. They speak of what the user's requests ask for, so that a search finds them.
    """
    marks: tuple[tuple[Role | None, str], ...] = (
        ("assistant", ""), ("system", ""), ("user", "recalled"), (None, "injected"),
    )  # fmt: skip
    planted = []
    for user in population.users:
        asked = " ".join(request.query for request in requests if request.user == user)
        latest = population.events_of(user)[-HELD_OUT - len(marks) : -HELD_OUT]
        for at, (event, (role, column)) in enumerate(zip(latest, marks, strict=True)):
            planted.append(
                replace(
                    event,
                    id=f"{CANARY[at]}-{event.id}",
                    text=f"{' '.join(CANARY)}! {asked} {CANARY[at].title()}!",
                    title=CANARY[at],
                    rating=None if event.rating is None else 6 - event.rating,
                    time=None if event.time is None else event.time + timedelta(seconds=1),
                    role=role,
                    extra={column: True} if column else {},
                )
            )
    return population.append(planted)


def canaries(text: str) -> list[str]:
    """The canary words in a text."""
    return [word for word in CANARY if word in text.lower()]


def _changed(population: Population, where: Any, columns: Mapping[str, Any]) -> Population:
    """The population with some columns replaced in some rows."""
    import polars as pl

    made = [
        pl.when(where).then(new).otherwise(pl.col(name)).alias(name)
        for name, new in columns.items()
        if name in population.columns
    ]
    return Population(population.frame.with_columns(made), population.items)
