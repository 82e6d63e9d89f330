"""What an endpoint's replies carry, streams, repair, limits and deadlines, against the stub."""

import json
import signal
import threading
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import BaseModel

from idiolect.embed.endpoint import endpoint_encoder
from idiolect.errors import CapabilityError, EndpointError, IdiolectError, ReplyError, SettingError
from idiolect.limits import Limiter
from idiolect.lm import (
    Completion,
    Endpoint,
    Entry,
    Json,
    Number,
    Prompt,
    Sampling,
    Scripted,
    Section,
    Tape,
    endpoint,
    own,
    peers,
    shared_prefix,
    without_thinking,
)
from idiolect.remote import overrun
from idiolect.testing import StubServer

HI = Prompt("Say hello.", stage="greet")
Make = Callable[..., Endpoint]


class Verdict(BaseModel):
    stars: int
    why: str


JUDGE = Prompt("Judge.", own([Entry("a text")]), expects=Json(Verdict), stage="judge")
GOOD = '{"stars": 4, "why": "bright"}'


@pytest.fixture
def server() -> Iterator[StubServer]:
    with StubServer() as made:
        yield made


@pytest.fixture
def make(server: StubServer) -> Make:
    return lambda **settings: endpoint(server.address, **{"sleep": lambda _: None} | settings)


def test_json_that_breaks_the_schema_is_shown_with_its_error_once(
    server: StubServer, make: Make
) -> None:
    bad = '{"stars": "many"}'
    answers = iter([bad, GOOD])
    server.answer = lambda body: next(answers)
    reply = make().one(JUDGE)
    assert (reply.value, reply.retries) == (Verdict(stars=4, why="bright"), 1)
    first, second = (body["messages"] for body in server.bodies)
    assert second[: len(first)] == first  # the prefix stays
    assert second[len(first)] == {"role": "assistant", "content": bad}
    last = second[-1]
    assert last["role"] == "user"
    assert "stars: Input should be a valid integer" in last["content"]
    assert "why: Field required" in last["content"]


def test_json_is_repaired_once_then_raised_with_prompt_and_reply(
    server: StubServer, make: Make
) -> None:
    server.answer = "no JSON at all"
    with pytest.raises(ReplyError, match="'judge' in 2 attempts") as caught:
        make().one(JUDGE)
    assert server.requests == 2
    assert caught.value.prompt == JUDGE.render().text
    assert caught.value.reply == "no JSON at all"


def test_an_empty_reply_is_drawn_again_since_there_is_nothing_to_repair() -> None:
    answers = iter(["", "{}", GOOD])
    lm = Scripted(lambda prompt: next(answers))
    assert lm.one(JUDGE).value.stars == 4
    assert [len(prompt.turns) for prompt in lm.prompts] == [0, 0, 2]


def test_other_replies_are_drawn_again_without_their_error(server: StubServer, make: Make) -> None:
    answers = iter(["none", "4"])
    server.answer = lambda body: next(answers)
    make().one(Prompt("Count.", expects=Number(1, 5)))
    first, second = (body["messages"] for body in server.bodies)
    assert first == second


def test_an_instruction_alone_stays_the_users_turn_when_its_reply_is_repaired(
    server: StubServer, make: Make
) -> None:
    class Bare(Json):
        def hint(self) -> str:
            return ""

    answers = iter(["{}", GOOD])
    server.answer = lambda body: next(answers)
    make().one(Prompt("Judge.", expects=Bare(Verdict)))
    roles = [[m["role"] for m in body["messages"]] for body in server.bodies]
    assert roles == [["user"], ["user", "assistant", "user"]]


def test_what_was_cut_short_says_what_to_raise() -> None:
    class Short(Scripted):
        def complete(self, prompts: Any) -> list[Completion]:
            return [Completion('{"stars": ', finish_reason="length") for _ in prompts]

    with pytest.raises(ReplyError, match="cut short; raise `max_tokens`"):
        Short().one(JUDGE)


def test_a_stream_brings_the_reply_in_pieces_and_then_whole(server: StubServer, make: Make) -> None:
    server.answer = "A fine lamp, and bright."
    lm = make()
    stream = lm.stream(HI)
    with pytest.raises(ReplyError, match="not read to its end"):
        _ = stream.reply
    pieces = list(stream)
    assert len(pieces) > 1
    assert "".join(pieces) == "A fine lamp, and bright."
    whole = lm.one(HI)
    assert stream.reply == whole
    assert (whole.prompt_tokens, whole.completion_tokens, whole.finish_reason) == (2, 5, "stop")


def test_the_value_of_a_stream_is_read_and_an_unusable_one_raised(
    server: StubServer, make: Make
) -> None:
    server.answer = GOOD
    stream = make().stream(JUDGE)
    assert json.loads("".join(stream)) == {"stars": 4, "why": "bright"}
    assert stream.reply.value == Verdict(stars=4, why="bright")
    server.answer = "nonsense"
    stream = make().stream(JUDGE)
    with pytest.raises(ReplyError, match="in one attempt"):
        list(stream)
    assert server.requests == 2


def test_a_fault_before_the_first_piece_is_retried_later_ones_are_told(
    server: StubServer, make: Make
) -> None:
    server.answer = "one two three four five six"
    server.faults.extend(["503", "reset"])
    stream = make().stream(HI)
    assert "".join(stream) == server.answer
    assert stream.reply.retries == 2
    server.faults.append("half")
    stream, said = make().stream(HI), []
    with pytest.raises(EndpointError, match=r"broke off after \d+ characters"):
        said.extend(stream)
    assert 0 < len("".join(said)) < len(server.answer)


def test_a_whole_answer_of_an_endpoint_that_knows_no_streams_is_its_only_piece(
    server: StubServer, make: Make
) -> None:
    server.streams = False
    lm = make()
    stream = lm.stream(HI)
    assert list(stream) == ["stub reply"]
    assert (stream.reply.retries, stream.reply.completion_tokens) == (0, 2)
    assert list(lm.stream(HI)) == ["stub reply"]
    assert server.requests == server.successes == 2, "a whole answer is as good, and paid for"


def test_a_stream_holds_its_place_until_it_ends_or_is_closed(
    server: StubServer, make: Make
) -> None:
    lm = make(concurrency=1)
    stream = lm.stream(HI)
    next(stream)
    done: list[str] = []
    other = threading.Thread(target=lambda: done.append(lm.one(HI).text), daemon=True)
    other.start()
    other.join(0.1)
    assert not done
    stream.close()
    other.join(5)
    assert done == ["stub reply"]


def test_what_a_model_thinks_is_not_streamed(server: StubServer, make: Make) -> None:
    server.answer = "<think>Let me see. A lamp.</think>\n\nA fine lamp."
    stream = make().stream(HI)
    assert "".join(stream) == "A fine lamp."
    assert stream.reply.thinking == "Let me see. A lamp."


@pytest.mark.parametrize(
    ("reply", "thinking", "said"),
    [
        ("<think>\nhm\n</think>\n\n4", "hm", "4"),
        ("\n<think>hm</think>4", "hm", "4"),
        ("hm, well\n</think>\n4", "hm, well", "4"),  # the template wrote the opening tag
        ("<think>hm, cut sho", "hm, cut sho", ""),
        ("<think></think>4", "", "4"),
        ("4", "", "4"),
        ("I <think> so", "", "I <think> so"),
        ("Write <think>x</think> in front", "", "Write <think>x</think> in front"),
    ],
)
def test_thinking_is_taken_off_the_front(reply: str, thinking: str, said: str) -> None:
    assert without_thinking(reply) == (thinking, said)


def test_a_reply_is_read_without_its_thinking(server: StubServer, make: Make) -> None:
    server.answer = "<think>2 is too low, 5 too high</think>4"
    reply = make().one(Prompt("Rate.", expects=Number(1, 5)))
    assert (reply.value, reply.text, reply.thinking) == (4.0, "4", "2 is too low, 5 too high")


def test_log_probabilities_of_the_chosen_tokens_come_where_they_are_asked_for(
    server: StubServer, make: Make
) -> None:
    scored = make().one(HI.replace(sampling=Sampling(logprobs=True)))
    assert "".join(token.text for token in scored.logprobs) == "stub reply"
    assert all(token.logprob <= 0 for token in scored.logprobs)
    assert make().one(HI).logprobs == ()


def test_an_endpoint_without_log_probabilities_says_so_and_is_not_asked_again(
    server: StubServer, make: Make
) -> None:
    server.logprobs = False
    lm, prompt = make(), HI.replace(sampling=Sampling(logprobs=True))
    for _ in range(2):
        with pytest.raises(CapabilityError, match="gives no log probabilities"):
            lm.one(prompt)
    assert server.requests == 1


def test_stop_and_the_endpoints_own_settings_are_sent(server: StubServer, make: Make) -> None:
    sampling = Sampling(stop=("\n", "###"), extra_body={"top_k": 20})
    make().one(HI.replace(sampling=sampling))
    assert server.bodies[0]["stop"] == ["\n", "###"]
    assert server.bodies[0]["top_k"] == 20
    assert hash(HI.replace(sampling=sampling)) != 0


def test_a_prompt_that_is_too_long_says_by_how_much_and_what_to_cut(
    server: StubServer, make: Make
) -> None:
    server.context = 100
    prompt = Prompt(
        "Write.",
        own([Entry("mine " * 60), Entry("mine " * 20)]),
        peers([Entry("theirs " * 90)]),
        Section("item", (Entry("thing " * 500),)),
    )
    words = sum(len(m.content.split()) for m in prompt.render().messages)
    says = rf"{words} tokens where 100 fit, {words - 100} too many.*peers \(.*own \(about"
    with pytest.raises(EndpointError, match=says) as caught:
        make().one(prompt)
    assert "item" not in str(caught.value).partition("What could be cut")[2]
    assert server.requests == 1


@pytest.mark.parametrize(
    ("body", "asked", "most"),
    [
        (
            "This model's maximum context length is 8192 tokens. However, your messages resulted "
            "in 10347 tokens. Please reduce the length of the messages.",
            10347,
            8192,
        ),
        (
            "This model's maximum context length is 4096 tokens. However, you requested 4612 "
            "tokens (3612 in the messages, 1000 in the completion).",
            4612,
            4096,
        ),
        (
            "You passed 9001 input tokens and requested 500 output tokens. However, the model's "
            "context length is only 8192 tokens.",
            9501,
            8192,
        ),
        ("prompt is too long: 210,311 tokens > 200,000 maximum", 210311, 200000),
        (
            {
                "message": "the request exceeds the available context size",
                "n_prompt_tokens": 5000,
                "n_ctx": 4096,
            },
            5000,
            4096,
        ),
    ],
)
def test_the_overrun_is_read_from_what_servers_say(body: Any, asked: int, most: int) -> None:
    assert overrun(SimpleNamespace(body=body)) == (asked, most)


def test_an_overrun_that_is_not_told_is_not_made_up() -> None:
    assert overrun(SimpleNamespace(body="input too long")) is None


def test_one_limiter_serves_several_clients(server: StubServer) -> None:
    limiter = Limiter(2)
    server.latency = 0.01
    first, second = (endpoint(server.address, limiter=limiter) for _ in range(2))
    encoder = endpoint_encoder(server.address, limiter=limiter, batch=1)
    asked = [
        threading.Thread(target=first.reply, args=([HI] * 8,)),
        threading.Thread(target=second.reply, args=([HI] * 8,)),
        threading.Thread(target=encoder.encode, args=(["a"] * 8,)),
    ]
    for thread in asked:
        thread.start()
    for thread in asked:
        thread.join()
    assert (server.successes, server.peak) == (24, 2)


def test_calls_and_tokens_a_minute_are_kept_over_retries(server: StubServer) -> None:
    naps: list[float] = []
    server.faults.append("503")
    endpoint(server.address, requests_per_minute=2, sleep=naps.append).one(HI)
    assert len(naps) == 1  # the pause of the retry
    endpoint(server.address, requests_per_minute=2, sleep=naps.append).reply([HI] * 3)
    assert len(naps) == 2
    assert 59 < naps[-1] <= 60
    naps.clear()
    long = HI.replace(sampling=Sampling(max_tokens=60))
    endpoint(server.address, tokens_per_minute=100, concurrency=1, sleep=naps.append).reply(
        [long] * 9
    )
    # 60 and more are expected, 4 (by the stub's count) are used: nobody waits.
    assert naps == []


def test_a_deadline_bounds_a_request_with_all_its_retries(server: StubServer) -> None:
    server.faults.extend(["503"] * 9)
    lm = endpoint(server.address, deadline=0.2, retries=9)
    start = time.monotonic()
    with pytest.raises(EndpointError, match=r"failed in one call.*`deadline` of 0\.2 seconds"):
        lm.one(HI)
    assert time.monotonic() - start < 1
    server.faults.clear()
    server.faults.append("hang")
    with pytest.raises(EndpointError, match=r"no answer within 0\.\d+ seconds.*`deadline`"):
        endpoint(server.address, deadline=0.2, timeout=30).one(HI)
    assert endpoint(server.address, deadline=5).one(HI).text == "stub reply"


@pytest.mark.parametrize("name", ["timeout", "deadline"])
def test_times_below_zero_are_errors(name: str) -> None:
    with pytest.raises(SettingError, match=f"{name} 0; give more than 0 seconds"):
        endpoint("http://127.0.0.1:9/v1#m", **{name: 0})


def test_each_prompt_arrives_with_its_completion_or_its_error(
    server: StubServer, make: Make
) -> None:
    server.context = 3
    server.answer = lambda body: str(body["messages"][-1]["content"])
    prompts = [Prompt("far too many words") if n % 3 == 0 else Prompt(f"q{n}") for n in range(30)]
    came: dict[int, Completion | IdiolectError] = dict(make(concurrency=4).arriving(prompts))
    assert sorted(came) == list(range(30))
    for at, result in came.items():
        if at % 3 == 0:
            assert isinstance(result, EndpointError)
        else:
            assert isinstance(result, Completion)
            assert result.text == f"q{at}"


@pytest.fixture
def ctrl_c() -> Iterator[None]:
    """Ctrl-C as at a terminal; a shell's background jobs are started with it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_gives_up_calls_that_wait(server: StubServer) -> None:
    server.retry_after = 60
    server.fault_rate, server.fault_kinds = 1.0, ("429 wait",)
    lm = endpoint(server.address, concurrency=4)
    main = threading.main_thread().ident or 0
    timer = threading.Timer(0.4, signal.pthread_kill, (main, signal.SIGINT))
    timer.start()
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        lm.reply([HI] * 50)
    lm.remote._pool.shutdown(wait=True)
    assert time.monotonic() - start < 5  # where 60 seconds were asked for
    assert server.requests == 4  # those behind were never sent


def test_the_shared_prefix_is_counted_and_noted() -> None:
    texts = own([Entry("mine")])
    first = Prompt("Sum this up, please.", texts, Section("query", (Entry("short"),)))
    second = Prompt("Sum this up, please.", texts, Section("query", (Entry("shorter"),)))
    other = Prompt("Write.", texts)
    expected = len(first.render().text.partition("\n</request>")[0])
    assert shared_prefix(first, second) == expected
    assert shared_prefix(first, first) == len(first.render().text)
    assert shared_prefix(first, other) == 0
    tape = Tape(Scripted())
    tape.reply([first, second])
    tape.one(other)
    assert [call.shared for call in tape.calls] == [0, expected, 0]
