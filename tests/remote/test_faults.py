"""What comes with status 200 and is no answer, from a server that says what it is told to say."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, NamedTuple

import pytest

from idiolect.embed.endpoint import endpoint_encoder
from idiolect.errors import EndpointError
from idiolect.lm import Prompt, endpoint
from idiolect.remote import Remote

HI = Prompt("Say hello.")
JSON, PLAIN, EVENTS = "application/json", "text/plain", "text/event-stream"
SAID = {"role": "assistant", "content": "hello"}
CHAT = json.dumps({"id": "1", "choices": [{"index": 0, "message": SAID, "finish_reason": "stop"}]})
STREAM = (
    'data: {"id": "1", "choices": [{"index": 0, "delta": {"content": "hello"}}]}\n\n'
    "data: [DONE]\n\n"
)
VECTOR = json.dumps({"object": "list", "data": [{"index": 0, "embedding": [3.0, 4.0]}]})
MODELS = json.dumps({"object": "list", "data": [{"id": "m", "object": "model"}]})
NONE = {
    "a page": ("text/html; charset=utf-8", "<!doctype html><title>Busy</title>"),
    "words": (PLAIN, "Bad gateway"),
    "nothing": (None, ""),
    "nothing as JSON": (JSON, ""),
    "null": (JSON, "null"),
    "a list": (JSON, "[]"),
    "a string": (JSON, '"later"'),
    "half an object": (JSON, '{"choices": ['),
    "a refusal": (JSON, '{"error": {"message": "Provider is down", "code": 502}}'),
}


class Told(NamedTuple):
    """A server's address, what it is to say next, and the paths that were asked for."""

    address: str
    answers: list[tuple[str | None, str]]
    paths: list[str]


@pytest.fixture
def told() -> Iterator[Told]:
    answers: list[tuple[str | None, str]] = []
    paths: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            kind, said = answers.pop(0)
            paths.append(self.path)
            self.send_response(200)
            if kind is not None:
                self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(said.encode())))
            self.end_headers()
            self.wfile.write(said.encode())

        do_GET = do_POST

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield Told(f"http://127.0.0.1:{server.server_address[1]}/v1#m", answers, paths)
        finally:
            server.shutdown()
            thread.join()


def streamed(address: str, **settings: Any) -> str:
    return "".join(endpoint(address, **settings).stream(HI))


WAYS: dict[str, tuple[Callable[..., Any], tuple[str, str], Any]] = {
    "reply": (lambda at, **s: endpoint(at, **s).one(HI).text, (JSON, CHAT), "hello"),
    "stream": (streamed, (EVENTS, STREAM), "hello"),
    "vector": (
        lambda at, **s: endpoint_encoder(at, **s).encode(["a"]).tolist(),
        (JSON, VECTOR),
        [pytest.approx([0.6, 0.8])],
    ),
    "models": (
        lambda at, **s: Remote(at.partition("#")[0], **s).models(), (JSON, MODELS), ["m"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("what", NONE)
def test_no_answer_with_status_200_passes_and_is_asked_for_again(
    told: Told, way: str, what: str
) -> None:
    ask, answer, expected = WAYS[way]
    told.answers.extend([NONE[what], NONE[what], answer])
    naps: list[float] = []
    assert ask(told.address, sleep=naps.append) == expected
    assert len(naps) == 2
    assert 0.25 <= naps[0] <= 0.5 <= naps[1] <= 1.0, "with back-off"
    assert not told.answers


@pytest.mark.parametrize("way", WAYS)
def test_at_the_end_it_says_what_came_and_how_often(told: Told, way: str) -> None:
    told.answers.extend([NONE["a page"]] * 3)
    says = r"'<!doctype html><title>Busy</title>' in 3 calls, where JSON is needed; look at.*/v1"
    with pytest.raises(EndpointError, match=says):
        WAYS[way][0](told.address, retries=2, sleep=lambda _: None)


def test_the_key_is_not_shown_though_a_page_repeats_it(told: Told) -> None:
    told.answers.append(("text/html", "<p>sk-secret is busy"))
    with pytest.raises(EndpointError, match=r"<p>\*\*\* is busy"):
        endpoint(told.address, api_key="sk-secret", retries=0).one(HI)


@pytest.mark.parametrize(
    ("way", "kind"), [("reply", PLAIN), ("reply", None), ("vector", PLAIN), ("stream", PLAIN)]
)
def test_an_answer_under_a_wrong_type_is_read_and_not_paid_for_twice(
    told: Told, way: str, kind: str | None
) -> None:
    ask, (_, said), expected = WAYS[way]
    told.answers.append((kind, said))
    assert ask(told.address) == expected
    assert len(told.paths) == 1


def test_a_reply_that_speaks_of_an_error_is_a_reply(told: Told) -> None:
    told.answers.append((JSON, CHAT.replace('"id"', '"error": null, "id"')))
    told.answers.append((JSON, CHAT.replace('"hello"', '"the \\"error\\" is yours"')))
    lm = endpoint(told.address)
    assert [lm.one(HI).text, lm.one(HI).text] == ["hello", 'the "error" is yours']
