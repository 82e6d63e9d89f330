"""Do intervals clustered by user hold what they promise, and tests and power with them?

    python benchmarks/intervals.py [FOLDER]

Made-up tables whose true mean is 0: a user's effect and a row's residual have one distribution (its
skewness is given), variance 1 together, the intraclass correlation is the user's part; numbers of
rows differ by user in three ways. Of RUNS tables a cell, the share is counted whose 95 % interval
holds 0, for `estimate` (what the package uses) and for others: t on rows as if they were
independent; t with the plain clustered error (CR1) and users − 1 degrees of freedom; percentile,
BCa and t bootstraps over users. A true 95 % shows as 93.6 to 96.4 in RUNS runs, 19 times of 20.

Then on real rows: FOLDER holds `reviews.csv.gz` (film critics' blurbs; default: `rotten` in
IDIOLECT_DATA). A critic's row is ROUGE-1 of a blurb against the critic's blurb before it; critics
with at least 12 are the population, and tables are drawn from them with all of their rows.

The paired p-value: two methods that do not differ on the same tables (the user's difference has the
intraclass correlation), share of p ≤ .05 in TESTS runs. Power: a difference of `detectable`'s mean
size is planted; the share of p ≤ .05 should be .8, and so should that of intervals without 0.
"""

from __future__ import annotations

import csv
import gzip
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from record import ROOT, record
from scipy import stats

from idiolect.measure import METRICS, bootstrap, detectable, estimate, paired

USERS, CORRELATIONS, SKEWS = (20, 50, 200), (0.1, 0.3, 0.6), (0.0, 1.0, 2.0)
RUNS, DRAWS, LEVEL, MIN_ROWS = 1000, 500, 0.95, 12
#: Runs of a test or power cell, and its random assignments of signs.
TESTS, SIGNS = 2000, 999

Floats = NDArray[np.float64]
Numbers = NDArray[np.intp]
Ends = tuple[float, float]
SIZES: dict[str, Callable[[np.random.Generator, int], Numbers]] = {
    "alike (1 + Poisson 4)": lambda rng, n: 1 + rng.poisson(4, n),
    "unequal (geometric, mean 5)": lambda rng, n: rng.geometric(0.2, n),
    "very unequal (lognormal, 1 to 60)": lambda rng, n: np.minimum(
        1 + rng.lognormal(1.2, 1.0, n).astype(np.intp), 60
    ),
}


def standard(rng: np.random.Generator, skew: float, size: int) -> Floats:
    """Values of mean 0 and variance 1; gamma, or normal without skew."""
    if not skew:
        return rng.normal(size=size)
    shape = 4 / skew**2
    values: Floats = (rng.gamma(shape, size=size) - shape) / np.sqrt(shape)
    return values


def simulated(
    rng: np.random.Generator, users: int, correlation: float, skew: float, sizes: str
) -> tuple[Floats, Numbers]:
    """A table of true mean 0: figures and users.  # (rows,), (rows,)"""
    user = np.repeat(np.arange(users), SIZES[sizes](rng, users))
    effect, residual = standard(rng, skew, users), standard(rng, skew, len(user))
    return np.sqrt(correlation) * effect[user] + np.sqrt(1 - correlation) * residual, user


def intervals(values: Floats, users: Numbers, rng: np.random.Generator) -> dict[str, Ends]:
    """95 % intervals of the mean in each way."""
    found = estimate(values, users, level=LEVEL)
    high = (1 + LEVEL) / 2
    _, number = np.unique(users, return_inverse=True)
    sums, counts = np.bincount(number, values), np.bincount(number).astype(float)
    rows, people = len(values), len(sums)
    mean = found.mean
    naive = values.std(ddof=1) / np.sqrt(rows) * stats.t.ppf(high, rows - 1)
    plain = np.sqrt((((sums - counts * mean) ** 2).sum()) * people / (people - 1)) / rows
    half = plain * stats.t.ppf(high, people - 1)
    drawn = rng.integers(people, size=(DRAWS, people))
    s, c = sums[drawn], counts[drawn]
    means = s.sum(axis=1) / c.sum(axis=1)
    errors = np.sqrt(((s - c * means[:, None]) ** 2).sum(axis=1)) / c.sum(axis=1)
    error = np.sqrt(((sums - counts * mean) ** 2).sum()) / rows
    t = np.quantile((means - mean) / np.maximum(errors, 1e-12), [1 - high, high])
    return {
        "idiolect (CR2, Satterthwaite t)": (found.low, found.high),
        "naive (rows)": (mean - naive, mean + naive),
        "CR1, t(users - 1)": (mean - half, mean + half),
        "percentile bootstrap": bootstrap(values, users, rng, level=LEVEL, draws=DRAWS),
        "BCa bootstrap": _bca(means, mean, sums.astype(float), counts, high),
        "bootstrap-t": (mean - t[1] * error, mean - t[0] * error),
    }


def _bca(means: Floats, mean: float, sums: Floats, counts: Floats, high: float) -> Ends:
    """Bias-corrected and accelerated percentiles (Efron 1987), leaving out one user at a time."""
    without = (sums.sum() - sums) / (counts.sum() - counts)
    away = without.mean() - without
    acceleration = (away**3).sum() / (6 * ((away**2).sum()) ** 1.5)
    bias = stats.norm.ppf(np.clip((means < mean).mean(), 1 / len(means), 1 - 1 / len(means)))
    z = bias + stats.norm.ppf([1 - high, high])
    ends = np.quantile(means, stats.norm.cdf(bias + z / (1 - acceleration * z)))
    return float(ends[0]), float(ends[1])


def coverage(tables: Iterator[tuple[Floats, Numbers]], truth: float, seed: int) -> dict[str, float]:
    """Percent of the tables whose interval holds the truth, in each way."""
    rng, held, runs = np.random.default_rng(seed), defaultdict[str, int](int), 0
    for values, users in tables:
        runs += 1
        for way, (low, high) in intervals(values, users, rng).items():
            held[way] += low <= truth <= high
    return {way: round(100 * count / runs, 1) for way, count in held.items()}


def simulations() -> list[dict[str, Any]]:
    """Coverage in each cell of the grid."""
    cells = list(product(SIZES, SKEWS, USERS, CORRELATIONS))
    found = []
    for seed, (sizes, skew, users, correlation) in enumerate(cells):
        rng = np.random.default_rng(seed)
        tables = (simulated(rng, users, correlation, skew, sizes) for _ in range(RUNS))
        setting = {"rows a user": sizes, "skewness": skew, "users": users, "ICC": correlation}
        found.append({**setting, "covered": coverage(tables, 0.0, seed)})
    return found


def summary(cells: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Each way over all cells, and over those with 20 users."""
    rows: dict[str, dict[str, Any]] = {}
    for way in cells[0]["covered"]:
        held = np.array([cell["covered"][way] for cell in cells])
        few = np.array([cell["users"] == USERS[0] for cell in cells])
        rows[way] = {
            "mean": round(float(held.mean()), 1),
            "least": float(held.min()),
            "most": float(held.max()),
            "cells in 93-97": int(((held >= 93) & (held <= 97)).sum()),
            "cells": len(held),
            f"mean, {USERS[0]} users": round(float(held[few].mean()), 1),
            f"least, {USERS[0]} users": float(held[few].min()),
        }
    return rows


def real_rows(folder: Path) -> list[Floats]:
    """Each critic's figures."""
    texts = defaultdict[str, list[str]](list)
    with gzip.open(folder / "reviews.csv.gz", "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            texts[row["critic"]].append(row["review"])
    pairs = (list(pairwise(own)) for own in texts.values() if len(own) >= MIN_ROWS)
    rouge = METRICS["rouge1"]
    rows = (rouge.score([a for a, _ in some], [b for _, b in some]) for some in pairs)
    return [own[~np.isnan(own)] for own in rows]


def on_real_rows(critics: list[Floats]) -> dict[str, Any]:
    """Coverage where users are drawn from real ones."""
    every = np.concatenate(critics)
    truth, found = float(every.mean()), []
    for users in USERS:
        rng = np.random.default_rng(users)

        def tables(users: int = users, rng: np.random.Generator = rng) -> Iterator[Any]:
            for _ in range(RUNS):
                some = [critics[n] for n in rng.integers(len(critics), size=users)]
                yield np.concatenate(some), np.repeat(np.arange(users), [len(s) for s in some])

        found.append({"users": users, "covered": coverage(tables(), truth, users)})
    return {
        "critics": len(critics),
        "rows": len(every),
        "skewness of rows": round(float(stats.skew(every)), 2),
        "mean": round(truth, 4),
        "cells": found,
    }


def tests() -> list[dict[str, Any]]:
    """Share of p ≤ .05 without a difference, and with one of the size that can be detected."""
    found = []
    sizes = "unequal (geometric, mean 5)"
    for users, correlation, skew in product((6, 10, *USERS), CORRELATIONS, (0.0, 2.0)):
        rng = np.random.default_rng([users, int(10 * correlation), int(skew)])
        differences = []
        for _ in range(TESTS):
            # Methods that do not differ can be exchanged: symmetric differences, long tails.
            values, user = simulated(rng, users, correlation, skew, sizes)
            differences.append((values * rng.choice([-1.0, 1.0], users)[user], user))
        size = float(np.mean([detectable(values, user) for values, user in differences]))
        null, power, apart = 0, 0, 0
        for values, user in differences:
            zero = np.zeros(len(values))
            null += paired(values, zero, user, rng, draws=SIGNS).p <= 1 - LEVEL
            test = paired(values + size, zero, user, rng, draws=SIGNS)
            power += test.p <= 1 - LEVEL
            apart += test.low > 0 or test.high < 0
        found.append(
            {
                "users": users,
                "ICC": correlation,
                "skewness before signs": skew,
                "p <= .05 under the null, %": round(100 * null / TESTS, 1),
                "detectable at power .8": round(size, 3),
                "p <= .05 there, %": round(100 * power / TESTS, 1),
                "interval without 0 there, %": round(100 * apart / TESTS, 1),
            }
        )
    return found


def speed() -> dict[str, float]:
    """Seconds for 1,000 requests of 200 users, 10 metrics, 10 methods."""
    rng = np.random.default_rng(0)
    users, values = rng.integers(0, 200, 1000), rng.random((10, 10, 1000))
    start = time.perf_counter()
    for method in values:
        for metric in method:
            estimate(metric, users)
    middle = time.perf_counter()
    for method in values[1:]:
        for metric, base in zip(method, values[0], strict=True):
            paired(metric, base, users, rng)
    end = time.perf_counter()
    return {
        "100 estimates, s": round(middle - start, 2),
        "90 paired tests of 9,999 draws, s": round(end - middle, 2),
    }


def main() -> None:
    data = Path(os.environ.get("IDIOLECT_DATA", ROOT.parent / "shared" / "data"))
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else data / "rotten"
    cells = simulations()
    result = {
        "runs a cell": RUNS,
        "bootstrap draws": DRAWS,
        "coverage, %": summary(cells),
        "real rows": on_real_rows(real_rows(folder)),
        "paired": tests(),
        "speed": speed(),
        "cells": cells,
    }
    what = "coverage of 95 % intervals of a mean, clustered by user; paired tests; power"
    record("intervals", what, result, "numpy", "scipy", hidden=("cells",))


if __name__ == "__main__":
    main()
