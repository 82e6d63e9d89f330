"""Spans: a request with its prompts, without words unless they are asked for; nothing if absent."""

import importlib.util

import pytest

from idiolect.errors import EndpointError
from idiolect.lm import Completion, Prompt, Scripted, query
from idiolect.profile import Profile
from idiolect.roles import Personalizer
from idiolect.run import answer
from idiolect.run.trace import CONTENT, Use, Watched
from idiolect.testing.world import world

POPULATION, REQUEST = world().population, world().requests[0]


def build(lm):
    return Personalizer(
        lm, lambda view, r: Profile(r.user), lambda r, user: Prompt("Secret.", query(r), stage="w")
    )


class Counting(Scripted):
    def complete(self, prompts):
        return [Completion("words", 7, 3, cached=p.stage == "old") for p in prompts]


def test_what_was_paid_is_told_from_what_was_cached():
    watched = Watched(Counting())
    watched.complete([Prompt("a", stage="old"), Prompt("b"), Prompt("c")])
    watched.complete([Prompt("d")])
    assert watched.use == Use(cached=1, calls=3, prompt_tokens=21, completion_tokens=9)
    assert answer(build, POPULATION, REQUEST, Counting()).use == Use(0, 1, 7, 3)


def test_what_streams_or_arrives_is_counted_too():
    watched = Watched(Counting())
    assert list(watched.stream(Prompt("a"))) == ["words"]
    assert sorted(at for at, _ in watched.arriving([Prompt("b"), Prompt("c", stage="old")])) == [
        0, 1,
    ]  # fmt: skip
    assert watched.use == Use(cached=1, calls=2, prompt_tokens=14, completion_tokens=6)


needs_sdk = pytest.mark.skipif(
    importlib.util.find_spec("opentelemetry.sdk") is None
    if importlib.util.find_spec("opentelemetry")
    else True,
    reason="OpenTelemetry's SDK is absent: pip install opentelemetry-sdk",
)


@pytest.fixture
def exporter(monkeypatch):
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr("opentelemetry.trace.get_tracer", provider.get_tracer)
    return exporter


class Partly(Counting):
    """Fails for one prompt, and breaks off in the middle of a stream."""

    def arriving(self, prompts):
        for at, prompt in enumerate(prompts):
            yield at, EndpointError("quotes a text") if prompt.stage == "bad" else Completion("b")

    def pieces(self, prompt):
        yield "words"
        if prompt.stage == "bad":
            raise EndpointError("quotes a text")
        yield " more"
        return Completion("words more", 7, 3)


@needs_sdk
def test_spans_of_streams_and_of_what_arrives_end_with_them(exporter):
    watched = Watched(Partly())

    def told():
        spans = exporter.get_finished_spans()
        exporter.clear()
        return [(s.attributes.get("idiolect.stage"), s.attributes.get("error.type")) for s in spans]

    good, bad = Prompt("a", stage="good"), Prompt("a", stage="bad")
    arriving = watched.arriving([good, bad, good])
    next(arriving)
    assert told() == [("good", None)]
    list(arriving)
    assert told() == [("bad", "EndpointError"), ("good", None)]
    stream = watched.stream(good)
    next(stream)
    assert told() == []
    list(stream)
    assert told() == [("good", None)]
    with pytest.raises(EndpointError):
        list(watched.stream(bad))
    left = watched.stream(good)
    next(left)
    left.close()
    assert told() == [("bad", "EndpointError"), ("good", "GeneratorExit")]
    assert watched.use == Use(0, 3, 7, 3)


@needs_sdk
def test_spans_have_the_conventions_names_and_no_words_unless_asked(exporter, monkeypatch):
    answer(build, POPULATION, REQUEST, Counting())
    chat, whole = exporter.get_finished_spans()
    assert chat.name == "chat scripted"
    assert chat.parent.span_id == whole.context.span_id
    assert chat.attributes["gen_ai.operation.name"] == "chat"
    assert chat.attributes["gen_ai.request.model"] == "scripted"
    assert chat.attributes["gen_ai.usage.input_tokens"] == 7
    assert chat.attributes["gen_ai.usage.output_tokens"] == 3
    assert "Secret" not in chat.to_json() + whole.to_json()
    monkeypatch.setenv(CONTENT, "true")
    exporter.clear()
    answer(build, POPULATION, REQUEST, Counting())
    assert "Secret" in exporter.get_finished_spans()[0].attributes["gen_ai.input.messages"]

    def broken(lm):
        raise RuntimeError("quotes a text")

    monkeypatch.delenv(CONTENT)
    exporter.clear()
    answer(broken, POPULATION, REQUEST, Counting())
    (span,) = exporter.get_finished_spans()
    assert span.attributes["error.type"] == "RuntimeError"
    assert "quotes" not in span.to_json()
