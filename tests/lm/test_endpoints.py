"""A model behind an endpoint, over real HTTP against the stub."""

import json
import random
import re
import socket
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from typing import Any

import pytest
from pydantic import BaseModel

from idiolect.errors import EndpointError, ReplyError, SettingError, UnknownNameError
from idiolect.lm import (
    Choice,
    Endpoint,
    Entry,
    Json,
    Number,
    Prompt,
    Sampling,
    Section,
    endpoint,
    estimate,
    own,
)
from idiolect.remote import Remote, locate
from idiolect.testing import Fault, StubServer

HI = Prompt("Say hello.", stage="greet")
Make = Callable[..., Endpoint]


class Verdict(BaseModel):
    stars: int


@pytest.fixture
def server() -> Iterator[StubServer]:
    with StubServer() as made:
        yield made


@pytest.fixture
def naps() -> list[float]:
    return []


@pytest.fixture
def make(server: StubServer, naps: list[float]) -> Make:
    """An endpoint at the stub, whose waits are noted instead of slept."""
    return lambda **settings: endpoint(server.address, **{"sleep": naps.append} | settings)


def words(prompt_body: dict[str, Any]) -> str:
    return str(prompt_body["messages"][-1]["content"])


def test_replies_keep_the_order_of_prompts_though_answers_overtake(
    server: StubServer, make: Make
) -> None:
    rng = random.Random(0)

    def late(body: dict[str, Any]) -> str:
        time.sleep(rng.uniform(0, 0.03))
        return f"answer to {words(body)}"

    server.answer = late
    replies = make(concurrency=8).reply([Prompt(f"question {n}") for n in range(64)])
    assert [reply.text for reply in replies] == [f"answer to question {n}" for n in range(64)]
    assert 2 <= server.peak <= 8
    asked = [words(body) for body in server.bodies]
    assert sorted(asked) == sorted(f"question {n}" for n in range(64))


def test_callers_may_nest_pools_and_share_one_limit(server: StubServer, make: Make) -> None:
    lm = make(concurrency=2)
    done: list[int] = []

    def caller(_: int) -> None:
        with ThreadPoolExecutor(2) as inner:
            done.extend(len(r) for r in inner.map(lambda _: lm.reply([HI] * 3), range(2)))

    def work() -> None:
        with ThreadPoolExecutor(8) as outer:
            list(outer.map(caller, range(8)))

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(10)
    assert not thread.is_alive()
    assert done == [3] * 16
    assert server.successes == 48
    assert server.peak <= 2


def test_one_failing_prompt_raises_and_stops_those_that_wait(
    server: StubServer, make: Make
) -> None:
    server.answer, server.context = "fine", 3
    prompts = [Prompt("far too many words here"), *[Prompt("ok")] * 200]
    with pytest.raises(EndpointError, match="too long"):
        make(concurrency=1).reply(prompts)
    assert server.requests < 100


@pytest.mark.parametrize("fault", ["429", "500", "503", "hang", "reset", "half", "page"])
def test_a_passing_fault_is_retried_and_counted(
    server: StubServer, make: Make, naps: list[float], fault: Fault
) -> None:
    server.faults.append(fault)
    reply = make(timeout=0.2).one(HI)
    assert (reply.text, reply.retries) == ("stub reply", 1)
    assert (server.requests, server.successes, len(naps)) == (2, 1, 1)


def test_many_seeded_faults_lose_no_reply_and_retries_are_counted_apart(
    server: StubServer, make: Make, naps: list[float]
) -> None:
    server.answer, server.fault_rate = words, 0.3
    replies = make(retries=20).reply([Prompt(f"q{n}") for n in range(100)])
    assert [reply.text for reply in replies] == [f"q{n}" for n in range(100)]
    assert server.successes == 100
    assert server.requests == 100 + sum(reply.retries for reply in replies) == 100 + len(naps) > 110


def test_the_pause_doubles_with_jitter(server: StubServer, make: Make, naps: list[float]) -> None:
    server.faults.extend(["500"] * 9)
    make(retries=9).one(HI)
    ceilings = [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
    assert all(top / 2 <= nap <= top for nap, top in zip(naps, ceilings, strict=True))


@pytest.mark.parametrize("written", [7, "7.5", lambda: formatdate(time.time() + 7, usegmt=True)])
def test_retry_after_is_honoured_in_seconds_and_as_a_date(
    server: StubServer, make: Make, naps: list[float], written: Any
) -> None:
    server.retry_after = written() if callable(written) else written
    server.faults.append("429 wait")
    assert make().one(HI).retries == 1
    assert 5.5 <= naps[0] <= 7.75  # a date has whole seconds


def test_a_wait_beyond_patience_fails_at_once_and_says_how_long(
    server: StubServer, make: Make, naps: list[float]
) -> None:
    server.retry_after = 3600
    server.faults.append("429 wait")
    with pytest.raises(EndpointError, match=r"asks to wait 3600 seconds.*`patience`"):
        make().one(HI)
    assert (server.requests, naps) == (1, [])


def test_a_used_up_quota_is_not_retried(server: StubServer, make: Make) -> None:
    server.faults.append("429 quota")
    with pytest.raises(EndpointError, match=r"quota is used up.*add credit"):
        make().one(HI)
    assert server.requests == 1


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("503", r"failed in 3 calls \(503: Told to fail"),
        ("429", r"turned the call away in 3 calls.*lower `concurrency`"),
        ("hang", r"no answer within 0.1 seconds in 3 calls; raise `timeout`"),
        ("reset", r"broke in 3 calls \(.*reset"),
        ("half", r"broke in 3 calls"),
        ("page", r"'<html><body>.*' in 3 calls, where JSON is needed.*proxy.*ends in /v1"),
    ],
)
def test_when_retries_are_spent_the_error_says_what_happened(
    server: StubServer, make: Make, fault: Fault, says: str
) -> None:
    server.faults.extend([fault] * 3)
    with pytest.raises(EndpointError, match=says) as caught:
        make(retries=2, timeout=0.1).one(HI)
    assert server.url in str(caught.value)
    assert (server.requests, server.successes) == (3, 0)


def test_a_missing_key_for_openai_is_an_error_before_any_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    with pytest.raises(EndpointError, match=r"no key for https://api\.openai\.com.*OPENAI_API_KEY"):
        endpoint("openai:gpt-4o-mini")


def test_a_refused_key_is_said_and_never_shown(
    server: StubServer, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.key = "right"
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    lm = make()
    with pytest.raises(EndpointError, match=r"refused the key.*401.*OPENAI_API_KEY") as caught:
        lm.one(HI)
    # The stub repeats the key that it was sent.
    assert "***" in str(caught.value)
    assert "sk-secret" not in "".join(traceback.format_exception(caught.value)) + repr(lm)
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(EndpointError, match="refused a call without a key"):
        make().one(HI)
    monkeypatch.setenv("OPENAI_API_KEY", "right")
    assert make().one(HI).text == "stub reply"
    assert make(api_key="right").one(HI).text == "stub reply"


def test_names_and_passwords_in_an_address_are_not_shown() -> None:
    remote = Remote("http://me:hidden@127.0.0.1:9/v1")
    assert remote.shown == "http://127.0.0.1:9/v1"
    with pytest.raises(EndpointError) as caught:
        remote.models()
    assert "hidden" not in str(caught.value)


def test_an_endpoint_that_is_down_is_named_at_once(naps: list[float]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: refused
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        with pytest.raises(EndpointError, match=f"no endpoint at {url}.*refused.*Start it"):
            endpoint(f"{url}#llama", sleep=naps.append).one(HI)
        with pytest.raises(EndpointError, match=f"no endpoint at {url}"):
            endpoint(url, sleep=naps.append)
    assert naps == []


def test_an_unknown_model_gets_the_list_and_a_suggestion(server: StubServer) -> None:
    server.models = ("llama3.2", "qwen3")
    says = r"no model 'lama3.2'. Did you mean 'llama3.2'\? It lists: llama3.2, qwen3"
    with pytest.raises(EndpointError, match=says):
        endpoint(f"{server.url}#lama3.2").one(HI)


def test_a_wrong_path_asks_for_v1(server: StubServer) -> None:
    wrong = server.url.removesuffix("/v1")
    with pytest.raises(EndpointError, match="usually ends in /v1"):
        endpoint(f"{wrong}#stub").one(HI)
    with pytest.raises(EndpointError, match="usually ends in /v1"):
        endpoint(wrong)


def test_a_prompt_beyond_the_context_says_so_with_the_endpoints_words(
    server: StubServer, make: Make
) -> None:
    server.context = 1
    with pytest.raises(EndpointError, match=r"too long \(400: The maximum context.*`budget`"):
        make().one(Prompt("Verdict please.", expects=Json(Verdict)))
    assert server.requests == 1  # another format would not help


def test_the_budget_that_is_suggested_makes_the_prompt_fit(server: StubServer, make: Make) -> None:
    server.context = 200
    texts = own([Entry(f"{n} longish words throughout here") for n in range(80)])
    prompt = Prompt("Compare.", texts, sampling=Sampling(max_tokens=50))
    with pytest.raises(EndpointError, match=r"Set a `budget` of about [\d,]+ tokens") as caught:
        make().one(prompt)
    found = re.search(r"`budget` of about (\d+)", str(caught.value))
    assert found
    make(budget=int(found[1])).one(prompt)
    sent = sum(len(m["content"].split()) for m in server.bodies[-1]["messages"])
    assert 120 < sent <= 150
    with pytest.raises(EndpointError, match="Set `max_tokens` lower than 500"):
        make().one(prompt.replace(sampling=Sampling(max_tokens=500)))


def test_another_refusal_is_told_in_the_endpoints_words(server: StubServer, make: Make) -> None:
    server.answer = lambda body: body["missing"]
    with pytest.raises(EndpointError, match=r"refused the request \(400: .*KeyError\('missing'\)"):
        make().one(HI)
    assert server.requests == 1


def test_sampling_is_sent_and_repeated_draws_differ_in_seed(server: StubServer, make: Make) -> None:
    sampling = Sampling(temperature=0.0, top_p=0.9, max_tokens=7, seed=40)
    make(concurrency=1).reply([Prompt("a", sampling=sampling, sample=2), Prompt("b")])
    drawn, plain = server.bodies
    assert {k: v for k, v in drawn.items() if k not in ("model", "messages")} == {
        "temperature": 0.0,
        "top_p": 0.9,
        "max_tokens": 7,
        "seed": 42,
    }
    assert set(plain) == {"model", "messages"}


def test_openai_gets_the_name_of_max_tokens_that_its_reasoning_models_take() -> None:
    lm = endpoint("openai:gpt-5", api_key="none")
    assert lm._sampling(Prompt("a", sampling=Sampling(max_tokens=7))) == {
        "max_completion_tokens": 7
    }


def test_an_instruction_alone_goes_as_the_users_turn(server: StubServer, make: Make) -> None:
    make().one(HI)
    assert server.bodies[0]["messages"] == [{"role": "user", "content": "Say hello."}]
    server.answer = "3"
    make().one(Prompt("Count.", expects=Number(1, 5)))
    assert [m["role"] for m in server.bodies[1]["messages"]] == ["system", "user"]


def test_usage_is_summed_over_attempts(server: StubServer, make: Make) -> None:
    answers = iter(["no number here at all", "4"])
    server.answer = lambda body: next(answers)
    prompt = Prompt("Count.", expects=Number(1, 5))
    reply = make().one(prompt)
    sent = sum(len(m.content.split()) for m in prompt.render().messages)
    assert (reply.value, reply.retries) == (4.0, 1)
    assert (reply.prompt_tokens, reply.completion_tokens) == (2 * sent, 6)


@pytest.mark.parametrize("fault", ["empty", "null"])
def test_no_content_is_asked_again(
    server: StubServer, make: Make, naps: list[float], fault: Fault
) -> None:
    server.faults.append(fault)
    reply = make().one(HI)
    assert (reply.text, reply.retries, server.requests, naps) == ("stub reply", 1, 2, [])


def test_an_unusable_reply_is_asked_again_then_raised_with_prompt_and_reply(
    server: StubServer, make: Make
) -> None:
    server.answer = "perhaps"
    prompt = Prompt("Which?", expects=Choice(("yes", "no")), stage="choose")
    with pytest.raises(ReplyError, match=r"no usable reply to prompt 'choose' in 3") as caught:
        make().one(prompt)
    assert server.requests == server.successes == 3
    assert caught.value.reply == "perhaps"
    assert caught.value.prompt == prompt.render().text


def test_the_budget_cuts_what_is_sent_and_the_cut_is_told(server: StubServer, make: Make) -> None:
    entries = tuple(Entry(f"peer text {n} " + "word " * 40) for n in range(10))
    prompt = Prompt("Compare.", Section("peers", entries))
    reply = make(budget=200).one(prompt)
    sent = "".join(m["content"] for m in server.bodies[0]["messages"])
    assert estimate(sent) <= 200
    assert "peer text 0" in sent
    assert [cut.entry for cut in reply.cut] == list(entries[: 9 - len(reply.cut) : -1])
    assert len(reply.cut) > 0


def asked_formats(server: StubServer) -> list[str | None]:
    return [body.get("response_format", {}).get("type") for body in server.bodies]


def test_json_is_asked_for_by_schema(server: StubServer, make: Make) -> None:
    server.answer = '{"stars": 4}'
    assert make().one(Prompt("Judge.", expects=Json(Verdict))).value == Verdict(stars=4)
    wanted = server.bodies[0]["response_format"]["json_schema"]
    assert wanted == {"name": "Verdict", "schema": Verdict.model_json_schema()}


@pytest.mark.parametrize(
    ("known", "steps"),
    [(["json_object"], ["json_schema", "json_object"]), ([], ["json_schema", "json_object", None])],
)
def test_json_steps_down_where_the_endpoint_knows_less_and_remembers(
    server: StubServer, make: Make, known: list[str], steps: list[str | None]
) -> None:
    server.answer, server.formats = '{"stars": 4}', known
    lm = make()
    first = lm.one(Prompt("Judge.", expects=Json(Verdict)))
    assert (first.value, first.retries) == (Verdict(stars=4), len(steps) - 1)
    assert asked_formats(server) == steps
    assert lm.one(Prompt("Judge.", expects=Json(Verdict))).retries == 0
    assert asked_formats(server) == [*steps, steps[-1]]


def test_a_refusal_for_another_reason_steps_nothing_down(server: StubServer, make: Make) -> None:
    lm = make()
    server.answer = lambda body: body["missing"]
    with pytest.raises(EndpointError, match="refused the request"):
        lm.one(Prompt("Judge.", expects=Json(Verdict)))
    server.answer = '{"stars": 4}'
    lm.one(Prompt("Judge.", expects=Json(Verdict)))
    assert asked_formats(server)[-1] == "json_schema"


def test_other_prompts_get_no_format_and_json_that_breaks_the_schema_is_asked_again(
    server: StubServer, make: Make
) -> None:
    answers = iter(["fine", json.dumps({"stars": "many"}), json.dumps({"stars": 2})])
    server.answer = lambda body: next(answers)
    lm = make()
    lm.one(HI)
    reply = lm.one(Prompt("Judge.", expects=Json(Verdict)))
    assert (reply.value, reply.retries) == (Verdict(stars=2), 1)
    assert asked_formats(server) == [None, "json_schema", "json_schema"]


@pytest.mark.parametrize(
    ("host", "url"),
    [
        (None, "http://localhost:11434/v1"),
        ("", "http://localhost:11434/v1"),
        ("0.0.0.0", "http://127.0.0.1:11434/v1"),
        ("0.0.0.0:8000", "http://127.0.0.1:8000/v1"),
        ("gpu-box", "http://gpu-box:11434/v1"),
        ("http://gpu-box:9", "http://gpu-box:9/v1"),
        ("https://models.example.org/", "https://models.example.org:443/v1"),
        ("[::1]:7", "http://[::1]:7/v1"),
    ],
)
def test_ollama_is_found_where_its_variable_says(
    monkeypatch: pytest.MonkeyPatch, host: str | None, url: str
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    if host is None:
        monkeypatch.delenv("OLLAMA_HOST", raising=False)
    else:
        monkeypatch.setenv("OLLAMA_HOST", host)
    remote, model, name = locate("ollama:llama3.2:1b")
    assert (remote.base_url, model, name) == (url, "llama3.2:1b", "ollama:llama3.2:1b")
    assert remote.api_key is None


def test_openai_is_found_with_the_environments_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    remote, model, name = locate("openai:gpt-4o-mini", concurrency=3)
    assert (remote.base_url, remote.api_key) == ("https://api.openai.com/v1", "sk-secret")
    assert (model, name, remote.concurrency) == ("gpt-4o-mini", "openai:gpt-4o-mini", 3)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://proxy.example.org/v1")
    assert locate("openai:gpt-4o-mini")[0].base_url == "http://proxy.example.org/v1"


def test_without_a_model_the_only_one_is_taken(server: StubServer) -> None:
    lm = endpoint(server.url)
    assert (lm.model, lm.name) == ("stub", server.address)
    assert lm.one(HI).model == server.address
    server.models = ("a", "b")
    with pytest.raises(SettingError, match=r"lists 2 models \(a, b\); name one after a #"):
        endpoint(server.url)
    server.models = ()
    with pytest.raises(SettingError, match="lists 0 models"):
        endpoint(server.url)


@pytest.mark.parametrize(
    ("address", "error", "says"),
    [
        ("opnai:gpt-4o", UnknownNameError, "no kind of endpoint 'opnai'. Did you mean 'openai'"),
        ("gpt-4o", UnknownNameError, "Known: http, https, ollama, openai"),
        ("openai:", SettingError, "a model is needed after the colon: openai:NAME"),
        ("http://#m", SettingError, "needed is http"),
    ],
)
def test_an_address_that_cannot_be_read_says_what_is_needed(
    address: str, error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        endpoint(address)


@pytest.mark.parametrize(
    ("setting", "value"), [("concurrency", 0), ("timeout", 0), ("retries", -1), ("patience", -1)]
)
def test_a_setting_out_of_range_is_an_error(setting: str, value: int) -> None:
    with pytest.raises(SettingError, match=f"{setting} {value}; give"):
        endpoint("http://127.0.0.1:9/v1#m", **{setting: value})
