"""IntSum: a summary that sees nothing of the request, then a few past texts."""

from dataclasses import replace

import pytest

from idiolect.catalog import recipe
from idiolect.data import Item, Request
from idiolect.floor import Extractive
from idiolect.lm import Scripted
from idiolect.run import Assembly, answer


def build(**settings):
    return Assembly(recipe("intsum"), settings=settings)


def script():
    return Scripted({"summarize": "a summary", "write": "a text"})


def test_the_summary_comes_first_and_the_text_shows_it(town):
    population, lm = town(), script()
    outcome = answer(build(events=3), population, population.request("e0-9"), lm)
    assert [p.stage for p in lm.prompts] == ["summarize", "write"]
    assert len(outcome.calls) == recipe("intsum").calls()
    summarize, write = lm.prompts
    assert [s.kind for s in summarize.sections] == ["own"]
    newest_first = [f"e0-{n}" for n in range(8, -1, -1)]
    assert list(summarize.events) == newest_first, "a budget cuts the oldest"
    assert [s.kind for s in write.sections] == ["item", "own", "profile", "given"]
    assert write.section("profile")[0].text == "a summary"
    assert len(write.section("own")) == 3
    assert set(outcome.answer.user_model.evidence) == set(newest_first)


def test_the_summary_sees_nothing_of_the_request(town):
    """Byte for byte the same prompt, whatever is asked: it can be kept until the user writes."""
    population = town()
    request = population.request("e0-9")
    others = [
        replace(request, item=Item("p3", "Another", "a quite different thing")),
        replace(request, query="Write a poem about rain.", given={"rating": 1.0}),
        replace(request, item=None, given={}),
    ]
    shown = []
    for asked in [request, *others]:
        lm = script()
        assert answer(build(events=2), population, asked, lm).failure is None
        shown.append(lm.prompts)
    assert len({prompts[0].render().text for prompts in shown}) == 1
    assert len({prompts[1].render().text for prompts in shown}) == len(shown)


def test_no_other_persons_text_is_read(town):
    population, lm = town(), script()
    answer(build(), population, population.request("e0-9"), lm)
    assert not [i for p in lm.prompts for i in p.events if not i.startswith("e0-")]


def test_the_question_and_the_length_of_the_history_are_settings(town):
    population, lm = town(), script()
    settings = build(question="Which score is the most common?", history=4)
    answer(settings, population, population.request("e0-9"), lm)
    assert "Which score is the most common?" in lm.prompts[0].instruction
    assert lm.prompts[0].events == ("e0-8", "e0-7", "e0-6", "e0-5")


def test_without_retrieval_the_summary_stands_alone(town):
    population, lm = town(), script()
    outcome = answer(build(events=0), population, population.request("e0-9"), lm)
    assert [s.kind for s in lm.prompts[1].sections] == ["item", "profile", "given"]
    assert outcome.answer.notes == ()


@pytest.mark.parametrize(("place", "calls"), [(0, ["write"]), (1, ["summarize", "write"])])
def test_none_or_one_text(town, place, calls):
    population, lm = town(), script()
    outcome = answer(build(), population, population.request(f"e0-{place}"), lm)
    assert [p.stage for p in lm.prompts] == calls
    assert outcome.answer.notes


def test_it_runs_without_a_language_model(town):
    population = town()
    outcome = answer(build(), population, population.request("e0-9"), Extractive())
    assert outcome.failure is None
    assert "own0" in outcome.text
    assert "9 texts" in outcome.answer.user_model.summary


def test_a_person_nobody_knows_is_written_for(town):
    population, lm = town(), script()
    asked = Request("nobody", "Write a review.", item=population.item("p1"))
    outcome = answer(build(), population, asked, lm)
    assert outcome.failure is None
    assert "no events" in outcome.answer.notes[0]


def test_a_counted_summary_asks_no_model(town):
    population, lm = town(), script()
    outcome = answer(build(summary="counted"), population, population.request("e0-9"), lm)
    assert [p.stage for p in lm.prompts] == ["write"]
    assert len(lm.prompts) == recipe("intsum").calls(summary="counted")
    lines = lm.prompts[0].section("profile")[0].text.splitlines()
    assert lines[0] == "score “4”: in 2 of 9 texts"
    assert "3 words a text (median; 3 to 3)" in lines
    assert len(outcome.answer.user_model.sources) == 9
