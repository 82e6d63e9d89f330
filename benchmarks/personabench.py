"""Finding what tells a fact about a person: Recall@5 and nDCG@5 on PersonaBench's documents.

    python benchmarks/personabench.py FOLDER

FOLDER is a copy of github.com/SalesforceAIResearch/personabench (its `eval_data`). Every selector
takes five of a person's own sessions for each question; the figures are those of the authors'
script, the best over alternative sessions. Nothing was tuned. Intervals are clustered by person,
of whom there are six.
"""

from __future__ import annotations

import json
import platform
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import numpy as np

from idiolect.bench import Score
from idiolect.bench.loaders.personabench import personabench, retrieval
from idiolect.embed import Lsa
from idiolect.select import Dense, Okapi, Random, Recency, Selector

ROOT = Path(__file__).resolve().parent.parent
NOISE: tuple[Literal["0.0", "0.3", "0.5", "0.7"], ...] = ("0.0", "0.3", "0.5", "0.7")
PLACES = 5


def shown(score: Score) -> list[float]:
    """Figure, lower and upper end."""
    return [round(value, 4) for value in (score.value, score.low, score.high)]


def main() -> None:
    """Prints the figures and writes them to results/personabench.json."""
    if len(sys.argv) != 2:
        sys.exit("Give the folder of the data: python benchmarks/personabench.py FOLDER")
    start = time.perf_counter()
    ways: dict[str, Selector] = {
        "okapi": Okapi(PLACES),
        "okapi, as rank_bm25": Okapi(PLACES, published=True),
        "lsa": Dense(Lsa(), PLACES),
        "recency": Recency(PLACES),
        "random": Random(PLACES),
    }
    figures: dict[str, Any] = {}
    for noise in NOISE:
        benchmark = personabench(Path(sys.argv[1]), noise=noise)
        figures[noise] = {
            "questions": len(benchmark.examples),
            "sessions": len(benchmark.population),
        } | {
            name: {metric: shown(one) for metric, one in retrieval(benchmark, way, PLACES).items()}
            for name, way in ways.items()
        }
    result = {
        "what": "Recall@5 and nDCG@5 of own sessions: figure, 95 % interval by person",
        "by": "share of noise among the sessions",
        "versions": {
            "idiolect": version("idiolect"),
            "python": platform.python_version(),
            "numpy": np.__version__,
        },
        "figures": figures,
        "seconds": round(time.perf_counter() - start, 1),
    }
    text = json.dumps(result, indent=1, ensure_ascii=False)
    (ROOT / "results" / "personabench.json").write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
