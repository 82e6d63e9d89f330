"""A benchmark as a task of lm-evaluation-harness, with the prompts that a method makes.

The folder holds the task (YAML), its documents (JSON lines), the rules that score them (Python, of
what the harness brings) and the terms of the data. It holds the data: keep it to yourself where
these terms say so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from idiolect.bench import harness
from idiolect.bench.benchmark import Benchmark
from idiolect.data import Request
from idiolect.errors import CapabilityError, DataError, IdiolectError, SettingError
from idiolect.lm import LanguageModel, Prompt
from idiolect.profile import Profile, writing
from idiolect.roles import Personalizer

_TEXT = re.compile(r"rouge[12L](_stem)?|bleu|sentence_bleu")
_CHOICES = ("accuracy", "macro_f1", "unparsed")
_RATINGS = ("mae", "rmse", "unparsed")
#: What is made of all rows together, and by what.
_WHOLE = {"bleu": "corpus_bleu", "macro_f1": "macro_f1", "rmse": "root_of_mean"}
_LOWER = ("mae", "rmse", "unparsed")
EXAMPLES, RULES, TERMS = "examples.jsonl", "utils.py", "LICENCE.txt"


@dataclass(frozen=True)
class Exported:
    """What was written.

    Attributes:
        folder: Where: what `--include_path` takes.
        task: What `--tasks` takes.
        examples: How many there are.
        metrics: What the harness will report.
        left_out: Metrics of the benchmark that it will not: they need this package, or a reply in
            words where options are compared by likelihood.
        terms: Of the data.
    """

    folder: Path
    task: str
    examples: int
    metrics: tuple[str, ...]
    left_out: tuple[str, ...]
    terms: str

    @property
    def command(self) -> str:
        """How to run it."""
        return f"lm_eval --model … --include_path {self.folder} --tasks {self.task}"


def export(
    benchmark: Benchmark,
    folder: str | Path,
    *,
    method: Callable[[LanguageModel], Any] | None = None,
    lm: LanguageModel | None = None,
    name: str = "",
    terms: str = "",
    written: bool = False,
    threads: int = 4,
) -> Exported:
    """Writes a benchmark as a task of lm-evaluation-harness.

    Texts and ratings are written replies (`generate_until`). Options are compared by likelihood
    (`multiple_choice`), or written too.

    Args:
        benchmark: What is asked.
        folder: Made where it is not there.
        method: Makes a `Personalizer` around a model, for example an `Assembly`: the documents'
            prompts are its last ones. None asks the bare requests.
        lm: Whom the method asks while it learns of the users.
        name: Of the task; from the benchmark's name by default.
        terms: Of the data, such as `Dataset.licence`.
        written: Options are answered in words, for models that give no likelihoods.
        threads: Requests at once, where the method asks a model.

    Raises:
        DataError: The answers are not published, requests differ in what they ask for, an answer
            is none of the options, or no prompt can be made for a request.
        CapabilityError: The method makes no prompt, or gives the model more than words; it asks a
            model and none is given; or no metric of the benchmark can be reported.
        SettingError: The folder is a file.
    """
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise SettingError(f"Found the file '{folder}'; give a folder to write a task to.")
    truths, kind = benchmark.truths, _kind(benchmark)
    likelihood = kind == "choice" and not written
    metrics, left_out = _metrics(benchmark, kind, likelihood)
    prompts = _prompts(benchmark, method, lm, threads)
    label = getattr(method, "name", "")
    task = _slug(name or f"idiolect {benchmark.name} {label}")
    folder.mkdir(parents=True, exist_ok=True)
    groups = benchmark.grouped(benchmark.average).tolist() if benchmark.average else None
    with (folder / EXAMPLES).open("w", encoding="utf-8") as file:
        for at, (example, request) in enumerate(benchmark.examples.items()):
            real = truths[at]
            document = {
                "id": example,
                "user": request.user,
                **_said(prompts[at]),
                "target": real,
                "choices": list(request.options),
                "gold": _gold(example, request, real) if kind == "choice" else -1,
                "low": request.scale[0] if request.scale else 0.0,
                "high": request.scale[1] if request.scale else 0.0,
                "group": groups[at] if groups else "",
                "metrics": list(metrics),
            }
            file.write(json.dumps(document, ensure_ascii=False) + "\n")
    rules = Path(harness.__file__).read_text(encoding="utf-8")
    (folder / RULES).write_text(rules, encoding="utf-8")
    (folder / TERMS).write_text(_terms(benchmark, terms), encoding="utf-8")
    told = _yaml(task, benchmark, metrics, likelihood, prompts[0], label)
    (folder / f"{task}.yaml").write_text(told, encoding="utf-8")
    return Exported(folder, task, len(benchmark.examples), metrics, left_out, terms)


def _kind(benchmark: Benchmark) -> str:
    kinds: dict[str, str] = {}
    for example, request in benchmark.examples.items():
        asks = "choice" if request.options else "text" if request.scale is None else "rating"
        kinds.setdefault(asks, example)
    if len(kinds) > 1:
        shown = ", ".join(f"{asks} ({example!r})" for asks, example in kinds.items())
        raise DataError(
            f"Found requests of {benchmark.name!r} that ask for different things: {shown}; a task "
            "of the harness asks for one. Export them apart with `only`."
        )
    return next(iter(kinds))


def _metrics(
    benchmark: Benchmark, kind: str, likelihood: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    known = {"choice": _CHOICES, "rating": _RATINGS}.get(kind)
    official = [metric.name for metric in benchmark.metrics]
    kept = [name for name in official if (name in known if known else _TEXT.fullmatch(name))]
    if kind == "choice" and "accuracy" not in kept:
        kept.insert(0, "accuracy")
    if likelihood:
        kept = [name for name in kept if name != "unparsed"]
    if not kept:
        raise CapabilityError(
            f"Found no metric of {benchmark.name!r} that the harness can report (it has: "
            f"{', '.join(official) or 'none, it is scored by a judge'}); run it with `idiolect "
            "bench run`, or as a task of inspect_ai."
        )
    return tuple(kept), tuple(name for name in official if name not in kept)


def _prompts(
    benchmark: Benchmark,
    method: Callable[[LanguageModel], Any] | None,
    lm: LanguageModel | None,
    threads: int,
) -> list[Prompt]:
    if method is None:
        bare = writing("")
        return [bare(request, Profile(request.user)) for request in benchmark.requests]
    made = method(lm if lm is not None else _Nobody())
    if not isinstance(made, Personalizer):
        raise CapabilityError(
            f"Found a method that makes a {type(made).__name__}; only a Personalizer has a last "
            "prompt that another tool can ask."
        )

    def one(example: str) -> Prompt:
        view = benchmark.view(example)
        prompt = made.prompt(view.request, made.learn(view, view.request))
        if prompt.conditions:
            kinds = ", ".join(sorted({c.kind for c in prompt.conditions}))
            raise CapabilityError(f"Found a prompt with {kinds} beside the words; a file has none.")
        return prompt

    def tried(example: str) -> Prompt | str:
        try:
            return one(example)
        except CapabilityError:
            raise
        except IdiolectError as error:
            return f"{example!r}: {error}"

    with ThreadPoolExecutor(threads) as pool:
        found = list(pool.map(tried, benchmark.examples))
    failed = [why for why in found if isinstance(why, str)]
    if failed:
        raise DataError(
            f"Found {len(failed)} of {len(found)} requests that no prompt could be made for, the "
            f"first {failed[0]} Leave them out with `only`, or take another method: a task on the "
            "rest would be another task."
        )
    return [prompt for prompt in found if isinstance(prompt, Prompt)]


class _Nobody(LanguageModel):
    """Whom nothing can be asked."""

    name = "no model"

    def complete(self, prompts: Any) -> Any:
        raise CapabilityError(
            "Found a method that asks a model while it learns of the users, and no model; give "
            "`lm` (--lm)."
        )


def _said(prompt: Prompt) -> dict[str, str]:
    first, *others = prompt.render().messages
    words = "\n\n".join(message.content for message in others if message.content)
    # The harness asks for words beside a system message.
    if not words:
        return {"instruction": "", "prompt": first.content}
    return {"instruction": first.content, "prompt": words}


def _gold(example: str, request: Request, real: str) -> int:
    if real not in request.options:
        raise DataError(
            f"Found the answer {real!r} of {example!r}, which is none of its options "
            f"({', '.join(map(repr, request.options))}); it cannot be exported."
        )
    return request.options.index(real)


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def _yaml(
    task: str,
    benchmark: Benchmark,
    metrics: tuple[str, ...],
    likelihood: bool,
    prompt: Prompt,
    method: str,
) -> str:
    """The task; JSON values are YAML values."""
    drawn = prompt.sampling
    lines = [
        f"task: {task}",
        "custom_dataset: !function utils.examples",
        "test_split: test",
        f"output_type: {'multiple_choice' if likelihood else 'generate_until'}",
        "description: instruction",
        "doc_to_text: prompt",
        f"doc_to_target: {'gold' if likelihood else 'target'}",
        'target_delimiter: "\\n\\n"',
        "num_fewshot: 0",
        f"process_results: !function utils.{'likeliest' if likelihood else 'replied'}",
    ]
    if likelihood:
        lines.append("doc_to_choice: choices")
    else:
        kwargs: Mapping[str, Any] = {
            "until": [],
            "max_gen_toks": drawn.max_tokens or 512,
            **({"do_sample": True, "temperature": drawn.temperature} if drawn.temperature else {}),
            **({"top_p": drawn.top_p} if drawn.temperature and drawn.top_p else {}),
        }
        lines.append(f"generation_kwargs: {json.dumps(kwargs)}")
    lines.append("metric_list:")
    for name in metrics:
        made_by = "!function utils.mean_of_groups" if benchmark.average else "mean"
        if name in _WHOLE:
            made_by = f"!function utils.{_WHOLE[name]}"
        better = "false" if name in _LOWER else "true"
        lines += [
            f"  - metric: {name}",
            f"    aggregation: {made_by}",
            f"    higher_is_better: {better}",
        ]
    told = {"version": 1, "benchmark": benchmark.name, "method": method or "the bare request"}
    lines.append(f"metadata: {json.dumps(told, ensure_ascii=False)}")
    return "\n".join(lines) + "\n"


def _terms(benchmark: Benchmark, terms: str) -> str:
    return (
        f"The documents of this folder are data of {benchmark.name!r}, written for another tool to "
        "read.\n"
        f"Terms of the data: {terms or 'not stated; they are those of whoever gave you the data'}\n"
        "This folder is not for redistribution.\n"
        f"{RULES} is part of idiolect, Apache-2.0.\n"
    )
