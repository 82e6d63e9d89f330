"""A local OpenAI-compatible server that answers, lingers and fails as it is told."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import random
import re
import socket
import struct
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal, Self, get_args

import numpy as np

from idiolect.errors import SettingError

#: What may go wrong with one call: a status (`429 wait` has a Retry-After header, `429 quota` means
#: that nothing is left to spend), no answer at all, a connection that is reset, an answer without
#: choices or vectors, one with null content, or one that breaks off in the middle.
Fault = Literal[
    "429", "429 wait", "429 quota", "500", "503", "hang", "reset", "empty", "null", "half"
]
Body = dict[str, Any]


class StubServer:
    """An OpenAI-compatible server on this machine, for tests without a language model.

    It answers ``/v1/chat/completions``, ``/v1/embeddings`` and ``/v1/models`` over real HTTP.
    Everything that is set may be changed while it runs, and everything that is counted may be
    read at any time.

    Example:
        >>> from idiolect.lm import Prompt, endpoint
        >>> with StubServer(answer="A fine lamp.", faults=["503"]) as server:
        ...     lm = endpoint(server.address, sleep=lambda seconds: None)
        ...     reply = lm.one(Prompt("Write a review."))
        >>> reply.text, reply.retries, server.requests, server.successes
        ('A fine lamp.', 1, 2, 1)

    Args:
        answer: What every chat call is answered with, or a function of the request's body.
        latency: Seconds before each answer.
        faults: What goes wrong with the first calls, one a call, in order.
        fault_rate: The share of later calls that go wrong, from 0 to 1.
        fault_kinds: What goes wrong with those.
        seed: Of which ones.
        retry_after: What `429 wait` asks for: seconds, or a date as HTTP writes it.
        models: What it lists; a call for another is answered with 404.
        key: The only key that is let in; None lets everybody in.
        context: Words of a prompt at most, beyond which it is answered with 400.
        formats: Kinds of `response_format` that it knows; others are answered with 400.
        dim: Length of the embeddings.

    Attributes:
        requests: Chat and embedding calls received.
        successes: Those answered whole and well.
        bodies: What was received, in order.
        peak: The most calls that were in work at one time.
    """

    def __init__(
        self,
        answer: str | Callable[[Body], str] = "stub reply",
        *,
        latency: float = 0.0,
        faults: Iterable[Fault] = (),
        fault_rate: float = 0.0,
        fault_kinds: Sequence[Fault] = ("429", "500", "503", "reset"),
        seed: int = 0,
        retry_after: float | str = 1,
        models: Sequence[str] = ("stub",),
        key: str | None = None,
        context: int | None = None,
        formats: Sequence[str] = ("json_schema", "json_object"),
        dim: int = 64,
    ) -> None:
        self.answer, self.latency = answer, latency
        self.faults: deque[Fault] = deque(faults)
        self.fault_rate, self.fault_kinds, self.retry_after = fault_rate, fault_kinds, retry_after
        for fault in (*self.faults, *fault_kinds):
            if fault not in get_args(Fault):
                raise SettingError(
                    f"Found the fault {fault!r}; give one of {', '.join(get_args(Fault))}."
                )
        self.models, self.key, self.context, self.formats = models, key, context, formats
        self.dim = dim
        self.requests = self.successes = self.peak = 0
        self.bodies: list[Body] = []
        self.closing = threading.Event()
        self._rng, self._lock, self._working = random.Random(seed), threading.Lock(), 0

    @property
    def url(self) -> str:
        """The base URL, up to and with ``/v1``."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    @property
    def address(self) -> str:
        """The base URL and the first model, as `endpoint` and `encoder` take it."""
        return f"{self.url}#{self.models[0]}"

    def __enter__(self) -> Self:
        self._server = _Server(self)
        # A short poll lets it stop quickly.
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.close_connections()
        self._server.server_close()

    def begin(self, body: Body) -> Fault | None:
        """Counts a call and says what goes wrong with it."""
        with self._lock:
            self.requests += 1
            self.bodies.append(body)
            self._working += 1
            self.peak = max(self.peak, self._working)
            if self.faults:
                return self.faults.popleft()
            if self._rng.random() < self.fault_rate:
                return self._rng.choice(self.fault_kinds)
            return None

    def end(self, *, success: bool) -> None:
        """Counts what became of a call."""
        with self._lock:
            self._working -= 1
            self.successes += success

    def respond(self, path: str, body: Body) -> tuple[int, Body]:
        """Status and body of the answer to a call with which nothing goes wrong."""
        if body.get("model") not in self.models:
            return _refusal(404, f"The model {body.get('model')!r} does not exist.")
        if path == "/v1/embeddings":
            return self._embeddings(body)
        if path != "/v1/chat/completions":
            return _refusal(404, f"There is no {path}.")
        wanted = body.get("response_format", {}).get("type")
        if wanted is not None and wanted not in self.formats:
            return _refusal(400, f"The response_format type {wanted!r} is not supported.")
        words = sum(len(message["content"].split()) for message in body["messages"])
        if self.context is not None and words > self.context:
            return _refusal(
                400,
                f"The maximum context length is {self.context} tokens; the messages have {words}.",
                "context_length_exceeded",
            )
        try:
            text = self.answer if isinstance(self.answer, str) else self.answer(body)
        except Exception as error:  # noqa: BLE001 (the caller's own; the client is told)
            return _refusal(400, f"The answer function raised {error!r}.")
        return 200, self.chat(body["model"], text, words)

    def chat(self, model: str, text: str | None, words: int) -> Body:
        """The body of an answer."""
        said = len((text or "").split())
        message = {"role": "assistant", "content": text}
        return {
            "id": f"chatcmpl-{self.requests}",
            "object": "chat.completion",
            "created": 0,
            "model": model,
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {
                "prompt_tokens": words,
                "completion_tokens": said,
                "total_tokens": words + said,
            },
        }

    def _embeddings(self, body: Body) -> tuple[int, Body]:
        texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
        if not all(texts):
            return _refusal(400, "The input must not be empty.")
        vectors = [hashed(text, self.dim) for text in texts]
        base64ed = body.get("encoding_format") == "base64"
        data = [
            {
                "object": "embedding",
                "index": at,
                "embedding": base64.b64encode(v.tobytes()).decode() if base64ed else v.tolist(),
            }
            for at, v in enumerate(vectors)
        ]
        words = sum(len(text.split()) for text in texts)
        return 200, {
            "object": "list",
            "model": body["model"],
            "data": data,
            "usage": {"prompt_tokens": words, "total_tokens": words},
        }

    def listed(self) -> Body:
        """The answer to ``/v1/models``."""
        models = [
            {"id": model, "object": "model", "created": 0, "owned_by": "stub"}
            for model in self.models
        ]
        return {"object": "list", "data": models}


def hashed(text: str, dim: int) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """The sum over words and marks of a sign at a place, both from the word's hash.  # (dim,)"""
    vector = np.zeros(dim, dtype=np.float32)
    for word in re.findall(r"\w+|[^\w\s]+", text.lower()):
        digest = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "big")
        vector[(digest >> 1) % dim] += 1 if digest & 1 else -1
    return vector


def _refusal(status: int, words: str, code: str | None = None) -> tuple[int, Body]:
    return status, {"error": {"message": words, "type": "stub", "param": None, "code": code}}


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that closing waits for them
    request_queue_size = 256

    def __init__(self, stub: StubServer) -> None:
        self.stub = stub
        self._connections: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        """Ends connections that clients keep open, so that their threads end too."""
        for connection in list(self._connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # it ended by itself

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Says nothing of clients that leave early: that is what some tests are about."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # connections are kept, as real endpoints do
    disable_nagle_algorithm = True  # headers and body go out at once
    server: _Server

    def do_GET(self) -> None:
        stub = self.server.stub
        if not self._let_in():
            return
        if self.path == "/v1/models":
            self._send(200, stub.listed())
        else:
            self._send(*_refusal(404, f"There is no {self.path}."))

    def do_POST(self) -> None:
        stub = self.server.stub
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        fault = stub.begin(body)
        if not self._let_in():
            stub.end(success=False)
            return
        stub.closing.wait(stub.latency)
        if fault in ("hang", "reset"):
            stub.end(success=False)
            self._break_off(fault)
            return
        status, answer = self._reply(fault, body)
        # Counted before it is sent, so that a client that has its answer finds it counted.
        stub.end(success=fault is None and status == 200)
        self._send(
            status,
            answer,
            headers=[("Retry-After", str(stub.retry_after))] if fault == "429 wait" else [],
            share=0.5 if fault == "half" else 1,
        )

    def _reply(self, fault: Fault | None, body: Body) -> tuple[int, Body]:
        stub = self.server.stub
        if fault is not None and fault[:3].isdigit():
            code = "insufficient_quota" if fault == "429 quota" else None
            return _refusal(int(fault[:3]), f"Told to fail with {fault}.", code)
        if fault == "null":
            return 200, stub.chat(body["model"], None, 0)
        status, answer = stub.respond(self.path, body)
        if fault == "empty" and status == 200:
            answer["data" if "data" in answer else "choices"] = []
        return status, answer

    def _break_off(self, fault: Fault) -> None:
        self.close_connection = True
        if fault == "hang":
            self.server.stub.closing.wait()
            return
        # Without lingering, closing sends a reset; the descriptor is taken from the socket
        # because its files would keep it open.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())

    def _let_in(self) -> bool:
        stub = self.server.stub
        sent = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if stub.key is None or sent == stub.key:
            return True
        self._send(*_refusal(401, f"Incorrect API key provided: {sent}.", "invalid_api_key"))
        return False

    def _send(
        self, status: int, answer: Body, headers: Iterable[tuple[str, str]] = (), share: float = 1
    ) -> None:
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data[: int(len(data) * share)])
        self.close_connection |= share < 1

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""
