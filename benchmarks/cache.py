"""Two processes on one cache at once: is a row lost or torn, is a reply paid for twice?

    python benchmarks/cache.py

Two processes, THREADS threads each, ask through one file: SHARED prompts that both need, each in an
order of its own, and OWN prompts that only one needs. The stub server fails FAULTS of its calls,
and writes for each prompt a text of about 2 kB that follows from the prompt alone, so that a lost,
torn or exchanged row shows. Then the same again, but one of the two is killed (signal 9) at a
random moment, and begun again when the other has ended.

A call that is in flight at a kill is lost: it may have been paid for, and nobody heard the reply.
What must not be is a reply that was recorded and is paid for again.
"""

from __future__ import annotations

import hashlib
import json
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from record import record

from idiolect.lm import Cached, Ledger, Prompt, Scripted, endpoint
from idiolect.testing import StubServer

SHARED, OWN, THREADS, LATENCY, FAULTS, SEED = 2_000, 500, 16, 0.02, 0.2, 0
ROUNDS, KILLS, HITS = 3, 10, 2_000
Words = list[str]


def text(prompt: str) -> str:
    """What the stub writes for a prompt: 32 digests, each of the one before."""
    digests = [prompt]
    for _ in range(32):
        digests.append(hashlib.sha256(digests[-1].encode()).hexdigest())
    return " ".join(digests[1:])


def prompts(who: int) -> Words:
    """What a process asks, in its order."""
    words = [f"shared {n}" for n in range(SHARED)] + [f"of {who}: {n}" for n in range(OWN)]
    random.Random(who).shuffle(words)
    return words


def work(address: str, path: str, who: int) -> None:
    """One process: asks everything, and says what it paid and found."""
    remote = endpoint(address, concurrency=THREADS, retries=20, sleep=lambda s: time.sleep(s / 50))
    lm = Cached(remote, path)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    with ThreadPoolExecutor(THREADS) as pool:
        replies = list(pool.map(lambda word: lm.one(Prompt(word)).text, prompts(who)))
    wrong = sum(reply != text(word) for reply, word in zip(replies, prompts(who), strict=True))
    sys.stdout.write(json.dumps({"paid": lm.paid, "found": lm.hits, "wrong": wrong}) + "\n")


def answer(body: dict[str, Any]) -> str:
    """What the stub answers a call with."""
    return text(str(body["messages"][-1]["content"]))


@contextmanager
def process(address: str, path: Path, who: int) -> Iterator[subprocess.Popen[str]]:
    """A process that is ready to begin."""
    command = [sys.executable, __file__, address, str(path), str(who)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        yield child


def begin(child: subprocess.Popen[str]) -> None:
    assert child.stdin is not None
    child.stdin.write("\n")
    child.stdin.flush()


def ended(child: subprocess.Popen[str]) -> dict[str, int]:
    said, _ = child.communicate(timeout=170)
    return dict(json.loads(said))


def rows(path: Path) -> dict[str, Any]:
    """What is in the file, against what must be there."""
    needed = {text(word) for who in (0, 1) for word in prompts(who)}
    ledger = Ledger(path, existing=True)
    there = [row["text"] for row in ledger.replies()]
    paid = Counter(line["key"] for line in ledger.lines() if line["outcome"] == "paid")
    size = ledger.size()
    ledger.close()
    db = sqlite3.connect(path)
    whole = db.execute("PRAGMA integrity_check").fetchone()[0]
    db.close()
    return {
        "replies needed": len(needed),
        "replies in the file": len(there),
        "lost": len(needed - set(there)),
        "torn or strange": sum(reply not in needed for reply in there),
        "paid, by the ledger": paid.total(),
        "recorded twice": sum(times - 1 for times in paid.values()),
        "claims left": size.claims,
        "integrity": whole,
    }


def together(path: Path, seed: int) -> dict[str, Any]:
    """Both processes to their end."""
    stub = StubServer(answer, latency=LATENCY, fault_rate=FAULTS, seed=seed)
    with (
        stub as server,
        process(server.address, path, 0) as first,
        process(server.address, path, 1) as second,
    ):
        start = time.perf_counter()
        begin(first)
        begin(second)
        said = [ended(first), ended(second)]
        seconds = time.perf_counter() - start
        found = rows(path)
        return {
            **found,
            "answered, by the stub": server.successes,
            "failed on purpose, by the stub": server.requests - server.successes,
            "paid twice": server.successes - found["replies needed"],
            "wrong replies": sum(one["wrong"] for one in said),
            "each paid": [one["paid"] for one in said],
            "each found": [one["found"] for one in said],
            "seconds": round(seconds, 2),
        }


def killed(path: Path, rng: random.Random) -> dict[str, Any]:
    """One of the two is killed midway and begun again when the other has ended."""
    stub = StubServer(answer, latency=LATENCY, fault_rate=FAULTS, seed=rng.randrange(2**31))
    with stub as server:
        with (
            process(server.address, path, 0) as first,
            process(server.address, path, 1) as second,
        ):
            begin(first)
            begin(second)
            until = rng.randrange(100, 2_500)
            while server.successes < until and first.poll() is None:
                time.sleep(0.005)
            first.kill()
            at = server.successes
            said = [ended(second)]
        with process(server.address, path, 0) as again:
            begin(again)
            said.append(ended(again))
        found = rows(path)
        return {
            **found,
            "answered when it was killed": at,
            "answered, by the stub": server.successes,
            "lost in flight": server.successes - found["paid, by the ledger"],
            "wrong replies": sum(one["wrong"] for one in said),
        }


def cost(folder: Path) -> dict[str, float]:
    """Microseconds that the file adds to a call, one thread, no server."""

    def each(lm: Any) -> float:
        start = time.perf_counter()
        for n in range(HITS):
            lm.one(Prompt(f"prompt {n}"))
        return 1e6 * (time.perf_counter() - start) / HITS

    scripted = Scripted(lambda prompt: text(prompt.instruction))
    bare = each(scripted)
    lm = Cached(scripted, folder / "cost.sqlite")
    return {"bare": round(bare), "stored": round(each(lm) - bare), "found": round(each(lm))}


def main() -> None:
    rng = random.Random(SEED)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        both = [together(folder / f"both-{n}.sqlite", n) for n in range(ROUNDS)]
        for one in both:
            print(json.dumps(one), flush=True)
        kills = [killed(folder / f"kill-{n}.sqlite", rng) for n in range(KILLS)]
        for one in kills:
            print(json.dumps(one), flush=True)
        microseconds = cost(folder)
    wrong = ("lost", "torn or strange", "recorded twice", "claims left", "wrong replies")
    result = {
        "sqlite": sqlite3.sqlite_version,
        "to the end": {
            **{name: sum(one[name] for one in both) for name in (*wrong, "paid twice")},
            "whole files": sum(one["integrity"] == "ok" for one in both),
            "rounds": both,
        },
        "killed": {
            **{name: sum(one[name] for one in kills) for name in (*wrong, "lost in flight")},
            "whole files": sum(one["integrity"] == "ok" for one in kills),
            "most lost in flight at a kill": max(one["lost in flight"] for one in kills),
            "rounds": kills,
        },
        "microseconds a call, one thread, no server": microseconds,
    }
    what = (
        f"two processes of {THREADS} threads on one file; {SHARED:,} shared prompts and "
        f"{OWN:,} of each; stub latency {LATENCY} s, {FAULTS:.0%} faults; {ROUNDS} rounds to the "
        f"end, {KILLS} with one process killed (signal 9) at a random moment and begun again"
    )
    record("cache", what, result)


if __name__ == "__main__":
    if len(sys.argv) == 4:
        work(sys.argv[1], sys.argv[2], int(sys.argv[3]))
    else:
        main()
