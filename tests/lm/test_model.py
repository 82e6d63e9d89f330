"""Models: retries of unusable replies, conditions, the script and the tape."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from idiolect.errors import CapabilityError, ReplyError
from idiolect.lm import Completion, LanguageModel, Number, Prompt, Scripted, Tape


@dataclass(frozen=True)
class Steering:
    kind: str = "steering"


class Draws(Scripted):
    """Says which sample it is asked for; unusable for as many draws as it is told."""

    def __init__(self, unusable: int = 0) -> None:
        super().__init__(self._drawn)
        self.left = unusable

    def _drawn(self, prompt: Prompt) -> str:
        self.left -= 1
        return "" if self.left >= 0 else f"draw {prompt.sample}"


def test_replies_keep_the_order_of_the_prompts() -> None:
    lm = Scripted(lambda prompt: prompt.instruction.upper())
    replies = lm.reply([Prompt("a"), Prompt("b"), Prompt("c")])
    assert [reply.text for reply in replies] == ["A", "B", "C"]
    assert {reply.model for reply in replies} == {"scripted"}


def test_the_value_is_what_the_prompt_expects() -> None:
    reply = Scripted(" 4 out of 5 ").one(Prompt("Rate.", expects=Number(1, 5)))
    assert (reply.text, reply.value) == (" 4 out of 5 ", 4.0)


def test_an_unusable_reply_is_asked_for_again() -> None:
    lm = Draws(unusable=2)
    reply = lm.one(Prompt("Write."))
    assert reply.retries == 2
    assert len(lm.prompts) == 3
    assert reply.text.startswith("draw ")


def test_a_reply_that_stays_unusable_is_an_error_with_prompt_and_reply() -> None:
    lm = Scripted("no idea")
    prompt = Prompt("Rate.", expects=Number(1, 5), stage="rate")
    with pytest.raises(
        ReplyError, match=r"'scripted' .* prompt 'rate' in 3 attempts.*no idea"
    ) as e:
        lm.one(prompt)
    assert e.value.reply == "no idea"
    assert e.value.prompt == prompt.render().text
    assert len(lm.prompts) == 3


def test_only_unusable_prompts_are_asked_again() -> None:
    def answer(prompt: Prompt) -> str:
        return "" if prompt.instruction == "b" and not prompt.attempt else prompt.instruction

    lm = Scripted(answer)
    replies = lm.reply([Prompt("a"), Prompt("b"), Prompt("c")])
    assert [reply.text for reply in replies] == ["a", "b", "c"]
    assert [reply.retries for reply in replies] == [0, 1, 0]
    assert [prompt.instruction for prompt in lm.prompts] == ["a", "b", "c", "b"]


def test_a_retry_is_none_of_the_numbered_draws() -> None:
    lm = Draws(unusable=1)
    prompt = Prompt("Write.")
    texts = [reply.text for reply in lm.reply(prompt.replace(sample=n) for n in range(5))]
    assert len(set(texts)) == 5


def test_tokens_of_all_attempts_are_counted() -> None:
    class Counting(Draws):
        def complete(self, prompts: Any) -> list[Completion]:
            told = super().complete(prompts)
            return [Completion(c.text, prompt_tokens=10, completion_tokens=2) for c in told]

    reply = Counting(unusable=1).one(Prompt("Write."))
    assert (reply.prompt_tokens, reply.completion_tokens) == (20, 4)


def test_a_condition_that_cannot_be_honoured_is_refused_before_any_call() -> None:
    lm = Scripted(honours=frozenset({"soft_tokens"}))
    asked = [Prompt("Write."), Prompt("Write.", conditions=[Steering()], stage="write")]
    with pytest.raises(
        CapabilityError, match=r"'write' carries the condition 'steering'.*honours: soft_tokens"
    ):
        lm.reply(asked)
    assert lm.prompts == []


def test_a_condition_that_can_be_honoured_passes() -> None:
    lm = Scripted(honours=frozenset({"steering"}))
    assert lm.one(Prompt("Write.", conditions=[Steering()])).text == "scripted reply"


def test_a_script_by_stage() -> None:
    lm = Scripted({"compare": "They differ.", "write": lambda prompt: prompt.stage.upper()})
    assert lm.one(Prompt("x", stage="compare")).text == "They differ."
    assert lm.one(Prompt("x", stage="write")).text == "WRITE"
    with pytest.raises(CapabilityError, match=r"no answer for the stage 'sum' .*compare, write"):
        lm.one(Prompt("x", stage="sum"))


def test_a_script_keeps_every_prompt_of_all_threads() -> None:
    lm = Scripted()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: lm.one(Prompt(str(number))), range(400)))
    assert sorted(int(p.instruction) for p in lm.prompts) == list(range(400))


def test_a_tape_keeps_what_was_asked_and_answered() -> None:
    lm = Scripted(lambda prompt: prompt.instruction.upper())
    tape = Tape(lm)
    tape.reply([Prompt("a"), Prompt("b")])
    tape.one(Prompt("c"))
    assert [(c.prompt.instruction, c.reply.text) for c in tape.calls] == [
        ("a", "A"),
        ("b", "B"),
        ("c", "C"),
    ]
    assert len(lm.prompts) == 3


def test_a_tape_is_as_able_as_its_model() -> None:
    tape = Tape(Scripted(honours=frozenset({"steering"}), name="able"))
    assert (tape.name, tape.honours) == ("able", {"steering"})
    with pytest.raises(CapabilityError, match="soft"):
        Tape(Scripted()).one(Prompt("x", conditions=[Steering("soft")]))


def test_a_tape_keeps_what_failed_without_a_value() -> None:
    tape = Tape(Scripted(""))
    with pytest.raises(ReplyError):
        tape.one(Prompt("x"))
    assert [(call.prompt.instruction, call.reply.value) for call in tape.calls] == [("x", None)]


def test_a_tape_beneath_a_tape_sees_what_was_asked_through_it() -> None:
    beneath = Tape(Scripted("yes"))
    above = Tape(beneath)
    above.one(Prompt("x"))
    assert len(above.calls) == len(beneath.calls) == 1


def test_a_batch_with_one_unusable_reply_keeps_what_the_others_cost() -> None:
    class Half(LanguageModel):
        name = "half"

        def complete(self, prompts: Sequence[Prompt]) -> list[Completion]:
            return [Completion("5" if p.stage == "good" else "none", 10, 1) for p in prompts]

    tape = Tape(Half())
    asked = [Prompt("rate", expects=Number(1, 5), stage=stage) for stage in ("good", "bad", "good")]
    with pytest.raises(ReplyError, match="'bad' in 3 attempts"):
        tape.reply(asked)
    assert [(c.prompt.stage, c.reply.value) for c in tape.calls] == [
        ("good", 5.0), ("bad", None), ("good", 5.0)
    ]  # fmt: skip
    assert [c.reply.prompt_tokens for c in tape.calls] == [10, 30, 10]
    assert [c.reply.retries for c in tape.calls] == [0, 2, 0]
