"""The floor as a language model: what it refuses, what it counts, that it never varies."""

import pytest
from pydantic import BaseModel

from idiolect.data import Item
from idiolect.errors import CapabilityError
from idiolect.floor import Extractive
from idiolect.lm import (
    Choice,
    Entry,
    Expects,
    Json,
    LanguageModel,
    Number,
    Prompt,
    Sampling,
    Text,
    estimate,
    item,
    own,
    peers,
)


class Answer(BaseModel):
    word: str


def prompt(expects: Expects, instruction: str = "Do it.", **settings: object) -> Prompt:
    texts = [Entry("Green tea is good. I like it hot!"), Entry("Wool is warm.")]
    others = [Entry("Tea is cheap."), Entry("Tea is fine.")]
    thing = item(Item("t", "Tea", "Leaves."))
    return Prompt(instruction, thing, own(texts), peers(others), expects=expects, **settings)


EXPECTED = [
    Text("writing"),
    Text("comparison"),
    Text("summary"),
    Choice(("tea", "wool")),
    Number(0, 1),
]


def test_it_is_a_language_model() -> None:
    assert isinstance(Extractive(), LanguageModel)
    assert Extractive().name == "extractive"


@pytest.mark.parametrize(
    ("expects", "named"), [(Text("reasoning"), "reasoning"), (Json(Answer), "Json")]
)
def test_free_reasoning_is_refused_before_anything_is_answered(
    expects: Expects, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered = []
    monkeypatch.setattr("idiolect.floor.extractive._answer", answered.append)
    with pytest.raises(CapabilityError) as caught:
        Extractive().reply([prompt(Text("writing")), prompt(expects, stage="think")])
    message = str(caught.value)
    assert "'think'" in message
    assert named in message
    assert "--lm openai:" in message
    assert "--lm ollama:" in message
    assert answered == []


@pytest.mark.parametrize("expects", EXPECTED)
def test_same_sections_same_reply(expects: Expects) -> None:
    """Neither the instruction nor sampling nor the draw has a say."""
    asked = [
        prompt(expects),
        prompt(expects, "Something else entirely."),
        prompt(expects, sampling=Sampling(temperature=2, seed=7), sample=3),
    ]
    replies = [*Extractive().reply(asked), Extractive().one(asked[0])]
    assert len({reply.text for reply in replies}) == 1
    assert replies[0].retries == 0


@pytest.mark.parametrize("expects", EXPECTED)
def test_tokens_are_estimated(expects: Expects) -> None:
    asked = prompt(expects)
    reply = Extractive().one(asked)
    assert reply.model == "extractive"
    assert reply.prompt_tokens == estimate(asked.render().text)
    assert reply.completion_tokens == estimate(reply.text) > 0
