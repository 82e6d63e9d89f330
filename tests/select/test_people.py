"""Neighbours: nearness by meaning, the order of candidates, and what may be read."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from idiolect.data import Event, Population, Request
from idiolect.embed import Encoder, GivenVectors
from idiolect.errors import SettingError
from idiolect.select import Neighbours, nearest
from idiolect.testing.standins import Hashing

START = datetime(2024, 1, 1, tzinfo=UTC)


def day(number):
    return START + timedelta(days=number)


def population(texts, **columns):
    """One event a person, a day apart, in the order given."""
    return Population.of(
        Event(who, text, time=day(n), id=who, **{k: v.get(who) for k, v in columns.items()})
        for n, (who, text) in enumerate(texts.items())
    )


def vectors(**angles):
    return GivenVectors({name: np.array([np.cos(a), np.sin(a)]) for name, a in angles.items()})


def names(people):
    return [events.users[0] for events in people.events]


def test_the_nearest_by_cosine_come_first():
    made = population({"far": "far", "me": "me", "near": "near", "mid": "mid"})
    encoder = vectors(me=0.0, near=0.1, mid=0.8, far=3.0)
    people = Neighbours(encoder, 2)(made.as_of(Request("me")))
    assert names(people) == ["near", "mid"]
    assert people.reasons == (
        f"cosine {np.cos(0.1):.2f}, nearest of 3 people",
        f"cosine {np.cos(0.8):.2f}, nearest of 3 people",
    )
    assert people.note == ""
    everybody = Neighbours(encoder, 5)(made.as_of(Request("me")))
    assert names(everybody) == ["near", "mid", "far"]
    assert everybody.note == "only 3 of 5 neighbours: nobody else wrote"


def test_the_latest_texts_are_one_text_and_all_events_come_back_newest_first():
    class Recorded(Hashing):
        def encode(self, texts):
            seen.append(list(texts))
            return super().encode(texts)

    seen = []
    made = Population.of(
        [Event("me", f"mine {n}", time=day(n)) for n in range(3)]
        + [Event("you", f"yours {n}", title=f"t{n}", time=day(n), id=f"y{n}") for n in range(5)]
    )
    people = Neighbours(Recorded(), texts=2)(made.as_of(Request("me", time=day(4))))
    assert seen == [["mine 2\nmine 1", "t3\nyours 3\nt2\nyours 2"]]
    assert people.events[0].ids == ["y3", "y2", "y1", "y0"]


def test_of_many_people_those_with_most_in_common_are_looked_at_then_the_latest():
    mine = [Event("me", "w", f"i{n}", day(n)) for n in range(3)]
    others = [
        *(Event("two", "w", f"i{n}", day(5 + n)) for n in (0, 1)),
        *(Event("one", "w", "i2", day(10 + n)) for n in range(9)),  # often, but one thing
        Event("early", "w", "else", day(20)),
        Event("late", "w", None, day(30)),
    ]
    view = Population.of([*mine, *others]).as_of(Request("me"))
    order = ["two", "one", "late", "early"]
    for candidates in (1, 2, 3, 4):
        people = Neighbours(Hashing(), neighbours=9, candidates=candidates)(view)
        assert names(people) == order[:candidates], "all texts are alike: ties keep the order"


def test_people_without_items_or_words():
    made = population({"me": "w", "mute": "", "you": "w"})
    assert names(Neighbours(Hashing())(made.as_of(Request("me")))) == ["you"]
    assert "wrote nothing" in Neighbours(Hashing())(made.as_of(Request("mute"))).note
    assert "wrote nothing" in Neighbours(Hashing())(made.as_of(Request("nobody"))).note
    alone = population({"me": "w"}).as_of(Request("me"))
    assert Neighbours(Hashing())(alone).events == ()
    assert "no neighbours" in Neighbours(Hashing())(alone).note


def test_only_what_was_there_and_may_be_read_counts():
    made = population(
        {"past": "w", "secret": "w", "me": "w", "later": "w"}, audience={"secret": "self"}
    )
    people = Neighbours(Hashing())(made.as_of(Request("me", time=day(3))))
    assert names(people) == ["past"]


def test_the_encoder_is_cut_at_the_view():
    class Cut(Encoder):
        def encode(self, texts):
            raise AssertionError("not cut")

        def at(self, view):
            return Hashing()

    made = population({"me": "w", "you": "w"})
    assert len(Neighbours(Cut())(made.as_of(Request("me")))) == 1


@pytest.mark.parametrize("name", ["neighbours", "texts", "candidates"])
def test_counts_below_one_are_refused(name):
    with pytest.raises(SettingError, match=f"{name}=0"):
        Neighbours(Hashing(), **{name: 0})


def test_nearest_texts():
    encoder = vectors(asked=0.0, a=1.0, b=0.2, c=0.5)
    assert nearest(encoder, ["a", "b", "c"], "asked", 2) == [1, 2]
    assert nearest(encoder, ["a", "b", "c"], "", 2) == [0, 1]
    assert nearest(encoder, [], "asked", 2) == []
