"""Encoders by address: endpoints over real HTTP, the optional ones, and the memory."""

import importlib.util
import logging
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from idiolect.data import Event, Population
from idiolect.embed import (
    Encoder,
    EndpointEncoder,
    GivenVectors,
    Lsa,
    Remembered,
    Vectors,
    encoder,
    endpoint_encoder,
)
from idiolect.errors import EndpointError, MissingExtraError, SettingError, UnknownNameError
from idiolect.testing import StubServer


@pytest.fixture
def server() -> Iterator[StubServer]:
    with StubServer() as made:
        yield made


def test_vectors_have_length_one_and_the_cosines_of_word_overlap(server: StubServer) -> None:
    vectors = endpoint_encoder(server.address).encode(["old lamp", "old lamp", "old", "  ", ""])
    assert (vectors.shape, vectors.dtype) == ((5, 64), np.float32)
    cosines = vectors @ vectors.T
    np.testing.assert_allclose(np.diag(cosines), [1, 1, 1, 0, 0], atol=1e-6)
    # Two words at different places, one of them shared: cos 45°.
    np.testing.assert_allclose(cosines[0, 1:3], [1, np.sqrt(0.5)], atol=1e-6)


def test_batches_are_sent_and_put_together_in_order(server: StubServer) -> None:
    texts = [f"word{n}" for n in range(600)]
    vectors = endpoint_encoder(server.address).encode(texts)
    assert sorted(len(body["input"]) for body in server.bodies) == [88, 256, 256]
    one_by_one = endpoint_encoder(server.address, batch=1).encode(texts[250:260])
    np.testing.assert_array_equal(vectors[250:260], one_by_one)


def test_nothing_is_sent_for_no_texts(server: StubServer) -> None:
    assert len(endpoint_encoder(server.address).encode([])) == 0
    assert server.requests == 0


def test_faults_are_retried_and_missing_vectors_are_an_error(server: StubServer) -> None:
    server.faults.extend(["503", "reset"])
    naps: list[float] = []
    made = endpoint_encoder(server.address, sleep=naps.append)
    assert made.encode(["a", "b"]).shape == (2, 64)
    assert (server.requests, server.successes, len(naps)) == (3, 1, 2)
    server.faults.append("empty")
    with pytest.raises(EndpointError, match=r"0 vectors for 2 texts.*an embedding model"):
        made.encode(["a", "b"])


def test_an_unknown_embedding_model_is_an_error(server: StubServer) -> None:
    with pytest.raises(EndpointError, match="Did you mean 'stub'"):
        encoder(f"{server.url}#stab").encode(["a"])
    with pytest.raises(SettingError, match="batch=0"):
        endpoint_encoder(server.address, batch=0)


def test_addresses_lead_to_encoders(server: StubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    assert isinstance(encoder("lsa"), Lsa)
    for address in (server.address, "openai:text-embedding-3-small", "ollama:nomic-embed-text"):
        made = encoder(address)
        assert isinstance(made, Remembered)
        assert isinstance(made.encoder, EndpointEncoder)
        assert made.name == address
    by_default = encoder(server.url)
    assert by_default.name == server.address


@pytest.mark.parametrize(
    ("address", "error", "says"),
    [
        ("lsi", UnknownNameError, "no encoder 'lsi'. Did you mean 'lsa'"),
        ("wordlama", UnknownNameError, "Did you mean 'wordllama'"),
        ("sentence-transformer:x", UnknownNameError, "Did you mean 'sentence-transformers:NAME'"),
        ("lsa:128", UnknownNameError, "no encoder 'lsa:128'"),
        ("sentence-transformers", SettingError, "needed: sentence-transformers:NAME"),
        ("openai:", SettingError, "needed: openai:NAME"),
    ],
)
def test_an_unknown_address_says_what_there_is(
    address: str, error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        encoder(address)


@pytest.mark.parametrize(
    ("address", "module"),
    [("wordllama", "wordllama"), ("sentence-transformers:x", "sentence_transformers")],
)
def test_an_absent_extra_gives_the_install_line(
    address: str, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == module else found(name)
    )
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=r"pip install 'idiolect\[embed\]'"):
        encoder(address)


def test_wordllama_gives_its_own_similarities_and_leaves_logging_alone() -> None:
    pytest.importorskip("wordllama", reason="the extra 'embed' (wordllama) is not installed")
    from idiolect.embed import WordLlamaEncoder

    texts = ["the cat sat on the mat", "a kitten lay on the rug", "revenue grew", ""]
    made = WordLlamaEncoder()
    vectors = made.encode(texts)
    assert (vectors.shape, vectors.dtype) == ((4, 256), np.float32)
    np.testing.assert_allclose((vectors**2).sum(1), [1, 1, 1, 0], atol=1e-5)
    theirs = made._model.similarity(texts[0], texts[1])
    assert float(vectors[0] @ vectors[1]) == pytest.approx(theirs, abs=1e-5)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]
    assert made.encode([]).shape == (0, 256)
    assert not [h for h in logging.getLogger().handlers if type(h) is logging.StreamHandler]


def test_sentence_transformers_is_called_by_its_interface(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stands in for the library, whose models are too large for a test."""

    class SentenceTransformer:
        def __init__(self, name: str, *, device: str | None = None) -> None:
            self.name = name

        def encode(
            self,
            sentences: list[str],
            *,
            batch_size: int,
            convert_to_numpy: bool,
            show_progress_bar: bool,
        ) -> Any:
            assert convert_to_numpy
            assert not show_progress_bar
            return np.array([[len(s), 4.0] for s in sentences], dtype=np.float64)

    library = ModuleType("sentence_transformers")
    library.SentenceTransformer = SentenceTransformer  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "sentence_transformers", library)
    made = encoder("sentence-transformers:all-MiniLM-L6-v2")
    vectors = made.encode(["abc", ""])
    assert made.name == "sentence-transformers:all-MiniLM-L6-v2"
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, [[0.6, 0.8], [0, 1]], atol=1e-6)
    assert len(made.encode([])) == 0


class Counting(Encoder):
    """Encodes a text as its length, and notes what it was asked."""

    name = "counting"

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.gate = threading.Event()
        self.gate.set()

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.asked += texts
        self.gate.wait(5)
        if "bad" in texts:
            raise EndpointError("down")
        return np.array([[len(text)] for text in texts], dtype=np.float32).reshape(-1, 1)


def test_no_text_is_encoded_twice_and_the_order_is_that_asked_for() -> None:
    beneath = Counting()
    made = Remembered(beneath)
    assert made.encode(["aa", "b", "aa"]).ravel().tolist() == [2, 1, 2]
    assert made.encode(["ccc", "b"]).ravel().tolist() == [3, 1]
    assert beneath.asked == ["aa", "b", "ccc"]
    assert made.encode([]).shape == (0, 1)


def test_no_text_is_encoded_twice_by_threads_that_ask_at_once() -> None:
    beneath = Counting()
    beneath.gate.clear()
    made = Remembered(beneath)
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(made.encode, ["x" * (1 + n % 3), "shared"]) for n in range(8)]
        beneath.gate.set()
        found = [future.result(5).ravel().tolist() for future in asked]
    assert found == [[1 + n % 3, 6] for n in range(8)]
    assert sorted(beneath.asked) == ["shared", "x", "xx", "xxx"]


def test_the_memory_is_bounded_and_forgets_what_was_asked_for_longest_ago() -> None:
    beneath = Counting()
    made = Remembered(beneath, size=2)
    made.encode(["a", "b"])
    made.encode(["a"])
    made.encode(["c"])  # b goes
    made.encode(["a"])
    assert beneath.asked == ["a", "b", "c"]
    assert made.encode(["dd", "b", "a"]).ravel().tolist() == [2, 1, 1]
    assert beneath.asked == ["a", "b", "c", "dd", "b"]
    with pytest.raises(SettingError, match="size=0"):
        Remembered(beneath, size=0)


def test_a_failure_reaches_all_who_wait_and_is_not_remembered() -> None:
    beneath = Counting()
    beneath.gate.clear()
    made = Remembered(beneath)
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(made.encode, ["bad"]) for _ in range(2)]
        beneath.gate.set()
        assert [str(future.exception(5)) for future in asked] == ["down", "down"]
    before = len(beneath.asked)
    with pytest.raises(EndpointError, match="down"):
        made.encode(["bad"])
    assert len(beneath.asked) == before + 1


def test_what_is_remembered_cannot_be_changed_by_a_caller() -> None:
    made = Remembered(Counting())
    made.encode(["aa"])[:] = 99
    assert made.encode(["aa"]).tolist() == [[2]]


def test_in_a_view_the_memory_stays_unless_the_encoder_is_cut() -> None:
    population = Population.of(
        Event(user=f"u{n % 3}", text=f"text {n} of a lamp", id=f"e{n}") for n in range(6)
    )
    view = population.as_of(population.request("e5"))
    given = Remembered(GivenVectors({"a": np.ones(2, dtype=np.float32)}))
    assert given.at(view) is given
    lsa = Lsa(dim=2)
    cut = Remembered(lsa).at(view)
    assert isinstance(cut, Remembered)
    assert cut.encoder is lsa.at(view)
    np.testing.assert_array_equal(cut.encode(["a lamp"]), lsa.at(view).encode(["a lamp"]))
