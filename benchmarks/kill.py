"""Does a run that is killed again and again end with the same output, and pay for nothing twice?

    python benchmarks/kill.py

A DPL run of REQUESTS requests against the stub server, whose replies depend on the prompt, is ended
with SIGKILL at KILLS random moments, and each time the same command goes on. Beside it, the same
command is run once without interruption. Compared are the bytes of both outputs, what the stub
answered, and what the ledger says was paid. Calls in flight at a kill are lost; they are counted.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import random
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from record import record

from idiolect.testing import StubServer

REQUESTS, EVENTS, ITEMS, KILLS, SEED = 200, 6, 40, 10, 0
LATENCY, THREADS, CONCURRENCY = 0.02, 4, 16
WORDS = ("quiet", "bright", "slow", "warm", "plain", "sharp", "small", "kind", "rough", "late")


def answer(body: dict[str, Any]) -> str:
    """A reply that differs with the prompt and is the same for the same prompt."""
    digest = hashlib.sha256(json.dumps(body["messages"]).encode()).digest()
    return " ".join(WORDS[byte % len(WORDS)] for byte in digest[:12])


def table(path: Path) -> None:
    """People on things, at different times."""
    rng = random.Random(SEED)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("id", "user", "item", "text", "rating", "time"))
        for user in range(REQUESTS):
            for number, item in enumerate(rng.sample(range(ITEMS), EVENTS)):
                text = f"A {' '.join(rng.choices(WORDS, k=12))} thing {item}, said {user}."
                when = f"2024-{number + 1:02}-{1 + user % 28:02}T{user % 24:02}:00:00"
                row = (f"{user}-{number}", f"user{user:03}", f"item{item}", text)
                writer.writerow((*row, rng.randint(1, 5), when))


def started(data: Path, out: Path, address: str) -> subprocess.Popen[str]:
    """The command, which is the same every time."""
    words = ("run", "dpl", "--data", str(data), "--lm", address, "--out", str(out))
    return subprocess.Popen(
        [sys.executable, "-m", "idiolect", *words, "--threads", str(THREADS),
         "--concurrency", str(CONCURRENCY)],
        stderr=subprocess.PIPE, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"},
    )  # fmt: skip


def ended(process: subprocess.Popen[str]) -> str:
    """What a command that ends by itself said."""
    said = process.communicate()[1]
    if process.returncode:
        raise SystemExit(said)
    return said


def paid(folder: Path) -> tuple[int, int]:
    """Lines of paid calls in the ledger, and how many different calls they are."""
    database = sqlite3.connect(folder / "replies.sqlite")
    try:
        (found,) = database.execute(
            "SELECT count(*), count(DISTINCT key) FROM ledger WHERE outcome = 'paid'"
        )
    finally:
        database.close()
    return int(found[0]), int(found[1])


def main() -> None:
    rng = random.Random(SEED)
    with TemporaryDirectory() as scratch, StubServer(answer, latency=LATENCY) as server:
        data, whole, broken = (Path(scratch) / name for name in ("data.csv", "whole", "broken"))
        table(data)
        begin = time.perf_counter()
        ended(started(data, whole, server.address))
        seconds, calls = time.perf_counter() - begin, server.successes
        lines, different = paid(whole)
        assert calls == lines == different, "the uninterrupted run paid for each call once"
        kills: list[dict[str, int]] = []
        lost = 0
        for moment in sorted(rng.sample(range(1, calls), KILLS)):
            process = started(data, broken, server.address)
            # A random number of calls into the whole run, and a random wait after them.
            while server.successes - calls - lost < moment and process.poll() is None:
                time.sleep(0.001)
            time.sleep(rng.uniform(0, LATENCY))
            if process.poll() is not None:
                raise SystemExit("The run ended before it was to be killed.")
            process.kill()
            process.communicate()
            results = broken / "results.jsonl"
            kept = results.read_bytes().count(b"\n") if results.is_file() else 0
            kills.append({"results": kept, "recorded calls": paid(broken)[0]})
            lost = server.successes - calls - kills[-1]["recorded calls"]
            print(f"killed at {kept} of {REQUESTS} results, {kills[-1]['recorded calls']} calls")
        ended(started(data, broken, server.address))
        lines, different = paid(broken)
        answered = server.successes - calls
        same = (whole / "output.jsonl").read_bytes() == (broken / "output.jsonl").read_bytes()
    figures = {
        "requests": REQUESTS,
        "calls of the uninterrupted run": calls,
        "seconds of the uninterrupted run": round(seconds, 1),
        "kills": kills,
        "output byte-equal": same,
        "calls answered by the stub over all parts": answered,
        "calls recorded": lines,
        "recorded calls that were repeated": lines - different,
        "calls lost in flight at the kills": answered - lines,
        "calls in flight at most": CONCURRENCY,
    }
    what = (
        f"a run of {REQUESTS} requests, killed (signal 9) {KILLS} times and gone on with each time"
    )
    settings = {
        "threads": THREADS,
        "latency": LATENCY,
        "concurrency": CONCURRENCY,
        "seed": SEED,
        "recipe": "dpl",
    }
    record("kill", what, {"settings": settings, "figures": figures}, "openai", "numpy")


if __name__ == "__main__":
    main()
