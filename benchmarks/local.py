"""Batches of a local model: the same replies, the same likelihoods, and how much faster.

    python benchmarks/local.py

Small models made from a configuration, with random weights and a tokenizer of one token a byte
(`tests/lm/tiny.py`): no download. Needs the extra `train`. PROMPTS prompts of different lengths:
replies of batches and one by one; likelihoods of given continuations in batches, one by one, and
by transformers' own loss; then, in ROUNDS alternating rounds, the rate of one call with all
prompts, of THREADS threads that ask one by one, and of one by one, on one thread of torch. Last,
ANSWERS answers to each prompt, scored with the prompt read once for all of them and, in the same
rounds, read again for each.
"""

from __future__ import annotations

import importlib
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from record import ROOT, record

from idiolect.lm import Entry, Local, Prompt, Sampling, own

sys.path.insert(0, str(ROOT / "tests" / "lm"))
PROMPTS, THREADS, ROUNDS, TOKENS, ANSWERS = 96, 16, 3, 24, 5
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


def answers(kind: str) -> dict[str, Any]:
    """What reading a prompt once for all its answers changes: figures and time."""
    tiny: Any = importlib.import_module("tiny")
    lm = Local(tiny.model(kind, hidden=128, layers=4, context=1024), tiny.tokenizer())
    asked = [prompt for prompt in prompts() for _ in range(ANSWERS)]
    words = [str(1 + n % ANSWERS) for n in range(len(asked))]
    seconds: dict[bool, list[float]] = {True: [], False: []}
    found: dict[bool, list[float]] = {}
    for _ in range(ROUNDS):
        for once in seconds:
            lm._batcher._shares = once
            begun = time.perf_counter()
            found[once] = lm.logprobs(asked, words)
            seconds[once].append(time.perf_counter() - begun)
    return {
        "greatest difference, once and for each (nats)": float(
            np.abs(np.subtract(found[True], found[False])).max()
        ),
        "answers a second, prompt read once": round(len(asked) / statistics.median(seconds[True])),
        "answers a second, read for each": round(len(asked) / statistics.median(seconds[False])),
        "times faster": round(
            statistics.median(seconds[False]) / statistics.median(seconds[True]), 2
        ),
    }


def main() -> None:
    kinds = ("llama", "gpt2")
    found, scored = (
        {kind: measured(kind) for kind in kinds},
        {kind: answers(kind) for kind in kinds},
    )
    both = [*found.values(), *scored.values()]
    close = max(v for one in both for k, v in one.items() if k.startswith("greatest"))
    results = {
        "tolerance (nats)": CLOSE,
        "within tolerance": close <= CLOSE,
        "models": found,
        f"{ANSWERS} answers to each prompt": scored,
    }
    what = (
        f"{PROMPTS} prompts, {TOKENS} new tokens at most, hidden 128, 4 layers, float32, "
        f"CPU, one thread of torch; {THREADS} threads; median of {ROUNDS} rounds"
    )
    record("local", what, results, "torch", "transformers", "numpy")


if __name__ == "__main__":
    main()
