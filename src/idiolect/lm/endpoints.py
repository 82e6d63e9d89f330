"""Any OpenAI-compatible endpoint as a language model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from idiolect.lm.expects import Expects, Json
from idiolect.lm.model import Completion, LanguageModel
from idiolect.lm.prompt import Prompt
from idiolect.remote import Remote, locate, overflows


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
    # How far this endpoint's answers to JSON formats were stepped down; see `_formats`.
    _format: int = field(default=0, init=False, repr=False)

    def __post_init__(self) -> None:
        self.name = self.name or self.model

    def complete(self, prompts: Sequence[Prompt]) -> list[Completion]:
        """One completion for each prompt, in order, side by side.

        Raises:
            EndpointError: A call failed for good.
            SettingError: A prompt is longer than the budget even when cut.
        """
        return self.remote.map(self._one, prompts)

    def _one(self, prompt: Prompt) -> Completion:
        from openai import BadRequestError, UnprocessableEntityError

        rendered = prompt.render(self.budget)
        messages = [{"role": m.role, "content": m.content} for m in rendered.messages]
        if len(messages) == 1:
            messages[0]["role"] = "user"  # chat templates of many open models need a user's turn
        asked = {"model": self.model, "messages": messages, **self._sampling(prompt)}
        formats = _formats(prompt.expects)
        refused = 0

        def ask(client: Any) -> Any:
            nonlocal refused
            at = min(self._format, len(formats) - 1)
            while True:
                try:
                    answer = client.chat.completions.create(**asked, **formats[at])
                except (BadRequestError, UnprocessableEntityError) as error:
                    if at + 1 == len(formats) or overflows(error):
                        raise
                    at, refused = at + 1, refused + 1
                else:
                    self._format = max(self._format, at)
                    return answer

        answer, failed = self.remote.call(ask, self.model)
        choice = answer.choices[0] if answer.choices else None
        usage = answer.usage
        return Completion(
            text=(choice.message.content or "") if choice and choice.message else "",
            prompt_tokens=(usage.prompt_tokens or 0) if usage else 0,
            completion_tokens=(usage.completion_tokens or 0) if usage else 0,
            cut=rendered.cut,
            retries=failed + refused,
        )

    def _sampling(self, prompt: Prompt) -> dict[str, float]:
        sampling = prompt.sampling
        settings = {
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            # OpenAI's reasoning models take only the new name, many local servers only the old.
            "max_completion_tokens" if self.remote.is_openai else "max_tokens": sampling.max_tokens,
            "seed": None if sampling.seed is None else sampling.seed + prompt.sample,
        }
        return {name: value for name, value in settings.items() if value is not None}


def endpoint(address: str, *, budget: int | None = None, **settings: Any) -> Endpoint:
    """The model at an address.

    Args:
        address: ``openai:gpt-4o-mini``, ``ollama:llama3.2`` (at `OLLAMA_HOST` where that is set) or
            ``http://host:port/v1#model``; without ``#model``, the only model that is listed there.
        budget: As for `Endpoint`.
        settings: `api_key` (default: the environment's `OPENAI_API_KEY`, which is sent to the
            address that you name), `concurrency`, `timeout`, `retries`, `patience` and `sleep`,
            as for `Remote`.

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
