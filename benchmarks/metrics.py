"""Are the metrics those of the packages that define them, and how much faster is ROUGE?

    python benchmarks/metrics.py [FOLDER]

FOLDER holds `reviews.csv.gz` (film critics' blurbs; default: `rotten` in IDIOLECT_DATA). PAIRS
outputs and references are blurbs drawn at random; long ones are LONG blurbs each. The packages'
own functions are called as they document it. METEOR is compared with NLTK's own reader of the same
WordNet, where one is installed that NLTK can read, else it is left out.

ROUGE-1, 2 and L of all pairs are timed in one process, the package first: once with nothing
remembered, and as the least of REPEATS, when words are stemmed and texts are cut already.
"""

from __future__ import annotations

import csv
import gzip
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import sacrebleu
from nltk.corpus import wordnet
from nltk.translate.meteor_score import single_meteor_score
from numpy.typing import NDArray
from record import ROOT, record
from rouge_score.rouge_scorer import RougeScorer

from idiolect.measure import METRICS
from idiolect.measure.meteor import tokens, wordnet_folder

PAIRS, LONG, LONG_PAIRS, REPEATS, SEED = 1000, 10, 100, 3, 0
NAMES = ("rouge1", "rouge2", "rougeL")

Pairs = tuple[list[str], list[str]]
Floats = NDArray[np.float64]


def drawn(texts: list[str], rng: np.random.Generator, pairs: int, joined: int) -> Pairs:
    """Outputs and references."""

    def side() -> list[str]:
        return [
            " ".join(texts[n] for n in rng.integers(len(texts), size=joined)) for _ in range(pairs)
        ]

    return side(), side()


def gap(ours: Floats, theirs: Floats) -> dict[str, Any]:
    """Largest distance, where ours is defined, and what theirs is where it is not."""
    there = ~np.isnan(ours)
    return {
        "largest gap": float(np.abs(ours[there] - theirs[there]).max()),
        "undefined (NaN; theirs is 0)": int((~there).sum()),
        "theirs is 0 there": bool((theirs[~there] == 0).all()),
        "mean": round(float(ours[there].mean()), 4),
    }


def parity(made: list[str], real: list[str]) -> dict[str, Any]:
    """Each metric against the package's."""
    both = list(zip(made, real, strict=True))
    found: dict[str, Any] = {}
    for stem in (False, True):
        theirs = [RougeScorer(list(NAMES), use_stemmer=stem).score(r, m) for m, r in both]
        for name in NAMES:
            ours = METRICS[name + "_stem" * stem]
            scores = np.array([one[name].fmeasure for one in theirs])
            found[ours.name] = gap(ours.score(made, real), scores)
    sentences = np.array([sacrebleu.sentence_bleu(m, [r]).score for m, r in both])
    found["sentence_bleu"] = gap(METRICS["sentence_bleu"].score(made, real), sentences)
    corpus = METRICS["bleu"].corpus(made, real) or 0.0
    whole = sacrebleu.corpus_bleu(made, [real]).score
    found["bleu"] = {"largest gap": abs(corpus - whole), "figure": round(corpus, 4)}
    if wordnet_folder() is None:
        found["meteor"] = "not compared: WordNet is not installed"
        return found
    try:
        wordnet.ensure_loaded()
    except LookupError:
        found["meteor"] = "not compared: NLTK cannot read the WordNet that is installed"
        return found
    meteor = np.array([single_meteor_score(tokens(r), tokens(m), wordnet=wordnet) for m, r in both])
    found["meteor"] = gap(METRICS["meteor"].score(made, real), meteor)
    return found


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def speed(made: list[str], real: list[str], stem: bool) -> dict[str, Any]:
    """Seconds of the package and ours for ROUGE-1, 2 and L."""
    scorer, metrics = (
        RougeScorer(list(NAMES), use_stemmer=stem),
        [n + "_stem" * stem for n in NAMES],
    )

    def theirs() -> None:
        for output, reference in zip(made, real, strict=True):
            scorer.score(reference, output)

    def ours() -> None:
        for name in metrics:
            METRICS[name].score(made, real)

    package = [seconds(theirs) for _ in range(REPEATS)]
    first, *again = [seconds(ours) for _ in range(REPEATS + 1)]
    return {
        "pairs": len(made),
        "words an output": round(float(np.mean([len(text.split()) for text in made])), 1),
        "stemmer": stem,
        "s, rouge-score": round(min(package), 4),
        "s, idiolect, first time": round(first, 4),
        "s, idiolect, again": round(min(again), 4),
        "times faster, first time": round(package[0] / first, 1),
        "times faster, again": round(min(package) / min(again), 1),
    }


def main() -> None:
    data = Path(os.environ.get("IDIOLECT_DATA", ROOT.parent / "shared" / "data"))
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else data / "rotten"
    with gzip.open(folder / "reviews.csv.gz", "rt", encoding="utf-8", newline="") as file:
        texts = [row["review"] for row in csv.DictReader(file)]
    rng = np.random.default_rng(SEED)
    times = [
        speed(*drawn(texts, rng, pairs, joined), stem)
        for pairs, joined in ((PAIRS, 1), (LONG_PAIRS, LONG))
        for stem in (False, True)
    ]
    result = {
        "pairs": PAIRS,
        "parity": parity(*drawn(texts, rng, PAIRS, 1)),
        "rouge-1, 2 and L": times,
    }
    what = "metrics against rouge-score, sacrebleu and NLTK on pairs of real texts"
    record("metrics", what, result, "rouge-score", "sacrebleu", "nltk")


if __name__ == "__main__":
    main()
