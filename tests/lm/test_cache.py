"""Replies are paid for once; what was paid is on record; nothing stops the run that need not."""

import itertools
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from idiolect.data import Event, Message, Population, Request
from idiolect.errors import CapabilityError, DataError, EndpointError, ReplyError, SettingError
from idiolect.floor import Extractive
from idiolect.lm import (
    Budget,
    Cached,
    Choice,
    Completion,
    Entry,
    LanguageModel,
    Ledger,
    Prompt,
    Sampling,
    Scripted,
    Tape,
    Text,
    Token,
    endpoint,
    guarded,
    own,
    prices,
)
from idiolect.profile import Claim, Profile, Span, drafted, writing
from idiolect.recipes.generate.plain import plain
from idiolect.run import Assembly, manifest
from idiolect.testing import StubServer


class Counting(LanguageModel):
    """Answers each prompt with the number of its call, after a while."""

    name = "counting"

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds, self.asked, self._numbers = seconds, [], itertools.count()

    def complete(self, prompts):
        self.asked += prompts
        time.sleep(self.seconds)
        return [Completion(f"call {next(self._numbers)}", 7, 2) for _ in prompts]


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "replies.sqlite"


def one(lm: LanguageModel, prompt: Prompt | str) -> str:
    return lm.complete([Prompt(prompt) if isinstance(prompt, str) else prompt])[0].text


def outcomes(lm: Cached) -> list[str]:
    return [line["outcome"] for line in lm.ledger.lines()]


# What is known is not asked again.


def test_a_reply_is_paid_for_once_also_after_the_file_was_closed(path):
    first = Cached(Counting(), path)
    assert one(first, "a") == "call 0"
    assert one(first, "a") == "call 0"
    first.close()
    model = Counting()
    again = Cached(model, path)
    assert one(again, "a") == "call 0"
    assert model.asked == []
    assert (first.paid, first.hits, again.paid, again.hits) == (1, 1, 0, 1)


def test_whatever_decides_a_reply_makes_it_another(path):
    plain = Prompt("a", own([Entry("b")]))
    others = [
        Prompt("a", own([Entry("c")])),
        plain.replace(sample=1),
        plain.replace(sampling=Sampling(temperature=0)),
        plain.replace(sampling=Sampling(seed=1)),
        plain.replace(sampling=Sampling(stop=("x",))),
        plain.replace(sampling=Sampling(extra_body={"top_k": 3})),
        plain.replace(expects=Choice(("b", "c"))),
        plain.replace(turns=(Message("user", "more"),)),
    ]
    model = Counting()
    lm = Cached(model, path)
    texts = [one(lm, prompt) for prompt in (plain, *others)]
    assert len(set(texts)) == len(texts)
    # The stage is a name for people: it reaches no model.
    assert one(lm, plain.replace(stage="compare")) == texts[0]
    model.name = "another"
    assert one(Cached(model, path), plain) not in texts
    model.parameters = {"adapter": "mine"}
    assert one(Cached(model, path), plain) not in texts


def test_everything_of_a_completion_is_kept_but_what_the_first_asking_cost(path):
    made = Completion(
        "text \x00 \ud83d", 11, 3, retries=2, thinking="hm", finish_reason="stop",
        logprobs=(Token("te", -0.25), Token("xt", -1.5)),
    )  # fmt: skip

    class Full(Counting):
        def complete(self, prompts):
            return [made for _ in prompts]

    lm = Cached(Full(), path)
    assert lm.complete([Prompt("a")]) == [made]
    (kept,) = lm.complete([Prompt("a")])
    assert kept.cached
    assert kept.retries == 0
    same = ("text", "prompt_tokens", "completion_tokens", "thinking", "finish_reason", "logprobs")
    assert all(getattr(kept, name) == getattr(made, name) for name in same)


def test_a_cached_prompt_says_what_its_budget_cut(path):
    with StubServer() as server:
        lm = Cached(endpoint(server.address, budget=60), path)
        prompt = Prompt("a", own([Entry("b " * 40), Entry("c " * 200)]))
        paid, kept = lm.complete([prompt])[0], lm.complete([prompt])[0]
    assert [cut.entry.text[0] for cut in paid.cut] == ["c"]
    assert kept.cut == paid.cut
    assert kept.cached


def test_an_unusable_reply_and_the_draw_after_it_are_both_known(path):
    answers = {0: "neither", 1: "yes"}
    scripted = Scripted(lambda prompt: answers[min(prompt.sample, 1)])
    prompt = Prompt("a", expects=Choice(("yes", "no")))
    assert Cached(scripted, path).one(prompt).value == "yes"
    silent = Scripted(lambda prompt: pytest.fail("asked again"))
    assert Cached(silent, path).one(prompt).value == "yes"
    assert len(scripted.prompts) == 2


def test_a_prompt_with_a_condition_is_kept_only_if_that_says_what_it_is(path):
    @dataclass(frozen=True)
    class Soft:
        kind: str = "soft_tokens"

    @dataclass(frozen=True)
    class Named(Soft):
        digest: str = "1f"

    model = Counting()
    model.honours = frozenset({"soft_tokens"})
    lm = Cached(model, path)
    soft, named, other = (Prompt("a", conditions=[c]) for c in (Soft(), Named(), Named(digest="2")))
    texts = [one(lm, prompt) for prompt in (soft, soft, named, named, other, Prompt("a"))]
    assert texts == [f"call {n}" for n in (0, 1, 2, 2, 3, 4)]
    assert lm.ledger.totals()[0].paid == 5


def test_a_tape_beneath_sees_what_was_answered_from_the_file(path):
    tape = Tape(Counting())
    lm = guarded(tape, cache=path, budget=Budget())
    lm.one(Prompt("a"))
    lm.one(Prompt("a"))
    assert [call.reply.text for call in tape.calls] == ["call 0", "call 0"]


def test_free_models_are_budgeted_and_not_cached(path):
    assert isinstance(guarded(Extractive(), cache=path), Extractive)
    assert not path.exists()


# Nothing is paid for twice, or lost.


def test_the_same_prompt_at_once_is_asked_once(path):
    model = Counting(0.1)
    lm = Cached(model, path)
    with ThreadPoolExecutor(16) as pool:
        texts = list(pool.map(lambda _: one(lm, "a"), range(16)))
    assert texts == ["call 0"] * 16
    assert len(model.asked) == 1
    assert sorted(outcomes(lm)) == ["cached"] * 15 + ["paid"]


def test_the_same_prompt_twice_in_a_batch_is_asked_once_and_order_holds(path):
    model = Scripted(lambda prompt: prompt.instruction.upper())
    lm = Cached(model, path)
    texts = [c.text for c in lm.complete([Prompt(word) for word in "abcabca"])]
    assert "".join(texts) == "ABCABCA"
    assert len(model.prompts) == 3
    assert (lm.paid, lm.hits) == (3, 4)


def test_threads_with_overlapping_batches_neither_pay_twice_nor_wait_forever(path):
    model = Scripted(lambda prompt: prompt.instruction * 2)
    lm = Cached(model, path)
    words = [str(n) for n in range(40)]

    def batch(shift: int) -> list[str]:
        turned = words[shift:] + words[:shift]
        return [c.text for c in lm.complete([Prompt(word) for word in turned])] == [
            word * 2 for word in turned
        ]

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(batch, range(0, 40, 5)))
    assert len(model.prompts) == 40
    assert lm.ledger.size().claims == 0


PAY = """
import sys, time
from idiolect.lm import Cached, Prompt, endpoint
address, path, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
lm = Cached(endpoint(address), path)
lm.ledger.find([])
print("ready", flush=True)
sys.stdin.readline()
words = [c.text for c in lm.complete([Prompt(f"prompt {n}") for n in range(count)])]
assert words == [f"echo prompt {n}" for n in range(count)], words
print(lm.paid, lm.hits, flush=True)
"""


def echo(body) -> str:
    return "echo " + body["messages"][-1]["content"]


def paying(server: StubServer, path: Path, count: int) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", PAY, server.address, str(path), str(count)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_two_processes_share_what_each_pays(path):
    with StubServer(echo, latency=0.01) as server:
        both = [paying(server, path, 120) for _ in range(2)]
        for process in both:
            process.stdin.write("\n")
            process.stdin.flush()
        counts = [tuple(map(int, process.communicate(timeout=60)[0].split())) for process in both]
        assert server.successes == server.requests == 120
    assert sum(paid for paid, _ in counts) == 120
    assert sum(hits for _, hits in counts) == 120
    ledger = Ledger(path)
    assert [t.paid for t in ledger.totals()] == [120]
    assert len({row["key"] for row in ledger.replies()}) == 120
    assert ledger.size().claims == 0


@pytest.mark.parametrize("reaped", [True, False])
def test_what_a_killed_process_was_paying_for_is_taken_over_at_once(path, reaped):
    with StubServer(echo, latency=30) as server:
        process = paying(server, path, 1)
        process.stdin.write("\n")
        process.stdin.flush()
        until = time.monotonic() + 20
        while server.requests == 0 and time.monotonic() < until:
            time.sleep(0.01)
        assert Ledger(path).size().claims == 1
        process.send_signal(signal.SIGKILL)
        if reaped:
            process.communicate(timeout=10)
        server.latency = 0
        start = time.monotonic()
        lm = Cached(endpoint(server.address), path)
        assert one(lm, "prompt 0") == "echo prompt 0"
        assert time.monotonic() - start < 5
        assert server.requests == 2
        assert server.successes == 1
        process.communicate(timeout=10)


def test_a_claim_from_elsewhere_is_waited_for_until_it_ends(path):
    lm = Cached(Counting(), path, lease=0.4)
    key = lm._key(Prompt("a"))
    elsewhere = Ledger(path, lease=0.4)
    elsewhere._claims._mine.owner = "another machine|1|ab"
    assert elsewhere.claim([key]) == ({}, [key])
    assert lm.ledger.claim([key]) == ({}, [])
    elsewhere.close()  # it renews the claim no more
    start = time.monotonic()
    assert one(lm, "a") == "call 0"
    assert time.monotonic() - start < 5


def test_a_claim_of_its_own_that_was_left_over_is_no_reason_to_wait(path):
    lm = Cached(Counting(), path)
    key = lm._key(Prompt("a"))
    lm.ledger.claim([key])
    lm.ledger._claims.let_go([key])  # as after a release that could not be written
    start = time.monotonic()
    assert one(lm, "a") == "call 0"
    assert time.monotonic() - start < 5
    assert lm.ledger.size().claims == 0


def test_a_reply_paid_elsewhere_while_waiting_is_used(path):
    lm = Cached(Counting(), path)
    other = Cached(Counting(0.3), path)
    thread = threading.Thread(target=lambda: one(other, "a"))
    thread.start()
    time.sleep(0.1)
    assert one(lm, "a") == "call 0"
    thread.join()
    assert (lm.paid, lm.hits) == (0, 1)


def test_a_caller_that_goes_away_leaves_no_claim(path):
    lm = Cached(Scripted("reply"), path)
    arriving = lm.arriving([Prompt("a"), Prompt("b")])
    next(arriving)
    assert lm.ledger.size().claims == 1
    arriving.close()
    assert lm.ledger.size().claims == 0
    assert [(line["outcome"], line["error"]) for line in lm.ledger.lines()] == [
        ("paid", ""), ("failed", "abandoned"),
    ]  # fmt: skip
    assert [c.cached for c in lm.complete([Prompt("a"), Prompt("b")])] == [True, False]


def test_replies_that_came_beside_a_failure_are_kept(path):
    with StubServer(echo, context=5) as server:
        lm = Cached(endpoint(server.address, retries=0), path)
        prompts = [Prompt("one"), Prompt("far too many words " * 9), Prompt("three")]
        with pytest.raises(EndpointError, match="too long"):
            lm.complete(prompts)
        assert [c.cached for c in lm.complete([prompts[0], prompts[2]])] == [True, True]
        assert server.successes == 2
    assert sorted(outcomes(lm)) == ["cached", "cached", "failed", "paid", "paid"]
    assert lm.ledger.size().claims == 0


def test_an_empty_answer_is_no_reply_to_keep(path):
    lm = Cached(Scripted(""), path)
    with pytest.raises(ReplyError):
        lm.one(Prompt("a"))
    assert outcomes(lm) == ["failed"] * 3
    assert lm.ledger.size().replies == 0


@pytest.mark.parametrize("fault", ["empty", "null"])
@pytest.mark.parametrize("seed", [None, 40])
def test_a_run_whose_first_draws_came_empty_is_repeated_at_no_cost(path, fault, seed):
    """The draw that was empty is asked for again, and what comes at last is that draw's."""
    prompts = [Prompt(f"prompt {n}", sampling=Sampling(seed=seed)) for n in range(8)]
    with StubServer(echo, faults=[fault] * 5) as server:
        lm = Cached(endpoint(server.address), path)
        first = [reply.text for reply in lm.reply(prompts)]
        assert first == [f"echo prompt {n}" for n in range(8)]
        assert server.requests == 13
        seeds = [body.get("seed") for body in server.bodies]
        again = [reply.text for reply in lm.reply(prompts)]
        assert again == first
        assert server.requests == 13
    assert outcomes(lm).count("failed") == 5
    if seed is not None:
        # A model that is bound by its seed would give nothing again.
        asked = [(b["messages"][-1]["content"], b["seed"]) for b in server.bodies]
        assert len(set(asked)) == len(asked) == 13
        assert seeds[0] == seed


def test_empty_and_unusable_draws_are_not_taken_for_each_other(path):
    """What was unusable is known, what came empty is not, and the answer is found again."""
    answers = iter(["", "perhaps", "yes"])
    prompt = Prompt("a", expects=Choice(("yes", "no")))
    scripted = Scripted(lambda prompt: next(answers))
    assert Cached(scripted, path).one(prompt).value == "yes"
    assert [(p.sample, p.attempt) for p in scripted.prompts] == [(0, 0), (0, 1), (1_000_000, 0)]
    assert len({p.draw for p in scripted.prompts}) == 3
    silent = Scripted(lambda prompt: pytest.fail("asked again"))
    assert Cached(silent, path).one(prompt).value == "yes"


def test_a_thought_without_words_is_a_reply_and_the_next_draw_is_asked_for(path):
    class Thinking(Counting):
        def complete(self, prompts):
            self.asked += prompts
            return [Completion("yes" * bool(p.sample), 3, 9, thinking="hm") for p in prompts]

    model = Thinking()
    lm = Cached(model, path)
    assert lm.one(Prompt("a")).text == lm.one(Prompt("a")).text == "yes"
    assert outcomes(lm) == ["paid", "paid", "cached", "cached"]


def test_a_reply_without_the_log_probabilities_asked_for_is_on_record_and_paid_once(path):
    scored = Prompt("a", sampling=Sampling(logprobs=True))
    with StubServer(echo, logprobs=False) as server:
        lm = Cached(endpoint(server.address), path)
        for _ in range(2):
            with pytest.raises(CapabilityError, match="gives no log probabilities"):
                lm.one(scored)
        with pytest.raises(CapabilityError, match="gives no log probabilities"):
            lm.one(scored.replace(instruction="b"))
        assert server.requests == server.successes == 1
        assert one(lm, "b") == "echo b"
    assert [(line["outcome"], line["completion_tokens"]) for line in lm.ledger.lines()] == [
        ("paid", 2), ("cached", 2), ("paid", 2),
    ]  # fmt: skip


def test_an_answer_that_holds_nothing_but_its_cost_is_on_record(path):
    """Some servers count tokens for what nobody sees."""
    odd = [
        {"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 9}},
        {"choices": [{"index": 0, "finish_reason": "length", "message": None}], "usage": None},
        {"choices": None},
        {},
    ]

    class Odd(StubServer):
        def respond(self, path, body):
            return (200, odd.pop(0)) if odd else super().respond(path, body)

    with Odd("fine") as server:
        lm = Cached(endpoint(server.address), path)
        lm.attempts = 5
        assert lm.one(Prompt("a")).text == "fine"
        assert server.requests == 5
    told = [(r["error"], r["prompt_tokens"], r["completion_tokens"]) for r in lm.ledger.lines()]
    assert told == [("empty", 7, 9), *[("empty", 0, 0)] * 3, ("", 1, 1)]


@pytest.mark.parametrize("streamed", [False, True])
def test_a_bug_beneath_is_on_record_and_raised(path, streamed):
    def broken(prompt):
        raise RuntimeError("a bug")

    lm = Cached(Scripted(broken), path)
    with pytest.raises(RuntimeError, match="a bug"):
        list(lm.stream(Prompt("a"))) if streamed else lm.one(Prompt("a"))
    assert [(line["outcome"], line["error"]) for line in lm.ledger.lines()] == [
        ("failed", "RuntimeError")
    ]
    assert lm.ledger.size().claims == 0


def test_retries_and_failures_are_on_record(path):
    with StubServer(echo, faults=["503", "429"]) as server:
        lm = Cached(endpoint(server.address, retries=2, sleep=lambda _: None), path)
        assert one(lm, "a") == "echo a"
        server.faults.extend(["500"] * 3)
        with pytest.raises(EndpointError):
            one(lm, "b")
        assert one(lm, "b") == "echo b"
    (total,) = lm.ledger.totals()
    assert (total.paid, total.failed) == (server.successes, 1)
    failed = [line for line in lm.ledger.lines() if line["outcome"] == "failed"]
    assert [(line["error"], line["retries"]) for line in failed] == [("EndpointError", 2)]
    assert total.retries == server.requests - 3


def test_costs_are_by_the_price_of_the_model(path):
    lm = guarded(
        Counting(), cache=path, budget=Budget(prices=prices(["counting=2/10", "other=1/1"]))
    )
    lm.complete([Prompt("a"), Prompt("b")])
    lm.complete([Prompt("a")])
    (total,) = lm.ledger.totals()
    assert (total.prompt_tokens, total.completion_tokens, total.unpriced) == (14, 4, 0)
    assert total.cost == pytest.approx((14 * 2 + 4 * 10) / 1e6, rel=1e-12)
    assert one(Cached(Counting(), path), "c") == "call 0"
    assert lm.ledger.totals()[0].unpriced == 1


def test_the_ledger_is_only_added_to(path):
    one(Cached(Counting(), path), "a")
    db = sqlite3.connect(path)
    for statement in ("DELETE FROM ledger", "UPDATE ledger SET cost = 0"):
        with pytest.raises(sqlite3.IntegrityError, match="only added to"):
            db.execute(statement)
    db.close()


# Limits and forgetting.


def test_replies_grow_old(path):
    model = Counting()
    lm = Cached(model, path, max_age=0.2)
    assert one(lm, "a") == one(lm, "a") == "call 0"
    time.sleep(0.25)
    assert one(lm, "a") == "call 1"
    assert lm.ledger.size().replies == 1
    assert lm.ledger.prune(max_age=0) == 1


def test_the_longest_unused_replies_go_first(path):
    lm = Cached(Scripted("12345"), path)
    for word in "abcd":
        one(lm, word)
    one(lm, "a")
    assert lm.ledger.size().reply_bytes == 20
    assert lm.ledger.prune(max_bytes=10) == 2
    assert [c.cached for c in lm.complete([Prompt(word) for word in "adbc"])] == [
        True, True, False, False,
    ]  # fmt: skip
    Cached(Scripted("12345"), path, max_bytes=4)
    assert lm.ledger.size().replies == 0


def test_forgetting_an_event_deletes_what_was_made_from_it_and_leaves_no_word(path):
    lm = Cached(Scripted(lambda p: f"canary-{p.instruction}" * 9), path)
    shown = {name: own([Entry(name, events=(name, "shared"))]) for name in ("e1", "e2")}
    lm.complete([Prompt("first", shown["e1"]), Prompt("second", shown["e2"]), Prompt("third")])
    words = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert words.count(b"canary-first") >= 9
    assert lm.ledger.forget(["e1", "unknown"]) == 1
    words = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert b"canary-first" not in words
    assert b"canary-second" in words
    assert lm.ledger.forget(["shared"]) == 1
    assert [row["events"] for row in lm.ledger.replies()] == [[]]
    assert len(list(lm.ledger.lines())) == 3


def test_a_reply_made_from_a_profile_alone_is_forgotten_with_what_that_rests_on(path):
    """The prompt shows no text of the user, only what was made of some."""
    user = Profile(
        "ann",
        "Says canary in every text.",
        (Claim("Terse.", "writing", 1.0, spans=(Span("a1"),), reference=("b1",)),),
        sources=("a2",),
    )
    prompt = writing("Write.")(Request("ann", "Say something."), user)
    for event in ("a1", "a2", "b1"):
        lm = Cached(Scripted("canary"), path)
        lm.one(prompt)
        assert lm.ledger.forget(["a3"]) == 0
        assert lm.ledger.forget([event]) == 1


def test_a_reply_to_facts_of_an_event_is_forgotten_with_it(path):
    """A held-out review's title and rating are shown; the reply is not made from the review."""
    for asked in (
        Request("ann", given={"title": "canary", "rating": 4.0}, event="e7"),
        Request("ann", "Say canary.", event="e7"),
        Request("ann", messages=(Message("user", "Say canary."),), event="e7"),
        Request("ann", options=("canary", "wren"), event="e7"),
    ):
        prompt = writing("Write.")(asked, Profile("ann"))
        assert (prompt.events, prompt.touches) == ((), ("e7",))
        lm = Cached(Scripted("canary"), path)
        lm.one(prompt)
        assert lm.ledger.forget(["e8"]) == 0
        assert lm.ledger.forget(["e7"]) == 1


def test_a_draft_in_place_of_a_past_text_is_forgotten_with_it(path):
    past = Population.of([Event("ann", "the text", title="canary", rating=4.0, id=f"e{n}")
                          for n in range(2)]).events_of("ann")  # fmt: skip
    lm = Cached(Scripted("canary"), path)
    drafted(lm, "Write.", past[:1])
    assert lm.ledger.forget(["e1"]) == 0
    assert lm.ledger.forget(["e0"]) == 1


# What a model is.


def test_a_model_at_another_address_is_another_and_so_is_its_run(path, monkeypatch):
    """Two places may serve different weights under one name; a name without a place stays."""
    with StubServer("first") as here, StubServer("second") as there:
        texts, runs = [], []
        for server in (here, there):
            monkeypatch.setenv("OPENAI_BASE_URL", server.url)
            for address in (server.address, "openai:stub"):
                model = endpoint(address, api_key="none")
                texts.append(one(Cached(model, path), "a"))
                runs.append(manifest(Assembly(plain), model, data=""))
    assert texts == ["first", "first", "second", "first"]
    names = here.address, "openai:stub", there.address, "openai:stub"
    assert [run["model"] for run in runs] == list(names)
    assert runs[1] == runs[3]


# What goes wrong with the file.


@pytest.mark.parametrize("damage", ["words", "pages", "cut"])
def test_a_corrupt_file_is_set_aside_and_the_run_goes_on(path, damage):
    lm = Cached(Scripted("reply " * 200), path)
    lm.complete([Prompt(str(n)) for n in range(50)])
    lm.close()
    whole = path.read_bytes()
    broken = {
        "words": b"this is no database at all " * 300,
        "pages": whole[:4096] + b"\xff" * (len(whole) - 4096),
        "cut": whole[: len(whole) // 2],
    }[damage]
    path.write_bytes(broken)
    said: list[str] = []
    again = Cached(Scripted("new"), path, say=said.append)
    texts = [c.text for c in again.complete([Prompt(str(n)) for n in range(50)])]
    assert set(texts) == {"new"}
    assert len(said) == 1
    aside = [file for file in path.parent.iterdir() if ".corrupt-" in file.name]
    assert [file.read_bytes() for file in aside if file.name[-4:] not in ("-wal", "-shm")] == [
        broken
    ]
    assert str(aside[0].name.removesuffix("-wal").removesuffix("-shm")) in said[0]
    assert again.ledger.size().replies == 50


def test_a_file_that_breaks_during_a_run_is_set_aside(path):
    said: list[str] = []
    lm = Cached(Scripted("reply"), path, say=said.append)
    one(lm, "a")
    lm.close()
    path.write_bytes(b"\x00nothing" * 2000)
    assert one(lm, "a") == "reply"
    assert lm.complete([Prompt("a")])[0].cached
    assert len(said) == 1
    assert "set aside" in said[0]


FULL = """
import resource, sys, warnings
from idiolect.lm import Cached, Prompt, Scripted
lm = Cached(Scripted("word " * 400), sys.argv[1], say=lambda said: print("said:", said))
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
texts = [lm.one(Prompt(str(n))).text for n in range(400)]
print(len(texts), len(set(texts)), lm.paid)
"""


def test_a_full_disk_is_said_once_and_every_reply_is_returned(path):
    pytest.importorskip("resource")
    ran = subprocess.run(
        [sys.executable, "-c", FULL, str(path)], capture_output=True, text=True, timeout=60
    )
    assert ran.returncode == 0, ran.stderr
    said, counts = ran.stdout.splitlines()
    assert "cannot be written" in said
    assert counts == "400 1 400"
    # What was kept before is whole.
    kept = Ledger(path, existing=True).size().replies
    assert 0 < kept < 400


def test_a_full_database_is_no_reason_to_stop(path):
    said: list[str] = []
    lm = Cached(Counting(), path, say=said.append)
    one(lm, "a")
    lm.ledger._database._connection.execute("PRAGMA max_page_count = 1")
    lm.ledger._database._connection.execute("BEGIN").connection.execute("ROLLBACK")
    for n in range(400):
        one(lm, f"{n}" * 500)
    assert len(said) == 1
    assert "full" in said[0]
    lm.ledger._database._connection.execute("PRAGMA max_page_count = 100000")
    one(lm, "b")
    assert lm.complete([Prompt("b")])[0].cached


def test_a_path_that_is_no_cache_is_refused_and_left_alone(path, tmp_path):
    other = tmp_path / "others.sqlite"
    db = sqlite3.connect(other)
    db.execute("CREATE TABLE theirs (x)")
    db.close()
    newer = tmp_path / "newer.sqlite"
    Ledger(newer).close()
    db = sqlite3.connect(newer)
    db.execute("PRAGMA user_version = 99")
    db.close()
    table = tmp_path / "reviews.csv"
    table.write_text("user,text\n")
    before = {file: file.read_bytes() for file in (other, newer, table)}
    for wrong, why in (
        (other, "another program"), (newer, "version 99"), (table, "path of its own"),
        (tmp_path, "path of its own"),
    ):  # fmt: skip
        with pytest.raises(SettingError, match=why):
            Cached(Counting(), wrong)
    assert {file: file.read_bytes() for file in before} == before
    with pytest.raises(DataError, match="no file"):
        Ledger(path, existing=True)
    assert not path.exists()


@pytest.mark.parametrize("wrong", [{"max_bytes": -1}, {"max_age": -0.5}])
def test_limits_below_zero_are_refused(path, wrong):
    with pytest.raises(SettingError, match="give 0 or more"):
        Cached(Counting(), path, **wrong)


@pytest.mark.parametrize("lease", [0, -1, float("nan")])
def test_a_lease_that_never_begins_is_refused(path, lease):
    with pytest.raises(SettingError, match="give more than 0 seconds"):
        Cached(Counting(), path, lease=lease)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_process_opens_the_file_for_itself(path):
    lm = Cached(Scripted("reply"), path)
    one(lm, "a")
    child = subprocess.run(
        [
            sys.executable, "-c",
            "import os, sys; from idiolect.lm import *\n"
            "lm = Cached(Scripted('reply'), sys.argv[1]); first = lm.ledger._database._connection\n"
            "pid = os.fork()\n"
            "if pid == 0:\n"
            "    lm.one(Prompt('b'))\n"
            "    os._exit(0 if lm.ledger._database._connection is not first else 1)\n"
            "print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), lm.one(Prompt('b')).text)",
            str(path),
        ],
        capture_output=True,
        text=True,
        timeout=60,
    )  # fmt: skip
    assert child.stdout == "0 reply\n", child.stderr
    assert lm.complete([Prompt("b")])[0].cached


def test_exported_rows_are_plain_and_complete(path):
    lm = Cached(Counting(), path)
    texts = own([Entry("x", events=("e1",))])
    lm.complete([Prompt(str(n), texts, stage="write", expects=Text()) for n in range(1200)])
    replies = [json.loads(json.dumps(row)) for row in lm.ledger.replies()]
    assert sorted(row["text"] for row in replies) == sorted(f"call {n}" for n in range(1200))
    assert {(row["model"], row["stage"], *row["events"]) for row in replies} == {
        ("counting", "write", "e1")
    }
    assert [line["key"] for line in lm.ledger.lines()] == [row["key"] for row in replies]
