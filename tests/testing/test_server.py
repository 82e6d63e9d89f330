"""The stub server, asked by the official client as any program would ask it."""

import doctest
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, get_args

import httpx
import numpy as np
import openai
import pytest

import idiolect.testing.server.stub
from idiolect.errors import SettingError
from idiolect.lm import Prompt, endpoint
from idiolect.testing import Fault, StubServer
from idiolect.testing.server.__main__ import main as served


def client(server: StubServer, **settings: Any) -> openai.OpenAI:
    return openai.OpenAI(
        **{"base_url": server.url, "api_key": "none", "max_retries": 0, "timeout": 5.0} | settings
    )


def ask(server: StubServer, words: str = "two words", asked: Any = None, **settings: Any) -> Any:
    with client(server, **settings) as asker:
        create: Any = asker.chat.completions.create
        return create(model="stub", messages=[{"role": "user", "content": words}], **(asked or {}))


@pytest.fixture
def server() -> Iterator[StubServer]:
    with StubServer(answer=lambda body: body["messages"][-1]["content"].upper()) as made:
        yield made


def test_the_official_client_reads_answer_and_usage(server: StubServer) -> None:
    answer = ask(server)
    assert answer.choices[0].message.content == "TWO WORDS"
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (2, 2)
    assert (server.requests, server.successes) == (1, 1)
    assert server.bodies[0]["messages"] == [{"role": "user", "content": "two words"}]


def test_embeddings_are_equal_in_both_encodings_and_add_over_words(server: StubServer) -> None:
    texts = ["old lamp", "old", "lamp"]
    with client(server) as asker:
        packed = asker.embeddings.create(model="stub", input=texts)  # base64, by default
        plain = asker.embeddings.create(model="stub", input=texts, encoding_format="float")
    vectors = np.array([one.embedding for one in packed.data])
    assert vectors.tolist() == [one.embedding for one in plain.data]
    assert vectors[0].tolist() == (vectors[1] + vectors[2]).tolist()
    assert [np.abs(v).sum() for v in vectors[1:]] == [1, 1]


def test_models_are_listed(server: StubServer) -> None:
    server.models = ("a", "b")
    with client(server) as asker:
        assert [model.id for model in asker.models.list()] == ["a", "b"]


def test_faults_come_in_order_and_are_no_successes(server: StubServer) -> None:
    expected: list[tuple[Fault, type[Exception]]] = [
        ("429", openai.RateLimitError),
        ("429 wait", openai.RateLimitError),
        ("429 quota", openai.RateLimitError),
        ("500", openai.InternalServerError),
        ("503", openai.InternalServerError),
        ("hang", openai.APITimeoutError),
        ("reset", openai.APIConnectionError),
        ("half", openai.APIConnectionError),
    ]
    server.faults.extend(fault for fault, _ in expected)
    for fault, error in expected:
        with pytest.raises(error) as caught:
            ask(server, timeout=0.1)
        headers = getattr(getattr(caught.value, "response", None), "headers", {})
        assert headers.get("retry-after") == ("1" if fault == "429 wait" else None)
    server.faults.extend(["empty", "null", "page", "bad json", "wrong schema"])
    assert ask(server).choices == []
    assert ask(server).choices[0].message.content is None
    assert ask(server).startswith("<html>")
    assert (server.requests, server.successes) == (11, 0)
    form = {"response_format": {"type": "json_object"}}
    with pytest.raises(json.JSONDecodeError):
        json.loads(ask(server, asked=form).choices[0].message.content)
    assert json.loads(ask(server, asked=form).choices[0].message.content) == {"none": "of it"}
    others = {"empty", "null", "page", "bad json", "wrong schema"}
    assert {fault for fault, _ in expected} | others == set(get_args(Fault))
    assert (server.requests, server.successes) == (13, 0)


@pytest.mark.parametrize("fault", ["bad json", "wrong schema"])
def test_faults_of_json_spare_calls_that_ask_for_none(server: StubServer, fault: Fault) -> None:
    server.faults.append(fault)
    assert ask(server).choices[0].message.content == "TWO WORDS"
    assert server.successes == 1


def test_a_stream_has_the_words_the_usage_and_an_end(server: StubServer) -> None:
    server.answer = "one  two\nthree"
    told = {"stream": True, "stream_options": {"include_usage": True}, "logprobs": True}
    with client(server) as asker:
        create: Any = asker.chat.completions.create
        events = list(create(model="stub", messages=[{"role": "user", "content": "hi"}], **told))
    words = [choice.delta.content for event in events for choice in event.choices]
    assert "".join(word or "" for word in words) == "one  two\nthree"
    assert len(words) == 5
    assert [e.choices[0].finish_reason for e in events[:-1]] == [None] * 4 + ["stop"]
    assert (events[-1].choices, events[-1].usage.completion_tokens) == ([], 3)
    assert sum(c.logprobs is not None for e in events for c in e.choices) == 3


def test_a_stream_may_break_off_or_not_be_known(server: StubServer) -> None:
    server.faults.append("half")
    body = {"model": "stub", "messages": [{"role": "user", "content": "hi"}], "stream": True}
    with httpx.Client() as asker:
        with pytest.raises(httpx.RemoteProtocolError):
            asker.post(server.url + "/chat/completions", json=body)
        server.streams = False
        whole = asker.post(server.url + "/chat/completions", json=body)
        assert whole.json()["object"] == "chat.completion"
        counted = asker.get(server.url.removesuffix("/v1") + "/counters").json()
    assert counted == {"requests": 2, "successes": 1, "peak": 1}


def test_logprobs_are_those_of_the_words_and_may_be_left_out(server: StubServer) -> None:
    asked = {"logprobs": True, "top_logprobs": 2}
    scores = ask(server, asked=asked).choices[0].logprobs.content
    assert [score.token.strip() for score in scores] == ["TWO", "WORDS"]
    assert all(-1 < s.logprob <= 0 and len(s.top_logprobs) == 2 for s in scores)
    assert scores[0].top_logprobs[0].logprob == scores[0].logprob
    server.logprobs = False
    assert ask(server, asked=asked).choices[0].logprobs is None


def test_draws_follow_temperature_and_seed(server: StubServer) -> None:
    server.answer = [f"draw {n}" for n in range(100)]

    def said(**asked: Any) -> str:
        return str(ask(server, asked=asked).choices[0].message.content)

    assert said(temperature=0) == said(temperature=0, seed=5) == "draw 0"
    assert said(seed=5) == said(seed=5)
    assert len({said(seed=n) for n in range(8)}) > 4
    assert len({said() for _ in range(8)}) > 4
    server.seeds = False
    assert len({said(seed=5) for _ in range(8)}) > 4


def test_stop_words_limits_and_uncounted_usage_are_honoured(server: StubServer) -> None:
    server.answer = "one two three four"
    cut = ask(server, asked={"max_tokens": 2})
    assert (cut.choices[0].message.content, cut.choices[0].finish_reason) == ("one two", "length")
    assert cut.usage.completion_tokens == 2
    stopped = ask(server, asked={"stop": ["three"], "max_tokens": 3}).choices[0]
    assert (stopped.message.content, stopped.finish_reason) == ("one two ", "stop")
    server.usage = False
    assert ask(server).usage is None


def test_it_runs_as_a_process_of_its_own() -> None:
    command = [sys.executable, "-W", "error", "-m", "idiolect.testing.server", "--latency", "0.05"]
    command += ["--answer", "A fine lamp.", "--faults", "503", "--context", "30"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            address = process.stdout.readline().strip()
            lm = endpoint(address, sleep=lambda seconds: None)
            reply = lm.one(Prompt("Write a review."))
            counted = httpx.get(address.partition("/v1")[0] + "/counters").json()
        finally:
            process.terminate()
        assert process.wait(5) == 0
    assert (reply.text, reply.retries) == ("A fine lamp.", 1)
    assert counted == {"requests": 2, "successes": 1, "peak": 1}


def test_its_process_refuses_an_unknown_fault() -> None:
    with pytest.raises(SystemExit, match="Found the fault '404'"):
        served(["--faults", "404"])


def test_a_fault_rate_is_kept_and_seeded() -> None:
    def outcomes(seed: int) -> list[int]:
        with (
            StubServer(fault_rate=0.3, fault_kinds=["500"], seed=seed) as server,
            httpx.Client() as asker,
        ):
            body = {"model": "stub", "messages": [{"role": "user", "content": "hi"}]}
            url = server.url + "/chat/completions"
            return [asker.post(url, json=body).status_code for _ in range(200)]

    first = outcomes(1)
    assert 40 <= first.count(500) <= 80  # 60 expected, three standard deviations
    assert first == outcomes(1) != outcomes(2)


def test_refusals_have_the_statuses_of_a_real_endpoint(server: StubServer) -> None:
    server.key, server.context, server.formats = "right", 3, ()
    with pytest.raises(openai.AuthenticationError, match="wrong"):
        ask(server, api_key="wrong")
    with pytest.raises(openai.BadRequestError) as caught:
        ask(server, "one two three four", api_key="right")
    assert caught.value.code == "context_length_exceeded"
    with client(server, api_key="right") as asker:
        with pytest.raises(openai.NotFoundError, match="other"):
            asker.embeddings.create(model="other", input="x")
        with pytest.raises(openai.BadRequestError, match="empty"):
            asker.embeddings.create(model="stub", input=["x", ""])
        with pytest.raises(openai.BadRequestError, match="json_object"):
            asker.chat.completions.create(
                model="stub", messages=[], response_format={"type": "json_object"}
            )
    assert (server.requests, server.successes) == (5, 0)


def test_half_a_request_is_dropped_without_a_word(
    server: StubServer, capsys: pytest.CaptureFixture[str]
) -> None:
    host, port = server.url.split("/")[2].split(":")
    for sent in (b'{"model": "st', b""):
        with socket.create_connection((host, int(port))) as killed:
            killed.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: 99\r\n\r\n")
            killed.sendall(sent)
            killed.shutdown(socket.SHUT_WR)
            assert killed.recv(99) == b""
    assert ask(server).choices[0].message.content == "TWO WORDS"
    assert (server.requests, server.successes) == (1, 1)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("path", "body", "says"),
    [
        ("chat/completions", b'{"model": ', "The body must be a JSON object; found b'{"),
        ("chat/completions", b"[1, 2]", "The body must be a JSON object; found [1, 2]"),
        ("chat/completions", b"", "The body must be a JSON object"),
        ("chat/completions", b'{"model": "stub"}', "The 'messages' must be a list"),
        ("chat/completions", b'{"model": "stub", "messages": ["hi"]}', "The 'messages' must be"),
        ("embeddings", b'{"model": "stub"}', "The 'input' must be a text"),
        ("embeddings", b'{"model": "stub", "input": [[1, 2]]}', "The 'input' must be a text"),
    ],
)
def test_a_body_that_is_none_is_refused_and_the_connection_kept(
    server: StubServer, capsys: pytest.CaptureFixture[str], path: str, body: bytes, says: str
) -> None:
    with httpx.Client() as asker:
        for _ in range(2):
            answer = asker.post(f"{server.url}/{path}", content=body)
            assert answer.status_code == 400
            assert says in answer.json()["error"]["message"]
    assert capsys.readouterr() == ("", "")


def test_messages_of_parts_are_counted_too(server: StubServer) -> None:
    server.answer = "fine"
    parts = [{"type": "text", "text": "two words"}, {"type": "image_url", "image_url": {}}]
    told = [{"role": "user", "content": parts}, {"role": "assistant", "content": None}]
    with client(server) as asker:
        create: Any = asker.chat.completions.create
        assert create(model="stub", messages=told).usage.prompt_tokens == 2


def test_an_answer_function_that_raises_is_told_to_the_client(server: StubServer) -> None:
    server.answer = lambda body: body["no such key"]
    with pytest.raises(openai.BadRequestError, match="KeyError"):
        ask(server)


def test_counters_hold_under_many_threads_and_the_peak_is_seen() -> None:
    body = {"model": "stub", "messages": [{"role": "user", "content": "hi"}]}
    with (
        StubServer(latency=0.02) as server,
        httpx.Client() as asker,
        ThreadPoolExecutor(16) as pool,
    ):
        url = server.url + "/chat/completions"
        list(pool.map(lambda _: asker.post(url, json=body), range(64)))
    assert (server.requests, server.successes, len(server.bodies)) == (64, 64, 64)
    assert 2 <= server.peak <= 16


def test_it_closes_at_once_though_calls_hang_and_connections_are_kept() -> None:
    before = threading.active_count()
    with StubServer(faults=["hang"], latency=0) as server:
        keeper = client(server)
        with pytest.raises(openai.APITimeoutError):
            ask(server, timeout=0.05)
        keeper.models.list()
        started = time.perf_counter()
    assert time.perf_counter() - started < 1
    assert threading.active_count() == before
    keeper.close()


def test_an_unknown_fault_is_an_error() -> None:
    with pytest.raises(SettingError, match="'404'; give one of 429"):
        StubServer(faults=["404"])  # type: ignore[list-item]


def test_the_example_in_the_docstring_holds() -> None:
    tested = doctest.testmod(idiolect.testing.server.stub)
    assert (tested.failed, tested.attempted) == (0, 3)
