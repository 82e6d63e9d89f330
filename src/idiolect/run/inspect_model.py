"""A model of inspect_ai as ours, asked on the loop of its evaluation."""

from __future__ import annotations

import contextvars
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from idiolect.lm import Completion, LanguageModel, Prompt, Token

if TYPE_CHECKING:
    from anyio.from_thread import BlockingPortal


@dataclass
class InspectModel(LanguageModel):
    """A model of inspect_ai as ours; only alive while a sample of an evaluation is.

    Args:
        model: Of inspect_ai.
        portal: To the loop of the evaluation.

    Attributes:
        error: What the last failed call raised: limits and dead endpoints are inspect's to handle.
    """

    model: Any
    portal: BlockingPortal
    error: Exception | None = None
    # The sample that calls belong to, also those of threads that a recipe starts.
    _sample: contextvars.Context = field(default_factory=contextvars.copy_context, repr=False)

    @property
    def name(self) -> str:  # type: ignore[override]
        """As inspect_ai calls it."""
        return str(self.model)

    def complete(self, prompts: Sequence[Prompt]) -> list[Completion]:
        """One completion for each prompt, asked side by side."""
        try:
            return self._sample.copy().run(self.portal.call, self._all, prompts)
        except Exception as error:
            self.error = error
            raise

    async def _all(self, prompts: Sequence[Prompt]) -> list[Completion]:
        import anyio

        found: dict[int, Completion] = {}

        async def one(at: int, prompt: Prompt) -> None:
            found[at] = await self._one(prompt)

        if len(prompts) == 1:
            return [await self._one(prompts[0])]
        async with anyio.create_task_group() as group:
            for at, prompt in enumerate(prompts):
                group.start_soon(one, at, prompt)
        return [found[at] for at in range(len(prompts))]

    async def _one(self, prompt: Prompt) -> Completion:
        from inspect_ai.model import (
            ChatMessageAssistant,
            ChatMessageSystem,
            ChatMessageUser,
            GenerateConfig,
        )

        kinds = {"system": ChatMessageSystem, "user": ChatMessageUser}
        rendered, drawn = prompt.render(), prompt.sampling
        # inspect's cache knows no numbered draws: another seed keeps them distinct.
        seed = drawn.seed if not prompt.sample else (drawn.seed or 0) + prompt.sample
        output = await self.model.generate(
            [
                kinds.get(m.role, ChatMessageAssistant)(content=m.content)
                for m in rendered.messages
                if m.content
            ],
            config=GenerateConfig(
                temperature=drawn.temperature,
                top_p=drawn.top_p,
                max_tokens=drawn.max_tokens,
                seed=seed,
                stop_seqs=list(drawn.stop) or None,
                logprobs=drawn.logprobs or None,
                extra_body=dict(drawn.extra_body) or None,
            ),
        )
        used, first = output.usage, output.choices[0]
        read = (
            0
            if used is None
            else used.input_tokens
            + (used.input_tokens_cache_read or 0)
            + (used.input_tokens_cache_write or 0)
        )
        return Completion(
            output.completion,
            read,
            0 if used is None else used.output_tokens,
            rendered.cut,
            finish_reason="length" if first.stop_reason == "max_tokens" else first.stop_reason,
            logprobs=tuple(
                Token(one.token, one.logprob)
                for one in (first.logprobs.content if first.logprobs else ())
            ),
        )
