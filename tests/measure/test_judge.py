"""Judges: what they are shown, how marks are read, failures apart, and both orders."""

import math
from collections.abc import Sequence

import pytest

from idiolect.data import Event, Item, Population, View
from idiolect.errors import CapabilityError, EndpointError, SettingError
from idiolect.floor import Extractive
from idiolect.lm import Completion, Prompt, Scripted, endpoint
from idiolect.measure import Pairwise, Pointwise, Preference, judged, preferred
from idiolect.testing import StubServer

REAL = Event("ann", "The lamp is warm and small.", "lamp", rating=4, title="Warm", id="e2")
POPULATION = Population.of(
    [Event("ann", "An early text.", "cup", id="e1"), REAL],
    [Item("lamp", "Desk lamp", "A lamp with a cloth shade.")],
)


@pytest.fixture
def view() -> View:
    return POPULATION.as_of(POPULATION.request("e2"))


def test_the_judge_sees_item_facts_real_text_and_output_in_this_order(view: View) -> None:
    lm = Scripted("7")
    Pointwise(lm)(view, "A written text.", REAL)
    [prompt] = lm.prompts
    shown = prompt.render().text
    parts = ["Desk lamp", "A lamp with a cloth shade.", "Warm", REAL.text, "A written text."]
    places = [shown.index(part) for part in parts]
    assert places == sorted(places)
    assert [f"\n{mark}: " in shown for mark in range(11)] == [mark % 2 == 0 for mark in range(11)]
    assert prompt.sampling.temperature == 0
    assert prompt.events == ("e2",)


@pytest.mark.parametrize(
    ("said", "value"),
    [("7", 0.7), ("7.5", 0.75), ("0", 0.0), ("Mark: 8/10", 0.8), ("10", 1.0), ("6 of 10", 0.6)],
)
def test_marks_are_read_decimals_too(view: View, said: str, value: float) -> None:
    assert Pointwise(Scripted(said))(view, "text", REAL).value == pytest.approx(value)


@pytest.mark.parametrize("said", ["very good", "11", "-1", "3 or 4", ""])
def test_a_mark_that_cannot_be_read_is_no_zero(view: View, said: str) -> None:
    verdict = Pointwise(Scripted(said))(view, "text", REAL)
    assert verdict.value is None
    assert "0 to 10" in verdict.why


def test_failures_of_the_endpoint_are_counted_apart(view: View) -> None:
    def answer(body: dict) -> str:
        return "no idea" if "bad" in body["messages"][-1]["content"] else "5"

    with StubServer(answer, key="right") as server:
        good = endpoint(server.address, api_key="right", sleep=lambda s: None)
        rows = [(view, text, REAL) for text in ("one", "bad", "two", "bad", "three")]
        found = judged(Pointwise(good), rows, threads=3)
        wrong = endpoint(server.address, api_key="wrong", sleep=lambda s: None)
        refused = Pointwise(wrong)(view, "one", REAL)
    assert found.values[[0, 2, 4]].tolist() == [0.5, 0.5, 0.5]
    assert [math.isnan(value) for value in found.values] == [False, True, False, True, False]
    assert len(found.failures) == 2
    assert "no idea" in found.failures[0]
    assert refused.value is None
    assert "refused" in refused.why


def test_what_cannot_be_judged_costs_nothing(view: View) -> None:
    lm = Scripted("5")
    assert Pointwise(lm)(view, "text", None).value is None
    assert Pointwise(lm)(view, "  ", REAL).value is None
    assert Pairwise(lm)(view, "text", "", REAL).result is None
    assert lm.prompts == []


class Short(Scripted):
    """A model whose budget cuts the user's own text."""

    def complete(self, prompts: Sequence[Prompt]) -> list[Completion]:
        cut = prompts[0].render(prompts[0].render().tokens - 2).cut
        return [Completion("9", cut=cut) for _ in prompts]


def test_a_judge_that_did_not_see_the_real_text_gives_no_mark(view: View) -> None:
    verdict = Pointwise(Short())(view, "text", REAL)
    assert verdict.value is None
    assert "budget" in verdict.why


def test_the_floor_refuses_to_judge(view: View) -> None:
    with pytest.raises(CapabilityError, match="needs free reasoning"):
        Pointwise(Extractive())(view, "text", REAL)
    with pytest.raises(CapabilityError, match="needs free reasoning"):
        Pairwise(Extractive())(view, "text", "other", REAL)


def likes(word: str) -> Scripted:
    """A judge that prefers the option with a word, wherever it stands; a tie without one."""

    def answer(prompt: Prompt) -> str:
        held = [word in option.text for option in prompt.section("options")]
        return "tie" if held[0] == held[1] else "first" if held[0] else "second"

    return Scripted(answer)


def test_a_pair_is_asked_in_both_orders_and_the_better_wins_from_both(view: View) -> None:
    lm = likes("warm")
    assert Pairwise(lm)(view, "warm", "cold", REAL) == Preference("a", said=("a", "a"))
    orders = [[option.text for option in p.section("options")] for p in lm.prompts]
    assert orders == [["warm", "cold"], ["cold", "warm"]]
    assert Pairwise(likes("warm"))(view, "cold", "warm", REAL).result == "b"
    assert Pairwise(likes("warm"))(view, "cold", "dark", REAL).result == "tie"


def test_a_judge_that_always_likes_one_place_is_inconsistent(view: View) -> None:
    found = Pairwise(Scripted("The first."))(view, "one", "two", REAL)
    assert found == Preference("inconsistent", said=("a", "b"))


def test_pairs_are_counted_with_their_consistency(view: View) -> None:
    def answer(prompt: Prompt) -> str:
        texts = [option.text for option in prompt.section("options")]
        if "broken" in texts:
            return "I cannot say."
        if "place" in texts:
            return "second"
        return "first" if texts[0] == "good" else "second"

    pairs = [("good", "bad"), ("bad", "good"), ("place", "bad"), ("broken", "bad")]
    found = preferred(Pairwise(Scripted(answer)), [(view, a, b, REAL) for a, b in pairs], threads=2)
    assert [found.count(r) for r in ("a", "b", "tie", "inconsistent")] == [1, 1, 0, 1]
    assert len(found.failures) == 1
    assert found.consistency == pytest.approx(2 / 3)
    assert math.isnan(preferred(Pairwise(Scripted("?")), [(view, "a", "b", REAL)]).consistency)


def test_no_thread_is_no_run(view: View) -> None:
    with pytest.raises(SettingError, match="threads=0"):
        judged(Pointwise(Scripted("5")), [(view, "text", REAL)], threads=0)


def test_other_errors_are_not_swallowed(view: View) -> None:
    def broken(prompt: Prompt) -> str:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        judged(Pointwise(Scripted(broken)), [(view, "text", REAL)])

    def down(prompt: Prompt) -> str:
        raise EndpointError("It is down.")

    assert judged(Pointwise(Scripted(down)), [(view, "text", REAL)]).failures == ("It is down.",)
