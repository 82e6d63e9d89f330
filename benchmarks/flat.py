"""Does the memory of a long run grow with the number of its requests?

    python benchmarks/flat.py

REQUESTS requests of PEOPLE made-up people through `plain` on the model `extractive`, into a run's
folder, every line synced to the disk. Resident memory is read along the way, from after the data
and the requests were made; a line is fitted to the second half, where caches of the interpreter
are warm.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl
from record import record

from idiolect.data import Population, last_per_user
from idiolect.floor import Extractive
from idiolect.recipes.generate.plain import plain
from idiolect.run import Assembly, Job, RunFolder, asked, fingerprint, manifest

REQUESTS, PEOPLE, EVERY = 100_000, 10_000, 5_000


def population() -> Population:
    """People with enough events that ten are held out of each."""
    each = REQUESTS // PEOPLE + 2
    count = PEOPLE * each
    number = np.arange(count)
    return Population(
        pl.DataFrame(
            {
                "user": [f"user{n:05}" for n in number // each],
                "item": [f"item{n}" for n in number * 7919 % 5000],
                "text": [
                    f"Text {n} of thing {n * 7919 % 5000}, told in a few words." for n in number
                ],
                "title": [f"Heading {n}" for n in number],
                "rating": (1 + number % 5).astype(float),
            }
        )
    )


def resident() -> float:
    """Megabytes of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> None:
    people, model, recipe = population(), Extractive(), Assembly(plain)
    requests = last_per_user(people, REQUESTS // PEOPLE)
    job, curve, start = Job(recipe, people, requests, model), [], time.perf_counter()
    with TemporaryDirectory() as scratch:
        told = manifest(recipe, model, data=fingerprint(people)) | {"requests": asked(requests)}
        with RunFolder(Path(scratch) / "run", told, len(requests)) as kept:
            curve.append((0, resident()))
            start, failed = time.perf_counter(), 0
            for done, (at, row) in enumerate(job.results(kept.todo), 1):
                kept.add(at, row)
                failed += row["failure"] is not None
                if done % EVERY == 0:
                    curve.append((done, resident()))
                    print(f"{done:7,} requests {curve[-1][1]:8.1f} MB", flush=True)
            seconds = time.perf_counter() - start
            output = kept.finish()
            assert output is not None
            lines = output.read_bytes().count(b"\n")
            after = resident()
    done, memory = np.array(curve).T
    late = done >= REQUESTS / 2
    slope = float(np.polyfit(done[late], memory[late], 1)[0]) * 100_000
    figures = {
        "requests": len(requests),
        "failed": failed,
        "lines of the output": lines,
        "seconds": round(seconds, 1),
        "requests a second": round(len(requests) / seconds),
        "megabytes at the start": round(memory[0], 1),
        "megabytes at half": round(float(memory[late][0]), 1),
        "megabytes at the end": round(memory[-1], 1),
        "megabytes after writing the output": round(after, 1),
        "growth over the second half, megabytes a 100,000 requests": round(slope, 2),
        "curve": [[int(n), round(m, 1)] for n, m in curve],
    }
    what = "memory of a long run, by the number of its requests"
    settings = {"recipe": "plain", "model": "extractive", "threads": job.threads}
    record("flat", what, {"settings": settings, "figures": figures}, "numpy", "polars")


if __name__ == "__main__":
    main()
