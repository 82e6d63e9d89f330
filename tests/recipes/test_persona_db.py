"""Persona-DB: keys of the user and of near people, what the request needs of them, the text."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from idiolect.catalog import recipe
from idiolect.data import Event, Population, Request
from idiolect.floor import Extractive
from idiolect.lm import Scripted
from idiolect.run import Assembly, answer
from idiolect.testing.standins import Hashing

START = datetime(2024, 1, 1, tzinfo=UTC)
ASKED = ("issues", "entities", "topics", "possessions", "professions", "roles",
         "behaviour", "emotions", "engagement", "notes")  # fmt: skip
SENSITIVE = ("values", "moral_values", "ideologies")


def whose(prompt):
    return prompt.events[0][0]


def noted(keys, **said):
    return json.dumps({key: [] for key in keys} | {key: list(v) for key, v in said.items()})


def extract(prompt):
    who = whose(prompt)
    return noted(
        [*ASKED, *SENSITIVE],
        topics=[f"topic of {who}", "boats"],
        issues=[f"rent: too high, says {who}", "shared view"],
        ideologies=["green"],
    )


def refine(prompt):
    who = whose(prompt)
    return noted(["issues", "entities", "analysis"], analysis=[f"analysis of {who}", "shared view"])


def script():
    return Scripted({"extract": extract, "refine": refine, "write": "a text"})


def build(**settings):
    return Assembly(recipe("persona_db"), {"encoder": Hashing(dim=4096)}, settings)


def world(people="abcde"):
    """`a` and `b` write of boats, `c` and `d` a little, the others of bread; four days."""
    says = {
        "a": "boats boats sails",
        "b": "boats boats sails",
        "c": "boats boats bread",
        "d": "boats bread jam",
    }
    return Population.of(
        Event(
            who,
            f"{says.get(who, 'bread jam butter')} day {day}",
            f"p{day}",
            START + timedelta(days=day, minutes=minute),
            title=f"of {who}",
            id=f"{who}{day}",
        )
        for day in range(4)
        for minute, who in enumerate(people)
    )


def test_stages_and_their_fields_in_order():
    population, lm = world(), script()
    outcome = answer(build(), population, population.request("a3"), lm)
    assert outcome.failure is None
    stages = ["extract"] * 4 + ["refine"] * 4 + ["write"]
    assert [p.stage for p in lm.prompts] == stages
    assert len(lm.prompts) == recipe("persona_db").calls()
    # Own first, then neighbours by nearness; nothing of the request.
    assert [whose(p) for p in lm.prompts[:4]] == ["a", "b", "c", "d"]
    assert [[s.kind for s in p.sections] for p in lm.prompts[:4]] == [["own"]] + [["peers"]] * 3
    assert lm.prompts[0].events == ("a2", "a1", "a0"), "newest first"
    refines = lm.prompts[4:8]
    assert [[s.kind for s in p.sections] for p in refines] == [["own", "profile"]] + [
        ["peers", "profile"]
    ] * 3
    assert "topics: topic of b; boats" in refines[1].section("profile")[0].text
    assert [s.kind for s in lm.prompts[-1].sections] == ["own", "profile", "given"]
    evidence = outcome.answer.user_model.evidence
    assert set(evidence) == {f"{who}{day}" for who in "abcd" for day in range(3)}


def test_the_profile_holds_own_keys_own_views_then_neighbours_views_marked():
    population, lm = world(), script()
    answer(build(neighbours=1), population, population.request("a3"), lm)
    own, others = (
        lm.prompts[-1]
        .section("profile")[0]
        .text.split("Of people like the user, which need not hold for the user:\n")
    )
    assert own.splitlines()[0] == "topics: topic of a; boats"
    assert set(own.splitlines()[1:]) == {"rent: too high, says a", "shared view", "analysis of a"}
    assert set(others.splitlines()) == {"rent: too high, says b", "shared view", "analysis of b"}
    assert "topic of b" not in own + others, "their keys are not shown, only their views"


def test_what_is_retrieved_is_near_the_request():
    """Two entries of the user (text or view) and one of the neighbours."""
    population = world()
    request = Request("a", "rent analysis", time=population.event("a3").time)
    lm = script()
    answer(build(own_entries=2, neighbour_entries=1), population, request, lm)
    write = lm.prompts[-1]
    lines = write.section("profile")[0].text.splitlines()
    assert lines[1:3] == ["analysis of a", "rent: too high, says a"]
    assert lines[3].startswith("Of people like the user")
    assert len(lines) == 5
    assert lines[4].startswith("analysis of")
    assert not write.section("own")
    lm = script()
    answer(
        build(own_entries=2),
        population,
        Request("a", "sails day 1", time=population.event("a3").time),
        lm,
    )
    assert lm.prompts[-1].section("own")[0].text == "boats boats sails day 1"


def test_a_neighbours_prompt_is_the_same_for_everybody():
    """So that a cache of replies serves many requests."""
    population = world("abcd")
    prompts = []
    for user in "cd":
        lm = script()
        time = START + timedelta(days=5)
        answer(build(neighbours=3), population, Request(user, "Write.", time=time), lm)
        prompts.append({p.render().text for p in lm.prompts if p.section("peers")})
    assert len(prompts[0] & prompts[1]) == 4  # those of a and b, twice


def test_sensitive_keys_are_asked_for_only_if_wanted():
    population = world()
    for wanted in (False, True):
        lm = script()
        answer(build(sensitive=wanted), population, population.request("a3"), lm)
        shown = lm.prompts[0].render().text
        assert all((f'"{key}"' in shown) == wanted for key in SENSITIVE)
        assert ("green" in lm.prompts[-1].render().text) == wanted, "said unasked: not read"


def test_nothing_later_is_read():
    population, lm = world(), script()
    answer(build(), population, population.request("a2"), lm)
    assert {int(i[1:]) for p in lm.prompts for i in p.events} == {0, 1}


def test_the_number_of_neighbours_is_a_setting_and_few_are_said():
    population, lm = world("ab"), script()
    outcome = answer(build(), population, population.request("a3"), lm)
    assert [p.stage for p in lm.prompts] == ["extract"] * 2 + ["refine"] * 2 + ["write"]
    assert any("only 1 of 3 neighbours" in note for note in outcome.answer.notes)


def test_alone_in_the_world():
    population, lm = world("a"), script()
    outcome = answer(build(), population, population.request("a3"), lm)
    assert [p.stage for p in lm.prompts] == ["extract", "refine", "write"]
    assert "need not hold" not in lm.prompts[-1].section("profile")[0].text
    assert any("no neighbours" in note for note in outcome.answer.notes)


def test_without_history_nothing_is_extracted():
    population, lm = world(), script()
    outcome = answer(build(), population, Request("nobody", "Write."), lm)
    assert [p.stage for p in lm.prompts] == ["write"]
    assert any("wrote nothing" in note for note in outcome.answer.notes)


@pytest.mark.parametrize("reply", ["no JSON", '{"topics": ["a"]}', '{"topics": "a"}'])
def test_a_reply_without_all_keys_is_unusable(reply):
    population, lm = world(), Scripted({"extract": reply})
    outcome = answer(build(), population, population.request("a3"), lm)
    assert outcome.failure.kind == "ReplyError"


def test_the_floor_cannot_fill_keys_and_says_what_serves():
    population = world()
    outcome = answer(build(), population, population.request("a3"), Extractive())
    assert outcome.failure.kind == "CapabilityError"
    assert "Use a language model" in outcome.failure.message


@pytest.mark.parametrize("people", ["a", "ab", "abc", "abcde"])
def test_the_card_says_the_most_where_few_others_wrote_much(people):
    population, lm = world(people), script()
    answer(build(), population, population.request("a3"), lm)
    others = len(population.as_of(population.request("a3")).others)
    most = recipe("persona_db").calls(own=3, others=others)
    assert most == 1 + 2 * (1 + min(3, others))
    assert len(lm.prompts) == 1 + 2 * (1 + min(3, len(people) - 1)) <= most
