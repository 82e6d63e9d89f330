"""Does Ray give the same bytes as threads of one process, also when a worker is killed?

    pip install 'idiolect[ray]' && python benchmarks/ray_engine.py

REQUESTS requests through `rag` on the model `extractive`: on the engine `local`, on two of Ray's
workers on this machine, and on two workers of which one is ended with SIGKILL after a third of the
results. Each run has a folder; the bytes of the outputs are compared. The model is free and local,
so that times say what Ray costs, not what it gains where calls take long.
"""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import polars as pl
from record import record

from idiolect.data import Population, last_per_user
from idiolect.floor import Extractive
from idiolect.limits import Limiter
from idiolect.lm import Budget
from idiolect.recipes.generate.rag import rag
from idiolect.run import Assembly, Engine, Job, Limits, RunFolder, asked, engine, manifest

REQUESTS, PEOPLE, WORKERS = 2_000, 200, 2


def population() -> Population:
    """People with enough events that ten are held out of each."""
    number = np.arange(PEOPLE * (REQUESTS // PEOPLE + 4))
    return Population(
        pl.DataFrame(
            {
                "user": [f"user{n:03}" for n in number % PEOPLE],
                "item": [f"item{n}" for n in number * 7919 % 500],
                "text": [
                    f"Text {n} of thing {n * 7919 % 500}, told in {n % 9} words." for n in number
                ],
                "rating": (1 + number % 5).astype(float),
            }
        )
    )


@dataclass(frozen=True)
class Make:
    """Makes the job, and says in a file which process it was made in."""

    pids: Path

    def __call__(self, limiter: Limiter, budget: Budget) -> Job:
        """The job."""
        (self.pids / str(os.getpid())).touch()
        people = population()
        requests = last_per_user(people, REQUESTS // PEOPLE)
        return Job(Assembly(rag), people, requests, Extractive(), threads=2)


def main() -> None:
    with TemporaryDirectory() as scratch:
        root = Path(scratch)
        (root / "pids").mkdir()
        make, limits = Make(root / "pids"), Limits()
        job = make(limits.limiter, limits.budget)

        def timed(name: str, how: Engine, *, kill: bool = False) -> tuple[bytes, dict[str, Any]]:
            for old in make.pids.iterdir():
                old.unlink()
            told = manifest(Assembly(rag), job.lm, data="") | {"requests": asked(job.requests)}
            start, killed, twice = time.perf_counter(), 0, 0
            with RunFolder(root / name, told, len(job.requests)) as kept:
                seen: set[int] = set()
                for at, row in how(job, kept.todo):
                    twice += at in seen
                    seen.add(at)
                    kept.add(at, row)
                    if kill and not killed and len(seen) > REQUESTS / 3:
                        killed = int(next(make.pids.iterdir()).name)
                        os.kill(killed, signal.SIGKILL)
                path = kept.finish()
                assert path is not None
            seconds = round(time.perf_counter() - start, 1)
            print(f"{name}: {seconds} s", flush=True)
            facts = {"seconds": seconds, "processes": len(list(make.pids.iterdir()))}
            return path.read_bytes(), facts | ({"results told twice": twice} if kill else {})

        by_name = {
            "local": timed("local", engine("local", make, limits)),
            "ray": timed("ray", engine("ray", make, limits, WORKERS)),
            "ray, a worker killed": timed(
                "killed", engine("ray", make, limits, WORKERS), kill=True
            ),
        }
    expected = by_name["local"][0]
    figures = {
        name: {"byte-equal to local": output == expected, **facts}
        for name, (output, facts) in by_name.items()
    }
    what = f"{REQUESTS:,} requests on the engines local and ray, also with a worker killed"
    settings = {"requests": REQUESTS, "workers": WORKERS, "recipe": "rag"}
    record("ray_engine", what, {"settings": settings, "figures": figures}, "ray", "numpy", "polars")


if __name__ == "__main__":
    main()
