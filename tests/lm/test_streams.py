"""Every model streams; what is streamed is cached, on record, budgeted and kept as all else is."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from idiolect.errors import BudgetError, CapabilityError, EndpointError, ReplyError
from idiolect.lm import (
    Budget,
    Cached,
    Choice,
    Completion,
    LanguageModel,
    Prompt,
    Sampling,
    Scripted,
    Spent,
    Tape,
    endpoint,
    estimate,
    guarded,
    prices,
)
from idiolect.run.trace import Use, Watched
from idiolect.testing import StubServer

WORDS = "one two three four five six"
HI = Prompt("Say hello.")
Make = Callable[..., Cached]


@pytest.fixture
def server() -> Iterator[StubServer]:
    with StubServer(answer=WORDS) as made:
        yield made


@pytest.fixture
def make(server: StubServer, tmp_path: Path) -> Make:
    def made(budget: Budget | None = None, **settings: Any) -> Any:
        lm = endpoint(server.address, retries=0)
        return guarded(lm, cache=tmp_path / "replies.sqlite", budget=budget, **settings)

    return made


class Slow(LanguageModel):
    """Streams with pauses, which a test ends."""

    name = "slow"

    def __init__(self) -> None:
        self.go, self.asked, self.closed = threading.Event(), 0, 0

    def complete(self, prompts):
        self.asked += len(prompts)
        return [Completion("whole", 4, 1) for _ in prompts]

    def pieces(self, prompt):
        self.asked += 1
        try:
            yield "pie"
            self.go.wait(10)
            yield "ces"
        except GeneratorExit:
            self.closed += 1
            raise
        return Completion("pieces", 4, 1)


def lines(lm: Cached, *names: str) -> list[Any]:
    found = [tuple(line[name] for name in names) for line in lm.ledger.lines()]
    return [one[0] for one in found] if len(names) == 1 else found


def test_a_model_that_cannot_stream_shows_its_reply_in_one_piece() -> None:
    stream = Scripted("whole").stream(HI)
    assert list(stream) == ["whole"]
    assert stream.reply.value == "whole"
    with pytest.raises(ReplyError, match="in one attempt"):
        list(Scripted("perhaps").stream(Prompt("Which?", expects=Choice(("yes", "no")))))


def test_a_stream_is_paid_for_once_and_on_record(server: StubServer, make: Make) -> None:
    lm = make(Budget(prices=prices(["stub=1/10"])))
    stream = lm.stream(HI)
    assert len(list(stream)) == 6
    again = lm.stream(HI)
    assert list(again) == [WORDS], "what is known comes at once"
    assert again.reply.text == stream.reply.text == WORDS
    assert lm.one(HI).text == WORDS
    assert server.requests == 1
    told = lines(lm, "outcome", "prompt_tokens", "completion_tokens", "cost")
    assert told[0] == ("paid", 2, 6, pytest.approx(62e-6))
    assert [line[0] for line in told] == ["paid", "cached", "cached"]
    assert (lm.paid, lm.hits) == (1, 2)
    assert lm.ledger.size().claims == 0


def test_a_reply_that_came_whole_is_known_to_a_stream(server: StubServer, make: Make) -> None:
    make().one(HI)
    assert list(make().stream(HI)) == [WORDS]
    assert server.requests == 1


def test_a_prompt_that_cannot_be_cached_streams_and_is_on_record(
    server: StubServer, make: Make
) -> None:
    class Soft:
        kind = "soft_tokens"

    lm = make()
    lm.honours = frozenset({"soft_tokens"})
    for _ in range(2):
        assert "".join(lm.stream(HI.replace(conditions=(Soft(),)))) == WORDS
    assert server.requests == 2
    assert lines(lm, "outcome", "key") == [("paid", "")] * 2


def test_a_budget_ends_before_a_stream_that_would_exceed_it(server: StubServer, make: Make) -> None:
    budget = Budget(max_calls=1)
    lm = make(budget)
    assert "".join(lm.stream(HI)) == WORDS
    assert budget.spent == Spent(1, 8, 0.0)
    with pytest.raises(BudgetError, match="max_calls"):
        list(lm.stream(Prompt("Another.")))
    assert list(lm.stream(HI)) == [WORDS], "what is known costs nothing"
    assert server.requests == 1
    assert lines(lm, "outcome") == ["paid", "cached"], "what was not asked did not fail"
    assert lm.ledger.size().claims == 0


def test_a_stream_that_breaks_off_is_a_failed_call_and_is_asked_again(
    server: StubServer, make: Make
) -> None:
    budget = Budget()
    lm = make(budget)
    server.faults.append("half")
    said = []
    with pytest.raises(EndpointError, match="broke off"):
        said.extend(lm.stream(HI))
    assert lines(lm, "outcome", "error") == [("failed", "EndpointError")]
    assert lm.ledger.size().claims == 0
    # Nobody told what it cost, so the budget counts what was seen.
    seen = estimate(HI.instruction) + estimate("".join(said))
    assert budget.spent == Spent(1, seen, 0.0)
    assert "".join(lm.stream(HI)) == WORDS
    assert lines(lm, "outcome") == ["failed", "paid"]


def test_what_a_broken_stream_says_that_it_cost_is_on_record(
    server: StubServer, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some servers count in every piece."""
    from idiolect.testing.server import stub

    def counting(answer: Any, *, usage: bool) -> Iterator[bytes]:
        whole = plain(answer, usage=usage)
        return (event.replace(b'"usage": null', b'"usage": {"prompt_tokens": 2, '
                b'"completion_tokens": 3, "total_tokens": 5}') for event in whole)  # fmt: skip

    plain = stub.streamed
    monkeypatch.setattr(stub, "streamed", counting)
    server.faults.append("half")
    lm = make()
    with pytest.raises(EndpointError, match="broke off"):
        list(lm.stream(HI))
    assert lines(lm, "outcome", "prompt_tokens", "completion_tokens") == [("failed", 2, 3)]


def test_a_stream_that_is_closed_early_is_abandoned_and_gives_up_its_claim(tmp_path: Path) -> None:
    model, budget = Slow(), Budget()
    lm = guarded(model, cache=tmp_path / "replies.sqlite", budget=budget)
    assert isinstance(lm, Cached)
    stream = lm.stream(HI)
    assert lm.ledger.size().claims == 0, "nothing is asked before the first piece is"
    assert next(stream) == "pie"
    assert lm.ledger.size().claims == 1
    stream.close()
    assert model.closed == 1
    assert lines(lm, "outcome", "error") == [("failed", "abandoned")]
    assert lm.ledger.size().claims == 0
    assert budget.spent == Spent(1, estimate(HI.instruction) + 1, 0.0)
    model.go.set()
    assert list(lm.stream(HI)) == ["pie", "ces"]
    with pytest.raises(ReplyError, match="not read to its end"):
        _ = stream.reply


@pytest.mark.parametrize("other", ["stream", "whole"])
def test_who_asks_what_is_being_streamed_waits_for_it(tmp_path: Path, other: str) -> None:
    model = Slow()
    lm = Cached(model, tmp_path / "replies.sqlite")
    first, found = lm.stream(HI), []
    assert next(first) == "pie"

    def ask() -> None:
        found.append("".join(lm.stream(HI)) if other == "stream" else lm.one(HI).text)

    thread = threading.Thread(target=ask)
    thread.start()
    time.sleep(0.1)
    assert not found
    model.go.set()
    assert list(first) == ["ces"]
    thread.join(10)
    assert found == ["pieces"]
    assert model.asked == 1
    assert lines(lm, "outcome") == ["paid", "cached"]


def test_a_reader_that_does_not_go_on_keeps_the_others_waiting_for_a_lease_at_most(
    tmp_path: Path,
) -> None:
    """The same thread may even ask what it is reading."""
    model = Slow()
    lm = Cached(model, tmp_path / "replies.sqlite", lease=0.3)
    first, start = lm.stream(HI), time.monotonic()
    assert next(first) == "pie"
    assert lm.one(HI).text == "whole"
    assert 0.3 <= time.monotonic() - start < 5
    model.go.set()
    assert list(first) == ["ces"]
    assert lines(lm, "outcome") == ["paid", "paid"]
    assert lm.ledger.size().claims == 0


def test_a_tape_and_a_span_see_what_was_streamed(server: StubServer, make: Make) -> None:
    watched = Watched(make())
    tape = Tape(watched)
    for _ in range(2):
        "".join(tape.stream(HI))
    assert [call.reply.text for call in tape.calls] == [WORDS, WORDS]
    assert watched.use == Use(cached=1, calls=1, prompt_tokens=2, completion_tokens=6)


def test_an_unusable_stream_is_kept_and_paid_for_once(server: StubServer, make: Make) -> None:
    tape = Tape(make())
    which = Prompt("Which?", expects=Choice(("yes", "no")))
    for _ in range(2):
        with pytest.raises(ReplyError, match="in one attempt"):
            list(tape.stream(which))
    assert server.requests == 1
    assert [(call.reply.text, call.reply.value) for call in tape.calls] == [(WORDS, None)] * 2


def test_a_stream_without_the_log_probabilities_asked_for_is_paid_for_once(
    server: StubServer, make: Make
) -> None:
    server.logprobs = False
    scored = HI.replace(sampling=Sampling(logprobs=True))
    lm = make()
    for _ in range(2):
        with pytest.raises(CapabilityError, match="gives no log probabilities"):
            list(lm.stream(scored))
    assert server.requests == 1
    assert lines(lm, "outcome") == ["paid", "cached"]
