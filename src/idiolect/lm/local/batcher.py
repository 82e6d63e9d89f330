"""Batches of jobs on a model of transformers."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from idiolect.errors import CapabilityError, MissingExtraError
from idiolect.lm.local.draws import Drawn, Stopping, drawing, until
from idiolect.lm.local.jobs import Job
from idiolect.lm.model import Token

#: Memories of what was read that can be handed to several rows: keys and values by position.
#: States that sum up all that was read (Mamba and its like) are left alone.
_SHARED = frozenset({"DynamicLayer", "DynamicSlidingWindowLayer"})


@dataclass
class Batcher:
    """Does jobs of one kind in one go; rows are filled up on the left, so that all end together.

    Args:
        model: Of transformers, or one with adapters of peft.
        tokenizer: Its tokenizer.
        name: For messages.
    """

    model: Any
    tokenizer: Any
    name: str
    # False once the model was seen to have no memory that rows can share.
    _shares: bool = field(default=True, init=False)

    def __call__(self, jobs: list[Job]) -> list[Any]:
        """One result a job, in order; the batch is halved where the memory does not suffice.

        Raises:
            CapabilityError: It does not suffice for one job.
        """
        import torch

        try:
            return {"write": self.write, "score": self.score, "show": self.show}[jobs[0].task](jobs)
        except torch.OutOfMemoryError:
            if len(jobs) == 1:
                raise CapabilityError(
                    f"{self.name!r} found too little memory for one prompt of {jobs[0].length} "
                    "tokens; set `budget`, or take a smaller model or `dtype='bfloat16'`."
                ) from None
        half = len(jobs) // 2
        return self(jobs[:half]) + self(jobs[half:])

    @property
    def adapters(self) -> tuple[str, ...]:
        """Names of the adapters that are loaded."""
        return tuple(getattr(self.model, "peft_config", ()))

    def show(self, jobs: list[Job]) -> list[Any]:
        """Activations of the wanted layers."""
        made = self._padded(jobs)
        states = self._forward(made, output_hidden_states=True, logits_to_keep=1).hidden_states
        return [
            states[job.layer][at, -job.length :].float().cpu().numpy()
            for at, job in enumerate(jobs)
        ]

    def score(self, jobs: list[Job]) -> list[Any]:
        """Sums of the log probabilities of what is given after each start."""
        firsts: dict[Any, int] = {}
        of = [firsts.setdefault(job.start, len(firsts)) for job in jobs]
        if self._shares and len(firsts) < len(jobs):
            found = self._score_after(jobs, of)
            if found is not None:
                return found
            self._shares = False
        most = max(len(job.given) for job in jobs)
        # All rows end together, so the last tokens hold everything that is given.
        made = self._padded(jobs)
        logits = self._forward(made, logits_to_keep=most + 1).logits[:, -most - 1 : -1]
        return [_summed(row[-len(job.given) :], job) for row, job in zip(logits, jobs, strict=True)]

    def _score_after(self, jobs: list[Job], of: list[int]) -> list[Any] | None:
        """As `score`, each start read once; None where the model's memory cannot be shared.

        Args:
            jobs: What is scored.
            of: Which start each has.
        """
        import torch

        starts = [replace(jobs[of.index(n)], given=()) for n in range(max(of) + 1)]
        made = self._padded(starts)
        read = self._forward(made, use_cache=True, logits_to_keep=1)
        memory = read.past_key_values
        layers = getattr(memory, "layers", None) or ()
        if not layers or {type(layer).__name__ for layer in layers} - _SHARED:
            return None
        device = made["attention_mask"].device
        rows = torch.tensor(of, device=device)
        first = read.logits[rows, -1:]  # (jobs, 1, vocabulary)
        width = max(len(job.given) for job in jobs) - 1
        if not width:
            return [_summed(row, job) for row, job in zip(first, jobs, strict=True)]
        memory.batch_select_indices(rows)
        # What is given is filled up on the right: it begins where its start ended.
        parts = [list(job.given[:-1]) for job in jobs]
        filled = [part + [self._fill] * (width - len(part)) for part in parts]
        there = [[1] * len(part) + [0] * (width - len(part)) for part in parts]
        mask = torch.tensor(there, device=device)
        again = {
            "input_ids": torch.tensor(filled, device=device),
            "attention_mask": torch.cat([made["attention_mask"][rows], mask], 1),
            "past_key_values": memory,
        }
        if "adapter_names" in made:
            again["adapter_names"] = [made["adapter_names"][n] for n in of]
        logits = torch.cat([first, self._forward(again, use_cache=True).logits], 1)
        return [_summed(row[: len(job.given)], job) for row, job in zip(logits, jobs, strict=True)]

    def write(self, jobs: list[Job]) -> list[Any]:
        """Texts, their numbers of tokens, why they end, and the tokens' log probabilities."""
        from transformers import GenerationConfig

        made = self._padded(jobs)
        # After embeddings, the library gives only what it wrote.
        start = made["input_ids"].shape[1] if "input_ids" in made else 0
        ends, config = self._ends, self.model.generation_config
        draws = [drawing(job.sampling, job.draw, config) for job in jobs]
        drawn = Drawn(draws, [job.sampling.logprobs for job in jobs])
        processors: list[Any] = [drawn]
        if jobs[0].schema is not None:
            processors.insert(0, self._schema(jobs[0].schema))
        stopping = Stopping([job.most for job in jobs], start, self._stops(jobs))
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
            text, stopped = until(
                self.tokenizer.decode(kept, skip_special_tokens=True), job.sampling.stop
            )
            logprobs = tuple(
                Token(self.tokenizer.decode([token]), logprob)
                for token, logprob in zip(kept, drawn.logprobs[at], strict=False)
            )
            finish = "stop" if stopped or end is not None else "length"
            found.append((text, len(kept) + (end is not None), finish, logprobs))
        return found

    def _padded(self, jobs: list[Job]) -> dict[str, Any]:
        """Inputs of a batch, filled up on the left.  # (rows, tokens)"""
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

    def _forward(self, made: dict[str, Any], *, use_cache: bool = False, **settings: Any) -> Any:
        base = self.model.get_base_model() if self.adapters else self.model
        known = inspect.signature(base.forward).parameters
        given = dict(made)
        if "position_ids" in known:
            new = made["input_ids"] if "input_ids" in made else made["inputs_embeds"]
            positions = (made["attention_mask"].cumsum(-1) - 1).clamp(min=0)
            given["position_ids"] = positions[:, -new.shape[1] :]
        if "logits_to_keep" not in known:
            settings.pop("logits_to_keep", None)
        return self.model(**given, **settings, use_cache=use_cache)

    @property
    def _fill(self) -> int:
        for token in (self.tokenizer.pad_token_id, self.tokenizer.eos_token_id):
            if token is not None:
                return int(token)
        return 0

    @property
    def _ends(self) -> list[int]:
        config = self.model.generation_config.eos_token_id
        ends = config if isinstance(config, list) else [config]
        return [e for e in dict.fromkeys([*ends, self.tokenizer.eos_token_id]) if e is not None]

    def _stops(self, jobs: list[Job]) -> list[Callable[[list[int]], bool] | None]:
        """For each row, whether its text so far holds a string that ends it."""

        def stops(strings: tuple[str, ...]) -> Callable[[list[int]], bool]:
            # A token has at least one byte.
            longest = max(len(one.encode()) for one in strings) + 1
            return lambda ids: until(self.tokenizer.decode(ids[-longest:]), strings)[1]

        return [stops(job.sampling.stop) if job.sampling.stop else None for job in jobs]

    def _schema(self, schema: str) -> Any:
        library = outlines()
        from outlines.backends import get_json_schema_logits_processor

        model = library.from_transformers(self.model, self.tokenizer)
        return get_json_schema_logits_processor(None, model, schema)


def _summed(logits: Any, job: Job) -> float:
    """The log probability of what is given, from the logits before each of its tokens.

    Args:
        logits: Of one row.  # (given, vocabulary)
        job: With what is given.
    """
    import torch

    given = torch.tensor(job.given, device=logits.device)[:, None]
    found = torch.log_softmax(logits.float(), -1).gather(1, given)
    return float(found.double().sum().item())


def outlines() -> Any:
    """The library that forces JSON into a schema.

    Raises:
        MissingExtraError: It is absent.
    """
    try:
        import outlines
    except ModuleNotFoundError as error:
        if error.name != "outlines":
            raise
        raise MissingExtraError("JSON that follows its schema by force", "outlines") from None
    return outlines
