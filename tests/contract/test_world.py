"""The made-up world is what the contract takes it for."""

import numpy as np

from idiolect.data import Population
from idiolect.lm import Choice, Number, Prompt, Scripted
from idiolect.testing.standins import Hashing, answered, canonical
from idiolect.testing.world import (
    canaries,
    with_altered_others,
    with_history_of,
    without_future,
    without_others,
    world,
)

POPULATION = world().population
REQUEST = world().requests[6]


def test_times_and_texts_are_distinct_and_no_text_holds_another() -> None:
    texts = POPULATION.frame["text"].to_list()
    assert POPULATION.frame["time"].n_unique() == len(texts) == 144
    assert not [(a, b) for a in texts for b in texts if a is not b and a in b]
    assert not canaries(" ".join(texts))


def test_every_history_can_be_compared_with_four_others_on_eight_items() -> None:
    for request in world().requests:
        assert len(POPULATION.as_of(request).comparable(at_least=4)) >= 8


def test_people_chose_what_is_nearest_to_their_taste() -> None:
    for event in POPULATION.made(np.arange(len(POPULATION))):
        taste = world().tastes[event.user]
        at = {o: POPULATION.item(o).attributes for o in event.options}
        worth = {o: a["price"] * taste[0] + a["quiet"] * taste[1] for o, a in at.items()}
        assert event.chosen == event.item == max(worth, key=worth.__getitem__)


def test_without_the_future_only_a_husk_of_the_target_is_left() -> None:
    cut = without_future(POPULATION, REQUEST)
    target = cut.event(REQUEST.event or "")
    assert cut.row(target.id) == len(cut) - 1 == POPULATION.row(target.id)
    assert canaries(target.text)
    assert canaries(target.title or "")
    assert target.rating == 0
    assert target.chosen in REQUEST.options
    assert target.chosen != target.item
    assert cut.as_of(REQUEST).own == POPULATION.as_of(REQUEST).own
    assert len(POPULATION.events_of(REQUEST.user)) == len(cut.events_of(REQUEST.user)) + 1


def test_without_the_future_where_there_are_no_times() -> None:
    untimed = Population(POPULATION.frame.drop("time"), POPULATION.items)
    cut = without_future(untimed, REQUEST)
    assert len(cut) == len(untimed)
    assert [bool(canaries(text)) for text in cut.frame["text"]].count(True) == 1


def test_altered_others_keep_all_but_words() -> None:
    altered = with_altered_others(POPULATION, "ben")
    mine, theirs = altered.events_of("ben"), altered.events_of("ada")
    assert mine == POPULATION.events_of("ben")
    assert all(canaries(text) for text in theirs.texts)
    assert theirs.items == POPULATION.events_of("ada").items
    assert without_others(POPULATION, "ben").users == ["ben"]


def test_anothers_history_comes_as_a_copy() -> None:
    swapped = with_history_of(POPULATION, "ben", "ada")
    ben, ada = swapped.events_of("ben"), POPULATION.events_of("ada")
    assert ben.texts == ada.texts
    assert ben.ids == POPULATION.events_of("ben").ids
    assert swapped.events_of("ada") == ada


def test_the_past_lies_before_every_request() -> None:
    last = world().past.frame["time"][-1]
    assert len(world().past) == 120
    assert all(request.time is not None and request.time > last for request in world().requests)


def test_replies_depend_on_every_letter() -> None:
    lm = Scripted(answered)
    one, same, other = (lm.one(Prompt(wording)).text for wording in ("Write.", "Write.", "Write!"))
    assert one == same != other


def test_replies_are_usable_for_every_form() -> None:
    from pydantic import BaseModel, Field

    from idiolect.lm import Json

    class Inner(BaseModel):
        kind: str = Field(max_length=4)
        at: tuple[int, float]

    class Outer(BaseModel):
        stars: int = Field(ge=1, le=5)
        sure: float = Field(gt=0, lt=1)
        inner: list[Inner] = Field(min_length=3)
        note: str | None
        right: bool

    lm = Scripted(answered)
    for number in range(50):
        wording = f"Question {number}"
        assert 1 <= lm.one(Prompt(wording, expects=Number(1, 5))).value <= 5
        assert 0 <= lm.one(Prompt(wording, expects=Number(0.2, 0.7))).value <= 0.7
        assert lm.one(Prompt(wording, expects=Choice(("a", "b")))).value in {"a", "b"}
        assert len(lm.one(Prompt(wording, expects=Json(Outer))).value.inner) == 3


def test_hashing_vectors_have_length_one_and_know_words() -> None:
    vectors = Hashing().encode(["a red door", "a red door", "seven seals", ""])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), [1, 1, 1, 0], atol=1e-6)
    assert (vectors[0] == vectors[1]).all()
    assert vectors[0] @ vectors[2] < 0.5


def test_values_as_text_differ_where_values_differ() -> None:
    values = [None, 1, 1.0, "1", [1, 2], [2, 1], {"a": 1}, {"a": 2}, np.array([1.0]), np.array([1])]
    assert len({canonical(value) for value in values}) == len(values)
    assert canonical({"b", "a"}) == canonical({"a", "b"})
