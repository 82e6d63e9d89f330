"""The stub server, asked by the official client as any program would ask it."""

import doctest
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, get_args

import httpx
import numpy as np
import openai
import pytest

import idiolect.testing.server
from idiolect.errors import SettingError
from idiolect.testing import Fault, StubServer


def client(server: StubServer, **settings: Any) -> openai.OpenAI:
    return openai.OpenAI(
        **{"base_url": server.url, "api_key": "none", "max_retries": 0, "timeout": 5.0} | settings
    )


def ask(server: StubServer, words: str = "two words", **settings: Any) -> Any:
    with client(server, **settings) as asker:
        return asker.chat.completions.create(
            model="stub", messages=[{"role": "user", "content": words}]
        )


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
    server.faults.extend(["empty", "null"])
    assert ask(server).choices == []
    assert ask(server).choices[0].message.content is None
    assert {fault for fault, _ in expected} | {"empty", "null"} == set(get_args(Fault))
    assert (server.requests, server.successes) == (10, 0)


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
    assert doctest.testmod(idiolect.testing.server).failed == 0
