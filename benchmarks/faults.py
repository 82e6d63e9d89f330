"""Is every prompt answered or reported, and nothing paid twice, where a fifth of all calls fail?

    python benchmarks/faults.py

PROMPTS different prompts go through the cache to the stub server, which makes FAULT_RATE of all
calls fail, by every kind of fault that it knows; its answers name the prompt, so that a reply that
reached another prompt shows. Then all are asked again. The stub's pauses are shortened (Retry-After
0.05 s, time-out 3 s); nothing else is.
"""

from __future__ import annotations

import json
import re
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel
from record import record

from idiolect.errors import IdiolectError
from idiolect.lm import Cached, Entry, Json, Prompt, endpoint, own
from idiolect.testing import Fault, StubServer
from idiolect.testing.server import Body

PROMPTS, FAULT_RATE, CONCURRENCY, TIMEOUT, SEED = 10_000, 0.2, 64, 3.0, 0
# A used-up quota ends every run by design, so it is not among the passing faults.
KINDS = tuple(kind for kind in get_args(Fault) if kind != "429 quota")
# What arrives whole, though it is of no use: without words, or with unusable ones.
EMPTY, UNUSABLE = ("empty", "null"), ("bad json", "wrong schema")


class Echo(BaseModel):
    """Which prompt was answered."""

    number: int


class Counting(StubServer):
    """Counts what went wrong, by kind."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.went_wrong: Counter[str] = Counter()

    def begin(self, body: Body) -> Fault | None:
        """As the stub does."""
        fault = super().begin(body)
        if fault is not None:
            self.went_wrong[fault] += 1
        return fault


def echo(body: Body) -> str:
    """The number in the prompt; what follows it in a repair is not looked at."""
    found = re.search(r"number (\d+)", body["messages"][1]["content"])
    assert found is not None
    return json.dumps({"number": int(found[1])})


def prompt(number: int) -> Prompt:
    text = Entry(f"This is text number {number}.", events=(f"event {number}",))
    return Prompt("Which number does the text have?", own([text]), expects=Json(Echo), stage="ask")


def asked(lm: Cached) -> tuple[list[int | None], Counter[str]]:
    """Each prompt's answer, None where there is none, and why not."""
    reasons: Counter[str] = Counter()

    def one(number: int) -> int | None:
        try:
            return int(lm.one(prompt(number)).value.number)
        except IdiolectError as error:
            said = re.sub(r"https?://\S+|'.*'|\d+", "…", str(error))[:90]
            reasons[f"{type(error).__name__}: {said}"] += 1
            return None

    with ThreadPoolExecutor(CONCURRENCY) as pool:
        return list(pool.map(one, range(PROMPTS))), reasons


def main() -> None:
    begun = time.perf_counter()
    with (
        tempfile.TemporaryDirectory() as folder,
        Counting(
            answer=echo, fault_rate=FAULT_RATE, fault_kinds=KINDS, seed=SEED, retry_after=0.05
        ) as server,
    ):
        lm = Cached(
            endpoint(server.address, concurrency=CONCURRENCY, timeout=TIMEOUT),
            Path(folder) / "cache.db",
        )
        answers, reasons = asked(lm)
        seconds = time.perf_counter() - begun
        calls, successes, wrong = server.requests, server.successes, Counter(server.went_wrong)
        lines = list(lm.ledger.lines())
        paid = [line["key"] for line in lines if line["outcome"] == "paid"]
        empty = sum(line["error"] == "empty" for line in lines)
        unusable, without_words = (sum(wrong[kind] for kind in some) for some in (UNUSABLE, EMPTY))
        usable = sum(reply["text"].startswith('{"number"') for reply in lm.ledger.replies())
        server.fault_rate = 0.0
        again, reasons_again = asked(lm)
        unanswered = sum(answer is None for answer in answers)
        result = {
            "seconds, first time": round(seconds, 1),
            "first time": {
                "answered": PROMPTS - unanswered,
                "reported with a reason": sum(reasons.values()),
                "neither": unanswered - sum(reasons.values()),
                "answers of another prompt": sum(
                    answer not in (None, number) for number, answer in enumerate(answers)
                ),
                "reasons": dict(reasons.most_common()),
            },
            "stub": {
                "calls": calls,
                "successful replies": successes,
                "whole but unusable": unusable,
                "whole but without words": without_words,
                "faults": dict(sorted(wrong.items())),
            },
            "ledger": {
                "paid": len(paid),
                "of these usable": usable,
                "without words": empty,
                "usable minus the stub's successful replies": usable - successes,
                "paid minus the stub's successful and unusable ones": len(paid)
                - successes
                - unusable,
                "without words minus the stub's": empty - without_words,
                "keys paid twice": len(paid) - len(set(paid)),
            },
            "second time": {
                "answered": sum(answer is not None for answer in again),
                "calls": server.requests - calls,
                "reasons": dict(reasons_again.most_common()),
            },
        }
        lm.close()
    what = (
        f"{PROMPTS:,} prompts for JSON, {FAULT_RATE:.0%} of calls fail in one of "
        f"{len(KINDS)} ways, {CONCURRENCY} at once, then all again without faults"
    )
    record("faults", what, result, "openai")


if __name__ == "__main__":
    main()
