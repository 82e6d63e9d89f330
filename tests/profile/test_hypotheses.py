"""Hypotheses: what is planted is kept, by a score that needs no language model."""

import json
from datetime import UTC, datetime, timedelta
from math import isnan, nan

import pytest

from idiolect.data import Event, Item, Population, Request
from idiolect.errors import DataError, ReplyError
from idiolect.lm import Scripted
from idiolect.measure import Verified
from idiolect.profile import Claim, Guess, Hypotheses, Hypothesis, Written, drafted, past_request
from idiolect.profile.drafts import about_nothing

START = datetime(2024, 1, 1, tzinfo=UTC)
#: Person → how their texts end.
ENDS = {
    "ann": "!!! wow!!!",
    "bob": "... perhaps...",
    "cleo": "; see above; quite so.",
    "dora": "(I think) (not sure)",
    "emil": "as one says: no, no, no.",
}
#: People without such a habit.
PLAIN = {"fay": "all in all.", "gus": "on the whole.", "hal": "I find.", "ida": "all the same."}
TRUE, FALSE, EMPTY = "Ends on !!! wow!!!", "Ends on ... perhaps...", "Writes about places"


def people(texts=12):
    events = [
        Event(
            who,
            f"The {n}th place by the river is as it was, {end}",
            f"p{n}",
            START + timedelta(days=n, minutes=minute),
            id=f"{who}-{n}",
        )
        for n in range(texts)
        for minute, (who, end) in enumerate((ENDS | PLAIN).items())
    ]
    return Population.of(events, [Item(f"p{n}", f"Place {n}") for n in range(texts)])


def obeys(prompt):
    """Writes of the place, and ends as it is told to."""
    told = " ".join(entry.text for entry in prompt.section("profile"))
    end = next((end for end in ENDS.values() if end in told), "all in all.")
    return f"The place by the river is as it was, {end}"


def tried(view, texts, held_out=3, lm=None):
    known, held = view.own[:-held_out], view.own[-held_out:]
    return Hypotheses(
        lambda known: [Claim(text, "style", 0.5) for text in texts],
        Written(lm or Scripted(obeys), "Write.", Verified(), view, known, held),
        keep=2,
    )()


@pytest.mark.parametrize("who", ENDS)
def test_the_planted_habit_is_kept_first_for_everybody(who):
    view = people().as_of(Request(who, time=START + timedelta(days=90)))
    mine = f"Ends on {ENDS[who]}"
    others = [f"Ends on {end}" for name, end in ENDS.items() if name != who]
    best, second = tried(view, [EMPTY, *others, mine])
    assert best.claim.text == mine
    assert best.gain > max(0.1, 2 * second.gain)
    assert best.claim.confidence == 1.0


def test_what_is_true_of_everybody_gains_nothing():
    view = people().as_of(Request("ann", time=START + timedelta(days=90)))
    gains = {one.claim.text: one.gain for one in tried(view, [EMPTY, TRUE])}
    assert gains[EMPTY] == 0 < gains[TRUE]


def test_what_is_false_loses_where_the_model_knew_better():
    view = people().as_of(Request("ann", time=START + timedelta(days=90)))
    by_chance = Scripted(lambda prompt: obeys(prompt).replace("all in all.", ENDS["ann"]))
    gains = {one.claim.text: one.gain for one in tried(view, [FALSE, TRUE], lm=by_chance)}
    assert gains[FALSE] < 0 == gains[TRUE]


def test_calls_are_one_for_each_hypothesis_and_text_and_one_for_knowing_nothing():
    lm = Scripted(obeys)
    view = people().as_of(Request("ann", time=START + timedelta(days=90)))
    tried(view, [EMPTY, TRUE, FALSE], held_out=4, lm=lm)
    assert len(lm.prompts) == (1 + 3) * 4
    assert {prompt.stage for prompt in lm.prompts} == {"draft"}
    assert not [p for p in lm.prompts for t in view.own.texts if t in p.render().text]


def test_a_second_round_sees_the_best_and_their_gain_and_does_not_draft_anew():
    seen, scored = [], []

    def propose(known):
        seen.append([(one.claim.text, one.gain) for one in known])
        return [Claim(text, "style", 0.5) for text in (("a", "b", "c"), ("d",))[len(seen) - 1]]

    def try_on(told):
        scored.append(list(told))
        return [[{"a": 1, "b": 3, "c": 2, "d": 4, "": 1}[text]] for text in told]

    found = Hypotheses(propose, try_on, keep=2, rounds=2)()
    assert seen == [[], [("b", 2), ("c", 1)]]
    assert scored == [["", "a", "b", "c"], ["d"]]
    assert [(one.claim.text, one.gain) for one in found] == [("d", 3), ("b", 2)]


def test_what_is_proposed_again_is_neither_tried_nor_kept_again():
    scored = []

    def try_on(told):
        scored.append(list(told))
        return [[{"a": 1, "b": 2, "": 0}[text]] for text in told]

    rounds = iter([[], ["a", "b", "a"], ["b", "a"]])
    found = Hypotheses(
        lambda known: [Claim(text, "style", 0.5) for text in next(rounds)], try_on, rounds=3
    )()
    assert [one.claim.text for one in found] == ["b", "a"]
    assert scored == [["", "a", "b"]], "nothing is asked where nothing is new"


def test_what_could_not_be_tried_comes_last_and_says_so():
    scores = {"": [0.5, nan], "a": [nan, 0.9], "b": [0.4, nan]}
    found = Hypotheses(
        lambda known: [Claim("a", "style", 0.5), Claim("b", "style", 0.5)],
        lambda told: [scores[text] for text in told],
    )()
    assert [one.claim.text for one in found] == ["b", "a"]
    assert isnan(found[1].gain)
    assert found[1].claim.confidence == 0.5
    assert found[0].claim.confidence == 0


def test_without_held_out_texts_nothing_is_tried_and_all_stay():
    lm = Scripted(obeys)
    view = people().as_of(Request("ann", time=START + timedelta(days=90)))
    known, held = view.own, view.own[:0]
    written = Written(lm, "Write.", Verified(), view, known, held)
    found = Hypotheses(lambda _: [Claim("a", "style", 0.5)], written)()
    assert [isnan(one.gain) for one in found] == [True]
    assert lm.prompts == []


def test_a_score_too_few_is_refused():
    with pytest.raises(DataError, match="scores of 0 hypotheses where 1 were tried"):
        Hypotheses(lambda _: [Claim("a", "style", 0.5)], lambda told: [[1.0]])()


def guess(*guesses, shown=None, **settings):
    view = people().as_of(Request("ann", time=START + timedelta(days=90)))
    reply = {
        "hypotheses": [dict(zip(("text", "side", "numbers"), g, strict=True)) for g in guesses]
    }
    lm = Scripted(json.dumps(reply))
    make = Guess(lm, "Give {number}.", shown or view.own[:3], len(guesses), **settings)
    return make, lm


def test_a_guess_cites_the_texts_that_show_it():
    make, lm = guess(("Shouts at the end", "style", [1, 3, 3]), ("Is blunt", "personality", [2]))
    shouts, blunt = make([Hypothesis(Claim("Asks back", "strategy", 0.0), -0.25)])
    assert shouts.own == ("ann-0", "ann-2")
    assert (shouts.dimension, blunt.dimension) == ("style", "personality")
    [prompt] = lm.prompts
    assert prompt.instruction == "Give 2."
    assert [s.kind for s in prompt.sections] == ["profile", "own"]
    assert prompt.section("profile")[0].facts == (("gain", "-0.25"),)
    assert len(prompt.section("own")) == 3


def test_guesses_on_sensitive_matters_are_dropped():
    make, _ = guess(("Suffers from diabetes", "personality", [1]), ("Is brief", "style", [2]))
    assert [claim.text for claim in make()] == ["Is brief"]


@pytest.mark.parametrize(
    "wrong",
    [("x", "style", [4]), ("x", "style", [0]), ("x", "style", []), ("x", "class", [1])],
)
def test_a_guess_of_another_form_is_refused(wrong):
    make, _ = guess(wrong)
    with pytest.raises(ReplyError, match="hypothesize"):
        make()


def test_a_past_request_gives_nothing_of_the_text_away():
    event = Event("ann", "the text", "p0", rating=4.0, title="Nice", id="e")
    about = Item("p0", "Place")
    request = past_request(event, about)
    assert (request.item, dict(request.given)) == (about, {"rating": 4.0, "title": "Nice"})
    assert (request.words, request.event) == ("", "e")


def test_texts_of_which_nothing_is_known_are_told_of():
    events = [
        Event("u", "a text", id="e0"),
        Event("u", "a text", id="e1", rating=3.0),
        Event("u", "a text", id="e2", title="T"),
        Event("u", "a text", "p", id="e3"),
        Event("u", "a text", "q", id="e4"),
    ]
    own = Population.of(events, [Item("p", "Place"), Item("q")]).events_of("u")
    assert about_nothing(own).startswith("of 3 of 5 past texts no title or thing is known")
    assert about_nothing(own[2:4]) == ""


def test_drafts_come_in_rows_by_what_is_told():
    population = people()
    lm = Scripted(obeys)
    rows = drafted(lm, "Write.", population.events_of("ann")[:2], ("", TRUE))
    assert [len(row) for row in rows] == [2, 2]
    assert all(text.endswith("all in all.") for text in rows[0])
    assert all(text.endswith("wow!!!") for text in rows[1])
    assert drafted(lm, "Write.", population.events_of("ann")[:0]) == [[]]
