"""Any OpenAI-compatible endpoint as a language model."""

from __future__ import annotations

import itertools
import json
import re
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from typing import Any, Literal

from idiolect.errors import CapabilityError, EndpointError, IdiolectError
from idiolect.lm.expects import Expects, Json, without_thinking
from idiolect.lm.model import Completion, LanguageModel, Token
from idiolect.lm.prompt import GIVEN_UP, Cut, Prompt, Rendered, estimate
from idiolect.lm.sections import Section
from idiolect.remote import Remote, locate, overflows, overrun


@dataclass(eq=False)
class Endpoint(LanguageModel):
    """A model behind an OpenAI-compatible endpoint; `endpoint` makes one from an address.

    Args:
        model: As the endpoint calls it.
        remote: Where it is, and how calls are made.
        budget: Estimated tokens of a prompt at most, beyond which entries are cut; None sends all.
        name: How replies, traces, caches and runs know it; default: `model`. `endpoint` gives the
            address as it was written: ``http://…`` with the place, for two places may serve
            different weights under one name; ``openai:…`` and ``ollama:…`` without.
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
            CapabilityError: Log probabilities are asked for, and the endpoint refuses them or was
                seen to give none; the first reply without them comes as it is.
        """
        return self.remote.map(self._one, prompts)

    def arriving(
        self, prompts: Sequence[Prompt]
    ) -> Iterator[tuple[int, Completion | IdiolectError]]:
        """The position of each prompt with its completion or why it has none, as they come."""
        return self.remote.arriving(self._one, prompts)

    def pieces(self, prompt: Prompt) -> Generator[str, None, Completion]:
        """The words of one completion as they come, and at the end the whole.

        Calls that fail before the first piece are made again. What a reasoning model thinks is
        not among the pieces. Where the endpoint knows no streams, the whole is the only piece.

        Raises:
            EndpointError: The call failed for good, or broke off.
            SettingError: As for `complete`.
            CapabilityError: As for `complete`.
        """
        from openai import APIError

        rendered, asked = self._asked_for(prompt)
        # Not all endpoints know the option, nor streams.
        forms = _formats(prompt.expects)
        counted = {"stream_options": {"include_usage": True}}
        streams = [{"stream": True, **more, **form} for form in forms for more in (counted, {})]
        came, shown = _Came(), 0
        with ExitStack() as held:
            answer, retries = self._call(prompt, rendered, asked, [*streams, *forms], held)
            try:
                for chunk in (answer,) if hasattr(answer, "choices") else answer:
                    came.add(chunk)
                    ready = _ready(came.text)
                    if len(ready) > shown:
                        yield ready[shown:]
                        shown = len(ready)
            except (APIError, json.JSONDecodeError) as error:
                raise EndpointError(
                    f"The stream from {self.remote.shown} broke off after {len(came.text)} "
                    f"characters ({type(error).__name__}); ask again, or look at the server's log.",
                    retries=retries,
                    prompt_tokens=came.tokens("prompt"),
                    completion_tokens=came.tokens("completion"),
                ) from None
        return self._completion(prompt, came, rendered.cut, retries)

    def _one(self, prompt: Prompt) -> Completion:
        rendered, asked = self._asked_for(prompt)
        answer, retries = self._call(prompt, rendered, asked, _formats(prompt.expects))
        came = _Came()
        came.add(answer)
        return self._completion(prompt, came, rendered.cut, retries)

    def _completion(
        self, prompt: Prompt, came: _Came, cut: tuple[Cut, ...], retries: int
    ) -> Completion:
        if prompt.sampling.logprobs and came.text and not came.scored:
            self._mute = True  # this reply is paid for and goes on its way; no other is asked for
        thinking, text = without_thinking(came.text)
        return Completion(
            text=text,
            prompt_tokens=came.tokens("prompt"),
            completion_tokens=came.tokens("completion"),
            cut=cut,
            retries=retries,
            thinking=thinking or came.thought,
            finish_reason=came.finish,
            logprobs=tuple(came.scored),
        )

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

        made = 0
        kind = "stream" if hold else "whole"

        def ask(client: Any) -> Any:
            nonlocal made
            at = min(self._format[kind], len(formats) - 1)
            while True:
                made += 1
                try:
                    answer = client.chat.completions.create(**asked, **formats[at])
                    if hold is not None and formats[at].get("stream"):
                        answer = _begun(answer, hold)
                except (BadRequestError, UnprocessableEntityError) as error:
                    if overflows(error):
                        raise self._too_long(error, prompt, rendered) from None
                    if prompt.sampling.logprobs and "logprob" in str(error.body):
                        self._mute = True
                        raise self._no_logprobs() from None
                    if at + 1 == len(formats):
                        raise
                    at += 1
                else:
                    self._format[kind] = max(self._format[kind], at)
                    return answer

        tokens = rendered.tokens + (prompt.sampling.max_tokens or 0)
        try:
            answer, _ = self.remote.call(ask, self.model, tokens, hold)
        except EndpointError as error:
            error.retries = max(made - 1, 0)
            raise
        return answer, made - 1

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
        by, budget = "", "a lower `budget`"
        if (found := overrun(error)) is not None:
            asked, most = found
            by = f": {asked:,} tokens where {most:,} fit, {asked - most:,} too many"
            room = most - (prompt.sampling.max_tokens or 0)
            if room > 0:
                # The endpoint counts its own tokens, `budget` four characters as one.
                estimated = int(room * rendered.tokens / asked)
                budget = f"a `budget` of about {estimated:,} tokens or less"
            else:
                budget = f"`max_tokens` lower than {prompt.sampling.max_tokens:,}"
        return EndpointError(
            f"{self.remote.shown} found the prompt {prompt.stage!r} too long "
            f"({self.remote.said(error)}){by}. What could be cut, largest first: {could}. Set "
            f"{budget}, or show it fewer events."
        )

    def _sampling(self, prompt: Prompt) -> dict[str, Any]:
        sampling = prompt.sampling
        settings = {
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            # OpenAI's reasoning models take only the new name, many local servers only the old.
            "max_completion_tokens" if self.remote.is_openai else "max_tokens": sampling.max_tokens,
            "seed": None if sampling.seed is None else sampling.seed + prompt.draw,
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


def _begun(stream: Any, hold: ExitStack) -> Any:
    """A stream whose first piece is there, or the whole where the endpoint knows no streams."""
    from openai.types.chat import ChatCompletion

    if "json" in stream.response.headers.get("content-type", ""):
        # An answer that came whole is as good, and paid for.
        with closing(stream):
            return ChatCompletion.construct(**json.loads(stream.response.read()))
    hold.callback(stream.close)
    return itertools.chain(list(itertools.islice(stream, 1)), stream)


@dataclass
class _Came:
    """What has come of a reply so far."""

    text: str = ""
    thought: str = ""
    finish: str = ""
    scored: list[Token] = field(default_factory=list)
    usage: Any = None

    def add(self, answer: Any) -> None:
        """An answer, or a piece of one."""
        self.usage = getattr(answer, "usage", None) or self.usage
        for choice in (getattr(answer, "choices", None) or ())[:1]:
            part = choice.delta if hasattr(choice, "delta") else choice.message
            self.finish = choice.finish_reason or self.finish
            self.scored += _tokens(choice)
            self.thought += _reasoning(part)
            self.text += getattr(part, "content", None) or ""

    def tokens(self, kind: Literal["prompt", "completion"]) -> int:
        """As the endpoint counted them; 0 where it does not."""
        return getattr(self.usage, f"{kind}_tokens", None) or 0


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
