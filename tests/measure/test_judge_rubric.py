"""Rubric and checklist judges: LaMP-QA's share, CUPID's sums, and failures that are no zeros."""

import json
import math
from dataclasses import replace

import pytest

from idiolect.data import Event, Item, Population, Request
from idiolect.errors import CapabilityError
from idiolect.floor import Extractive
from idiolect.lm import Prompt, Scripted
from idiolect.measure import Checklist, Rubric, judged, micro
from idiolect.measure.judge import Counts
from idiolect.roles import Verdict

ASPECTS = (
    {"aspect": "price", "reason": "They are short of money.", "evidence": "as I am broke"},
    {"aspect": "noise", "reason": "", "evidence": None},
    {"aspect": "light", "reason": "They read at night.", "evidence": ""},
)
ASKED = Event("ann", extra={"aspects": ASPECTS}, id="q1")
POPULATION = Population.of([Event("ann", "Earlier.", "cup", id="e1")], [Item("lamp", "A lamp")])
VIEW = POPULATION.as_of(Request("ann", "Which lamp should I buy?"))


def scores(**by_aspect: str) -> Scripted:
    def answer(prompt: Prompt) -> str:
        return by_aspect[prompt.section("given")[0].fact("aspect")]

    return Scripted(answer)


def test_an_answer_gets_the_share_of_its_rubric():
    lm = scores(price="2", noise="0", light="1")
    verdict = Rubric(lm)(VIEW, "Take the cheap one.", ASKED)
    assert verdict.value == (2 + 0 + 1) / (2 * 3)
    assert list(verdict.parts.values()) == [2, 0, 1]
    assert list(verdict.parts) == ["1: price", "2: noise", "3: light"]
    assert len(lm.prompts) == 3
    price, noise, _ = lm.prompts
    assert price.section("given")[0].facts == (
        ("aspect", "price"),
        ("reason", "They are short of money."),
        ("evidence", "as I am broke"),
    )
    assert noise.section("given")[0].facts == (("aspect", "noise"),)
    assert [p.section("query")[0].text for p in lm.prompts] == ["Which lamp should I buy?"] * 3
    assert {p.section("options")[0].text for p in lm.prompts} == {"Take the cheap one."}


def test_aspects_survive_a_table():
    population = Population.of([replace(ASKED, text="What she said.")])
    lm = scores(price="2", noise="1", light="1")
    assert Rubric(lm)(VIEW, "An answer.", population.event("q1")).value == 4 / 6


def test_aspects_may_be_given_for_all():
    lm = scores(short="2", polite="1")
    assert Rubric(lm, ("short", "polite"))(VIEW, "Yes.", None).value == 3 / 4


def test_the_official_mean_over_questions_is_that_of_the_verdicts():
    found = judged(
        Rubric(scores(price="2", noise="2", light="2", one="1")),
        [(VIEW, "a", ASKED), (VIEW, "b", Event("bob", extra={"aspects": ("one",)}))],
    )
    assert found.values.tolist() == [1.0, 0.5]


@pytest.mark.parametrize("said", ["three", "3", "-1", "", "1 or 2"])
def test_one_aspect_that_is_not_scored_leaves_the_answer_without_a_value(said):
    verdict = Rubric(scores(price="2", noise=said, light="1"))(VIEW, "An answer.", ASKED)
    assert verdict.value is None
    assert "0 to 2" in verdict.why
    assert not verdict.parts


def test_without_rubric_or_answer_nothing_is_asked():
    lm = Scripted("2")
    assert Rubric(lm)(VIEW, "An answer.", None).value is None
    assert Rubric(lm)(VIEW, "An answer.", Event("ann")).why == "There is no aspect to judge by."
    assert Rubric(lm)(VIEW, " ", ASKED).value is None
    assert lm.prompts == []
    with pytest.raises(CapabilityError, match="needs free reasoning"):
        Rubric(Extractive())(VIEW, "An answer.", ASKED)


GOLD = Event(
    "ann", "Short replies with figures.", extra={"checklist": ("Is it short?", "Figures?")}
)


def checks(items: list[str], inferred: list[str], gold: list[str]) -> Scripted:
    def answer(prompt: Prompt) -> str:
        if prompt.stage == "items":
            return json.dumps({"items": items})
        asked = [entry.text for entry in prompt.section("query")]
        return json.dumps({"labels": gold if asked == ["Is it short?", "Figures?"] else inferred})

    return Scripted(answer)


def test_precision_and_recall_are_shares_of_labels():
    lm = checks(["a", "b", "c"], ["Fully", "Partially", "Not"], ["Fully", "Partially"])
    verdict = Checklist(lm)(VIEW, "Brief, with a number, and kind.", GOLD)
    assert verdict.parts == {"matched": 1.5, "inferred": 3, "covered": 1.5, "gold": 2}
    precision, recall = 0.5, 0.75
    assert verdict.value == pytest.approx(2 * precision * recall / (precision + recall))
    _, own, real = lm.prompts
    assert own.section("options")[0].text == "Short replies with figures."
    assert real.section("options")[0].text == "Brief, with a number, and kind."


def test_sums_come_before_shares():
    """The micro figures of two instances differ from the means of their own figures."""
    one = Checklist(checks(["a"], ["Fully"], ["Fully", "Fully"]))(VIEW, "x", GOLD)
    two = Checklist(checks(["a", "b", "c"], ["Not"] * 3, ["Not", "Not"]))(VIEW, "y", GOLD)
    failed = Verdict(None, "no reply")
    sums = micro([one, two, failed])
    assert sums == Counts(1, 4, 2, 4)
    assert (sums.precision, sums.recall) == (1 / 4, 2 / 4)
    assert sums.f1 == pytest.approx(2 * 0.25 * 0.5 / 0.75)
    assert sums.precision != (1 + 0) / 2
    assert math.isnan(micro([failed]).precision)


def test_two_instances_of_one_persona_both_count():
    verdict = Checklist(checks(["a"], ["Fully"], ["Fully", "Not"]))(VIEW, "x", GOLD)
    assert micro([verdict, verdict]) == Counts(2, 2, 2, 4)


def test_nothing_inferred_has_no_precision_and_breaks_nothing():
    verdict = Checklist(checks([], [], ["Not", "Not"]))(VIEW, "Hm.", GOLD)
    assert verdict.value == 0
    assert verdict.parts == {"matched": 0, "inferred": 0, "covered": 0, "gold": 2}
    assert math.isnan(micro([verdict]).precision)
    both = micro([verdict, Checklist(checks(["a"], ["Fully"], ["Fully"] * 2))(VIEW, "x", GOLD)])
    assert (both.precision, both.recall) == (1, 0.5)


@pytest.mark.parametrize(
    ("lm", "why"),
    [
        (checks(["a", "b"], ["Fully"], ["Not", "Not"]), "Found 1 labels for 2 items"),
        (checks(["a"], ["Mostly"], ["Not", "Not"]), "Mostly"),
        (Scripted("no"), "no usable reply"),
    ],
)
def test_labels_that_do_not_fit_are_a_failure(lm, why):
    verdict = Checklist(lm)(VIEW, "x", GOLD)
    assert verdict.value is None
    assert why in verdict.why


def test_without_a_checklist_nothing_is_asked():
    lm = Scripted("{}")
    assert "no checklist" in Checklist(lm)(VIEW, "x", Event("ann", "Short.")).why
    assert Checklist(lm)(VIEW, "x", None).value is None
    assert lm.prompts == []
