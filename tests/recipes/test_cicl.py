"""CICL: the user's texts against others' or against drafts, said first, then written."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from idiolect.catalog import recipe
from idiolect.data import Event, Population, Request
from idiolect.errors import SettingError
from idiolect.floor import Extractive
from idiolect.lm import Scripted
from idiolect.run import Assembly, answer

SCRIPT = {"draft": "a draft", "contrast": "be brief", "write": "a text"}
START = datetime(2024, 1, 1, tzinfo=UTC)


def build(**settings):
    return Assembly(recipe("cicl"), settings=settings)


def test_peers_texts_on_the_same_things_are_the_negatives(town):
    population, lm = town(), Scripted(SCRIPT)
    outcome = answer(build(events=3), population, population.request("e0-9"), lm)
    assert [p.stage for p in lm.prompts] == ["contrast", "write"]
    assert len(lm.prompts) == recipe("cicl").calls(events=3)
    contrast, write = lm.prompts
    assert [s.kind for s in contrast.sections] == ["own", "peers"]
    positive, negative = contrast.section("own"), contrast.section("peers")
    assert [e.fact("about") for e in positive] == [e.fact("about") for e in negative]
    assert all(e.events[0].startswith("e0-") for e in positive)
    assert not any(e.events[0].startswith("e0-") for e in negative)
    assert "other people" in contrast.instruction
    assert [s.kind for s in write.sections] == ["item", "own", "profile", "given"]
    assert write.section("profile")[0].text == "be brief"
    assert not write.section("peers")
    assert {i[:2] for e in write.section("own") for i in e.events} == {"e0"}
    assert set(write.events) == set(contrast.events), "what is told rests on others' texts too"
    evidence = set(outcome.answer.user_model.evidence)
    assert evidence == {i for p in lm.prompts for i in p.events}


def test_drafts_know_nothing_of_the_user(town):
    population, lm = town(), Scripted(SCRIPT)
    request = population.request("e0-9")
    answer(build(events=3, negatives="drafts"), population, request, lm)
    assert [p.stage for p in lm.prompts] == ["draft"] * 3 + ["contrast", "write"]
    assert len(lm.prompts) == recipe("cicl").calls(events=3, negatives="drafts")
    *drafts, contrast, write = lm.prompts
    own_texts = population.as_of(request).own.texts
    for draft in drafts:
        assert [s.kind for s in draft.sections] == ["item", "given"]
        assert set(dict(draft.section("given")[0].facts)) == {"rating", "title"}
        assert not draft.events
        assert not [text for text in own_texts if text in draft.render().text]
    assert [s.kind for s in contrast.sections] == ["own", "drafts"]
    assert [e.facts for e in contrast.section("own")] == [
        e.facts for e in contrast.section("drafts")
    ]
    assert [e.text for e in contrast.section("drafts")] == ["a draft"] * 3
    assert "<drafts_by_a_model>" in contrast.render().text
    assert "a model" in contrast.instruction
    assert {i[:2] for p in lm.prompts for i in p.events} == {"e0"}
    assert not write.section("drafts")


def test_fewer_own_texts_than_asked_for_make_fewer_drafts(town):
    population, lm = town(), Scripted(SCRIPT)
    answer(build(negatives="drafts"), population, population.request("e0-2"), lm)
    assert [p.stage for p in lm.prompts] == ["draft"] * 2 + ["contrast", "write"]
    assert len(lm.prompts) == recipe("cicl").calls(negatives="drafts", own=2)


def test_only_texts_that_others_answer_are_contrasted():
    """Two of three places are known to bob; the third is still an example."""
    events = [
        Event("ann", f"ann on {n}", f"p{n}", START + timedelta(days=n), id=f"a{n}")
        for n in range(4)
    ]
    events += [
        Event("bob", f"bob on {n}", f"p{n}", START + timedelta(days=n, hours=1), id=f"b{n}")
        for n in (0, 2)
    ]
    population, lm = Population.of(events), Scripted(SCRIPT)
    answer(build(), population, population.request("a3"), lm)
    contrast, write = lm.prompts
    assert {e.text for e in contrast.section("own")} == {"ann on 0", "ann on 2"}
    assert {e.text for e in contrast.section("peers")} == {"bob on 0", "bob on 2"}
    assert {e.text for e in write.section("own")} == {"ann on 0", "ann on 1", "ann on 2"}


def test_later_texts_of_others_are_not_drawn(town):
    """On the day of the request's place only those who wrote earlier are there; nobody is."""
    population, lm = town(), Scripted(SCRIPT)
    answer(build(events=8), population, population.request("e3-5"), lm)
    assert not [i for p in lm.prompts for i in p.events if int(i.split("-")[1]) > 4]


def test_the_draw_depends_on_the_seed_alone(town):
    population = town(people=30)
    drawn = []
    for seed in (0, 0, 1):
        lm = Scripted(SCRIPT)
        answer(build(events=4, seed=seed), population, population.request("e0-9"), lm)
        drawn.append([e.events for e in lm.prompts[0].section("peers")])
    assert drawn[0] == drawn[1] != drawn[2]


@pytest.mark.parametrize("negatives", ["peers", "drafts"])
def test_without_history_the_text_is_written_all_the_same(town, negatives):
    population, lm = town(), Scripted(SCRIPT)
    asked = Request("nobody", item=population.item("p1"))
    outcome = answer(build(negatives=negatives), population, asked, lm)
    assert [p.stage for p in lm.prompts] == ["write"]
    assert any("no events" in note for note in outcome.answer.notes)


def test_without_peers_nothing_is_contrasted_and_it_is_said(town):
    population, lm = town(people=1), Scripted(SCRIPT)
    outcome = answer(build(), population, population.request("e0-9"), lm)
    assert [p.stage for p in lm.prompts] == ["write"]
    assert len(lm.prompts[0].section("own")) == 8
    assert any("nothing to contrast with" in note for note in outcome.answer.notes)


@pytest.mark.parametrize(
    ("negatives", "said"),
    [("peers", "uses more exclamation marks (3 against 0"), ("drafts", "writes shorter texts")],
)
def test_without_a_language_model_what_is_planted_is_said(town, negatives, said):
    frame = town().frame
    loud = [
        t + "!!!" if u == "u0" else t for t, u in zip(frame["text"], frame["user"], strict=True)
    ]
    population = Population(frame.with_columns(text=pl.Series(loud)), town().items)
    outcome = answer(
        build(negatives=negatives), population, population.request("e0-9"), Extractive()
    )
    assert outcome.failure is None
    assert outcome.text.endswith("own0!!!")
    assert said in outcome.answer.user_model.summary


def test_other_negatives_are_refused():
    with pytest.raises(SettingError, match=r"negatives='strangers'.*'peers' or 'drafts'"):
        recipe("cicl")(Scripted(), negatives="strangers")
