"""What a request used, and OpenTelemetry spans of it where that library is installed.

A request is a span `invoke_agent RECIPE`; each prompt put to the model is a span `chat MODEL`
within it, with the attributes of the conventions for generative models (`gen_ai.*`). Only the API
is used, so that nothing is sent anywhere unless the caller's program sets an exporter up. Words of
prompts and replies are left out unless OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT is true.
"""

from __future__ import annotations

import json
import os
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from idiolect.data import Request
from idiolect.errors import IdiolectError
from idiolect.lm import Completion, LanguageModel, Prompt, Wrapped

CONTENT = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"


@dataclass(frozen=True)
class Use:
    """What a request took from the model.

    Attributes:
        cached: Prompts that were answered from a cache.
        calls: Prompts that the model answered; those put to it again count again.
        prompt_tokens: Of these.
        completion_tokens: Of their replies.
    """

    cached: int = 0
    calls: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0


class Watched(Wrapped):
    """A model whose use is counted, and told to OpenTelemetry.

    Attributes:
        use: Of all calls so far.
    """

    def __init__(self, lm: LanguageModel) -> None:
        super().__init__(lm)
        self.use = Use()

    def complete(self, prompts: Sequence[Prompt]) -> list[Completion]:
        """As the model beneath. Prompts asked together have spans of the same length."""
        with _chats(self.name, prompts) as spans:
            completions = self.lm.complete(prompts)
            for at, completion in enumerate(completions):
                self._came(completion, spans.pop(at))
        return completions

    def arriving(
        self, prompts: Sequence[Prompt]
    ) -> Iterator[tuple[int, Completion | IdiolectError]]:
        """As the model beneath; each prompt's span ends when it arrives."""
        with _chats(self.name, prompts) as spans:
            for at, result in self.lm.arriving(prompts):
                self._came(result, spans.pop(at))
                yield at, result

    def pieces(self, prompt: Prompt) -> Generator[str, None, Completion]:
        """As the model beneath; the span ends with the last piece."""
        with _chats(self.name, [prompt]) as spans:
            completion = yield from self.lm.pieces(prompt)
            self._came(completion, spans.pop(0))
        return completion

    def _came(self, result: Completion | IdiolectError, span: Any) -> None:
        if isinstance(result, IdiolectError):
            _broken(span, result)
            return
        if span is not None:
            _answered(span, result)
            span.end()
        paid = not result.cached
        self.use = Use(
            self.use.cached + (not paid),
            self.use.calls + paid,
            self.use.prompt_tokens + paid * result.prompt_tokens,
            self.use.completion_tokens + paid * result.completion_tokens,
        )


@contextmanager
def request_span(name: str, request: Request) -> Iterator[Any]:
    """A span of one request, around its calls; None where OpenTelemetry is absent.

    Args:
        name: Of the recipe.
        request: What is asked; whose it is stays out, which event it stands for goes in.
    """
    tracer = _tracer()
    if tracer is None:
        yield None
        return
    facts = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": name}
    if request.event is not None:
        facts["idiolect.event"] = request.event
    with tracer.start_as_current_span(f"invoke_agent {name}", attributes=facts) as span:
        yield span


def fails(span: Any, kind: str, message: str) -> None:
    """Marks a span as failed."""
    if span is not None:
        span.set_attribute("error.type", kind)
        span.set_status(_failed(message))


@cache
def _installed() -> bool:
    from importlib.util import find_spec

    return find_spec("opentelemetry") is not None


def _tracer() -> Any:
    if not _installed():
        return None
    from opentelemetry import trace

    return trace.get_tracer("idiolect")


def _failed(message: str) -> Any:
    from opentelemetry.trace import Status, StatusCode

    # Messages may quote a reply, which is content.
    return Status(StatusCode.ERROR, message if _content() else None)


def _content() -> bool:
    return os.environ.get(CONTENT, "").lower() == "true"


def _chat(model: str, prompt: Prompt) -> Any:
    tracer = _tracer()
    if tracer is None:
        return None
    from opentelemetry.trace import SpanKind

    sampling = prompt.sampling
    facts = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": model,
        "gen_ai.request.temperature": sampling.temperature,
        "gen_ai.request.top_p": sampling.top_p,
        "gen_ai.request.max_tokens": sampling.max_tokens,
        "gen_ai.request.seed": sampling.seed,
        "idiolect.stage": prompt.stage or None,
    }
    if _content():
        sent = [
            {"role": m.role, "parts": [{"type": "text", "content": m.content}]}
            for m in prompt.render().messages
        ]
        facts["gen_ai.input.messages"] = json.dumps(sent, ensure_ascii=False)
    known = {name: value for name, value in facts.items() if value is not None}
    return tracer.start_span(f"chat {model}", kind=SpanKind.CLIENT, attributes=known)


@contextmanager
def _chats(model: str, prompts: Sequence[Prompt]) -> Iterator[dict[int, Any]]:
    """A span for each prompt by its position; those that are left have failed."""
    spans = {at: _chat(model, prompt) for at, prompt in enumerate(prompts)}
    try:
        yield spans
    except BaseException as error:
        for span in spans.values():
            _broken(span, error)
        raise


def _broken(span: Any, error: BaseException) -> None:
    fails(span, type(error).__name__, str(error))
    if span is not None:
        span.end()


def _answered(span: Any, completion: Completion) -> None:
    span.set_attribute("gen_ai.usage.input_tokens", completion.prompt_tokens)
    span.set_attribute("gen_ai.usage.output_tokens", completion.completion_tokens)
    span.set_attribute("idiolect.cached", completion.cached)
    span.set_attribute("idiolect.retries", completion.retries)
    if _content():
        said = [
            {"role": "assistant", "parts": [{"type": "text", "content": completion.text}]},
        ]
        span.set_attribute("gen_ai.output.messages", json.dumps(said, ensure_ascii=False))
