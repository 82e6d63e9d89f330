"""PGraphRAG: own texts on other things, others' on this one, ranked by what is given."""

from typing import Any

import pytest

from idiolect.data import Event, Item, Population, Request
from idiolect.floor import Extractive
from idiolect.lm import Scripted
from idiolect.recipes.generate.pgraphrag import pgraphrag
from idiolect.run import answer

EVENTS = [
    Event("ann", "sturdy boat for the river", "raft", title="Sturdy", rating=5, id="ann/raft"),
    Event("ann", "warm coat for winter", "coat", title="Warm", rating=2, id="ann/coat"),
    Event("ann", "an older word on the kettle", "kettle", title="Hm", rating=1, id="ann/kettle"),
    Event("bo", "boils water quickly and loudly", "kettle", title="Loud", rating=2, id="bo/kettle"),
    Event("cy", "the handle broke", "kettle", title="Broken", rating=1, id="cy/kettle"),
    Event("di", "a good boat", "raft", title="Good", rating=4, id="di/raft"),
]
POPULATION = Population.of(EVENTS)


def asked(**more: Any) -> Request:
    facts = {"title": "Loud water"} | more.pop("given", {})
    return Request("ann", "Write the review.", item=Item("kettle"), given=facts, **more)


def shown(request: Request, **settings: Any) -> Any:
    lm = Scripted("a text")
    outcome = answer(lambda model: pgraphrag(model, **settings), POPULATION, request, lm)
    assert outcome.failure is None, outcome.failure
    assert len(outcome.calls) == pgraphrag.calls() == 1
    return outcome.calls[0].prompt


def events_of(prompt: Any, kind: str) -> list[str]:
    return [name for entry in prompt.section(kind) for name in entry.events]


def test_own_texts_come_first_then_neighbours_then_what_is_asked() -> None:
    prompt = shown(asked())
    assert [s.kind for s in prompt.sections] == ["own", "peers", "given", "query"]
    assert events_of(prompt, "own") == ["ann/coat", "ann/raft"], "nothing in common: newest first"
    assert events_of(prompt, "peers") == ["bo/kettle", "cy/kettle"], "the one that fits comes first"
    assert "other people about the same thing" in prompt.instruction


def test_an_own_text_on_the_very_thing_is_not_an_edge_to_another_thing() -> None:
    assert "ann/kettle" not in shown(asked()).events


@pytest.mark.parametrize(
    ("mode", "own", "peers"),
    [
        ("both", 2, 2),
        ("user", 2, 0),
        ("neighbour", 0, 2),
        ("none", 0, 0),
        ("random", 0, 1),
    ],
)
def test_a_mode_shows_its_side_and_says_no_other(mode: str, own: int, peers: int) -> None:
    prompt = shown(asked(), mode=mode)
    assert len(events_of(prompt, "own")) == own
    assert len(events_of(prompt, "peers")) == peers
    said = prompt.instruction.split(".")[0]
    assert ("one user" in said) == bool(own)
    assert ("other people" in said) == bool(peers)


def test_the_random_text_is_of_another_user_and_stays_the_same() -> None:
    seen = {shown(asked(), mode="random", seed=seed).events[0] for seed in range(20)}
    assert seen == {"bo/kettle", "cy/kettle", "di/raft"}
    assert shown(asked(), mode="random").events == shown(asked(), mode="random").events


def test_as_many_as_are_set() -> None:
    prompt = shown(asked(), events=1, neighbours=1)
    assert (len(events_of(prompt, "own")), len(events_of(prompt, "peers"))) == (1, 1)


def test_ratings_are_shown_where_a_rating_is_asked_for() -> None:
    def labels(prompt: Any) -> set[str]:
        return {label for s in prompt.sections for e in s.entries for label, _ in e.facts}

    assert "rating" not in labels(shown(asked()))
    lm = Scripted("3")
    rated = asked(scale=(1.0, 5.0), given={"text": "it boils"})
    outcome = answer(pgraphrag.function, POPULATION, rated, lm)
    assert "rating" in labels(outcome.calls[0].prompt)
    assert outcome.answer.value == 3


def test_it_is_ranked_by_what_is_given_title_and_text() -> None:
    by_title = shown(asked(given={"title": "handle"}), neighbours=1)
    assert events_of(by_title, "peers") == ["cy/kettle"]
    by_text = shown(asked(given={"title": "", "text": "boils quickly"}), neighbours=1)
    assert events_of(by_text, "peers") == ["bo/kettle"]
    by_query = Request("ann", "Did the handle break?", item=Item("kettle"))
    assert events_of(shown(by_query, neighbours=1), "peers") == ["cy/kettle"]


def test_of_several_own_texts_on_a_thing_the_latest_is_the_edge() -> None:
    more = Population.of([*EVENTS, Event("ann", "the coat, again", "coat", id="ann/coat-2")])
    outcome = answer(pgraphrag.function, more, asked(), Scripted("a text"))
    assert set(events_of(outcome.calls[0].prompt, "own")) == {"ann/coat-2", "ann/raft"}


def test_it_rates_and_writes_without_a_language_model() -> None:
    rated = Request("new", item=Item("kettle"), scale=(1.0, 5.0), given={"text": "it boils"})
    outcome = answer(pgraphrag.function, POPULATION, rated, Extractive())
    assert outcome.answer.value == pytest.approx((1 + 2 + 1) / 3, abs=1e-3), "the neighbours' mean"
    assert answer(pgraphrag.function, POPULATION, asked(), Extractive()).text


def test_somebody_alone_is_told_so() -> None:
    outcome = answer(
        pgraphrag.function, POPULATION, Request("new", "Write.", item=Item("moon")), Scripted("x")
    )
    assert outcome.answer.notes == ("no own text on other things, and nobody else's on this one",)
