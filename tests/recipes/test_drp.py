"""DRP: differences along found dimensions, validated against the texts, then as DPL."""

import json

import pytest

from idiolect.catalog import recipe
from idiolect.data import Request
from idiolect.embed import Lsa
from idiolect.floor import Extractive
from idiolect.lm import Scripted
from idiolect.profile import Profile
from idiolect.run import Assembly, answer


def found(*names):
    return json.dumps(
        {
            "differences": [
                {"dimension": n, "definition": f"what {n} is", "description": f"more {n}"}
                for n in names
            ]
        }
    )


def script(discover, validate='{"numbers": [1, 3]}'):
    return Scripted(
        {"discover": discover, "validate": validate, "summarize": "a profile", "write": "a text"}
    )


def build(**settings):
    return Assembly(recipe("drp"), {"encoder": Lsa()}, settings)


def test_stages_hold_their_fields_in_order(town):
    population, lm = town(), script(found("writing", "irony", "pace"))
    outcome = answer(build(events=2), population, population.request("e0-9"), lm)
    assert outcome.failure is None
    stages = ["discover"] * 2 + ["validate"] * 2 + ["summarize", "write"]
    assert [p.stage for p in lm.prompts] == stages
    assert len(lm.prompts) == recipe("drp").calls(events=2)
    discover, _, validate, _, summarize, write = lm.prompts
    assert [s.kind for s in discover.sections] == ["item", "own", "peers"]
    text = discover.render().text
    for field in ("Place", "river", "rating: ", "title: title", "writing", "emotional", "semantic"):
        assert field in text
    assert "4 other people" in discover.instruction
    assert "4 other people" in validate.instruction
    assert '"definition"' in text
    assert [s.kind for s in validate.sections] == ["item", "own", "peers", "differences"]
    assert validate.sections[:3] == discover.sections
    claimed = validate.section("differences")
    assert [e.facts for e in claimed] == [
        (("dimension", n), ("definition", f"what {n} is")) for n in ("writing", "irony", "pace")
    ]
    assert [e.text for e in claimed] == ["more writing", "more irony", "more pace"]
    assert "[3] dimension: pace" in validate.render().text
    assert [s.kind for s in summarize.sections] == ["differences", "own"]
    assert [s.kind for s in write.sections] == ["item", "own", "profile", "given"]
    assert write.section("profile")[0].text == "a profile"


def test_what_the_texts_do_not_show_is_dropped(town):
    population, lm = town(), script(found("writing", "irony", "pace"))
    outcome = answer(build(events=2), population, population.request("e0-9"), lm)
    shown = lm.prompts[-2].section("differences")
    assert [e.text for e in shown] == [
        "writing (what writing is): more writing\npace (what pace is): more pace"
    ] * 2
    profile = outcome.answer.user_model
    assert [d.dimension for d in profile.differences] == ["writing, pace"] * 2
    assert [p.definition for p in profile.differences[0].points] == [
        "what writing is", "what pace is",
    ]  # fmt: skip
    assert all(len(d.own) == 1 and len(d.reference) == 4 for d in profile.differences)
    assert Profile.from_json(profile.to_json()) == profile


@pytest.mark.parametrize("numbers", [[], [4, 9]])
def test_where_nothing_holds_own_texts_are_summed_up_alone(town, numbers):
    population = town()
    lm = script(found("writing", "irony"), json.dumps({"numbers": numbers}))
    outcome = answer(build(events=2), population, population.request("e0-9"), lm)
    assert [s.kind for s in lm.prompts[-2].sections] == ["own"]
    assert outcome.answer.user_model.differences == ()
    assert any("in 0 of them a difference held" in note for note in outcome.answer.notes)


def test_where_nothing_is_found_there_is_nothing_to_validate(town):
    population, lm = town(), script(found())
    outcome = answer(build(events=2), population, population.request("e0-9"), lm)
    assert [p.stage for p in lm.prompts] == ["discover"] * 2 + ["summarize", "write"]
    assert outcome.failure is None


def test_the_second_round_can_be_left_out(town):
    population, lm = town(), script(found("irony"))
    answer(build(events=3, validate=False), population, population.request("e0-9"), lm)
    assert [p.stage for p in lm.prompts] == ["discover"] * 3 + ["summarize", "write"]
    assert len(lm.prompts) == recipe("drp").calls(events=3, validate=False)
    assert lm.prompts[-2].section("differences")[0].text == "irony (what irony is): more irony"


@pytest.mark.parametrize(
    ("discover", "validate"),
    [
        ("I think that", "{}"),
        ('{"differences": [{"dimension": "irony"}]}', "{}"),
        (found("irony"), '{"numbers": [0]}'),
    ],
)
def test_a_reply_of_another_form_is_asked_for_again_and_then_an_error(town, discover, validate):
    population, lm = town(), script(discover, validate)
    outcome = answer(build(events=1), population, population.request("e0-9"), lm)
    assert outcome.failure.kind == "ReplyError"
    last = lm.prompts[-1].stage
    assert sum(p.stage == last for p in lm.prompts) == 2, "JSON is asked again once, with the error"


def test_too_few_peers_and_no_history_are_said(town):
    population, lm = town(people=3), script(found("irony"))
    outcome = answer(build(), population, population.request("e0-9"), lm)
    assert [p.stage for p in lm.prompts] == ["summarize", "write"]
    assert any(note.startswith("0 of 9 own texts") for note in outcome.answer.notes)
    lm = script(found("irony"))
    outcome = answer(build(), population, Request("nobody", "Write."), lm)
    assert [p.stage for p in lm.prompts] == ["write"]
    assert outcome.answer.notes


def test_the_floor_cannot_discover_and_says_what_serves(town):
    population = town()
    outcome = answer(build(), population, population.request("e0-9"), Extractive())
    assert outcome.failure.kind == "CapabilityError"
    assert "Use a language model" in outcome.failure.message
    assert "extractive" in recipe("drp").page
