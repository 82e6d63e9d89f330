"""GPG: a guided digest, a profile of texts and digest, the text; and a digest that is counted."""

import pytest

from idiolect.catalog import recipe
from idiolect.data import Request
from idiolect.floor import Extractive
from idiolect.lm import Scripted
from idiolect.run import Assembly, answer


def build(**settings):
    return Assembly(recipe("gpg"), settings=settings)


def script():
    return Scripted({"digest": "a digest", "profile": "a profile", "write": "a text"})


NEWEST_FIRST = [f"e0-{n}" for n in range(8, -1, -1)]


def test_three_calls_in_the_papers_order_with_their_fields(town):
    population, lm = town(), script()
    outcome = answer(build(events=3), population, population.request("e0-9"), lm)
    assert [p.stage for p in lm.prompts] == ["digest", "profile", "write"]
    assert len(outcome.calls) == recipe("gpg").calls() == 3
    digest, describe, write = lm.prompts
    assert [s.kind for s in digest.sections] == ["own"]
    assert list(digest.events) == NEWEST_FIRST
    assert "capitals, punctuation" in digest.instruction
    assert [s.kind for s in describe.sections] == ["own", "profile"]
    assert describe.section("own") == digest.section("own"), "raw context and digest"
    assert describe.section("profile")[0].text == "a digest"
    assert [s.kind for s in write.sections] == ["item", "own", "profile", "given"]
    assert [e.text for e in write.section("profile")] == ["a profile"], "the digest goes no further"
    assert len(write.section("own")) == 3
    assert set(outcome.answer.user_model.evidence) == set(NEWEST_FIRST)


def test_the_guide_is_asked_and_stands_above_the_digest(town):
    population, lm = town(), script()
    guide = "Which places does the user go to?"
    answer(build(guide=guide, history=2, events=0), population, population.request("e0-9"), lm)
    assert guide in lm.prompts[0].instruction
    assert lm.prompts[1].section("profile")[0].fact("asked") == guide
    assert lm.prompts[1].events == ("e0-8", "e0-7")
    assert not lm.prompts[2].section("own"), "the profile alone"


def test_profile_prompts_see_nothing_of_the_request(town):
    population = town()
    seen = []
    time = population.event("e0-9").time
    for words in ("Write.", "Something else."):
        lm = script()
        answer(build(), population, Request("u0", words, time=time), lm)
        seen.append([p.render().text for p in lm.prompts[:2]])
    assert seen[0] == seen[1]


def test_a_counted_digest_asks_no_model_and_its_figures_are_claims(town):
    population, lm = town(), script()
    outcome = answer(build(digest="counted"), population, population.request("e0-9"), lm)
    assert [p.stage for p in lm.prompts] == ["profile", "write"]
    assert len(lm.prompts) == recipe("gpg").calls(digest="counted")
    lines = [e.text for e in lm.prompts[0].section("profile")]
    # Ratings 1 + n mod 5 of places 0 to 8: four of them twice, the last time at place 8.
    assert lines[0] == "score “4”: in 2 of 9 texts"
    assert "3 words a text (median; 3 to 3)" in lines
    assert "no mark at the end: in 9 of 9 texts" in lines
    claims = outcome.answer.user_model.claims
    assert [c.text for c in claims] == lines
    outcome.answer.user_model.verify(population.as_of(population.request("e0-9")).own)


@pytest.mark.parametrize("digest", ["told", "counted"])
def test_it_runs_without_a_language_model(town, digest):
    population = town()
    outcome = answer(build(digest=digest), population, population.request("e0-9"), Extractive())
    assert outcome.failure is None
    assert "own0" in outcome.text
    assert "9 texts" in outcome.answer.user_model.summary


def test_nobody_knows_them(town):
    population, lm = town(), script()
    asked = Request("nobody", "Write a review.", item=population.item("p1"))
    outcome = answer(build(), population, asked, lm)
    assert [p.stage for p in lm.prompts] == ["write"]
    assert recipe("gpg").calls(own=0) == 1
    assert "no events" in outcome.answer.notes[0]
