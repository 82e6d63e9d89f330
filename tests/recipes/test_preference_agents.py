"""Preference agents: drafts that know nothing, rules from the difference, rules for the request."""

import polars as pl
import pytest

from idiolect.catalog import recipe
from idiolect.data import Event, Population, Request
from idiolect.errors import SettingError
from idiolect.floor import Extractive
from idiolect.lm import Scripted
from idiolect.run import Assembly, answer

SCRIPT = {
    "draft": "a draft",
    "compare": lambda prompt: f"rule from {prompt.section('own')[0].events[0]}",
    "predict": "rules for this one",
    "write": "a text",
}


def build(**settings):
    return Assembly(recipe("preference_agents"), settings=settings)


def test_stages_come_in_order_and_in_the_stated_number(town):
    population, lm = town(), Scripted(SCRIPT)
    answer(build(events=3), population, population.request("e0-9"), lm)
    stages = [prompt.stage for prompt in lm.prompts]
    assert stages == ["draft"] * 3 + ["compare"] * 3 + ["predict", "write"]
    assert len(stages) == recipe("preference_agents").calls(events=3)


def test_a_draft_knows_nothing_of_the_user(town):
    population, lm = town(), Scripted(SCRIPT)
    request = population.request("e0-9")
    answer(build(events=4), population, request, lm)
    for draft in lm.prompts[:4]:
        assert [s.kind for s in draft.sections] == ["item", "given"]
        assert not draft.events
        assert not [t for t in population.as_of(request).own.texts if t in draft.render().text]


def test_each_text_is_compared_with_its_own_draft(town):
    population = town()
    lm = Scripted(SCRIPT | {"draft": lambda p: f"draft on {p.section('item')[0].fact('title')}"})
    answer(build(events=3), population, population.request("e0-9"), lm)
    for compare in lm.prompts[3:6]:
        assert [s.kind for s in compare.sections] == ["own", "drafts"]
        [mine], [draft] = compare.section("own"), compare.section("drafts")
        assert mine.fact("about").startswith(draft.text.removeprefix("draft on "))
        assert mine.events[0].startswith("e0-")


def test_rules_are_built_one_set_a_text_and_kept_with_their_evidence(town):
    population, lm = town(), Scripted(SCRIPT)
    outcome = answer(build(events=5), population, population.request("e0-9"), lm)
    found = outcome.answer.user_model.differences
    assert len(found) == 5, "things and their rules: what a small model is trained on"
    assert [d.text for d in found] == [f"rule from {d.own[0]}" for d in found]
    assert all(d.about for d in found)
    assert {i[:2] for i in outcome.answer.user_model.evidence} == {"e0"}


def test_rules_for_the_request_are_predicted_from_those_of_the_nearest(town):
    population, lm = town(), Scripted(SCRIPT)
    answer(build(events=3), population, population.request("e0-9"), lm)
    predict, write = lm.prompts[-2:]
    assert [s.kind for s in predict.sections] == ["differences", "item", "given"]
    assert len(predict.section("differences")) == 3
    assert [s.kind for s in write.sections] == ["item", "profile", "given"]
    assert write.section("profile")[0].text == "rules for this one"


def test_retrieved_rules_are_taken_as_they_are(town):
    population, lm = town(), Scripted(SCRIPT)
    answer(build(events=2, rules="retrieved"), population, population.request("e0-9"), lm)
    assert [p.stage for p in lm.prompts] == ["draft"] * 2 + ["compare"] * 2 + ["write"]
    assert len(lm.prompts) == recipe("preference_agents").calls(events=2, rules="retrieved")
    told = lm.prompts[-1].section("profile")[0].text.splitlines()
    assert len(told) == 2
    assert all(line.startswith("rule from e0-") for line in told)


def test_past_texts_are_shown_only_if_asked_for(town):
    population, lm = town(), Scripted(SCRIPT)
    answer(build(events=3, examples=True), population, population.request("e0-9"), lm)
    assert [s.kind for s in lm.prompts[-1].sections] == ["item", "own", "profile", "given"]
    assert len(lm.prompts[-1].section("own")) == 3


def test_nothing_of_others_is_read(town):
    population, lm = town(), Scripted(SCRIPT)
    answer(build(), population, population.request("e0-9"), lm)
    assert {i[:2] for p in lm.prompts for i in p.events} == {"e0"}


def test_without_history_the_text_is_written_all_the_same(town):
    population, lm = town(), Scripted(SCRIPT)
    outcome = answer(build(), population, Request("nobody", item=population.item("p1")), lm)
    assert [p.stage for p in lm.prompts] == ["write"]
    assert any("no events" in note for note in outcome.answer.notes)


@pytest.mark.parametrize("rules", ["predicted", "retrieved"])
def test_without_a_language_model_planted_habits_are_among_the_rules(town, rules):
    """Two people write what the floor writes there, word for word; one shouts, one asks."""
    frame, items = town().frame, {item: town().item(item) for item in town().frame["item"]}
    marks = {"u0": "!!!", "u1": "???"}
    texts = [
        f"{title}. {items[item].title}: {items[item].description}{marks.get(user, '.')}"
        for user, title, item in frame.select("user", "title", "item").iter_rows()
    ]
    population = Population(frame.with_columns(text=pl.Series(texts)), town().items)
    asked = population.request("e0-9")
    outcome = answer(build(rules=rules, examples=True), population, asked, Extractive())
    assert outcome.failure is None
    assert "exclamation marks" in outcome.answer.user_model.summary
    assert outcome.text.endswith("!!!")
    other = answer(build(rules=rules), population, population.request("e1-9"), Extractive())
    assert "question" in other.answer.user_model.summary
    assert "exclamation marks" not in other.answer.user_model.summary


def test_drafts_about_nothing_are_told_of():
    population = Population.of([Event("u", f"text {n}", id=f"e{n}") for n in range(3)])
    outcome = answer(build(), population, Request("u", "Write."), Scripted(SCRIPT))
    assert "of 3 of 3 past texts no title or thing is known" in outcome.answer.notes[-1]


def test_other_rules_are_refused():
    with pytest.raises(SettingError, match=r"rules='trained'.*'predicted' or 'retrieved'"):
        recipe("preference_agents")(Scripted(), rules="trained")
