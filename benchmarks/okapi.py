"""How much faster than rank_bm25 is the vectorised Okapi BM25, and is it the same?

    python benchmarks/okapi.py

Made-up documents of Zipf words; queries are made the same way, so that they repeat terms. Both
libraries index the same lists of terms and answer the same queries in one process, one after the
other; a query's time is the least of REPEATS, and figures are medians over queries.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from rank_bm25 import BM25Okapi
from record import record

from idiolect.select import OkapiIndex

SIZES = (1_000, 20_000)
VOCABULARY, MEAN_LENGTH, QUERY_LENGTH, QUERIES, REPEATS, SEED = 50_000, 60, 60, 10, 3, 0


def zipf_words(rng: np.random.Generator, length: int) -> list[str]:
    """Words whose frequency falls with the power 1.1 of their rank."""
    return [f"w{rank}" for rank in rng.zipf(1.1, length) % VOCABULARY]


def seconds(work: Callable[[], object], repeats: int = REPEATS) -> float:
    """The least time of some repeats."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def measured(size: int) -> dict[str, Any]:
    """Gap and times at one number of documents."""
    rng = np.random.default_rng(SEED)
    documents = [zipf_words(rng, length) for length in rng.poisson(MEAN_LENGTH, size) + 1]
    queries = [zipf_words(rng, QUERY_LENGTH) for _ in range(QUERIES)]
    theirs, ours = BM25Okapi(documents), OkapiIndex.of(documents, published=True)
    gaps, same_top, ratios, their_times, our_times = [], 0, [], [], []
    for query in queries:
        expected, found = theirs.get_scores(query), ours.scores(query)
        gaps.append(float(np.abs(expected - found).max()))
        same_top += int((np.argsort(-expected)[:8] == np.argsort(-found)[:8]).all())
        their_times.append(seconds(partial(theirs.get_scores, query)))
        our_times.append(seconds(partial(ours.scores, query)))
        ratios.append(their_times[-1] / our_times[-1])
    build_theirs = seconds(lambda: BM25Okapi(documents), 1)
    build_ours = seconds(lambda: OkapiIndex.of(documents, published=True), 1)
    return {
        "documents": size,
        "terms": len(ours.columns),
        "largest gap of a score": max(gaps),
        "largest score": float(max(ours.scores(query).max() for query in queries)),
        "queries with the same best 8": same_top,
        "ms a query, rank_bm25": round(1e3 * float(np.median(their_times)), 3),
        "ms a query, idiolect": round(1e3 * float(np.median(our_times)), 3),
        "times faster": round(float(np.median(ratios)), 1),
        "s to index, rank_bm25": round(build_theirs, 3),
        "s to index, idiolect": round(build_ours, 3),
    }


def main() -> None:
    result = {
        "text": f"Zipf words (exponent 1.1, rank modulo {VOCABULARY:,}), about {MEAN_LENGTH} each",
        "queries": f"{QUERIES} of {QUERY_LENGTH} words; least of {REPEATS} repeats, then median",
        "runs": [measured(size) for size in SIZES],
    }
    what = "Okapi BM25 in published mode against rank_bm25's BM25Okapi, same process"
    record("okapi", what, result, "rank_bm25", "numpy", "scipy")


if __name__ == "__main__":
    main()
