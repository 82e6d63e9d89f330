"""The entity store and its linkers: counts by hand, scores by the definition."""

from datetime import UTC, datetime, timedelta

import pytest

from idiolect.data import Event, Item, Population, Request
from idiolect.profile.entities import Dictionary, Entities, Entity, Familiar, capitalised

START = datetime(2024, 1, 1, tzinfo=UTC)


def test_a_dictionary_finds_whole_words_the_longest_first_under_any_alias():
    link = Dictionary({"New York": ("NYC", "Big Apple"), "York": (), "Ann": ()})
    assert link("I left new york for York, then nyc.") == ("New York", "York")
    assert link("an annual Annie") == ()
    assert link("") == ()
    assert Dictionary.of([])("anything") == ()
    assert Dictionary.of(["-", "C++"])("in c") == ("C++",), "names are compared by their words"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("We saw Martin Scorsese in Rome.", ("Martin Scorsese", "Rome")),
        ("Nolan is back. I like what Nolan does.", ("Nolan",)),
        ("Honest work. Nothing else", ()),
        ("The Godfather by Coppola, Pacino and I", ("Godfather", "Coppola", "Pacino")),
        ("It's HBO's, isn't it? I'm sure", ("HBO's",)),
        ("nothing here", ()),
    ],
)
def test_capitalised_runs_within_sentences(text, names):
    assert capitalised(text) == names


def town():
    return Population.of(
        [
            Event("u", "Ann and Bob went.", "p1", START, title="with Ann", id="e0"),
            Event("u", "bob again", "p1", START + timedelta(days=10), id="e1"),
            Event("u", "Cid", None, START + timedelta(days=20), id="e2"),
            Event("u", "nobody", None, START + timedelta(days=30), id="e3"),
            Event("v", "Ann", "p1", START, id="x"),
        ],
        [Item("p1", "Pier One")],
    )


LINK = Dictionary.of(["Ann", "Bob", "Cid", "Dan"])


def store(population=None):
    view = (population or town()).as_of(Request("u"))
    return Entities("u").add(view.own, LINK)


def test_counts_and_times_by_hand():
    known = store()
    assert {e.name: e.events for e in known.entities} == {
        "Pier One": ("e0", "e1"), "Ann": ("e0",), "Bob": ("e0", "e1"), "Cid": ("e2",),
    }  # fmt: skip
    assert known.read == ("e0", "e1", "e2", "e3")
    assert known.evidence == ("e0", "e1", "e2")
    bob = next(e for e in known.entities if e.name == "Bob")
    assert bob.last == START + timedelta(days=10)
    assert bob.text == "Bob (in 2 texts, last 2024-01-11)"
    assert Entity("x", ("e",), (None,)).text == "x (in 1 text)"


def test_a_mention_counts_half_after_its_half_life():
    bob = next(e for e in store().entities if e.name == "Bob")
    at = START + timedelta(days=30)
    assert bob.weight() == 2
    assert bob.weight(at, 10) == pytest.approx(0.5**3 + 0.5**2)
    assert bob.weight(START - timedelta(days=1), 10) == 2, "nothing counts more than fully"


def test_adding_step_by_step_equals_adding_at_once_and_twice():
    population = town()
    own = population.as_of(Request("u")).own
    steps = Entities("u")
    for end in range(1, 5):
        steps = steps.add(own[:end], LINK)
    assert steps == store(population)
    assert steps.add(own, LINK) == steps


def test_forgetting_is_as_if_it_had_never_been():
    population = town()
    own = population.as_of(Request("u")).own
    for gone in ("e0", "e1", "e2"):
        left = own.take(n for n, name in enumerate(own.ids) if name != gone)
        assert store(population).forget([gone]).evidence == Entities("u").add(left, LINK).evidence
        assert {e.name: e.events for e in store(population).forget([gone]).entities} == {
            e.name: e.events for e in Entities("u").add(left, LINK).entities
        }


def ranked(request, **settings):
    return [(r.entity.name, r.near, r.score) for r in Familiar(LINK, **settings)(store(), request)]


def test_what_the_request_names_then_what_stood_beside_it_then_the_rest():
    found = ranked(Request("u", "how is Bob?"))
    assert found == [
        ("Pier One", 1.0, 2.0),  # both its events mention Bob
        ("Bob", 1.0, 2.0),
        ("Ann", 1.0, 1.0),
        ("Cid", 0.0, 0.1),
    ]
    found = ranked(Request("u", "how is Ann?"))
    assert [(name, near) for name, near, _ in found] == [
        ("Pier One", 0.5), ("Ann", 1.0), ("Bob", 0.5), ("Cid", 0.0),
    ]  # fmt: skip


def test_the_graph_links_and_the_limit_holds():
    request = Request("u", "tell Dan")
    assert ranked(request, entities=1)[0][0] == "Pier One", "nothing is near: by count"
    assert ranked(request, entities=1, graph={"Dan": ("Cid",)}) == [("Cid", 1.0, 1.0)]


def test_time_changes_the_order():
    late = Request("u", time=START + timedelta(days=30))
    assert ranked(late, half_life=2.0)[0][0] == "Cid"
    assert ranked(late, half_life=2000.0)[0][0] == "Pier One"
    naive = Request("u", time=datetime(2024, 1, 31))
    assert ranked(naive, half_life=2.0)[0][0] == "Cid"
