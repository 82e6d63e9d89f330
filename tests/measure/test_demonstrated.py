"""The judge of pairs: both orders, rising temperature, ties, and how choices become pairs."""

import json
from hashlib import sha256

import numpy as np
import pytest

from idiolect.data import Event, Message, Population
from idiolect.errors import SettingError
from idiolect.lm import Scripted
from idiolect.measure.judge import (
    Comparison,
    Demonstrated,
    Said,
    accuracy_in_both_orders,
    comparisons,
    rewards,
    solved,
)

#: Made with SynthesizeMe's `evaluate` (MIT) around a judge that is a hash of the ordered pair:
#: salt, pairs, accuracy over both orders.
AUTHORS = [("a", 6, 0.5), ("b", 10, 0.25), ("c", 3, 2 / 3), ("d", 25, 0.32)]


def hashed(salt):
    """First, second or a tie, by a hash of the pair as it is shown."""

    def answer(prompt):
        first, second = (entry.text for entry in prompt.section("options"))
        at = sha256(f"{salt}|{first}|{second}".encode()).digest()[0] % 3
        return said(("first", "second")[at]) if at < 2 else "both are fine"

    return answer


def said(preference, why="because"):
    return json.dumps({"reasoning": why, "preference": preference})


def pair(one, other, preferred=None, event=""):
    return Comparison((Message("user", "Which?"),), (one, other), preferred, event)


@pytest.mark.parametrize(("salt", "many", "accuracy"), AUTHORS)
def test_accuracy_in_both_orders_equals_the_authors(salt, many, accuracy):
    judge = Demonstrated(Scripted(hashed(salt)), "Judge.")
    pairs = [pair(f"g{n}", f"b{n}") for n in range(many)]
    turned = judge([one.swapped() for one in pairs])
    found = list(zip(judge(pairs), turned, strict=True))
    assert accuracy_in_both_orders(found) == pytest.approx(accuracy)


def test_a_judge_that_favours_a_place_is_right_half_of_the_time():
    judge = Demonstrated(Scripted(said("first")), "Judge.")
    both = [(judge([one])[0], judge([one.swapped()])[0]) for one in [pair("a", "b")] * 4]
    assert accuracy_in_both_orders(both) == 0.5
    assert rewards(judge, (), ["a", "b", "c"]).tolist() == [0.5, 0.5, 0.5]


def test_no_pairs_have_no_accuracy():
    assert np.isnan(accuracy_in_both_orders([]))


def test_an_unusable_reply_is_drawn_again_warmer_and_then_a_tie():
    lm = Scripted("no idea")
    found = Demonstrated(lm, "Judge.", temperature=0.8)([pair("a", "b")])
    assert found == [Said("", None)]
    drawn = [prompt.sampling.temperature for prompt in lm.prompts]
    assert drawn == pytest.approx([0.8 * (0.001 + n / 4) for n in range(4)])
    assert [prompt.sample for prompt in lm.prompts] == [0, 1, 2, 3]


def test_only_what_is_unusable_is_drawn_again():
    replies = iter(["?", said("first"), said("second", "second try")])
    lm = Scripted(lambda prompt: next(replies))
    found = Demonstrated(lm, "Judge.")([pair("a", "b"), pair("c", "d")])
    assert found == [Said("second try", 1), Said("because", 0)]
    assert len(lm.prompts) == 3


def test_what_the_judge_is_shown():
    lm = Scripted(said("first"))
    shown = solved([(pair("x", "y", 1, "e1"), "it is short"), (pair("v", "w", 0, "e2"), None)])
    Demonstrated(lm, "Judge.", "likes short replies")([pair("a", "b", 0)], shown)
    [prompt] = lm.prompts
    kinds = ["profile", "own", "conversation", "options"]
    assert [section.kind for section in prompt.sections] == kinds
    first, second = prompt.section("own")
    assert first.facts == (("preferred", "second"), ("why", "it is short"))
    assert first.text == "Asked: Which?\nFirst: x\nSecond: y"
    assert second.facts == (("preferred", "first"),)
    assert prompt.events == ("e1", "e2")
    assert [entry.text for entry in prompt.section("options")] == ["a", "b"]
    assert "preferred" not in prompt.render().text.split("<conversation>")[1].split("JSON")[0]


def test_rewards_rank_by_a_planted_taste():
    def shorter(prompt):
        first, second = (len(entry.text) for entry in prompt.section("options"))
        if first == second:
            return "the same"
        return said("first" if first < second else "second")

    lm = Scripted(shorter)
    found = rewards(Demonstrated(lm, "Judge."), (), ["aaa", "a", "aa", "bb"])
    assert found.tolist() == pytest.approx([0, 1, 0.5, 0.5])
    assert found.sum() == pytest.approx(4 / 2), "each comparison has one win to give"
    assert len(lm.prompts) == 4 * 3 + 2 * 3, "each ordered pair once, the even ones 4 times"
    assert rewards(Demonstrated(lm, "Judge."), (), ["alone"]).tolist() == [0]


def test_choices_become_pairs_and_their_order_is_drawn():
    events = [
        Event("ann", f"question {n}", options=("good", "bad"), chosen="good", id=f"e{n}")
        for n in range(200)
    ]
    found = comparisons(Population.of(events).events_of("ann"))
    assert [one.event for one in found] == [f"e{n}" for n in range(200)]
    assert all(one.replies[one.preferred] == "good" for one in found)
    first = sum(one.preferred == 0 for one in found)
    assert 70 <= first <= 130, "neither place is favoured"
    again = comparisons(Population.of(events[50:60]).events_of("ann"))
    assert again == found[50:60], "a pair depends on its own event alone"
    assert comparisons(Population.of(events).events_of("ann"), seed=1) != found


def test_one_of_several_passed_over_is_drawn_and_what_is_no_choice_is_left_out():
    events = [
        Event("ann", "", options=("a", "b", "c", "d"), chosen="b", id="many"),
        Event("ann", "only one", options=("a",), chosen="a", id="one"),
        Event("ann", "nothing", options=("a", "b"), id="none"),
        Event("ann", "another", options=("a", "b"), chosen="z", id="other"),
    ]
    [found] = comparisons(Population.of(events).events_of("ann"))
    assert found.event == "many"
    assert found.asked == ()
    assert found.replies[found.preferred] == "b"
    assert found.replies[1 - found.preferred] in {"a", "c", "d"}


def test_no_draws_are_refused():
    with pytest.raises(SettingError, match="draws=0; give at least 1"):
        Demonstrated(Scripted(), "Judge.", draws=0)
