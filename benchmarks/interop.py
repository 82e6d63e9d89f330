"""Do inspect_ai and lm-evaluation-harness find the figures that we find?

    python benchmarks/interop.py

Runs a made-up town's held-out texts through one recipe on the LLM-free floor: here, as a task of
inspect_ai (with a model of its own that is never asked), and exported to lm-evaluation-harness,
where a model that says the end of its prompt answers. Figures are compared with ours of the same
replies; seconds are of one run each, and those of the harness and of inspect_ai include their
start. A tool that is not installed is left out, by name: INSPECT_PYTHON and LM_EVAL_PYTHON may name
interpreters that have them, and this package.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from idiolect.bench import Benchmark
from idiolect.bench.export import export
from idiolect.catalog import recipe
from idiolect.data import last_per_user
from idiolect.floor import Extractive
from idiolect.measure import text_metric
from idiolect.run import Assembly, run
from idiolect.testing import town

ROOT = Path(__file__).resolve().parent.parent
USERS, TEXTS, LAST = 20, 14, 3
METRICS = ("rouge1", "rouge2", "rougeL_stem", "sentence_bleu", "bleu")
METHOD, WORDS = "rag", 30


def benchmark() -> Benchmark:
    people = town(users=USERS, texts=TEXTS, peers=5).population
    requests = last_per_user(people, LAST)
    return Benchmark.held_out(people, requests, map(text_metric, METRICS), "a made-up town")


def ours(of: Benchmark) -> dict[str, float]:
    made = run(Assembly(recipe(METHOD)), of.population, of.requests, Extractive())
    texts = {name: outcome.text for name, outcome in zip(of.examples, made, strict=True)}
    return {name: score.value for name, score in of.score(texts).items()}


def in_inspect(path: Path) -> None:
    """Run by an interpreter that has inspect_ai: writes its figures to a file."""
    from inspect_ai import eval as evaluate

    from idiolect.run.inspect import to_inspect

    task = to_inspect(benchmark(), Assembly(recipe(METHOD)), lm=Extractive())
    log = evaluate(task, model="mockllm/model", log_dir=str(path.parent / "logs"), display="none")[
        0
    ]
    figures = {s.name: {n: m.value for n, m in s.metrics.items()} for s in log.results.scores}
    rows = {name: figures[name]["idiolect/figure"] for name in METRICS if name in figures}
    told: dict[str, Any] = {"figures": rows | {"bleu": figures["idiolect"]["bleu"]}}
    told["version"] = version("inspect_ai")
    path.write_text(json.dumps(told), encoding="utf-8")


def echo(prompt: str) -> str:
    """What the model of the harness says: the last words before the end tags."""
    return " ".join(prompt.split()[-WORDS:])


def in_harness(folder: Path, task: str, path: Path) -> None:
    """Run by an interpreter that has lm_eval: writes its figures to a file."""
    from lm_eval import simple_evaluate
    from lm_eval.api.model import LM
    from lm_eval.tasks import TaskManager

    class Echo(LM):  # type: ignore[misc]
        def generate_until(self, requests: Any, **_: Any) -> list[str]:
            return [echo(request.arguments[0]) for request in requests]

        def loglikelihood(self, requests: Any, **_: Any) -> Any:
            raise NotImplementedError("the task here asks for texts, not for likelihoods")

        loglikelihood_rolling = loglikelihood

    tasks = TaskManager(include_path=str(folder))
    found = simple_evaluate(model=Echo(), tasks=[task], task_manager=tasks)["results"][task]
    told: dict[str, Any] = {"figures": {name: found[f"{name},none"] for name in METRICS}}
    told["version"] = version("lm_eval")
    path.write_text(json.dumps(told), encoding="utf-8")


def started(command: list[str], python: str, module: str) -> float | None:
    """Seconds that a command took; None where its module is not there."""
    there = subprocess.run([python, "-c", f"import {module}"], capture_output=True, check=False)
    if there.returncode:
        return None
    offline = {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
    start = time.perf_counter()
    done = subprocess.run(
        [python, *command], env=os.environ | offline, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    return time.perf_counter() - start


def furthest(found: dict[str, float], real: dict[str, float]) -> float:
    return max(abs(found[name] - real[name]) for name in METRICS)


def main() -> None:
    of, folder = benchmark(), Path(tempfile.mkdtemp())
    start = time.perf_counter()
    real = ours(of)
    told: dict[str, Any] = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, shared",
        "python": platform.python_version(),
        "requests": len(of.examples),
        "users": USERS,
        "method": METHOD,
        "here": {"figures": real, "seconds": round(time.perf_counter() - start, 2)},
    }
    made = export(of, folder / "task", method=Assembly(recipe(METHOD)))
    lines = (made.folder / "examples.jsonl").read_text(encoding="utf-8").splitlines()
    said = {one["id"]: echo(one["prompt"]) for one in map(json.loads, lines)}
    echoed = {name: score.value for name, score in of.score(said).items()}
    for name, variable, arguments, figures in (
        ("inspect_ai", "INSPECT_PYTHON", ["inspect"], real),
        ("lm_eval", "LM_EVAL_PYTHON", ["harness", str(made.folder), made.task], echoed),
    ):
        path = folder / f"{name}.json"
        python = os.environ.get(variable, sys.executable)
        seconds = started([__file__, *arguments, str(path)], python, name)
        if seconds is None:
            told[name] = "not installed"
            continue
        found = json.loads(path.read_text(encoding="utf-8"))
        found["ours of the same replies"] = figures
        found["largest difference"] = furthest(found["figures"], figures)
        told[name] = found | {"seconds": round(seconds, 2)}
    for name in ("inspect_ai", "lm_eval"):
        one = told[name]
        print(name, one if isinstance(one, str) else {k: one[k] for k in list(one)[-2:]})
    if any(told[name] == "not installed" for name in ("inspect_ai", "lm_eval")):
        print("results/interop.json is left as it is: both tools are needed to measure it again.")
        return
    (ROOT / "results" / "interop.json").write_text(json.dumps(told, indent=1) + "\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["inspect"]:
        in_inspect(Path(sys.argv[2]))
    elif sys.argv[1:2] == ["harness"]:
        in_harness(Path(sys.argv[2]), sys.argv[3], Path(sys.argv[4]))
    else:
        main()
