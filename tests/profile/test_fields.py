"""Merge rules of changed attributes, beside what the authors' code makes of the same replies."""

import json
from typing import Any

import pytest

from idiolect.data import Event, Population
from idiolect.lm import Scripted
from idiolect.profile import Field, FieldUpdate, Profile, Schema
from idiolect.profile.fields import AskFields, changed

SCHEMA = Schema(
    (
        Field("age", group="Demographics", protected=True),
        Field("career", group="Demographics", protected=True),
        Field("values_and_interests", group="Personality"),
        Field("usage", group="Pattern"),
        Field("purchases", group="Pattern"),
        Field("styles", group="Preference"),
        Field("formats", group="Preference"),
        Field("pets", many=True),
    )
)
#: Reply, and what the authors' code changes with it in a persona of these attributes
#: (tml1026/Lifelong-Personalized-Agent, its merge run on these replies).
EQUAL: list[tuple[dict[str, Any], dict[str, str]]] = [
    ({"Preference": {"styles": "long"}}, {"styles": "long"}),
    ({"Demographics": {"age": "41"}}, {}),
    ({"usage": "evenings"}, {"usage": "evenings"}),
    ({"Shoe_Size": "43"}, {}),
    (
        {"Pattern": {"usage": "nights", "purchases": "tools"}, "styles": "dry"},
        {"usage": "nights", "purchases": "tools", "styles": "dry"},
    ),
    ({}, {}),
    ({"Preference": {}}, {}),
]
#: Replies with which the authors' code sets a protected attribute, adds an unknown name to a group,
#: and replaces a whole group by a word.
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"age": "41"}, "'age' is protected: only the user may change it"),
    ({"Preference": {"colour": "blue"}}, "'colour' is no attribute"),
    ({"Pattern": "none"}, "the group 'Pattern' cannot become 'none'"),
]


@pytest.mark.parametrize(("reply", "theirs"), EQUAL)
def test_values_equal_the_authors(reply: dict[str, Any], theirs: dict[str, str]) -> None:
    assert dict(changed(reply, SCHEMA).values) == theirs


@pytest.mark.parametrize(("reply", "why"), REFUSED)
def test_what_theirs_lets_through_is_refused_and_said(reply: dict[str, Any], why: str) -> None:
    found = changed(reply, SCHEMA)
    assert found.values == ()
    assert found.refused == (why,)


def test_names_may_be_written_otherwise_and_empty_values_change_nothing() -> None:
    reply = {"personality": {"Values and interests": "boats"}, "usage": "", "formats": None}
    assert changed(reply, SCHEMA).values == (("values_and_interests", "boats"),)


def test_several_values_and_values_of_another_kind() -> None:
    assert changed({"pets": ["cat", "hen"]}, SCHEMA).values == (("pets", "cat"), ("pets", "hen"))
    found = changed({"usage": ["a", "b"]}, SCHEMA)
    assert found.values == ()
    assert "Found ['a', 'b'] for 'usage'" in found.refused[0]


def asked(*replies: dict[str, Any]) -> tuple[Profile, Scripted, tuple[str, ...]]:
    """A profile after one update for each reply, each on one more text."""
    events = Population.of(
        Event("u", f"text {n}", id=f"e{n}") for n in range(len(replies))
    ).events_of
    own = events("u")
    left = list(replies)
    lm = Scripted(lambda prompt: json.dumps(left.pop(0)))
    profile, refused = Profile("u"), ()
    for number in range(len(replies)):
        claims, refused = AskFields(lm, "What changed?", SCHEMA)(own[number : number + 1])
        profile = FieldUpdate(SCHEMA, own)(profile, claims)
    return profile, lm, refused


def test_an_update_rests_on_the_texts_that_were_shown() -> None:
    profile, lm, _ = asked({"usage": "mornings"}, {"Pattern": {"usage": "nights"}})
    assert profile.attributes() == {"usage": ("nights",)}
    assert profile.current()[0].evidence == ("e1",)
    assert [p.events for p in lm.prompts] == [("e0",), ("e1",)]
    assert any("mornings" in str(step.before) for step in profile.history), "what was is kept"


def test_protected_attributes_are_not_asked_for_and_unknown_names_are_read() -> None:
    profile, lm, refused = asked({"Demographics": {"age": "41"}, "Shoe_Size": "43"})
    form = lm.prompts[0].expects.hint()
    assert "career" not in form
    assert "values_and_interests" in form
    assert profile.claims == ()
    assert refused == (
        "'age' is protected: only the user may change it",
        "'Shoe_Size' is no attribute",
    )


def test_a_value_is_quoted_where_it_is_said_and_forgotten_with_that_text() -> None:
    texts = ["I keep hens, and a cat.", "Chenille is soft.", "HENS again"]
    own = Population.of(
        Event("u", text, id=f"e{n}") for n, text in enumerate(texts)
    ).events_of("u")  # fmt: skip
    lm = Scripted(json.dumps({"pets": ["hens", "tortoise"]}))
    claims, _ = AskFields(lm, "What changed?", SCHEMA)(own)
    hens, tortoise = claims
    assert [(span.event, span.quote) for span in hens.spans] == [("e0", "hens"), ("e2", "HENS")]
    assert (tortoise.own, tortoise.quotes) == (("e0", "e1", "e2"), ())
    profile = FieldUpdate(SCHEMA, own)(Profile("u"), claims)
    assert profile.forget(["e0", "e2"]).attributes() == {"pets": ("tortoise",)}
