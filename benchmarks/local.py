"""Batches of a local model: the same replies, the same likelihoods, and how much faster.

    python benchmarks/local.py

Small models made from a configuration, with random weights and a tokenizer of one token a byte
(`tests/lm/tiny.py`): no download. Needs the extra `train`. PROMPTS prompts of different lengths:
replies of batches and one by one; likelihoods of given continuations in batches, one by one, and
by transformers' own loss; then, in ROUNDS alternating rounds, the rate of one call with all
prompts, of THREADS threads that ask one by one, and of one by one, on one thread of torch.
"""

from __future__ import annotations

import importlib
import json
import platform
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from idiolect.lm import Entry, Local, Prompt, Sampling, own

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "lm"))
PROMPTS, THREADS, ROUNDS, TOKENS = 96, 16, 3, 24
CLOSE = 2e-4


def prompts() -> list[Prompt]:
    lengths = np.random.default_rng(0).integers(1, 40, PROMPTS)
    sampling = Sampling(temperature=0.0, max_tokens=TOKENS)
    return [
        Prompt("Say.", own([Entry(" ".join(f"w{n}{k}" for k in range(length)))]), sampling=sampling)
        for n, length in enumerate(lengths)
    ]


def own_loss(lm: Local, prompt: Prompt, words: str) -> float:
    """The log probability of a continuation by transformers' own loss, without this package."""
    import torch

    said = [{"role": m.role, "content": m.content} for m in prompt.render().messages]
    text = lm.tokenizer.apply_chat_template(said, tokenize=False, add_generation_prompt=True)
    before = lm.tokenizer(text, add_special_tokens=False)["input_ids"]
    after = lm.tokenizer(words, add_special_tokens=False)["input_ids"]
    labels = torch.tensor([[-100] * len(before) + after])
    with torch.inference_mode():
        found = lm.model(input_ids=torch.tensor([before + after]), labels=labels)
    return -float(found.loss) * len(after)


def measured(kind: str) -> dict[str, Any]:
    tiny: Any = importlib.import_module("tiny")
    asked = prompts()
    lm = Local(tiny.model(kind, hidden=128, layers=4, context=1024), tiny.tokenizer())
    words = [f"answer {n}" * (1 + n % 3) for n in range(PROMPTS)]
    together, alone = lm.logprobs(asked, words), []
    for prompt, word in zip(asked, words, strict=True):
        alone += lm.logprobs([prompt], [word])
    losses = [own_loss(lm, prompt, word) for prompt, word in zip(asked, words, strict=True)]
    replies = [completion.text for completion in lm.complete(asked)]
    seconds: dict[str, list[float]] = {"batches": [], "threads": [], "one by one": []}
    same: dict[str, int] = {}
    for _ in range(ROUNDS):
        for way in seconds:
            begun = time.perf_counter()
            if way == "batches":
                found = [c.text for c in lm.complete(asked)]
            elif way == "threads":
                with ThreadPoolExecutor(THREADS) as pool:
                    found = list(pool.map(lambda p: lm.complete([p])[0].text, asked))
            else:
                found = [lm.complete([prompt])[0].text for prompt in asked]
            seconds[way].append(time.perf_counter() - begun)
            same[way] = sum(a == b for a, b in zip(found, replies, strict=True))
    rates = {way: PROMPTS / statistics.median(taken) for way, taken in seconds.items()}
    return {
        "replies that differ between themselves": len(set(replies)),
        "replies equal to those of the batch": same,
        "greatest difference, batch and one by one (nats)": float(
            np.abs(np.subtract(together, alone)).max()
        ),
        "greatest difference, batch and transformers' loss (nats)": float(
            np.abs(np.subtract(together, losses)).max()
        ),
        "mean log probability (nats)": float(np.mean(together)),
        "prompts a second": {way: round(rate, 2) for way, rate in rates.items()},
        "rate against one by one": {
            way: round(rate / rates["one by one"], 2) for way, rate in rates.items()
        },
    }


def main() -> None:
    found = {kind: measured(kind) for kind in ("llama", "gpt2")}
    close = max(v for one in found.values() for k, v in one.items() if k.startswith("greatest"))
    results = {
        "what": f"{PROMPTS} prompts, {TOKENS} new tokens at most, hidden 128, 4 layers, float32, "
        f"CPU, one thread of torch; {THREADS} threads; median of {ROUNDS} rounds",
        "versions": {name: version(name) for name in ("torch", "transformers", "numpy")}
        | {"python": platform.python_version()},
        "tolerance (nats)": CLOSE,
        "within tolerance": close <= CLOSE,
        "models": found,
    }
    text = json.dumps(results, indent=1)
    (ROOT / "results" / "local.json").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
