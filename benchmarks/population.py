"""How long do building a population and looking at one request take, up to ten million events?

    python benchmarks/population.py

Made-up events: 500,000 users and 100,000 items at ten million events, fewer in proportion below;
users and items follow a Zipf-like law, texts have a few words, times are seconds with ties. Each
size runs in a process of its own, so that peak memory is that of the size alone. A request is a
random event; its view is cut, and the user's own texts, the peers of its item and the comparable
own events are looked up. Nothing is read
from disk; polars and numpy use one thread. `first_look_up` sorts the hashes of all ids, once.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from record import record

from idiolect.data import Population, read

SIZES = (100_000, 1_000_000, 10_000_000)
EVENTS_A_USER, EVENTS_AN_ITEM, REQUESTS, SEED, READ = 20, 100, 1_000, 0, 1_000_000


def skewed(rng: np.random.Generator, names: int, size: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Numbers below `names`; half of the draws fall on the first quarter of them."""
    return (names * rng.random(size) ** 2).astype(np.int64)


def made_up(size: int) -> pl.DataFrame:
    """A table of events in random order of time."""
    rng = np.random.default_rng(SEED)
    words = np.array(["good", "bad", "slow", "kind", "loud", "cheap", "fresh", "late"])
    said = [pl.Series(words[rng.integers(0, len(words), size)]) for _ in range(3)]
    users = pl.Series(skewed(rng, size // EVENTS_A_USER, size)).cast(pl.String)
    items = pl.Series(skewed(rng, size // EVENTS_AN_ITEM, size)).cast(pl.String)
    return pl.DataFrame(
        {
            "user": "user " + users,
            "item": "item " + items,
            "text": "the place was " + said[0] + " and " + said[1] + ", " + said[2],
            "time": 1_600_000_000 + rng.integers(0, size, size),
            "rating": rng.integers(1, 6, size).astype(np.float64),
        }
    )


def resident_gib() -> float:
    """The memory this process has now, in GiB (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**30


def forget_peak() -> None:
    """Lets the peak begin anew from what is resident now (Linux)."""
    Path("/proc/self/clear_refs").write_text("5")


def peak_gib() -> float:
    """The most memory this process has had since the peak was forgotten, in GiB (Linux)."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 2**20


def reading(size: int) -> float:
    """Seconds that `read` takes for a CSV file of made-up events."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events.csv"
        made_up(size).write_csv(path)
        clock = Clock()
        with clock("read"):
            read(path)
    return round(clock.times["read"][0], 2)


def spread(times: list[float]) -> dict[str, float]:
    """Median and 99th percentile, in milliseconds."""
    median, late = np.percentile(times, [50, 99]) * 1e3
    return {"median_ms": round(float(median), 4), "p99_ms": round(float(late), 4)}


class Clock:
    """Times of pieces of work, by name, in seconds."""

    def __init__(self) -> None:
        self.times: dict[str, list[float]] = {}

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        """Takes the time of the block."""
        start = time.perf_counter()
        yield
        self.times.setdefault(name, []).append(time.perf_counter() - start)


def measured(size: int) -> dict[str, Any]:
    """Build time, memory and latencies at one number of events."""
    clock = Clock()
    frame = made_up(size)
    gc.collect()
    table = resident_gib()
    forget_peak()
    with clock("build"):
        population = Population(frame)
    del frame
    gc.collect()
    built, peak = resident_gib(), peak_gib()
    chosen = np.random.default_rng(SEED + 1).integers(0, size, REQUESTS + 1)
    ids = population.frame["id"].gather(chosen).to_list()
    with clock("first"):
        population.request(ids.pop())
    shown: dict[str, list[int]] = {"own": [], "peers": [], "comparable": []}
    for name in ids:
        with clock("request"):
            request = population.request(name)
        item = request.item.id if request.item else ""
        with clock("all"):
            with clock("as_of"):
                view = population.as_of(request)
            with clock("own"):
                own = view.own.texts
            with clock("peers"):
                peers = view.peers(item).texts
            with clock("comparable"):
                comparable = view.comparable()
        with clock("snapshot"):
            view.snapshot()
        for what, found in (("own", own), ("peers", peers), ("comparable", comparable)):
            shown[what].append(len(found))
    build, first = clock.times.pop("build")[0], clock.times.pop("first")[0]
    return {
        "events": size,
        "users": len(population.users),
        "items": len(population.by_item.names) if population.by_item else 0,
        "build_s": round(build, 2),
        "first_look_up_s": round(first, 2),
        "table_resident_gib": round(table, 2),
        "population_resident_gib": round(built, 2),
        "with_id_look_up_resident_gib": round(resident_gib(), 2),
        "peak_of_build_gib": round(peak, 2),
        "latency": {name: spread(found) for name, found in clock.times.items()},
        "mean_events_found": {what: round(float(np.mean(n)), 1) for what, n in shown.items()},
    }


def main() -> None:
    os.environ |= {"POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1"}
    context = multiprocessing.get_context("spawn")
    rows = []
    for size in SIZES:
        with context.Pool(1) as pool:
            row = pool.apply(measured, (size,))
        rows.append(row)
        every = row["latency"]["all"]
        print(
            f"{size:>10,} events: built in {row['build_s']} s, at most "
            f"{row['peak_of_build_gib']} GiB; own, peers and comparable: "
            f"{every['median_ms']} ms, p99 {every['p99_ms']} ms"
        )
    with context.Pool(1) as pool:
        seconds = pool.apply(reading, (READ,))
    print(f"{READ:>10,} events: read from a CSV file and checked in {seconds} s")
    result = {
        "requests": REQUESTS,
        "seed": SEED,
        "sizes": rows,
        "reading_csv": {"events": READ, "read_s": seconds},
    }
    what = "building a population and looking at one request, by number of events"
    record("population", what, result, "numpy", "polars")


if __name__ == "__main__":
    main()
