"""Told differences: one a text that has peers; discovered ones, kept where the texts show them."""

import json

import pytest

from idiolect.data import Event, Population, Request
from idiolect.difference import STYLES, Discovered, Point, Told
from idiolect.lm import Scripted
from idiolect.select import RandomPeers

POPULATION = Population.of(
    [
        Event("ann", "ann on tea", "tea", id="a1"),
        Event("ann", "ann on jam", "jam", id="a2"),
        Event("ann", "ann alone", "attic", id="a3"),
        *(Event(who, f"{who} on {what}", what, id=f"{who}-{what}")
          for who in ("bob", "cy") for what in ("tea", "jam")),
    ]
)  # fmt: skip
VIEW = POPULATION.as_of(Request("ann"))
POINTS = [
    {"dimension": "irony", "definition": "saying the opposite", "description": "says it often"},
    {"dimension": "pace", "definition": "length of sentences", "description": "hurries"},
]


def discovered(lm, **settings):
    return Discovered(lm, RandomPeers(2), "Find. {peers} {dimensions}", **settings)


def test_told_compares_each_text_that_has_peers():
    lm = Scripted(lambda p: f"on {p.section('own')[0].text}")
    found = Told(lm, RandomPeers(2), "Say. {peers}: {dimensions}")(VIEW.own, VIEW)
    assert [d.text for d in found] == ["on ann on tea", "on ann on jam"]
    assert [d.own for d in found] == [("a1",), ("a2",)]
    assert set(found[0].reference) == {"bob-tea", "cy-tea"}
    assert found[0].dimension == ", ".join(STYLES)
    assert found[0].points == ()
    assert found[0].about == "tea"
    assert lm.prompts[0].instruction.startswith("Say. 2 other people: - writing: word choice")


def test_discovered_records_each_dimension_that_holds():
    replies = {
        "discover": json.dumps({"differences": POINTS}),
        "validate": lambda p: '{"numbers": [2]}' if "tea" in p.section("own")[0].text
        else '{"numbers": []}',
    }  # fmt: skip
    lm = Scripted(replies)
    found = discovered(lm, validate="Check. {peers}")(VIEW.own, VIEW)
    assert [p.stage for p in lm.prompts] == ["discover", "discover", "validate", "validate"]
    assert len(found) == 1, "nothing held of the other text"
    assert found[0].points == (Point(**POINTS[1]),)
    assert found[0].dimension == "pace"
    assert found[0].text == "pace (length of sentences): hurries"
    assert found[0].own == ("a1",)
    assert set(found[0].evidence) == {"a1", "bob-tea", "cy-tea"}


def test_without_a_second_round_all_is_kept():
    lm = Scripted(json.dumps({"differences": POINTS}))
    found = discovered(lm, dimensions=(("tone", "warm or cold"),))(VIEW.own, VIEW)
    assert [len(d.points) for d in found] == [2, 2]
    assert lm.prompts[0].instruction == "Find. 2 other people - tone: warm or cold"


@pytest.mark.parametrize("differences", [[], POINTS])
def test_a_text_without_peers_is_not_compared(differences):
    lm = Scripted(json.dumps({"differences": differences}))
    assert discovered(lm, validate="Check.")(VIEW.own[2:], VIEW) == ()
    assert lm.prompts == []
