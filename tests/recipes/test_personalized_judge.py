"""The personalized judge: position, certainty, ties, and what its certainty is worth."""

import json
from dataclasses import replace

import numpy as np
import pytest

from idiolect.catalog import recipe
from idiolect.data import Event, Population
from idiolect.errors import EndpointError
from idiolect.lm import Prompt, Scripted
from idiolect.measure import ReplayJudge
from idiolect.measure.calibration import calibration, recalibrate
from idiolect.measure.judge import Sure, judged, line
from idiolect.roles import Verdict

judge = recipe("personalized_judge")


def views(population, count=7):
    return [population.as_of(population.request(f"e{n}-9")) for n in range(count)]


def likes(word: str, certainty: int = 70):
    """Prefers the answer with a word, wherever it stands."""

    def answer(prompt: Prompt) -> str:
        held = [word in option.text for option in prompt.section("options")]
        said = "C" if held[0] == held[1] else "A" if held[0] else "B"
        return f"[[{said}]] certainty: {certainty}"

    return Scripted(answer)


def test_a_text_stands_against_what_the_user_wrote(town):
    population = town()
    view, reference = views(population)[0], population.event("e0-9")
    lm = likes("velvet")
    assert judge(lm)(view, "velvet", reference) == Verdict(1.0, certainty=0.7, label="preferred")
    assert judge(lm)(view, reference.text + " velvet", reference).value == 1
    [first, _] = lm.prompts
    assert {option.text for option in first.section("options")} == {"velvet", reference.text}
    own = [entry.text for entry in first.section("own")]
    assert own == view.own.texts[-8:]
    assert "e0-9" not in first.events
    against = judge(likes("own0"))(view, "velvet", reference)
    assert (against.value, against.label) == (0.0, "not preferred")


def test_it_stands_against_the_other_of_two_options(town):
    population = town()
    request = replace(population.request("e0-9"), options=("warm", "cold"))
    lm = likes("warm")
    view = population.as_of(request)
    assert judge(lm)(view, "warm", None).value == 1
    assert judge(lm)(view, "cold", None).value == 0
    assert all({o.text for o in p.section("options")} == {"warm", "cold"} for p in lm.prompts)


def test_the_place_is_drawn_and_does_not_depend_on_who_asks(town):
    population = town(people=40)
    lm = likes("velvet")
    for view in views(population, 40):
        judge(lm)(view, "velvet", population.event(view.request.event))
    first = [prompt.section("options")[0].text == "velvet" for prompt in lm.prompts]
    assert 10 <= sum(first) <= 30
    mirrored = likes("velvet")
    for view in views(population, 40):
        real = population.event(view.request.event)
        judge(mirrored)(view, real.text, replace(real, text="velvet"))
    assert [p.section("options") for p in lm.prompts] == [
        p.section("options") for p in mirrored.prompts
    ]
    other = likes("velvet")
    for view in views(population, 40):
        judge(other, seed=1)(view, "velvet", population.event(view.request.event))
    assert [p.section("options") for p in lm.prompts] != [
        p.section("options") for p in other.prompts
    ]


def test_a_judge_that_likes_a_place_decides_nothing_when_asked_twice(town):
    population = town()
    view, reference = views(population)[0], population.event("e0-9")
    lm = Scripted("[[A]] 90")
    verdict = judge(lm, order="both")(view, "velvet", reference)
    assert verdict.value is None
    assert verdict.label == "inconsistent"
    assert len(lm.prompts) == 2 == judge.calls(order="both")


def test_ties_only_where_they_may_be_said(town):
    population = town()
    view, reference = views(population)[0], population.event("e0-9")
    tied = judge(Scripted("[[C]] 30"), tie=True)(view, "velvet", reference)
    assert (tied.value, tied.label, tied.certainty) == (0.5, "tie", 0.3)
    assert judge(Scripted("[[C]] 30"))(view, "velvet", reference).value is None
    lm = likes("velvet")
    judge(lm, tie=True)(view, "velvet", reference)
    judge(lm)(view, "velvet", reference)
    assert ["[[C]]" in p.expects.hint() for p in lm.prompts] == [True, False]


def test_the_baseline_sees_nothing_of_the_user(town):
    population = town()
    view, reference = views(population)[0], population.event("e0-9")
    lm = likes("velvet")
    judge(lm, persona="none")(view, "velvet", reference)
    assert not lm.prompts[0].section("own")
    assert not lm.prompts[0].events


def test_without_history_a_request_or_an_endpoint_nothing_is_decided(town):
    population = town()
    view, reference = views(population)[0], population.event("e0-9")
    new = population.as_of(population.request("e0-0"))
    verdict = judge(likes("x"))(new, "velvet", reference)
    assert verdict.value is None
    assert "no text of 'u0'" in verdict.why
    assert judge(likes("x"))(view, "velvet", None).value is None

    def down(prompt: Prompt) -> str:
        raise EndpointError("It is down.")

    assert judge(Scripted(down))(view, "velvet", reference).why == "It is down."


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("[[A]] certainty: 85", ("A", 0.85)),
        ("[[b]] [[60]]", ("B", 0.6)),
        ("I would say [[A]]. My certainty is 100.", ("A", 1.0)),
        ("Of the 2 answers [[A]]; certainty 7", ("A", 0.07)),
        ("[[A]] 85%", ("A", 0.85)),
    ],
)
def test_answers_are_read(said, answer):
    got = Sure(("A", "B")).read(said)
    assert got[0] == answer[0]
    assert got[1] == pytest.approx(answer[1])


@pytest.mark.parametrize(
    "said", ["A 85", "[[A]]", "[[A]] [[B]] 50", "[[C]] 50", "[[A]] 0", "[[A]] 101", "", "[[A]] 3 4"]
)
def test_what_is_no_answer_is_a_failure_and_no_guess(town, said):
    population = town()
    verdict = judge(Scripted(said))(views(population)[0], "velvet", population.event("e0-9"))
    assert verdict.value is None
    assert verdict.certainty is None
    assert "certainty" in verdict.why


def test_stored_certainties_are_calibrated_and_select(tmp_path):
    """A planted judge says .5, .7 and .9 and is right in .5, .6 and .95 of the cases."""
    rng = np.random.default_rng(0)
    said = rng.choice([0.5, 0.7, 0.9], 1200)
    truth = {0.5: 0.5, 0.7: 0.6, 0.9: 0.95}
    right = rng.random(1200) < np.array([truth[one] for one in said])
    events = [Event(f"u{n % 60}", f"the real text {n}", id=f"e{n}") for n in range(1200)]
    population = Population.of(events)
    stored = tmp_path / "verdicts.jsonl"
    rows = []
    views = [population.as_of(population.request(event.id)) for event in events]
    for at, (view, sure, hit) in enumerate(zip(views, said, right, strict=True)):
        failed = at % 100 == 0
        verdict = Verdict(None, "no answer") if failed else Verdict(float(hit), "", float(sure))
        rows.append(json.dumps(line(view, ("a text",), verdict)))
    stored.write_text("\n".join(rows), encoding="utf-8")
    replay = ReplayJudge.read(stored)
    found = judged(replay, [(view, "a text", None) for view in views])
    assert len(found.failures) == 12
    made = ~np.isnan(found.values)
    assert made.sum() == 1188
    hit, sure = found.values[made] == 1, found.certainties[made]
    users = np.array([event.user for event in events])[made]
    scored = calibration(sure, hit, users, rng)
    assert scored.accuracy.value == pytest.approx(hit.mean())
    at_90 = hit[sure >= 0.8]
    above = scored.above[0]
    assert (above.share.value, above.accuracy.value) == pytest.approx(
        (len(at_90) / len(hit), at_90.mean())
    )
    assert above.accuracy.value > scored.accuracy.value + 0.15
    expected = sum((sure == one).mean() * abs(one - hit[sure == one].mean()) for one in truth)
    assert scored.ece.value == pytest.approx(expected)
    again = recalibrate(sure, hit, users, rng)
    assert again.after.ece.value < again.before.ece.value
