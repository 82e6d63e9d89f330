"""A budget ends before the call that would exceed it; all before that is usable."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from idiolect.errors import BudgetError, EndpointError, SettingError
from idiolect.floor import Extractive
from idiolect.lm import (
    Budget,
    Budgeted,
    Completion,
    LanguageModel,
    Price,
    Prompt,
    Sampling,
    Scripted,
    Spent,
    Text,
    endpoint,
    estimate,
    guarded,
    prices,
)
from idiolect.testing import StubServer


class Metered(LanguageModel):
    """Uses as many tokens as estimated for the prompt, and ten for each reply."""

    name = "openai:metered"

    def __init__(self) -> None:
        self.asked: list[Prompt] = []
        self._lock = threading.Lock()

    def complete(self, prompts):
        with self._lock:
            self.asked += prompts
        return [Completion("reply", prompt.render().tokens, 10) for prompt in prompts]


def until_refused(lm: LanguageModel, prompt: Prompt) -> int:
    for n in range(1000):
        try:
            lm.one(prompt.replace(sample=n))
        except BudgetError:
            return n
    raise AssertionError("never refused")


def test_calls_end_at_their_number():
    model = Metered()
    lm = Budgeted(model, budget := Budget(max_calls=3))
    assert until_refused(lm, Prompt("a")) == len(model.asked) == budget.spent.calls == 3
    with pytest.raises(BudgetError, match=r"max_calls=3, 3 are spent.*raise max_calls"):
        lm.one(Prompt("b"))


def test_tokens_and_cost_never_exceed_when_the_estimate_holds():
    prompt = Prompt("word " * 8, sampling=Sampling(max_tokens=10))
    each = estimate(prompt.instruction) + 10
    budget = Budget(max_tokens=each * 4 + each - 1)
    assert until_refused(Budgeted(Metered(), budget), prompt) == 4
    assert budget.spent == Spent(4, each * 4, 0.0)
    cost = Price(3, 5).of(each - 10, 10)
    budget = Budget(max_cost=cost * 4, prices=prices(["metered=3/5"]))
    assert until_refused(Budgeted(Metered(), budget), prompt) == 4
    assert budget.spent.cost == pytest.approx(cost * 4, rel=1e-12)


def test_without_max_tokens_a_reply_is_expected_to_be_as_long_as_the_longest():
    prompt = Prompt("word")
    each = estimate("word") + 10
    budget = Budget(max_tokens=3 * each - 1)
    assert until_refused(Budgeted(Metered(), budget), prompt) == 2
    assert budget.spent.tokens == 2 * each


def test_large_and_small_limits_are_shown_as_they_were_given():
    budget = Budget(max_tokens=1_234_567, spent=Spent(tokens=1_234_567))
    with pytest.raises(BudgetError, match=r"max_tokens=1,234,567, 1,234,567 are spent"):
        Budgeted(Metered(), budget).one(Prompt("a"))
    budget = Budget(max_cost=0.000012, prices=prices(["metered=30/0"]))
    with pytest.raises(BudgetError, match=r"max_cost=0.000012, 0 are spent.* needs 0.00003\."):
        Budgeted(Metered(), budget).one(Prompt("a"))


@pytest.mark.parametrize("limit", [0, 1, 37])
def test_threads_together_never_make_a_call_too_many(limit):
    model = Metered()
    lm = Budgeted(model, budget := Budget(max_calls=limit))

    def ask(n: int) -> bool:
        try:
            return lm.one(Prompt(str(n))).text == "reply"
        except BudgetError:
            return False

    with ThreadPoolExecutor(16) as pool:
        answered = sum(pool.map(ask, range(200)))
    assert answered == len(model.asked) == budget.spent.calls == limit


def test_two_models_share_a_budget():
    budget = Budget(max_calls=3)
    first, second = Budgeted(Metered(), budget), Budgeted(Scripted(), budget)
    first.one(Prompt("a"))
    assert until_refused(second, Prompt("a")) == 2
    with pytest.raises(BudgetError):
        first.one(Prompt("b"))


def test_what_a_batch_may_ask_is_asked_and_kept(tmp_path):
    path = tmp_path / "replies.sqlite"
    prompts = [Prompt(str(n)) for n in range(10)]
    with StubServer() as server:
        lm = guarded(endpoint(server.address), cache=path, budget=Budget(max_calls=4))
        with pytest.raises(BudgetError):
            lm.complete(prompts)
        assert server.successes == 4
        # Resumed with more, only the rest is paid for.
        budget = Budget(max_calls=6)
        lm = guarded(endpoint(server.address), cache=path, budget=budget)
        assert [c.cached for c in lm.complete(prompts)] == [True] * 4 + [False] * 6
        assert budget.spent.calls == 6
    assert [t.paid for t in lm.ledger.totals()] == [10]
    assert [t.failed for t in lm.ledger.totals()] == [0], "a call that was not made did not fail"


def test_cached_replies_need_no_budget(tmp_path):
    path = tmp_path / "replies.sqlite"
    guarded(Metered(), cache=path).one(Prompt("a"))
    lm = guarded(Metered(), cache=path, budget=Budget(max_calls=0))
    assert lm.one(Prompt("a")).text == "reply"
    with pytest.raises(BudgetError):
        lm.one(Prompt("b"))


def test_calls_that_fail_count_as_calls_and_hold_nothing():
    with StubServer(faults=["500"] * 2) as server:
        budget = Budget(max_calls=3, max_tokens=10_000)
        lm = Budgeted(endpoint(server.address, retries=0), budget)
        for _ in range(2):
            with pytest.raises(EndpointError):
                lm.one(Prompt("a"))
        assert budget.spent == Spent(2, 0, 0.0)
        assert budget._held == Spent()
        assert until_refused(lm, Prompt("a")) == 1


def test_a_resumed_run_begins_with_what_was_spent():
    budget = Budget(max_calls=5, spent=Spent(calls=3))
    assert until_refused(Budgeted(Metered(), budget), Prompt("a")) == 2


def test_a_limit_on_cost_needs_a_price_before_anything_is_asked():
    with pytest.raises(SettingError, match=r"no price of 'openai:metered'.*prices of: other"):
        Budgeted(Metered(), Budget(max_cost=1, prices=prices(["other=1/1"])))


def test_a_free_model_costs_nothing_and_its_calls_count():
    lm = guarded(Extractive(), budget=Budget(max_cost=0, max_calls=1))
    choice = Prompt("a", expects=Text("writing"))
    with pytest.raises(BudgetError, match="max_calls"):
        lm.complete([choice, choice])


@pytest.mark.parametrize("name", ["gpt-4o", "openai:gpt-4o", "http://host:1/v1#gpt-4o"])
def test_a_price_is_found_by_the_model_or_its_address(name):
    assert prices([f"{name}=0.5/1.5"]) == {name: Price(0.5, 1.5)}
    lm = Budgeted(Scripted(name=name), Budget(max_cost=1, prices=prices(["gpt-4o=0.5/1.5"])))
    assert lm.one(Prompt("a")).text


@pytest.mark.parametrize("wrong", ["gpt", "gpt=1", "=1/2", "gpt=1/x", "gpt=-1/2", "gpt=1/nan"])
def test_a_wrong_price_is_refused(wrong):
    with pytest.raises(SettingError, match="price"):
        prices([wrong])


@pytest.mark.parametrize("wrong", [{"max_calls": -1}, {"max_cost": float("nan")}])
def test_a_wrong_limit_is_refused(wrong):
    with pytest.raises(SettingError, match="give 0 or more"):
        Budget(**wrong)
