"""What does an endpoint of this package cost beside the bare openai SDK?

    python benchmarks/efficiency.py

Both ask the same PROMPTS independent prompts of the stub server, which runs in a process of its own
and answers after LATENCY seconds, with CONCURRENCY calls at once on threads; the SDK in a plain
thread pool, without retries. Runs alternate, and the first of each pair does too; the ratio is that
of the pair, so that load on the machine hits both. The ideal rate is CONCURRENCY / LATENCY.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from statistics import median
from typing import Any

from record import record

from idiolect.lm import Entry, Prompt, Sampling, endpoint, own

LATENCY, CONCURRENCY, PROMPTS, PAIRS = 0.2, 64, 2_000, 7
INSTRUCTION = "Write a review as this person would."
TEXTS = [f"Text number {n}: it kept what it promised, and then some." for n in range(PROMPTS)]


@contextmanager
def stub() -> Iterator[str]:
    """The address of a stub server in another process."""
    command = [sys.executable, "-m", "idiolect.testing.server", "--latency", str(LATENCY)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def bare(address: str) -> Callable[[], list[str]]:
    """The SDK with threads, asked the very messages that the package sends."""
    from openai import OpenAI

    url, _, model = address.partition("#")
    client = OpenAI(base_url=url, api_key="none", max_retries=0)
    messages: list[Any] = [
        [{"role": m.role, "content": m.content} for m in prompt.render().messages]
        for prompt in prompts()
    ]

    def one(message: Any) -> str:
        answer = client.chat.completions.create(
            model=model, messages=message, temperature=0.0, max_tokens=100
        )
        return answer.choices[0].message.content or ""

    def work() -> list[str]:
        with ThreadPoolExecutor(CONCURRENCY) as pool:
            return list(pool.map(one, messages))

    return work


def ours(address: str) -> Callable[[], list[str]]:
    """The package: rendering, limiter, reading and order of replies included."""
    lm, asked = endpoint(address, concurrency=CONCURRENCY), prompts()
    return lambda: [reply.value for reply in lm.reply(asked)]


def prompts() -> list[Prompt]:
    """Different from each other, and small, so that the client's own cost shows."""
    sampling = Sampling(temperature=0.0, max_tokens=100)
    return [Prompt(INSTRUCTION, own([Entry(text)]), sampling=sampling) for text in TEXTS]


def measured(work: Callable[[], list[str]]) -> tuple[float, float]:
    """Calls a second, and CPU-milliseconds of this process a call."""
    cpu, start = time.process_time(), time.perf_counter()
    replies = work()
    seconds, used = time.perf_counter() - start, time.process_time() - cpu
    assert replies == ["stub reply"] * PROMPTS
    return PROMPTS / seconds, 1e3 * used / PROMPTS


def main() -> None:
    with stub() as address:
        works = {"openai": bare(address), "idiolect": ours(address)}
        for work in works.values():  # connections, imports
            work()
        runs = []
        for pair in range(PAIRS):
            names = list(works) if pair % 2 else list(works)[::-1]
            runs.append({name: measured(works[name]) for name in names})
    ideal = CONCURRENCY / LATENCY
    ratios = [run["idiolect"][0] / run["openai"][0] for run in runs]
    result = {
        "ideal calls a second": ideal,
        "median ratio of rates, idiolect / openai": round(median(ratios), 4),
        "ratios": [round(ratio, 4) for ratio in ratios],
        **{
            name: {
                "calls a second": round(median(run[name][0] for run in runs), 1),
                "share of ideal": round(median(run[name][0] for run in runs) / ideal, 4),
                "CPU-ms a call": round(median(run[name][1] for run in runs), 3),
                "runs": [round(run[name][0], 1) for run in runs],
            }
            for name in works
        },
        "peak memory, MB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }
    what = (
        f"{PROMPTS:,} prompts, {CONCURRENCY} at once; stub of latency {LATENCY} s in a "
        f"process of its own; {PAIRS} alternating pairs after one warm-up each"
    )
    record("efficiency", what, result, "openai", "httpx")


if __name__ == "__main__":
    main()
