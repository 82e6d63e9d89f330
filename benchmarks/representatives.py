"""Do the chosen peers cover the crowd? k-means against chance, nearest, farthest and strata.

    python benchmarks/representatives.py [FOLDER]

FOLDER holds `amazon_dev.json.gz`, `amazon_test.json.gz` and `gap_dev.json.gz` (product reviews;
default: `peer_reviews` in IDIOLECT_DATA). One text a user and product: the first with words.
Vectors are LSA fitted on all texts of the file, of length 1. Every product with at least six
authors counts once: the mean over own authors, drawn without replacement (all of them where there
are at most AUTHORS), of the mean cosine distance of *every* peer, chosen ones included, to the
nearest chosen one. Lower is better. Random and stratified choices are the mean of DRAWS draws.

Intervals are percentile bootstraps over products; gains are paired by product.
"""

from __future__ import annotations

import gzip
import json
import os
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from record import ROOT, record

from idiolect.embed import Lsa, Vectors
from idiolect.measure import bootstrap
from idiolect.select import cluster_centres, stratified

FILES = ("amazon_dev", "amazon_test", "gap_dev")
BANDS = {"5-9": (5, 9), "10-29": (10, 29), "30+": (30, None)}
REPRESENTATIVES, AUTHORS, DRAWS, RESAMPLES, SEED = 4, 20, 20, 10_000, 42
WAYS = ("k-means", "random", "nearest", "farthest", "stratified by rating")

Scores = dict[str, float]


def products(path: Path) -> dict[str, list[tuple[str, float]]]:
    """Text and rating of each user on each product, in the file's order."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        users = json.load(file)
    found: dict[str, dict[str, tuple[str, float]]] = defaultdict(dict)
    for user in users:
        for review in user["profile"]:
            if review["text"].strip():
                kept = (review["text"], float(review["rating"]))
                found[review["pid"]].setdefault(user["id"], kept)
    return {pid: list(by_user.values()) for pid, by_user in found.items()}


def coverage(peers: Vectors, chosen: list[int]) -> float:
    """Mean cosine distance of every peer to the nearest chosen one."""
    return float((1 - (peers @ peers[chosen].T).max(axis=1)).mean())


def measured(vectors: Vectors, ratings: list[float], own: int, rng: np.random.Generator) -> Scores:
    """Coverage by each way, around one own text; and how many k-means chose."""
    others = np.delete(np.arange(len(vectors)), own)
    peers, rated = vectors[others], np.array(ratings)[others]
    clusters, _ = cluster_centres(np.vstack([vectors[own], peers]), REPRESENTATIVES, SEED)
    order = np.argsort(-(peers @ vectors[own]), kind="stable").tolist()
    draws = [rng.permutation(len(peers))[:REPRESENTATIVES].tolist() for _ in range(DRAWS)]
    strata = [[at for at, _, _ in stratified(rated, REPRESENTATIVES, rng)] for _ in range(DRAWS)]
    # All k-means clusters may be the own one's: then nobody stands for anybody.
    return {
        "k-means": coverage(peers, clusters.tolist()) if len(clusters) else 1.0,
        "random": float(np.mean([coverage(peers, draw) for draw in draws])),
        "nearest": coverage(peers, order[:REPRESENTATIVES]),
        "farthest": coverage(peers, order[-REPRESENTATIVES:]),
        "stratified by rating": float(np.mean([coverage(peers, draw) for draw in strata])),
        "chosen by k-means": len(clusters),
    }


def by_product(path: Path, seed: int) -> list[tuple[int, Scores]]:
    """Number of peers and mean scores of each product with enough of them."""
    found = products(path)
    encoder = Lsa().fit([text for reviews in found.values() for text, _ in reviews])
    rng = np.random.default_rng(seed)
    result = []
    for reviews in found.values():
        if len(reviews) <= BANDS["5-9"][0]:
            continue
        vectors = encoder.encode([text for text, _ in reviews])
        ratings = [rating for _, rating in reviews]
        authors = rng.permutation(len(reviews))[:AUTHORS]
        rows = [measured(vectors, ratings, int(own), rng) for own in authors]
        result.append(
            (len(reviews) - 1, {k: float(np.mean([r[k] for r in rows])) for k in rows[0]})
        )
    return result


def _with_interval(values: list[float]) -> dict[str, float]:
    low, high = bootstrap(
        np.array(values), np.arange(len(values)), np.random.default_rng(SEED), draws=RESAMPLES
    )
    numbers = {"mean": float(np.mean(values)), "low": low, "high": high}
    return {name: round(number, 4) for name, number in numbers.items()}


def table(items: list[tuple[int, Scores]]) -> dict[str, Any]:
    """By band of peers: coverage of each way, and how much it is better than random."""
    rows: dict[str, Any] = {}
    for band, (low, high) in BANDS.items():
        scores = [s for peers, s in items if low <= peers and (high is None or peers <= high)]
        rows[band] = {
            "products": len(scores),
            "chosen by k-means": round(float(np.mean([s["chosen by k-means"] for s in scores])), 2),
            "distance": {way: _with_interval([s[way] for s in scores]) for way in WAYS},
            "gain over random": {
                way: _with_interval([s["random"] - s[way] for s in scores])
                for way in WAYS
                if way != "random"
            },
        }
    return rows


def main() -> None:
    start = time.perf_counter()
    data = Path(os.environ.get("IDIOLECT_DATA", ROOT.parent / "shared" / "data"))
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else data / "peer_reviews"
    found = {name: by_product(folder / f"{name}.json.gz", SEED) for name in FILES}
    pooled = table([item for items in found.values() for item in items])
    result = {
        "encoder": repr(Lsa()),
        "representatives": REPRESENTATIVES,
        "own authors": f"at most {AUTHORS} a product, drawn without replacement, seed {SEED}",
        "random and stratified": f"mean of {DRAWS} draws",
        "interval": f"95 %, percentile bootstrap over products, {RESAMPLES} draws; gains paired",
        "pooled": pooled,
        "files": {name: table(items) for name, items in found.items()},
        "seconds": round(time.perf_counter() - start, 1),
    }
    what = "mean cosine distance of every peer to the nearest of the chosen ones"
    record("representatives", what, result, "numpy", "scikit-learn")


if __name__ == "__main__":
    main()
