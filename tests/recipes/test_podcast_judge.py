"""The profile-aware judge: a profile first, then a match with a reason, or the better list."""

import json
from dataclasses import replace

import pytest

from idiolect.catalog import recipe
from idiolect.lm import Prompt, Scripted
from idiolect.roles import Verdict

judge = recipe("podcast_judge")
MATCH = json.dumps({"reason": "They like salty places.", "match": True})


@pytest.fixture
def view(town):
    return town().as_of(town().request("e0-9"))


def test_it_judges_by_a_profile_made_from_the_history(view):
    lm = Scripted({"profile": "Likes the sea.", "match": MATCH})
    verdict = judge(lm, events=3)(view, "An episode on salt.", None)
    assert verdict == Verdict(1.0, "They like salty places.", label="match")
    profile, match = lm.prompts
    assert [entry.text for entry in profile.section("own")] == view.own.texts[-3:]
    assert match.section("profile")[0].text == "Likes the sea."
    assert match.section("profile")[0].events == tuple(view.own.ids[-3:])
    assert not match.section("own")
    assert [option.text for option in match.section("options")] == ["An episode on salt."]
    assert len(lm.prompts) == judge.calls()


def test_the_variant_sees_the_history_itself(view):
    lm = Scripted(MATCH.replace("true", "false"))
    verdict = judge(lm, knows="history", events=3)(view, "An episode.", None)
    assert (verdict.value, verdict.label) == (0.0, "no match")
    [match] = lm.prompts
    assert [entry.text for entry in match.section("own")] == view.own.texts[-3:]
    assert len(lm.prompts) == judge.calls(knows="history")


def likes(word: str):
    def answer(prompt: Prompt) -> str:
        if prompt.stage == "profile":
            return "Likes the sea."
        held = [word in option.text for option in prompt.section("options")]
        said = "C" if held[0] == held[1] else "A" if held[0] else "B"
        return f"[[{said}]] certainty: 50"

    return Scripted(answer)


def test_lists_are_compared_in_both_orders(view):
    two = ("1. Salt\n2. Tides", "1. Trains\n2. Clocks")
    lists = replace(view.request, options=two)
    asked = view._population.as_of(lists)
    lm = likes("Salt")
    verdict = judge(lm, form="pairwise")(asked, two[1], None)
    assert (verdict.value, verdict.label, verdict.certainty) == (0.0, "not preferred", 0.5)
    orders = [[o.text for o in p.section("options")] for p in lm.prompts[1:]]
    assert orders == [[two[1], two[0]], [two[0], two[1]]]
    assert len(lm.prompts) == judge.calls(form="pairwise")
    assert judge(likes("Boats"), form="pairwise")(asked, two[0], None).value == 0.5


def test_a_profile_that_cannot_be_had_is_a_failure(view):
    lm = Scripted({"profile": "", "match": MATCH})
    verdict = judge(lm)(view, "An episode.", None)
    assert verdict.value is None
    assert "empty reply" in verdict.why
    assert {prompt.stage for prompt in lm.prompts} == {"profile"}


def test_a_reply_that_is_no_match_is_a_failure(view):
    verdict = judge(Scripted("surely"), knows="history")(view, "An episode.", None)
    assert verdict.value is None
    assert "surely" in verdict.why


def test_nobody_is_judged_without_history_or_text(town, view):
    lm = Scripted(MATCH)
    newcomer = town().as_of(town().request("e0-0"))
    assert judge(lm)(newcomer, "An episode.", None).value is None
    assert judge(lm)(view, " ", None).value is None
    assert lm.prompts == []
