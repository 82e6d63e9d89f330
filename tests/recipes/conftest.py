"""A made-up town in which everybody writes about every place, for the tests of recipes."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from idiolect.data import Event, Item, Population

START = datetime(2024, 1, 1, tzinfo=UTC)
WORDS = ("warm", "loud", "cheap", "bright", "slow", "crowded", "quiet", "salty", "kind", "green")
Town = Callable[..., Population]


def make_town(people: int = 7, places: int = 10) -> Population:
    """Person p writes about place n on day n, minute p; the event's id is `e{p}-{n}`."""
    events = [
        Event(
            user=f"u{person}",
            item=f"p{place}",
            title=f"title {WORDS[place % 10]}",
            text=f"{WORDS[(person + place) % 10]} {WORDS[(person * 3 + place) % 10]} own{person}",
            rating=1 + (person + place) % 5,
            time=START + timedelta(days=place, minutes=person),
            id=f"e{person}-{place}",
        )
        for place in range(places)
        for person in range(people)
    ]
    items = [
        Item(f"p{n}", f"Place {n}", f"a {WORDS[n % 10]} place by the river") for n in range(places)
    ]
    return Population.of(events, items)


@pytest.fixture(scope="session")
def town() -> Town:
    return make_town
