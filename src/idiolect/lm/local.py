"""Open models on this machine, by the transformers library."""

from __future__ import annotations

import inspect
import itertools
import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from idiolect.errors import CapabilityError, MissingExtraError, SettingError
from idiolect.lm.expects import Choice, Expects, Json, Number
from idiolect.lm.model import Completion, LanguageModel, Token
from idiolect.lm.prompt import Prompt, Rendered, Sampling
from idiolect.lm.together import Together

#: More answers than these are not scored one by one; the reply is written instead.
MOST_ANSWERS = 101


@dataclass(frozen=True, eq=False)
class SoftTokens:
    """A condition: vectors that stand before a prompt's own tokens, as in prompt tuning.

    Attributes:
        vectors: In the space of the model's token embeddings.  # (tokens, dim)
    """

    vectors: NDArray[np.floating[Any]]
    kind: str = "soft_tokens"


@dataclass(frozen=True)
class NamedAdapter:
    """A condition: weights on top of the model's own, by the name that they were loaded under."""

    name: str
    kind: str = "adapter"


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
            likeliest, not those that it writes.
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
    _together: Together[_Job, Any] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        for setting in ("rows", "tokens", "max_tokens"):
            if getattr(self, setting) < 1:
                raise SettingError(f"Found {setting}={getattr(self, setting)!r}; give at least 1.")
        if self.by_schema:
            _outlines()
        self.model.eval()
        self.honours = frozenset({"soft_tokens", *(["adapter"] if self.adapters else [])})
        self._together = Together(self._work, self.wait)
        self.parameters = {
            "max_tokens": self.max_tokens,
            "by_likelihood": self.by_likelihood,
            "by_schema": self.by_schema,
            "template": dict(self.template),
        }

    @property
    def adapters(self) -> tuple[str, ...]:
        """Names of the adapters that are loaded."""
        return tuple(getattr(self.model, "peft_config", ()))

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
        jobs: list[_Job] = []
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
            jobs.append(_Job(tuple(ids), layer=layer % layers))
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
        jobs = tuple(self._job(prompt, rendered, given=ids) for ids in scored)
        return _Asked(prompt, rendered, jobs, answers)

    def _job(self, prompt: Prompt, rendered: Rendered, **wanted: Any) -> _Job:
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
        return _Job(ids, soft, adapter, schema, sampling, prompt.sample, **wanted)

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
        draw = self._draw(asked.jobs[0])
        at = draw(np.asarray(done))
        logprobs = (Token(asked.answers[at], float(done[at])),)
        written = len(asked.jobs[at].given)
        return Completion(
            asked.answers[at], read, written, cut, finish_reason="stop",
            logprobs=logprobs if asked.prompt.sampling.logprobs else (),
        )  # fmt: skip

    # What is done

    def _work(self, jobs: Sequence[_Job]) -> list[Any]:
        import torch

        done: list[Any] = [None] * len(jobs)
        with torch.inference_mode():
            for batch in _batches(jobs, self.rows, self.tokens):
                for at, result in zip(batch, self._batch([jobs[at] for at in batch]), strict=True):
                    done[at] = result
        return done

    def _batch(self, jobs: list[_Job]) -> list[Any]:
        """One batch; halved where the memory does not suffice."""
        import torch

        do = {"write": self._write, "score": self._score, "show": self._show}[jobs[0].task]
        try:
            return do(jobs)
        except torch.OutOfMemoryError:
            if len(jobs) == 1:
                raise CapabilityError(
                    f"{self.name!r} found too little memory for one prompt of {jobs[0].length} "
                    "tokens; set `budget`, or take a smaller model or `dtype='bfloat16'`."
                ) from None
        half = len(jobs) // 2
        return self._batch(jobs[:half]) + self._batch(jobs[half:])

    def _padded(self, jobs: list[_Job]) -> dict[str, Any]:
        """Inputs of a batch, filled up on the left, so that all end together.  # (rows, tokens)"""
        import torch

        device = self.model.get_input_embeddings().weight.device
        rows = [job.ids + job.given for job in jobs]
        width = max(job.length for job in jobs)
        fill = self._fill
        ids = torch.tensor([[fill] * (width - len(row)) + list(row) for row in rows], device=device)
        mask = torch.tensor(
            [[0] * (width - job.length) + [1] * job.length for job in jobs], device=device
        )
        made: dict[str, Any] = {"attention_mask": mask}
        if any(job.soft is not None for job in jobs):
            vectors = self.model.get_input_embeddings()(ids)
            for at, job in enumerate(jobs):
                if job.soft is not None:
                    start = width - job.length
                    soft = torch.from_numpy(job.soft).to(vectors)
                    vectors[at, start : start + len(job.soft)] = soft
            made["inputs_embeds"] = vectors
        else:
            made["input_ids"] = ids
        if self.adapters:
            made["adapter_names"] = [job.adapter or "__base__" for job in jobs]
        return made

    @property
    def _fill(self) -> int:
        for token in (self.tokenizer.pad_token_id, self.tokenizer.eos_token_id):
            if token is not None:
                return int(token)
        return 0

    def _forward(self, jobs: list[_Job], **settings: Any) -> Any:
        made = self._padded(jobs)
        base = self.model.get_base_model() if self.adapters else self.model
        known = inspect.signature(base.forward).parameters
        if "position_ids" in known:
            made["position_ids"] = (made["attention_mask"].cumsum(-1) - 1).clamp(min=0)
        if "logits_to_keep" not in known:
            settings.pop("logits_to_keep")
        return self.model(**made, **settings, use_cache=False)

    def _score(self, jobs: list[_Job]) -> list[Any]:
        """Sums of the log probabilities of what is given after each prompt."""
        import torch

        # All rows end together, so the last tokens hold every continuation.
        most = max(len(job.given) for job in jobs)
        logits = self._forward(jobs, logits_to_keep=most + 1).logits[:, -most - 1 : -1].float()
        logprobs = torch.log_softmax(logits, -1)
        found = []
        for row, job in zip(logprobs, jobs, strict=True):
            given = torch.tensor(job.given, device=row.device)
            found.append(row[-len(given) :].gather(1, given[:, None]).double().sum().item())
        return found

    def _show(self, jobs: list[_Job]) -> list[Any]:
        """Activations of the wanted layers."""
        states = self._forward(jobs, output_hidden_states=True, logits_to_keep=1).hidden_states
        return [
            states[job.layer][at, -job.length :].float().cpu().numpy()
            for at, job in enumerate(jobs)
        ]

    def _write(self, jobs: list[_Job]) -> list[Any]:
        """Texts, their numbers of tokens, why they end, and the tokens' log probabilities."""
        from transformers import GenerationConfig

        made = self._padded(jobs)
        # After embeddings, the library gives only what it wrote.
        start = made["input_ids"].shape[1] if "input_ids" in made else 0
        ends = self._ends
        drawn = _Drawn([self._draw(job) for job in jobs], [job.sampling.logprobs for job in jobs])
        processors: list[Any] = [drawn]
        if jobs[0].schema is not None:
            processors.insert(0, self._schema(jobs[0].schema, start))
        stopping = _Stopping([job.most for job in jobs], start, self._stops(jobs))
        written = self.model.generate(
            **made,
            generation_config=GenerationConfig(
                max_new_tokens=max(job.most for job in jobs),
                do_sample=False,
                eos_token_id=ends or None,
                pad_token_id=self._fill,
            ),
            logits_processor=processors,
            stopping_criteria=[stopping],
        )[:, start:].tolist()
        found = []
        for at, (job, row) in enumerate(zip(jobs, written, strict=True)):
            ids = row[: stopping.written[at]]
            end = next((n for n, token in enumerate(ids) if token in ends), None)
            kept = ids[:end]
            text, stopped = _until(
                self.tokenizer.decode(kept, skip_special_tokens=True), job.sampling.stop
            )
            logprobs = tuple(
                Token(self.tokenizer.decode([token]), logprob)
                for token, logprob in zip(kept, drawn.logprobs[at], strict=False)
            )
            finish = "stop" if stopped or end is not None else "length"
            found.append((text, len(kept) + (end is not None), finish, logprobs))
        return found

    @property
    def _ends(self) -> list[int]:
        config = self.model.generation_config.eos_token_id
        ends = config if isinstance(config, list) else [config]
        return [e for e in dict.fromkeys([*ends, self.tokenizer.eos_token_id]) if e is not None]

    def _stops(self, jobs: list[_Job]) -> list[Callable[[list[int]], bool] | None]:
        """For each row, whether its text so far holds a string that ends it."""

        def stops(strings: tuple[str, ...]) -> Callable[[list[int]], bool]:
            # A token has at least one byte.
            longest = max(len(one.encode()) for one in strings) + 1
            return lambda ids: _until(self.tokenizer.decode(ids[-longest:]), strings)[1]

        return [stops(job.sampling.stop) if job.sampling.stop else None for job in jobs]

    def _draw(self, job: _Job) -> Callable[[NDArray[Any]], int]:
        """Takes one of several scores: the greatest at temperature 0, else one by chance."""
        sampling, config = job.sampling, self.model.generation_config
        temperature, top_p, top_k = sampling.temperature, sampling.top_p, None
        if temperature is None:
            # What the model's authors set; without sampling, they take the likeliest.
            temperature = (config.temperature or 1.0) if config.do_sample else 0.0
            top_p = top_p or (config.top_p if config.do_sample else None)
            top_k = config.top_k if config.do_sample else None
        if temperature <= 0:
            return lambda scores: int(scores.argmax())
        seed = None if sampling.seed is None else (sampling.seed + job.sample) % 2**64
        rng = np.random.default_rng(seed)
        heat, share, most = temperature, top_p or 1.0, top_k or None

        def draw(scores: NDArray[Any]) -> int:
            order = np.argsort(-scores, kind="stable")[:most]
            weights = np.exp((scores[order] - scores[order[0]]) / heat)
            sums = np.cumsum(weights)
            # The likeliest that together have the share, at least one.
            kept = int(np.searchsorted(sums, share * sums[-1])) + 1
            sums = sums[:kept]
            return int(
                order[min(np.searchsorted(sums, rng.random() * sums[-1], "right"), len(sums) - 1)]
            )

        return draw

    def _schema(self, schema: str, start: int) -> Any:
        outlines = _outlines()
        from outlines.backends import get_json_schema_logits_processor

        model = outlines.from_transformers(self.model, self.tokenizer)
        return get_json_schema_logits_processor(None, model, schema)


def local(
    path: str,
    *,
    dtype: str | None = None,
    device: str | None = None,
    device_map: Any = None,
    adapters: Mapping[str, str] | None = None,
    **settings: Any,
) -> Local:
    """A model of transformers by its name or folder.

    Args:
        path: Such as ``Qwen/Qwen2.5-0.5B-Instruct``, which the library downloads if it is not
            there, or a folder.
        dtype: Such as ``bfloat16``; default: as the model was saved on CUDA, float32 on a CPU.
        device: Such as ``cpu`` or ``cuda:1``; default: CUDA where there is any.
        device_map: Over which devices it is spread, such as ``auto``; instead of `device`.
        adapters: Name → folder of adapters (peft), for the condition `NamedAdapter`.
        settings: As for `Local`.

    Raises:
        MissingExtraError: The extra `train` is not installed.
        SettingError: There is no such model, or a setting is out of its range.
    """
    try:
        import torch
        import transformers
    except ModuleNotFoundError as error:
        if error.name not in ("torch", "transformers"):
            raise
        raise MissingExtraError(f"The model 'hf:{path}'", "train") from None
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    dtype = dtype or ("float32" if device == "cpu" and device_map is None else "auto")
    placed = {} if device_map is None else {"device_map": device_map}
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(path)
        model = transformers.AutoModelForCausalLM.from_pretrained(path, dtype=dtype, **placed)
    except (OSError, ValueError) as error:
        raise SettingError(
            f"Found no model {path!r} that can be loaded ({str(error).splitlines()[0]}); give a "
            "folder with its files, or the name of a causal language model on the Hugging Face Hub."
        ) from error
    if adapters:
        model = _adapted(model, adapters)
    return Local(
        model if placed else model.to(device), tokenizer, **{"name": f"hf:{path}"} | settings
    )


def _adapted(model: Any, adapters: Mapping[str, str]) -> Any:
    try:
        from peft import PeftModel
    except ModuleNotFoundError as error:
        if error.name != "peft":
            raise
        raise MissingExtraError("An adapter", "train") from None
    (first, folder), *others = adapters.items()
    adapted = PeftModel.from_pretrained(model, folder, adapter_name=first)
    for name, folder in others:
        adapted.load_adapter(folder, adapter_name=name)
    return adapted


def _outlines() -> Any:
    try:
        import outlines
    except ModuleNotFoundError as error:
        if error.name != "outlines":
            raise
        raise MissingExtraError("JSON that follows its schema by force", "outlines") from None
    return outlines


@dataclass(frozen=True, eq=False)
class _Job:
    """One row of a batch: a text to go on with, given words to score, or activations to show."""

    ids: tuple[int, ...]
    soft: NDArray[np.float32] | None = None
    adapter: str | None = None
    schema: str | None = None
    sampling: Sampling = field(default_factory=Sampling)
    sample: int = 0
    most: int = 0
    given: tuple[int, ...] = ()
    layer: int | None = None

    @property
    def task(self) -> str:
        return "show" if self.layer is not None else "score" if self.given else "write"

    @property
    def length(self) -> int:
        return len(self.ids) + len(self.given) + (0 if self.soft is None else len(self.soft))

    @property
    def kind(self) -> tuple[str, bool, str]:
        """What must be the same within a batch."""
        return self.task, self.soft is not None, self.schema or ""


@dataclass(frozen=True, eq=False)
class _Asked:
    prompt: Prompt
    rendered: Rendered
    jobs: tuple[_Job, ...]
    answers: tuple[str, ...] = ()


class _Drawn:
    """Leaves one token a row: the one that the row's own generator draws."""

    def __init__(self, draws: list[Callable[[NDArray[Any]], int]], keep: list[bool]) -> None:
        self.draws, self.keep = draws, keep
        self.logprobs: list[list[float]] = [[] for _ in draws]

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        import torch

        values = scores.float().cpu().numpy()
        chosen = [draw(row) for draw, row in zip(self.draws, values, strict=True)]
        for at, token in enumerate(chosen):
            if self.keep[at]:
                self.logprobs[at].append(torch.log_softmax(scores[at].float(), -1)[token].item())
        at = torch.tensor(chosen, device=scores.device)[:, None]
        return torch.full_like(scores, -math.inf).scatter(1, at, 0.0)


class _Stopping:
    """Ends each row by its own limit and its own strings."""

    def __init__(
        self, most: list[int], start: int, stops: list[Callable[[list[int]], bool] | None]
    ) -> None:
        self.start, self.stops = start, stops
        #: Tokens of each row: as many as it may have, until it ends earlier.
        self.written = list(most)

    def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
        import torch

        written = input_ids.shape[1] - self.start
        for at, stop in enumerate(self.stops):
            row = input_ids[at, self.start :].tolist() if stop else []
            if stop is not None and written < self.written[at] and stop(row):
                self.written[at] = written
        ended = [written >= most for most in self.written]
        return torch.tensor(ended, device=input_ids.device)


def _batches(jobs: Sequence[_Job], rows: int, tokens: int) -> Iterator[list[int]]:
    """Positions of jobs of one kind and about one length, the longest first."""
    order = sorted(range(len(jobs)), key=lambda at: (jobs[at].kind, -jobs[at].length))
    for _, alike in itertools.groupby(order, key=lambda at: jobs[at].kind):
        batch: list[int] = []
        width = 0
        for at in alike:
            width = max(width, jobs[at].length + jobs[at].most)
            if batch and (len(batch) == rows or width * (len(batch) + 1) > tokens):
                yield batch
                batch, width = [], jobs[at].length + jobs[at].most
            batch.append(at)
        yield batch


def _answers(expects: Expects) -> tuple[str, ...]:
    """What a reply can be, where that can be counted."""
    if isinstance(expects, Choice):
        return expects.options
    if isinstance(expects, Number):
        low, high = math.ceil(expects.low), math.floor(expects.high)
        if 0 < high - low < MOST_ANSWERS:
            return tuple(map(str, range(low, high + 1)))
    return ()


def _until(text: str, stops: Iterable[str]) -> tuple[str, bool]:
    """The text before the first of some strings, and whether one was there."""
    ends = [at for stop in stops if (at := text.find(stop)) >= 0]
    return (text[: min(ends)], True) if ends else (text, False)
