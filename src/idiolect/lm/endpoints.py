"""Any OpenAI-compatible endpoint as a language model."""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from idiolect.errors import CapabilityError, EndpointError, IdiolectError
from idiolect.lm.expects import Expects, Json, without_thinking
from idiolect.lm.model import Call, Completion, LanguageModel, Reply, Stream, Token
from idiolect.lm.prompt import GIVEN_UP, Prompt, Rendered, Section, estimate
from idiolect.remote import Remote, locate, overflows, overrun


@dataclass(eq=False)
class Endpoint(LanguageModel):
    """A model behind an OpenAI-compatible endpoint; `endpoint` makes one from an address.

    Args:
        model: As the endpoint calls it.
        remote: Where it is, and how calls are made.
        budget: Estimated tokens of a prompt at most, beyond which entries are cut; None sends all.
        name: How replies and traces call it; default: `model`.
    """

    model: str
    remote: Remote
    budget: int | None = None
    name: str = ""
    # How far formats were stepped down, since the endpoint refused stricter ones; see `_formats`.
    _format: Counter[str] = field(default_factory=Counter, init=False, repr=False)
    # True once it was seen to give no log probabilities.
    _mute: bool = field(default=False, init=False, repr=False)

    def __post_init__(self) -> None:
        self.name = self.name or self.model

    def complete(self, prompts: Sequence[Prompt]) -> list[Completion]:
        """One completion for each prompt, in order, side by side.

        Raises:
            EndpointError: A call failed for good.
            SettingError: A prompt is longer than the budget even when cut.
            CapabilityError: Log probabilities are asked for, and the endpoint gives none.
        """
        return self.remote.map(self._one, prompts)

    def arriving(
        self, prompts: Sequence[Prompt]
    ) -> Iterator[tuple[int, Completion | IdiolectError]]:
        """The position of each prompt with its completion or why it has none, as they come."""
        return self.remote.arriving(self._one, prompts)

    def stream(self, prompt: Prompt) -> Stream:
        """The pieces of one reply as they come.

        Calls that fail before the first arrives are made again. What a reasoning model thinks is
        not among the pieces. An unusable reply is not asked for again, since it was shown.

        Raises:
            CapabilityError: The prompt carries a condition, which no endpoint can honour.
            EndpointError: (while reading) The call failed for good, or broke off.
            ReplyError: (at the end) The reply is unusable.
        """
        self._check(prompt)
        return Stream(self._pieces(prompt))

    def _one(self, prompt: Prompt) -> Completion:
        rendered, asked = self._asked_for(prompt)
        answer, retries = self._call(prompt, rendered, asked, _formats(prompt.expects))
        choice = answer.choices[0] if answer.choices else None
        message = choice.message if choice else None
        thinking, text = without_thinking((message.content or "") if message else "")
        usage = answer.usage
        return Completion(
            text=text,
            prompt_tokens=(usage.prompt_tokens or 0) if usage else 0,
            completion_tokens=(usage.completion_tokens or 0) if usage else 0,
            cut=rendered.cut,
            retries=retries,
            thinking=thinking or _reasoning(message),
            finish_reason=(choice.finish_reason or "") if choice else "",
            logprobs=self._logprobs(prompt, choice),
        )

    def _pieces(self, prompt: Prompt) -> Generator[str, None, Reply]:
        from openai import APIError

        rendered, asked = self._asked_for(prompt)
        # Not all endpoints know the option, nor streams; without one, the whole is its only piece.
        forms = _formats(prompt.expects)
        counted = {"stream_options": {"include_usage": True}}
        streams = [{"stream": True, **more, **form} for form in forms for more in (counted, {})]
        said, thought, finish = "", "", ""
        usage: Any = None
        tokens: list[Token] = []
        with ExitStack() as held:
            answer, retries = self._call(prompt, rendered, asked, [*streams, *forms], held)
            shown = 0
            try:
                for chunk in (answer,) if hasattr(answer, "choices") else answer:
                    usage = chunk.usage or usage
                    choice = chunk.choices[0] if chunk.choices else None
                    if choice is None:
                        continue
                    finish = choice.finish_reason or finish
                    tokens += _tokens(choice)
                    part = choice.delta if hasattr(choice, "delta") else choice.message
                    thought += _reasoning(part)
                    said += part.content or ""
                    ready = _ready(said)
                    if len(ready) > shown:
                        yield ready[shown:]
                        shown = len(ready)
            except (APIError, json.JSONDecodeError) as error:
                raise EndpointError(
                    f"The stream from {self.remote.shown} broke off after {len(said)} characters "
                    f"({type(error).__name__}); ask again, or look at the server's log."
                ) from None
        thinking, text = without_thinking(said)
        completion = Completion(
            text=text,
            prompt_tokens=(usage.prompt_tokens or 0) if usage else 0,
            completion_tokens=(usage.completion_tokens or 0) if usage else 0,
            cut=rendered.cut,
            retries=retries,
            thinking=thinking or thought,
            finish_reason=finish,
            logprobs=tuple(tokens),
        )
        reply, unusable = self._read(prompt, completion, Reply("", None, self.name, retries=-1))
        self.keep([Call(prompt, reply)])
        if unusable is not None:
            raise self._unusable(prompt, reply, 1, unusable)
        return reply

    def _asked_for(self, prompt: Prompt) -> tuple[Rendered, dict[str, Any]]:
        if prompt.sampling.logprobs and self._mute:
            raise self._no_logprobs()
        rendered = prompt.render(self.budget)
        messages = [{"role": m.role, "content": m.content} for m in rendered.messages]
        if len(messages) == 1 + len(prompt.turns):
            messages[0]["role"] = "user"  # chat templates of many open models need a user's turn
        return rendered, {"model": self.model, "messages": messages, **self._sampling(prompt)}

    def _call(
        self,
        prompt: Prompt,
        rendered: Rendered,
        asked: dict[str, Any],
        formats: Sequence[dict[str, Any]],
        hold: ExitStack | None = None,
    ) -> tuple[Any, int]:
        """The answer, in the strictest format that the endpoint knows, and calls made before it."""
        from openai import BadRequestError, UnprocessableEntityError

        refused = 0
        kind = "stream" if hold else "whole"

        def ask(client: Any) -> Any:
            nonlocal refused
            at = min(self._format[kind], len(formats) - 1)
            while True:
                try:
                    answer = client.chat.completions.create(**asked, **formats[at])
                    if formats[at].get("stream"):
                        begun = _begun(answer)
                        if begun is None or hold is None:
                            answer.close()
                            at = next(n for n, form in enumerate(formats) if "stream" not in form)
                            refused += 1
                            continue
                        hold.callback(answer.close)
                        answer = begun
                except (BadRequestError, UnprocessableEntityError) as error:
                    if overflows(error):
                        raise self._too_long(error, prompt, rendered) from None
                    if prompt.sampling.logprobs and "logprob" in str(error.body):
                        self._mute = True
                        raise self._no_logprobs() from None
                    if at + 1 == len(formats):
                        raise
                    at, refused = at + 1, refused + 1
                else:
                    self._format[kind] = max(self._format[kind], at)
                    return answer

        tokens = rendered.tokens + (prompt.sampling.max_tokens or 0)
        answer, failed = self.remote.call(ask, self.model, tokens, hold)
        return answer, failed + refused

    def _logprobs(self, prompt: Prompt, choice: Any) -> tuple[Token, ...]:
        tokens = tuple(_tokens(choice))
        if (
            prompt.sampling.logprobs
            and choice is not None
            and not tokens
            and choice.message.content
        ):
            self._mute = True
            raise self._no_logprobs()
        return tokens

    def _no_logprobs(self) -> CapabilityError:
        return CapabilityError(
            f"{self.remote.shown} gives no log probabilities for {self.model!r}, which the "
            "prompt's sampling asks for; use an endpoint that gives them (vLLM does), or leave "
            "`Sampling.logprobs` out."
        )

    def _too_long(self, error: Any, prompt: Prompt, rendered: Rendered) -> EndpointError:
        """By how much, and what could be cut."""
        gone = Counter(cut.kind for cut in rendered.cut)
        parts = [
            (estimate(Section(s.kind, s.entries[: len(s.entries) - gone[s.kind]]).render()), s)
            for s in prompt.sections
        ]
        sizes = sorted(
            (
                (size, s.kind)
                for size, s in parts
                if s.kind in GIVEN_UP and len(s.entries) > gone[s.kind]
            ),
            reverse=True,
        )
        could = ", ".join(f"{kind} (about {size:,} tokens)" for size, kind in sizes) or "nothing"
        found = overrun(error)
        by = ""
        if found is not None:
            asked, most = found
            by = f": {asked:,} tokens where {most:,} fit, {asked - most:,} too many"
        room = f" of {found[1] - (prompt.sampling.max_tokens or 0):,}" if found else ""
        return EndpointError(
            f"{self.remote.shown} found the prompt {prompt.stage!r} too long "
            f"({self.remote.said(error)}){by}. What could be cut, largest first: {could}. Set a "
            f"`budget`{room} tokens or less, or show it fewer events."
        )

    def _sampling(self, prompt: Prompt) -> dict[str, Any]:
        sampling = prompt.sampling
        settings = {
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            # OpenAI's reasoning models take only the new name, many local servers only the old.
            "max_completion_tokens" if self.remote.is_openai else "max_tokens": sampling.max_tokens,
            "seed": None if sampling.seed is None else sampling.seed + prompt.sample,
            "stop": list(sampling.stop) or None,
            "logprobs": sampling.logprobs or None,
            "extra_body": dict(sampling.extra_body) or None,
        }
        return {name: value for name, value in settings.items() if value is not None}


def endpoint(address: str, *, budget: int | None = None, **settings: Any) -> Endpoint:
    """The model at an address.

    Args:
        address: ``openai:gpt-4o-mini``, ``ollama:llama3.2`` (at `OLLAMA_HOST` where that is set) or
            ``http://host:port/v1#model``; without ``#model``, the only model that is listed there.
        budget: As for `Endpoint`.
        settings: `api_key` (default: the environment's `OPENAI_API_KEY`, which is sent to the
            address that you name), `concurrency`, `requests_per_minute`, `tokens_per_minute`,
            `timeout`, `deadline`, `retries`, `patience`, `limiter` and `sleep`, as for `Remote`.

    Raises:
        UnknownNameError: The address begins with something else.
        SettingError: The model is missing and there is not exactly one, or a setting is out of
            its range.
        EndpointError: There is no key, or the endpoint does not answer.
    """
    remote, model, name = locate(address, **settings)
    return Endpoint(model, remote, budget, name)


def _formats(expects: Expects) -> list[dict[str, Any]]:
    """Ways to ask for a form of reply, strictest first, since not all endpoints know all."""
    if not isinstance(expects, Json):
        return [{}]
    schema = {
        "name": re.sub(r"[^A-Za-z0-9_-]", "_", expects.model.__name__)[:64],
        "schema": expects.schema,
    }
    return [
        {"response_format": {"type": "json_schema", "json_schema": schema}},
        {"response_format": {"type": "json_object"}},
        {},
    ]


def _begun(stream: Any) -> Iterator[Any] | None:
    """A stream whose first piece is there; None where the endpoint answers whole instead."""
    if "json" in stream.response.headers.get("content-type", ""):
        return None
    return itertools.chain(list(itertools.islice(stream, 1)), stream)


def _tokens(choice: Any) -> list[Token]:
    """The chosen tokens of an answer or of a piece of one, where it tells them."""
    given = getattr(choice, "logprobs", None)
    return [Token(one.token, one.logprob) for one in (given and given.content) or ()]


def _reasoning(message: Any) -> str:
    """What some servers give apart from the reply, under one of two names (vLLM, DeepSeek)."""
    for name in ("reasoning_content", "reasoning"):
        if isinstance(thought := getattr(message, name, None), str):
            return thought
    return ""


def _ready(said: str) -> str:
    """What of a reply that still grows may be shown: nothing before its thinking has ended."""
    begun = said.lstrip()
    if begun.startswith("<think>") or "<think>".startswith(begun):
        return without_thinking(said)[1] if "</think>" in said else ""
    return said
