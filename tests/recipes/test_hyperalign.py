"""HyPerAlign: hypotheses from earlier texts, tried on later ones, the best in the last prompt."""

import json

import pytest

from idiolect.catalog import recipe
from idiolect.data import Request
from idiolect.errors import CapabilityError
from idiolect.floor import Extractive
from idiolect.lm import Scripted
from idiolect.run import Assembly, answer

#: Habits; `own0` is how everybody named u0 in the town signs.
GUESSES = ("signs own0", "signs own1", "is vague")


def proposed(*texts):
    one = [{"text": t, "side": "style", "numbers": [1, 2]} for t in texts]
    return json.dumps({"hypotheses": one})


def obeys(prompt):
    """Writes what is known of the place, and signs as it is told."""
    told = " ".join(e.text for e in prompt.section("profile"))
    signs = next((f"own{n}" for n in range(7) if f"signs own{n}" in told), "")
    return f"{prompt.section('item')[0].text} {signs}"


SCRIPT_GUESS = proposed(*GUESSES)
SCRIPT = {"hypothesize": SCRIPT_GUESS, "draft": obeys, "write": obeys}
SMALL = {"hypotheses": 3, "keep": 1, "held_out": 2}


def build(**settings):
    return Assembly(recipe("hyperalign"), settings=SMALL | settings)


def test_stages_come_in_order_and_in_the_stated_number(town):
    population, lm = town(), Scripted(SCRIPT)
    answer(build(), population, population.request("e0-9"), lm)
    stages = [prompt.stage for prompt in lm.prompts]
    assert stages == ["hypothesize"] + ["draft"] * (1 + 3) * 2 + ["write"]
    assert len(stages) == recipe("hyperalign").calls(own=9, **SMALL)


def test_held_out_texts_are_neither_shown_nor_known(town):
    population, lm = town(), Scripted(SCRIPT)
    request = population.request("e0-9")
    answer(build(), population, request, lm)
    own = population.as_of(request).own
    held = own[-2:]
    assert list(lm.prompts[0].events) == own[:-2].ids[-8:]
    for prompt in lm.prompts:
        assert not [text for text in held.texts if text in prompt.render().text]
    drafts = [p for p in lm.prompts if p.stage == "draft"]
    titles = [about.title for about in held.about]
    assert [p.section("item")[0].fact("title") for p in drafts] == titles * 4
    told = [[e.text for e in p.section("profile")] for p in drafts[::2]]
    assert told == [[], *([text] for text in GUESSES)]


def test_the_hypothesis_that_makes_texts_read_like_the_user_is_kept(town):
    population = town(people=12)
    for user, kept in (("e0-9", "signs own0"), ("e1-9", "signs own1")):
        lm = Scripted(SCRIPT)
        outcome = answer(build(), population, population.request(user), lm)
        profile = outcome.answer.user_model
        assert profile.summary == kept
        assert [c.text for c in profile.claims] == [kept]
        assert profile.claims[0].confidence == 1.0
        assert lm.prompts[-1].section("profile")[0].text == kept
        assert set(profile.evidence) <= {f"{user[:2]}-{n}" for n in range(9)}


def test_what_gains_nothing_is_said(town):
    population = town()
    lm = Scripted(SCRIPT | {"hypothesize": proposed("is vague", "is late", "is kind")})
    outcome = answer(build(keep=3), population, population.request("e0-9"), lm)
    assert outcome.answer.notes == (
        "3 of 3 hypotheses made held-out texts read no more like the user's.",
    )


def test_the_papers_form_tries_nothing(town):
    population, lm = town(), Scripted(SCRIPT)
    outcome = answer(build(held_out=0), population, population.request("e0-9"), lm)
    assert [p.stage for p in lm.prompts] == ["hypothesize", "write"]
    assert len(lm.prompts) == recipe("hyperalign").calls(own=9, hypotheses=3, held_out=0)
    assert outcome.answer.user_model.summary.splitlines() == list(GUESSES)
    assert "3 of 3 hypotheses could not be tried" in outcome.answer.notes[0]


def other_guesses(prompt):
    return proposed("is late", "is kind", "is far") if prompt.section("profile") else SCRIPT_GUESS


def test_a_second_round_sees_what_was_kept(town):
    population, lm = town(), Scripted(SCRIPT | {"hypothesize": other_guesses})
    answer(build(rounds=2), population, population.request("e0-9"), lm)
    assert len(lm.prompts) == recipe("hyperalign").calls(own=9, rounds=2, **SMALL)
    _, second = (p for p in lm.prompts if p.stage == "hypothesize")
    [kept] = second.section("profile")
    assert kept.text == "signs own0"
    assert kept.fact("gain").startswith("+")


def test_the_same_guesses_again_are_not_paid_for_again(town):
    population, lm = town(people=12), Scripted(SCRIPT)
    outcome = answer(build(rounds=2, keep=4), population, population.request("e0-9"), lm)
    once = recipe("hyperalign").calls(own=9, **SMALL)
    assert len(lm.prompts) == once + 1
    told = outcome.answer.user_model.summary.splitlines()
    assert sorted(told) == sorted(GUESSES)
    assert told[0] == "signs own0"
    assert outcome.answer.notes[0].startswith("1 of 4 hypotheses are missing")


def test_where_all_is_sensitive_nothing_is_tried_and_it_is_said(town):
    guesses = proposed("has diabetes", "prays daily", "is gay")
    population, lm = town(), Scripted(SCRIPT | {"hypothesize": guesses})
    outcome = answer(build(), population, population.request("e0-9"), lm)
    assert [p.stage for p in lm.prompts] == ["hypothesize", "write"]
    assert outcome.answer.user_model.summary == ""
    assert "1 of 1 hypotheses are missing" in outcome.answer.notes[0]


def test_alone_in_the_world_nothing_can_be_tried_and_it_is_said(town):
    population, lm = town(people=1), Scripted(SCRIPT)
    outcome = answer(build(), population, population.request("e0-9"), lm)
    assert outcome.failure is None
    assert "too few other people" in outcome.answer.notes[0]


@pytest.mark.parametrize(("target", "own"), [("e0-1", 1), ("e0-2", 2)])
def test_with_one_or_two_texts_fewer_are_held_out(town, target, own):
    population, lm = town(), Scripted(SCRIPT | {"hypothesize": _with_one_text})
    outcome = answer(build(), population, population.request(target), lm)
    assert outcome.failure is None
    assert len(lm.prompts) == recipe("hyperalign").calls(own=own, **SMALL)


def _with_one_text(prompt):
    return proposed(*GUESSES).replace("[1, 2]", "[1]")


def test_without_history_the_text_is_written_all_the_same(town):
    population, lm = town(), Scripted(SCRIPT)
    outcome = answer(build(), population, Request("nobody", item=population.item("p1")), lm)
    assert [p.stage for p in lm.prompts] == ["write"]
    assert recipe("hyperalign").calls(own=0) == 1
    assert any("no events" in note for note in outcome.answer.notes)


def test_the_floor_refuses_to_guess(town):
    population = town()
    outcome = answer(build(), population, population.request("e0-9"), Extractive())
    assert outcome.failure.kind == CapabilityError.__name__
    assert "'hypothesize'" in outcome.failure.message
