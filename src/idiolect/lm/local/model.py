"""A causal language model in this process."""

from __future__ import annotations

import itertools
import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idiolect.errors import CapabilityError, SettingError
from idiolect.lm.expects import Choice, Expects, Json, Number
from idiolect.lm.local.batcher import Batcher, outlines
from idiolect.lm.local.draws import drawing
from idiolect.lm.local.jobs import Job, batches
from idiolect.lm.model import Completion, LanguageModel, Token
from idiolect.lm.prompt import Prompt, Rendered
from idiolect.lm.together import Together

#: More answers than these are not scored one by one; the reply is written instead.
MOST_ANSWERS = 101


@dataclass(eq=False)
class Local(LanguageModel):
    """A causal language model in this process; `local` loads one by its name or folder.

    What threads ask for at about the same time is answered in batches. Each draw has a generator of
    its own, so that a seed gives the same reply in any batch, up to rounding of the model's
    figures.

    Args:
        model: A causal model of transformers, or one with adapters of peft, in evaluation mode.
        tokenizer: Its tokenizer; without a chat template, messages go as plain paragraphs.
        name: How replies and traces call it.
        budget: Tokens of a prompt at most, beyond which entries are cut; None sends all, and
            refuses what is longer than the model's context.
        max_tokens: Of a reply, where the prompt does not say; fewer where the context ends.
        by_likelihood: Choices, and numbers of which there are few, are those that the model finds
            likeliest, not those that it writes. The prompt is read once for all of them.
        by_schema: Replies in JSON can only be written as their schema has it (extra `outlines`).
        rows: Prompts of a batch at most.
        tokens: Tokens of a batch at most, padding and replies included.
        wait: Seconds that a prompt waits for others to go with.
        template: Settings of the chat template, such as ``{"enable_thinking": False}``.

    Raises:
        SettingError: `rows` or `tokens` is below 1.
    """

    model: Any
    tokenizer: Any
    name: str = "local"
    budget: int | None = None
    max_tokens: int = 512
    by_likelihood: bool = False
    by_schema: bool = False
    rows: int = 32
    tokens: int = 32_768
    wait: float = 0.01
    template: Mapping[str, Any] = field(default_factory=dict)
    _batcher: Batcher = field(init=False, repr=False)
    _together: Together[Job, Any] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        for setting in ("rows", "tokens", "max_tokens"):
            if getattr(self, setting) < 1:
                raise SettingError(f"Found {setting}={getattr(self, setting)!r}; give at least 1.")
        if self.by_schema:
            outlines()
        self.model.eval()
        self._batcher = Batcher(self.model, self.tokenizer, self.name)
        self.honours = frozenset({"soft_tokens", *(["adapter"] if self.adapters else [])})
        self._together = Together(self._work, self.wait)
        self.parameters = {
            "max_tokens": self.max_tokens,
            "by_likelihood": self.by_likelihood,
            "by_schema": self.by_schema,
            "template": dict(self.template),
            "dtype": str(self.model.dtype),
        }

    @property
    def adapters(self) -> tuple[str, ...]:
        """Names of the adapters that are loaded."""
        return self._batcher.adapters

    @property
    def context(self) -> int | None:
        """Tokens that prompt and reply may have together; None where the model does not say."""
        config = self.model.config.get_text_config()
        return getattr(config, "max_position_embeddings", None)

    def complete(self, prompts: Sequence[Prompt]) -> list[Completion]:
        """One completion for each prompt, in order, in batches.

        Raises:
            SettingError: A prompt is longer than the budget or the model's context.
            CapabilityError: An adapter is not loaded, or soft tokens have another width.
        """
        asked = [self._plan(prompt) for prompt in prompts]
        jobs = [job for each in asked for job in each.jobs]
        done = iter(self._together(jobs))
        return [
            self._completion(each, list(itertools.islice(done, len(each.jobs)))) for each in asked
        ]

    def logprobs(self, prompts: Sequence[Prompt], continuations: Sequence[str]) -> list[float]:
        """Natural log probability of each continuation after its prompt, summed over its tokens.

        Raises:
            SettingError: A continuation is empty, or too long with its prompt.
            CapabilityError: As for `complete`.
        """
        jobs: list[Job] = []
        for prompt, words in zip(prompts, continuations, strict=True):
            ids = self._ids(words)
            if not ids:
                raise SettingError(f"Found the continuation {words!r}; give at least one token.")
            jobs.append(self._job(prompt, self._fitted(prompt, len(ids))[0], given=tuple(ids)))
        return [float(found) for found in self._together(jobs)]

    def hidden_states(self, texts: Sequence[str], layer: int) -> list[NDArray[np.float32]]:
        """Activations of one layer, for each text.  # texts × (tokens, dim)

        Args:
            texts: As they are, without a chat template.
            layer: 0 is the embeddings, 1 what the first block makes of them; -1 the last.

        Raises:
            SettingError: There is no such layer, or a text is empty.
        """
        layers = self.model.config.get_text_config().num_hidden_layers + 1
        if not -layers <= layer < layers:
            raise SettingError(f"Found layer {layer}; there are {layers}: 0 to {layers - 1}.")
        jobs = []
        for text in texts:
            ids = self.tokenizer(text)["input_ids"]
            if not ids:
                raise SettingError(f"Found the text {text!r}; give at least one token.")
            jobs.append(Job(tuple(ids), layer=layer % layers))
        return list(self._together(jobs))

    # What is asked

    def _plan(self, prompt: Prompt) -> _Asked:
        if prompt.sampling.extra_body:
            raise SettingError(
                f"Found extra_body={dict(prompt.sampling.extra_body)!r}, which is an endpoint's; "
                f"{self.name!r} takes the other settings of `Sampling`."
            )
        answers = _answers(prompt.expects) if self.by_likelihood else ()
        if not answers:
            wanted = prompt.sampling.max_tokens
            rendered, room = self._fitted(prompt, wanted or 1)
            most = wanted or min(self.max_tokens, room)
            return _Asked(prompt, rendered, (self._job(prompt, rendered, most=most),))
        # The end is scored too, for "1" is the beginning of "10".
        end = [self.tokenizer.eos_token_id]
        scored = [tuple(self._ids(answer) + end) for answer in answers]
        rendered, _ = self._fitted(prompt, max(map(len, scored)))
        job = self._job(prompt, rendered)
        jobs = tuple(replace(job, given=ids) for ids in scored)
        return _Asked(prompt, rendered, jobs, answers)

    def _job(self, prompt: Prompt, rendered: Rendered, **wanted: Any) -> Job:
        soft, adapter = None, None
        for condition in prompt.conditions:
            if condition.kind == "soft_tokens":
                soft = self._soft(condition)
            elif condition.kind == "adapter":
                adapter = getattr(condition, "name", None)
                if adapter not in self.adapters:
                    raise CapabilityError(
                        f"Prompt {prompt.stage!r} asks for the adapter {adapter!r}, which is not "
                        f"loaded (loaded: {', '.join(self.adapters) or 'none'}); load it with "
                        "`local(..., adapters={name: folder})`."
                    )
        expects = prompt.expects
        schema = None
        if self.by_schema and isinstance(expects, Json):
            schema = json.dumps(expects.schema)
        sampling, ids = prompt.sampling, tuple(self._templated(rendered))
        return Job(ids, soft, adapter, schema, sampling, prompt.draw, **wanted)

    def _soft(self, condition: Any) -> NDArray[np.float32]:
        vectors = np.asarray(condition.vectors, dtype=np.float32)
        dim = self.model.get_input_embeddings().weight.shape[1]
        if vectors.ndim != 2 or vectors.shape[1] != dim:
            raise CapabilityError(
                f"Found soft tokens of shape {vectors.shape}; {self.name!r} takes (tokens, {dim})."
            )
        return vectors

    def _ids(self, text: str) -> list[int]:
        return list(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def _templated(self, rendered: Rendered) -> list[int]:
        said = [{"role": m.role, "content": m.content} for m in rendered.messages]
        if len(said) == 1:
            said[0]["role"] = "user"  # templates need a user's turn
        if self.tokenizer.chat_template is None:
            return list(
                self.tokenizer("\n\n".join(m["content"] for m in said) + "\n\n")["input_ids"]
            )
        try:
            text = self._template(said)
        except Exception as error:
            # Some templates know no system: its words then begin the user's turn.
            if type(error).__name__ != "TemplateError" or said[0]["role"] != "system":
                raise
            system, user, *others = said
            both = f"{system['content']}\n\n{user['content']}"
            text = self._template([{"role": "user", "content": both}, *others])
        return self._ids(text)

    def _template(self, said: list[dict[str, str]]) -> str:
        text: str = self.tokenizer.apply_chat_template(
            said, tokenize=False, add_generation_prompt=True, **self.template
        )
        return text

    def _fitted(self, prompt: Prompt, reply: int) -> tuple[Rendered, int]:
        """The prompt, cut to the budget, and how many tokens the context leaves for a reply."""
        rendered = prompt.render(self.budget, lambda text: len(self._ids(text)))
        length = len(self._templated(rendered))
        length += sum(len(self._soft(c)) for c in prompt.conditions if c.kind == "soft_tokens")
        if self.context is None:
            return rendered, self.max_tokens
        room = self.context - length
        if room >= reply:
            return rendered, room
        sections = Counter[str]()
        for section in prompt.sections:
            sections[section.kind] += len(self._ids(section.render()))
        shown = ", ".join(f"{kind} {tokens}" for kind, tokens in sections.most_common())
        raise SettingError(
            f"Prompt {prompt.stage!r} has {length} tokens and its reply up to {reply}, "
            f"{reply - room} more than the {self.context} of {self.name!r}; set `budget` to "
            f"{max(self.context - reply, 0)} or less, or show fewer entries (tokens: "
            f"{shown or 'all in the instruction'})."
        )

    def _completion(self, asked: _Asked, done: list[Any]) -> Completion:
        read, cut = len(asked.jobs[0].ids), asked.rendered.cut
        if not asked.answers:
            text, written, finish, logprobs = done[0]
            return Completion(text, read, written, cut, finish_reason=finish, logprobs=logprobs)
        job, config = asked.jobs[0], self.model.generation_config
        at = drawing(job.sampling, job.draw, config)(np.asarray(done))
        logprobs = (Token(asked.answers[at], float(done[at])),)
        written = len(asked.jobs[at].given)
        return Completion(
            asked.answers[at], read, written, cut, finish_reason="stop",
            logprobs=logprobs if asked.prompt.sampling.logprobs else (),
        )  # fmt: skip

    def _work(self, jobs: Sequence[Job]) -> list[Any]:
        import torch

        done: list[Any] = [None] * len(jobs)
        with torch.inference_mode():
            for batch in batches(jobs, self.rows, self.tokens):
                results = self._batcher([jobs[at] for at in batch])
                for at, result in zip(batch, results, strict=True):
                    done[at] = result
        return done


@dataclass(frozen=True, eq=False)
class _Asked:
    """A prompt and the jobs that answer it.

    Attributes:
        prompt: What is asked.
        rendered: As it is sent.
        jobs: One, or one for each of the answers.
        answers: That are scored; none where the reply is written.
    """

    prompt: Prompt
    rendered: Rendered
    jobs: tuple[Job, ...]
    answers: tuple[str, ...] = ()


def _answers(expects: Expects) -> tuple[str, ...]:
    """What a reply can be, where that can be counted."""
    if isinstance(expects, Choice):
        return expects.options
    if isinstance(expects, Number):
        low, high = math.ceil(expects.low), math.floor(expects.high)
        if 0 < high - low < MOST_ANSWERS:
            return tuple(map(str, range(low, high + 1)))
    return ()
