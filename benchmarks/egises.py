"""EGISES and PerSEval: the authors' figures, a hundred times the documents, and the interval.

    python benchmarks/egises.py [FILE]

FILE is `egises/inputs.jsonl.gz` of the reference numbers (default: beside IDIOLECT_DATA), with
`scores.json` next to it. For speed the documents are repeated TIMES times, every text changed
anew: each word is replaced with chance CHANGED by one of the corpus, so that no text is compared
twice. The plain double loop (a Counter a text, a dictionary of distances) runs over the same
documents in the same process, after ours; both figures must agree.

Coverage: how often the 95 % interval holds the true figure when users and documents are new, for
figures made of a document's, two users' and a pair's share; beside it an interval that takes
documents for independent (t over document means).
"""

from __future__ import annotations

import gzip
import json
import math
import os
import platform
import sys
import time
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import t

from idiolect.measure import egises
from idiolect.measure.crowd import Table
from idiolect.measure.egises import Crowd

ROOT = Path(__file__).resolve().parent.parent
TIMES, CHANGED, SEED = 100, 0.1, 0
STUDIES, DRAWS = 400, 200

Rows = list[tuple[str, str, str, str]]


def read(path: Path) -> Rows:
    """Output, reference, document, user."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        documents = [json.loads(line) for line in file]
    return [
        (texts["output"], texts["reference"], document["document"], user)
        for document in documents
        for user, texts in document["users"].items()
    ]


def repeated(rows: Rows, rng: np.random.Generator) -> Rows:
    """TIMES copies of each document, their words changed here and there."""
    words = np.array([word for row in rows for text in row[:2] for word in text.split()])

    def changed(text: str) -> str:
        own = np.array(text.split())
        swap = rng.random(len(own)) < CHANGED
        return " ".join(np.where(swap, rng.choice(words, len(own)), own))

    return [
        (changed(output), changed(reference), f"{document}/{n}", user)
        for n in range(TIMES)
        for output, reference, document, user in rows
    ]


def divergence(one: Counter[str], other: Counter[str]) -> float:
    """Jensen-Shannon, base 2, rounded as the authors do."""
    left, right = one.total(), other.total()
    if not left or not right:
        return 1.0
    total = 0.0
    for word in one.keys() | other.keys():
        p, q = one[word] / left, other[word] / right
        middle = (p + q) / 2
        total += p * math.log2(p / middle) if p else 0.0
        total += q * math.log2(q / middle) if q else 0.0
    return round(total / 2, 4)


def loops(rows: Rows) -> tuple[float, float]:
    """EGISES and mean accuracy distance by two loops over the users of a document."""
    documents: dict[str, list[tuple[Counter[str], Counter[str]]]] = {}
    for output, reference, document, _ in rows:
        pair = Counter(output.split()), Counter(reference.split())
        documents.setdefault(document, []).append(pair)
    means, apart = [], []
    for users in documents.values():
        degress = []
        for j, (made, real) in enumerate(users):
            apart.append(divergence(made, real))
            shares = []
            for k, (other_made, other_real) in enumerate(users):
                if j != k:
                    x = divergence(real, other_real)
                    y = divergence(made, other_made)
                    shares.append((min(x, y) + 1e-5) / (max(x, y) + 1e-5))
            degress.append(sum(shares) / len(shares))
        means.append(sum(degress) / len(degress))
    return 1 - sum(means) / len(means), sum(apart) / len(apart)


def parity(path: Path, rows: Rows) -> dict[str, Any]:
    """Ours beside the authors', with intervals."""
    expected = json.loads((path.parent / "scores.json").read_text(encoding="utf-8"))
    outputs, references, documents, users = (list(column) for column in zip(*rows, strict=True))
    found = egises(outputs, references, documents, users, np.random.default_rng(SEED))
    names = {
        "egises": found.egises,
        "perseval": found.perseval,
        "mean_accuracy_distance": found.accuracy_distance,
    }
    return {
        name: {
            "authors": expected[name],
            "gap": abs(figure.value - expected[name]),
            "95 % interval": [round(figure.low, 4), round(figure.high, 4)],
        }
        for name, figure in names.items()
    }


def speed(rows: Rows) -> dict[str, Any]:
    """Processor seconds of ours with and without interval, and of the loops."""
    outputs, references, documents, users = (list(column) for column in zip(*rows, strict=True))
    times = {}
    for name, draws in (("figures", 0), (f"figures and interval of {DRAWS} draws", DRAWS)):
        start = time.process_time()
        rng = np.random.default_rng(SEED)
        found = egises(outputs, references, documents, users, rng, draws=draws)
        times[name] = time.process_time() - start
    start = time.process_time()
    score, apart = loops(rows)
    slow = time.process_time() - start
    return {
        "documents": found.documents,
        "rows": len(rows),
        "s": {name: round(seconds, 2) for name, seconds in times.items()},
        "s, plain double loop (EGISES and distance only, no interval)": round(slow, 2),
        "times faster": {name: round(slow / seconds, 1) for name, seconds in times.items()},
        "largest gap": max(
            abs(found.egises.value - score), abs(found.accuracy_distance.value - apart)
        ),
    }


def coverage(documents: int, users: int, by_user: float, by_document: float) -> dict[str, Any]:
    """How often intervals hold the truth, over STUDIES made ones."""
    rng = np.random.default_rng(SEED)
    held, alone, width = 0, 0, 0.0
    for _ in range(STUDIES):
        sizes = rng.integers(2, min(9, users) + 1, documents)
        starts = np.cumsum(sizes) - sizes
        person = np.concatenate([rng.permutation(users)[:size] for size in sizes])
        table = Table([], [], [], person, starts, sizes, np.arange(len(person)))
        first, second = table.pairs()
        own = rng.normal(0, by_user, users)
        shared = np.repeat(rng.normal(0, by_document, documents), sizes)
        pair = (own[person[first]] + own[person[second]]) / 2 + rng.normal(0, 0.2, len(first))
        crowd = Crowd.of(
            table, first, second, 0.4 + shared[first] + pair, np.zeros(len(person)), users
        )
        figures, degress, _ = crowd(np.ones((documents, 1)), np.ones((users, 1)))
        spread = crowd.spread(rng, DRAWS)[0]
        half = t.ppf(0.975, min(documents, users) - 1) * spread
        means = np.add.reduceat(degress[:, 0], starts) / sizes
        naive = t.ppf(0.975, documents - 1) * means.std(ddof=1) / np.sqrt(documents)
        off = abs(figures[0, 0] - 0.6)
        held, alone, width = held + (off <= half), alone + (off <= naive), width + 2 * half
    return {
        "documents": documents,
        "users": users,
        "sd of users": by_user,
        "sd of documents": by_document,
        "share of intervals that hold the truth": held / STUDIES,
        "the same, documents taken for independent": alone / STUDIES,
        "mean width": round(width / STUDIES, 3),
    }


def main() -> None:
    """Measures, prints and writes results/egises.json."""
    data = Path(os.environ.get("IDIOLECT_DATA", ROOT.parent / "shared" / "data"))
    default = data.parent / "reference" / "egises" / "inputs.jsonl.gz"
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else default
    rows = read(path)
    result = {
        "what": "EGISES and PerSEval against the authors' figures and a plain double loop",
        "versions": {
            "idiolect": version("idiolect"),
            "numpy": version("numpy"),
            "python": platform.python_version(),
        },
        "parity": parity(path, rows),
        "speed": speed(repeated(rows, np.random.default_rng(SEED))),
        "coverage of the 95 % interval of EGISES": [
            coverage(documents, users, *spreads)
            for documents, users in ((150, 103), (40, 12), (12, 40))
            for spreads in ((0.1, 0.1), (0.15, 0.02), (0.02, 0.15), (0.0, 0.0))
        ],
    }
    out = ROOT / "results" / "egises.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
