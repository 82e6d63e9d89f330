"""A model in front of another is as able as that one, and passes everything on."""

from collections.abc import Callable
from typing import Any

import pytest

from idiolect.errors import CapabilityError
from idiolect.lm import (
    Budget,
    Budgeted,
    Cached,
    CanTrain,
    Completion,
    GivesHiddenStates,
    GivesLogprobs,
    LanguageModel,
    Prompt,
    Scripted,
    Tape,
    Wrapped,
)
from idiolect.run.models import Seeded
from idiolect.run.trace import Watched

Wrap = Callable[[LanguageModel], Wrapped]


class Able(Scripted):
    """Scores, shows and streams, and says what it was given."""

    free = False
    attempts = 5

    def __init__(self) -> None:
        super().__init__("able", frozenset({"steering"}), "able")
        self.parameters = {"adapter": "mine"}

    def logprobs(self, prompts: Any, continuations: Any) -> list[float]:
        return [float(len(words)) for words in continuations]

    def hidden_states(self, texts: Any, layer: int) -> Any:
        return [(text, layer) for text in texts]

    def pieces(self, prompt: Prompt) -> Any:
        yield "ab"
        yield "le"
        return Completion("able", 3, 2)

    def arriving(self, prompts: Any) -> Any:
        made = list(enumerate(self.complete(prompts)))
        return reversed(made)


class Trains(Scripted):
    def train(self, examples: Any, rng: Any) -> str:
        return f"adapter of {len(examples)}"


@pytest.fixture(params=["tape", "cached", "budgeted", "watched", "seeded", "wrapped"])
def wrap(request, tmp_path) -> Wrap:
    wraps: dict[str, Wrap] = {
        "tape": Tape,
        "cached": lambda lm: Cached(lm, tmp_path / "replies.sqlite"),
        "budgeted": lambda lm: Budgeted(lm, Budget()),
        "watched": Watched,
        "seeded": lambda lm: Seeded(lm, 7),
        "wrapped": Wrapped,
    }
    return wraps[request.param]


def test_what_a_model_is_is_what_its_wrapper_is(wrap: Wrap) -> None:
    beneath = Able()
    lm = wrap(wrap(beneath))
    for name in ("name", "honours", "attempts", "free", "parameters"):
        assert getattr(lm, name) == getattr(beneath, name), name
    assert lm.innermost is beneath


def test_abilities_are_there_exactly_where_the_model_has_them(wrap: Wrap) -> None:
    able, trains, plain = wrap(wrap(Able())), wrap(wrap(Trains())), wrap(wrap(Scripted()))
    kinds = (GivesLogprobs, GivesHiddenStates, CanTrain)
    assert [isinstance(able, kind) for kind in kinds] == [True, True, False]
    assert [isinstance(trains, kind) for kind in kinds] == [False, False, True]
    assert not any(isinstance(plain, kind) for kind in kinds)
    assert isinstance(able, GivesLogprobs)
    assert able.logprobs([Prompt("a")], ["four"]) == [4.0]
    assert isinstance(trains, CanTrain)
    assert trains.train([1, 2], None) == "adapter of 2"


def test_newer_pythons_see_the_abilities_too(wrap: Wrap) -> None:
    """From 3.12 on, `isinstance` looks without asking the object for its attributes."""
    from inspect import getattr_static

    missing = object()
    assert getattr_static(wrap(Able()), "logprobs", missing) is not missing
    assert getattr_static(wrap(Scripted()), "logprobs", missing) is missing


def test_replies_pieces_and_what_is_kept_are_passed_on(wrap: Wrap) -> None:
    tape = Tape(Able())
    lm = wrap(tape)
    assert lm.one(Prompt("whole")).text == "able"
    stream = lm.stream(Prompt("streamed"))
    assert list(stream) == ["ab", "le"]
    assert (stream.reply.completion_tokens, stream.reply.value) == (2, "able")
    assert sorted(at for at, _ in lm.arriving([Prompt("x"), Prompt("y")])) == [0, 1]
    assert [call.prompt.instruction for call in tape.calls] == ["whole", "streamed"]


def test_a_condition_is_refused_before_a_stream_begins(wrap: Wrap) -> None:
    class Soft:
        kind = "soft_tokens"

    beneath = Able()
    with pytest.raises(CapabilityError, match="soft_tokens"):
        wrap(beneath).stream(Prompt("a", conditions=[Soft()]))
    assert beneath.prompts == []
