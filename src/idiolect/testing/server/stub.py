"""A local OpenAI-compatible server that answers, lingers and fails as it is told."""

from __future__ import annotations

import json
import os
import random
import socket
import struct
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal, Self, get_args

from idiolect.errors import SettingError
from idiolect.testing.server.bodies import (
    Body,
    chat,
    embeddings,
    models,
    refusal,
    spoken,
    streamed,
)

#: What may go wrong with one call: a status (`429 wait` has a Retry-After header, `429 quota` means
#: that nothing is left to spend), no answer at all, a connection that is reset, an answer without
#: choices or vectors, one with null content, one that breaks off in the middle (of a stream too),
#: a web page in place of JSON; or, where the call asks for JSON, words that break off in the middle
#: (`bad json`) or that follow another schema (calls that ask for none are answered as usual).
Fault = Literal[
    "429", "429 wait", "429 quota", "500", "503", "hang", "reset", "empty", "null", "half", "page",
    "bad json", "wrong schema",
]  # fmt: skip


class StubServer:
    """An OpenAI-compatible server on this machine, for tests without a language model.

    It answers ``/v1/chat/completions`` (whole or as a stream), ``/v1/embeddings`` and
    ``/v1/models`` over real HTTP, and ``/counters`` with what it counted. Tokens are words.
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
        answer: What every chat call is answered with, or a function of the request's body, or
            several texts: the first for calls at temperature 0, else one drawn by the call's seed.
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
        port: Where it listens; 0 takes a free one.
        logprobs: False leaves them out though they are asked for, as many servers do.
        seeds: False draws anew though a seed is sent.
        streams: False answers whole though a stream is asked for.
        usage: False counts no tokens.

    Attributes:
        requests: Chat and embedding calls received.
        successes: Those answered whole and well.
        bodies: What was received, in order.
        peak: The most calls that were in work at one time.
    """

    def __init__(
        self,
        answer: str | Sequence[str] | Callable[[Body], str] = "stub reply",
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
        port: int = 0,
        logprobs: bool = True,
        seeds: bool = True,
        streams: bool = True,
        usage: bool = True,
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
        self.dim, self.port = dim, port
        self.logprobs, self.seeds, self.streams, self.usage = logprobs, seeds, streams, usage
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
            return refusal(404, f"The model {body.get('model')!r} does not exist.")
        if path == "/v1/embeddings":
            return embeddings(body, self.dim)
        if path != "/v1/chat/completions":
            return refusal(404, f"There is no {path}.")
        wanted = body.get("response_format", {}).get("type")
        if wanted is not None and wanted not in self.formats:
            return refusal(400, f"The response_format type {wanted!r} is not supported.")
        words = spoken(body.get("messages"))
        if words is None:
            return refusal(
                400, "The 'messages' must be a list of objects with 'role' and 'content'."
            )
        if self.context is not None and words > self.context:
            return refusal(
                400,
                f"The maximum context length is {self.context} tokens; the messages have {words}.",
                "context_length_exceeded",
            )
        try:
            text = self._answered(body)
        except Exception as error:  # noqa: BLE001 (the caller's own; the client is told)
            return refusal(400, f"The answer function raised {error!r}.")
        return 200, self.chat(body, text, words)

    def chat(self, body: Body, text: str | None, words: int = 0) -> Body:
        """The body of an answer."""
        answer = chat(body, text, self.requests, words, self.logprobs)
        return answer if self.usage else answer | {"usage": None}

    def counters(self) -> Body:
        """What was counted, as ``/counters`` tells it."""
        return {"requests": self.requests, "successes": self.successes, "peak": self.peak}

    def _answered(self, body: Body) -> str:
        if isinstance(self.answer, str):
            return self.answer
        if callable(self.answer):
            return self.answer(body)
        if body.get("temperature", 1) == 0:
            return self.answer[0]
        seed = body.get("seed") if self.seeds else None
        with self._lock:
            draws = self._rng if seed is None else random.Random(seed)
            return draws.choice(self.answer)


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that closing waits for them
    request_queue_size = 256

    def __init__(self, stub: StubServer) -> None:
        self.stub = stub
        self._connections: set[socket.socket] = set()
        super().__init__(("127.0.0.1", stub.port), _Handler)

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
            self._send(200, models(stub.models, stub.context))
        elif self.path == "/counters":
            self._send(200, stub.counters())
        else:
            self._send(*refusal(404, f"There is no {self.path}."))

    def do_POST(self) -> None:
        stub, body = self.server.stub, self._received()
        if body is None:
            return
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
        if fault in ("bad json", "wrong schema") and not body.get("response_format"):
            fault = None
        # Counted before it is sent, so that a client that has its answer finds it counted.
        stub.end(success=fault is None and status == 200)
        share = 0.5 if fault == "half" else 1
        if fault == "page":
            self._write(200, "text/html", b"<html><body>The gateway is busy.</body></html>")
        elif status == 200 and body.get("stream") and stub.streams and "choices" in answer:
            asked = body.get("stream_options") or {}
            self._stream(list(streamed(answer, usage=bool(asked.get("include_usage")))), share)
        else:
            wait = [("Retry-After", str(stub.retry_after))] if fault == "429 wait" else []
            self._send(status, answer, wait, share)

    def _received(self) -> Body | None:
        """The body of a call; None where there is none, and the client was told if it is there."""
        length = int(self.headers.get("Content-Length") or 0)
        sent = self.rfile.read(length)
        if len(sent) < length:  # the client is gone
            self.close_connection = True
            return None
        try:
            body = json.loads(sent)
        except ValueError as error:
            body = f"{sent[:40]!r} ({error})"
        if isinstance(body, dict):
            return body
        self._send(*refusal(400, f"The body must be a JSON object; found {body!s:.100}."))
        return None

    def _reply(self, fault: Fault | None, body: Body) -> tuple[int, Body]:
        stub = self.server.stub
        if fault is not None and fault[:3].isdigit():
            code = "insufficient_quota" if fault == "429 quota" else None
            return refusal(int(fault[:3]), f"Told to fail with {fault}.", code)
        if fault == "null":
            return 200, stub.chat(body, None)
        if fault in ("bad json", "wrong schema") and body.get("response_format"):
            return 200, stub.chat(body, '{"none": ' + ("" if fault == "bad json" else '"of it"}'))
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
        self._send(*refusal(401, f"Incorrect API key provided: {sent}.", "invalid_api_key"))
        return False

    def _send(
        self, status: int, answer: Body, headers: Iterable[tuple[str, str]] = (), share: float = 1
    ) -> None:
        self._write(status, "application/json", json.dumps(answer).encode(), headers, share)

    def _write(
        self,
        status: int,
        kind: str,
        data: bytes,
        headers: Iterable[tuple[str, str]] = (),
        share: float = 1,
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data[: int(len(data) * share)])
        self.close_connection |= share < 1

    def _stream(self, events: Sequence[bytes], share: float) -> None:
        """Sends events one by one; a share of them, and no end, where the stream breaks off."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for event in events[: int(len(events) * share)]:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(event), event))
        if share == 1:
            self.wfile.write(b"0\r\n\r\n")
        self.close_connection |= share < 1

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""
