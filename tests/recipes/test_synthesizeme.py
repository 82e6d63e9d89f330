"""SynthesizeMe: search, persona, search again, reward; each stage's prompts, ties, few choices."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from idiolect.catalog import recipe
from idiolect.data import Event, Message, Population, Request
from idiolect.errors import CapabilityError, ReplyError
from idiolect.floor import Extractive
from idiolect.lm import Scripted
from idiolect.run import Assembly, answer

START = datetime(2024, 1, 1, tzinfo=UTC)
ASKED = Request(
    "ann", "What now?", time=START + timedelta(days=90), options=("short", "a long one")
)


def choices(many=10):
    """Ann takes the shorter reply."""
    events = [
        Event(
            "ann",
            f"question {n}",
            time=START + timedelta(days=n),
            kind="comparison",
            options=(f"brief {n}", f"rather a long reply, number {n}"),
            chosen=f"brief {n}",
            id=f"e{n}",
        )
        for n in range(many)
    ]
    return Population.of(events)


def said(preference):
    return json.dumps({"reasoning": f"so {preference}", "preference": preference})


def by_length(prompt, shorter=True):
    first, second = (len(e.text) for e in prompt.section("options"))
    return said("first" if (first < second) == shorter else "second")


def wrong(prompt):
    return by_length(prompt, shorter=False)


def learns(prompt):
    """Right only where it is told of a persona."""
    return by_length(prompt, shorter=bool(prompt.section("profile")))


def script(judge, informed=None, prefer=None):
    return {
        "judge": judge,
        "persona": "likes it short",
        "judge with persona": informed or judge,
        "prefer": prefer or judge,
    }


def ask(lm, population=None, request=ASKED, **settings):
    build = Assembly(recipe("synthesizeme"), settings=settings)
    return answer(build, population or choices(), request, lm)


def stages(lm):
    return [prompt.stage for prompt in lm.prompts]


def test_a_judge_that_is_right_at_once_takes_the_least_calls():
    lm = Scripted(script(by_length))
    outcome = ask(lm)
    # labelled pairs are tried on 3, then the persona, then no pairs on 3, then both orders
    assert stages(lm) == ["judge"] * 3 + ["persona"] + ["judge with persona"] * 3 + ["prefer"] * 2
    assert outcome.answer == {"short": 1.0, "a long one": 0.0}


def test_a_judge_that_is_never_right_takes_the_most_and_no_more_than_stated():
    lm = Scripted(script(wrong))
    outcome = ask(lm)
    first, second = stages(lm).count("judge"), stages(lm).count("judge with persona")
    # 11 bootstraps over 7 pairs each; sets that were tried before are not tried again
    assert 11 * 7 < first <= 11 * 7 + 12 * 3
    assert 11 * 7 < second <= 11 * 7 + 13 * 3
    assert len(lm.prompts) <= recipe("synthesizeme").calls(own=10)
    assert outcome.answer == {"short": 0.0, "a long one": 1.0}


def test_pairs_are_split_in_time_and_held_out_ones_are_never_shown():
    lm = Scripted(script(wrong))
    ask(lm)
    shown = {e for p in lm.prompts for entry in p.section("own") for e in entry.events}
    assert shown <= {f"e{n}" for n in range(7)}
    latest = Scripted(script(by_length))
    ask(latest, choices(40), events=10)
    asked = {
        e.text for p in latest.prompts if p.stage == "judge" for e in p.section("conversation")
    }
    assert asked == {"question 37", "question 38", "question 39"}


def test_what_each_stage_is_shown():
    lm = Scripted(script(by_length))
    ask(lm, enough=1.0, candidates=1)
    judge, persona = (next(p for p in lm.prompts if p.stage == s) for s in ("judge", "persona"))
    assert [s.kind for s in judge.sections] == ["own", "conversation", "options"]
    assert len(judge.section("own")) == 4, "labelled pairs first"
    assert {label for e in judge.section("own") for label, _ in e.facts} == {"preferred"}
    assert [s.kind for s in persona.sections] == ["own"]
    informed = next(p for p in lm.prompts if p.stage == "judge with persona")
    assert [s.kind for s in informed.sections] == ["profile", "conversation", "options"]
    assert informed.section("profile")[0].text == "likes it short"
    prefer, turned = lm.prompts[-2:]
    assert prefer.section("conversation")[0].text == "What now?"
    orders = [[e.text for e in p.section("options")] for p in (prefer, turned)]
    assert orders == [["short", "a long one"], ["a long one", "short"]]


def test_reasons_of_right_answers_reach_the_persona():
    """Labelled pairs do not help this judge; solved ones with reasons do."""

    def needs_reasons(prompt):
        told = any(e.fact("why") for e in prompt.section("own"))
        asked = prompt.section("conversation")[0].text
        train = int(asked.split()[-1]) < 7
        return by_length(prompt, shorter=told or train)

    lm = Scripted(script(needs_reasons, by_length))
    ask(lm)
    [persona] = (p for p in lm.prompts if p.stage == "persona")
    assert len(persona.section("own")) == 7
    assert all(e.fact("why").startswith("so ") for e in persona.section("own"))
    assert persona.events == tuple(f"e{n}" for n in range(7))


def test_a_persona_is_made_of_all_pairs_where_no_set_has_one():
    """Nothing is solved and no labelled pair is allowed: every set is empty."""
    lm = Scripted(script(wrong))
    ask(lm, labelled=0)
    [persona] = (p for p in lm.prompts if p.stage == "persona")
    assert persona.events == tuple(f"e{n}" for n in range(7)), "never a persona from nothing"
    assert not any(p.section("own") for p in lm.prompts if p.stage != "persona")


def test_the_model_keeps_persona_pairs_and_what_it_rests_on():
    lm = Scripted(script(by_length))
    scorer = recipe("synthesizeme")(lm)
    user = scorer.learn(choices().as_of(ASKED), ASKED)
    assert user.profile.summary == "likes it short"
    assert user.evidence == tuple(f"e{n}" for n in range(10))
    assert user.notes == ("Right on 100% of 3 choices by which it was chosen, no others.",)
    assert user.shown == (), "no pairs were needed"
    assert user.reward(ASKED, ["aaaa", "a", "aa"]).tolist() == [0, 1, 0.5]


def test_its_prefix_goes_before_a_conversation():
    lm = Scripted(script(by_length))
    user = recipe("synthesizeme")(lm, labelled=2, enough=1.0, events=10).learn(
        choices().as_of(ASKED), ASKED
    )
    assert user.prefix[0].content.endswith("<profile>\nlikes it short\n</profile>")
    talk = Request("ann", messages=(*user.prefix, Message("user", "And now?")), time=ASKED.time)
    plain = Scripted("short")
    outcome = answer(Assembly(recipe("plain")), choices(), talk, plain)
    assert outcome.text == "short"
    shown = [e.text for e in plain.prompts[-1].section("conversation")]
    assert "likes it short" in shown[0]
    assert shown[-1] == "And now?"


def test_labels_stand_for_the_replies_that_are_given():
    given = {"[[A]]": "a long reply indeed", "[[B]]": "brief"}
    request = Request(
        "ann", "Which?", time=ASKED.time, options=("[[A]]", "[[B]]"), given=given
    )  # fmt: skip
    lm = Scripted(script(by_length))
    outcome = ask(lm, request=request)
    assert outcome.text == "[[B]]"
    assert {e.text for e in lm.prompts[-1].section("options")} == set(given.values())


def test_a_request_without_options_is_refused_before_any_cost():
    lm = Scripted(script(by_length))
    outcome = ask(lm, request=Request("ann", "What now?", time=ASKED.time))
    assert outcome.failure.kind == "DataError"
    assert "without options" in outcome.failure.message
    assert not lm.prompts


def test_unreadable_replies_are_ties_after_four_draws():
    lm = Scripted(script(by_length, by_length, "I like both"))
    outcome = ask(lm)
    assert outcome.answer == {"short": 0.5, "a long one": 0.5}
    drawn = [p.sampling.temperature for p in lm.prompts if p.stage == "prefer"]
    assert drawn == pytest.approx([0.001, 0.001, 0.251, 0.251, 0.501, 0.501, 0.751, 0.751])


def test_a_missing_persona_is_an_error():
    lm = Scripted(script(by_length) | {"persona": " "})
    outcome = ask(lm)
    assert outcome.failure.kind == ReplyError.__name__
    assert "persona" in outcome.failure.message


@pytest.mark.parametrize("many", [0, 1])
def test_too_few_choices_leave_a_judge_that_knows_nothing(many):
    population = choices(many) if many else choices(3)
    request = ASKED if many else Request("bob", "What now?", time=ASKED.time, options=ASKED.options)
    lm = Scripted(script(by_length))
    outcome = ask(lm, population, request)
    assert stages(lm) == ["prefer"] * 2
    assert [s.kind for s in lm.prompts[0].sections] == ["conversation", "options"]
    user = recipe("synthesizeme")(lm).learn(population.as_of(request), request)
    assert "too few" in user.notes[0]
    assert outcome.answer["short"] == 1.0


def test_knowing_the_persona_can_make_the_difference():
    lm = Scripted(script(learns))
    assert ask(lm).answer == {"short": 1.0, "a long one": 0.0}


def test_the_floor_refuses_to_judge():
    outcome = ask(Extractive())
    assert outcome.failure.kind == CapabilityError.__name__
    assert "'judge'" in outcome.failure.message
