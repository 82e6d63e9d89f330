"""RPM: aspects of each response, factors with figures, paths, the answer; told and counted."""

import json

import pytest

from idiolect.catalog import recipe
from idiolect.data import Event, Population, Request
from idiolect.floor import Extractive
from idiolect.lm import Scripted
from idiolect.run import Assembly, answer
from idiolect.testing.standins import Hashing

TEXTS = {
    "e0": ("The battery is terrible and dies.", 1.0),
    "e1": ("The price is great.", 5.0),
    "e2": ("A terrible battery again.", 2.0),
    "e3": ("The colour is fine.", 4.0),
}


def world():
    own = [
        Event("u", text, f"p{n}", rating=r, id=e) for n, (e, (text, r)) in enumerate(TEXTS.items())
    ]
    return Population.of([*own, Event("v", "other words", "p9", rating=3.0, id="x")])


def build(**settings):
    return Assembly(recipe("rpm"), {"encoder": Hashing(dim=4096)}, settings)


def noted(*aspects):
    return json.dumps(
        {"aspects": [dict(zip(("name", "influence", "polarity"), a, strict=True)) for a in aspects]}
    )


def note(prompt):
    return {
        "e0": noted(("short battery life", 0.9, "against"), ("looks", 0.1, "neither")),
        "e1": noted(("low price", 0.8, "for")),
        "e2": noted(("battery", 0.7, "against")),
        "e3": noted(),
    }[prompt.events[0]]


#: The numbers of `note`'s aspects, in the order of the events; 9 names none.
GROUPS = json.dumps(
    {"factors": [{"name": "power", "numbers": [1, 4, 9]}, {"name": "cost", "numbers": [3]}]}
)


def script(asked=("battery", 0.5, "neither"), groups=GROUPS):
    return Scripted(
        {
            "aspects": note,
            "group": groups,
            "reason": lambda prompt: f"because of {prompt.events[0]}",
            "asked": noted(asked),
            "write": lambda p: "2" if p.expects.hint().startswith("Answer with one") else "a text",
        }
    )


REQUEST = Request("u", "What of this battery?")


def test_stages_in_order_with_their_fields():
    lm = script()
    outcome = answer(build(events=2), world(), REQUEST, lm)
    assert outcome.failure is None
    stages = ["aspects"] * 4 + ["group"] + ["reason"] * 4 + ["asked", "write"]
    assert [p.stage for p in lm.prompts] == stages
    assert len(lm.prompts) == recipe("rpm").calls(own=4) == 11
    aspects, group, paths = lm.prompts[:4], lm.prompts[4], lm.prompts[5:9]
    asked, write = lm.prompts[9:]
    assert [p.events for p in aspects] == [("e0",), ("e1",), ("e2",), ("e3",)]
    assert [[s.kind for s in p.sections] for p in aspects] == [["own"]] * 4
    assert aspects[0].section("own")[0].fact("rating") == "1", "the response is shown"
    assert [e.text for e in group.section("profile")] == [
        "1: short battery life", "2: looks", "3: low price", "4: battery",
    ]  # fmt: skip
    assert [[s.kind for s in p.sections] for p in paths] == [["own", "profile"]] * 4
    assert [p.section("own")[0].events[0] for p in paths] == ["e0", "e1", "e2", "e3"]
    assert [s.kind for s in asked.sections] == ["query"]
    assert [s.kind for s in write.sections] == ["own", "profile", "query"]


def test_factors_have_exact_figures_and_are_claims():
    lm = script()
    outcome = answer(build(), world(), REQUEST, lm)
    known = outcome.answer.user_model
    assert known.summary.splitlines() == [
        "power: in 50% of the texts, influence 0.80, against it (-1.00)",
        "cost: in 25% of the texts, influence 0.80, for it (+1.00)",
    ]
    assert [c.own for c in known.claims] == [("e0", "e2"), ("e1",)]
    assert known.claims[0].quotes == ("battery",), "only words that occur"
    assert known.notes == ("1 grouped numbers name no aspect",)
    known.verify(world().as_of(REQUEST).own)


def test_past_texts_are_found_by_their_aspects_not_their_words():
    lm = script(asked=("low price", 0.5, "neither"))
    answer(build(events=1), world(), REQUEST, lm)
    (shown,) = lm.prompts[-1].section("own")
    assert shown.events == ("e1",), "though the request has the word battery"
    assert shown.fact("because") == "because of e1"


def test_only_the_latest_texts_are_read():
    lm = script(groups=json.dumps({"factors": [{"name": "power", "numbers": [1]}]}))
    answer(build(history=2), world(), REQUEST, lm)
    assert [p.stage for p in lm.prompts].count("aspects") == 2
    assert len(lm.prompts) == recipe("rpm").calls(own=4, history=2)
    assert {e for p in lm.prompts for e in p.events} == {"e2", "e3"}


def test_without_aspects_nothing_is_grouped_or_explained():
    lm = script()
    lm.answers = {**lm.answers, "aspects": noted(), "asked": noted()}
    outcome = answer(build(events=2), world(), REQUEST, lm)
    assert [p.stage for p in lm.prompts] == ["aspects"] * 4 + ["asked", "write"]
    shown = lm.prompts[-1].section("own")
    assert [entry.events for entry in shown] == [("e3",), ("e2",)], "alike: newest first"
    assert not any(entry.fact("because") for entry in shown)
    assert outcome.answer.notes == ("no factors in 4 own texts",)


def test_without_factors_nothing_is_explained():
    lm = script(groups='{"factors": []}')
    outcome = answer(build(), world(), REQUEST, lm)
    assert [p.stage for p in lm.prompts] == ["aspects"] * 4 + ["group", "asked", "write"]
    assert outcome.answer.user_model.claims == ()


def test_where_nothing_is_asked_no_model_is_asked_about_it():
    lm = script()
    population = world()
    request = Request("u")
    build(events=2)(lm).learn(population.as_of(request), request)
    assert "asked" not in [p.stage for p in lm.prompts]


def test_the_counted_voice_asks_once():
    lm = script()
    outcome = answer(build(voice="counted"), world(), REQUEST, lm)
    assert [p.stage for p in lm.prompts] == ["write"]
    assert len(lm.prompts) == recipe("rpm").calls(voice="counted")
    (factor,) = outcome.answer.user_model.claims
    assert factor.text.startswith("battery: in 50% of the texts")
    assert factor.polarity == "negative"
    assert factor.own == ("e0", "e2")
    first = lm.prompts[0].section("own")[0]
    assert first.events[0] in ("e0", "e2")
    assert first.fact("because") == "battery (negative)"
    assert not lm.prompts[0].section("own")[2].fact("because")


def test_ratings_on_the_floor():
    """The counted voice runs end to end: a text on the battery is rated as such texts were."""
    given = {"title": "Oh no", "text": "The battery is dead."}
    request = Request("u", scale=(1.0, 5.0), given=given)
    outcome = answer(build(voice="counted", events=2), world(), request, Extractive())
    assert outcome.failure is None
    assert outcome.answer.value == pytest.approx(1.5, abs=0.2)


def test_the_told_voice_needs_a_model():
    outcome = answer(build(), world(), REQUEST, Extractive())
    assert outcome.failure.kind == "CapabilityError"


@pytest.mark.parametrize(
    ("stage", "reply"),
    [
        ("aspects", noted(("x", 2.0, "for"))),
        ("aspects", noted(("x", 0.2, "maybe"))),
        ("group", '{"factors": [{"name": "x"}]}'),
        ("reason", " "),
    ],
)
def test_replies_in_the_wrong_shape(stage, reply):
    lm = script()
    lm.answers = {**lm.answers, stage: reply}
    outcome = answer(build(), world(), REQUEST, lm)
    assert outcome.failure.kind == "ReplyError"
    assert lm.prompts[-1].stage == stage


def test_no_history():
    lm = script()
    outcome = answer(build(), world(), Request("nobody", "What?"), lm)
    assert [p.stage for p in lm.prompts] == ["write"]
    assert recipe("rpm").calls(own=0) == 1
    assert outcome.answer.notes == ("no own texts",)
