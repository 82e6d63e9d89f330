"""Are the metrics those of the packages that define them, and how much faster is ROUGE?

    python benchmarks/metrics.py [FOLDER]

FOLDER holds `reviews.csv.gz` (film critics' blurbs; default: `rotten` in IDIOLECT_DATA). PAIRS
outputs and references are blurbs drawn at random; long ones are LONG blurbs each. The packages'
own functions are called as they document it. METEOR is compared with NLTK's own reader of the same
WordNet, where one is installed that NLTK can read, else it is left out.

Processor seconds of all pairs are taken in one process, the package first, called pair by pair:
once with nothing remembered, and as the least of REPEATS, when words are stemmed and texts are cut
already; for ROUGE also for new texts whose words were stemmed before, as in a long run. ROUGE is
timed for 1, 2 and L together. BLEU and METEOR call the packages' own functions,
with settings made and words stemmed once instead of once a pair.
"""

from __future__ import annotations

import csv
import gc
import gzip
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import sacrebleu
from nltk.corpus import wordnet
from nltk.translate.meteor_score import single_meteor_score
from numpy.typing import NDArray
from record import ROOT, record
from rouge_score.rouge_scorer import RougeScorer

from idiolect.measure import METRICS
from idiolect.measure.meteor import stem, tokens, wordnet_folder
from idiolect.measure.metrics import rouge_words

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
    for stemmed in (False, True):
        theirs = [RougeScorer(list(NAMES), use_stemmer=stemmed).score(r, m) for m, r in both]
        for name in NAMES:
            ours = METRICS[name + "_stem" * stemmed]
            scores = np.array([one[name].fmeasure for one in theirs])
            found[ours.name] = gap(ours.score(made, real), scores)
    sentences = np.array([sacrebleu.sentence_bleu(m, [r]).score for m, r in both])
    found["sentence_bleu"] = gap(METRICS["sentence_bleu"].score(made, real), sentences)
    corpus = METRICS["bleu"].corpus(made, real) or 0.0
    whole = sacrebleu.corpus_bleu(made, [real]).score
    found["bleu"] = {"largest gap": abs(corpus - whole), "figure": round(corpus, 4)}
    nothing = SimpleNamespace(synsets=lambda word: [])
    plain = np.array([single_meteor_score(tokens(r), tokens(m), wordnet=nothing) for m, r in both])
    found["meteor_exact_stem"] = gap(METRICS["meteor_exact_stem"].score(made, real), plain)
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
    """How much processor time it takes, without collecting garbage, as `timeit` measures."""
    gc.collect()
    gc.disable()
    try:
        start = time.process_time()
        work()
        return time.process_time() - start
    finally:
        gc.enable()


def compared(theirs: Callable[[], object], ours: Callable[[], object]) -> dict[str, Any]:
    """Seconds of the package and ours."""
    package = [seconds(theirs) for _ in range(REPEATS)]
    first, *again = [seconds(ours) for _ in range(REPEATS + 1)]
    return {
        "s, package": round(min(package), 4),
        "s, idiolect, first time": round(first, 4),
        "s, idiolect, again": round(min(again), 4),
        "times faster, first time": round(package[0] / first, 1),
        "times faster, again": round(min(package) / min(again), 1),
    }


def forget() -> None:
    """Nothing is remembered of texts and words seen before."""
    for remembered in (stem, tokens, rouge_words):
        remembered.cache_clear()


def rouge_speed(made: list[str], real: list[str], stemmed: bool) -> dict[str, Any]:
    """ROUGE-1, 2 and L together."""
    scorer = RougeScorer(list(NAMES), use_stemmer=stemmed)
    metrics = [METRICS[name + "_stem" * stemmed] for name in NAMES]
    forget()
    found = compared(
        lambda: [scorer.score(r, m) for m, r in zip(made, real, strict=True)],
        lambda: [metric.score(made, real) for metric in metrics],
    )
    rouge_words.cache_clear()
    new = seconds(lambda: [metric.score(made, real) for metric in metrics])
    return {
        "pairs": len(made),
        "words an output": round(float(np.mean([len(text.split()) for text in made])), 1),
        "stemmer": stemmed,
        **found,
        "s, idiolect, new texts of known words": round(new, 4),
        "times faster, new texts of known words": round(found["s, package"] / new, 1),
    }


def other_speed(made: list[str], real: list[str]) -> dict[str, Any]:
    """BLEU of sentences and of the corpus, METEOR without synonyms."""
    both = list(zip(made, real, strict=True))
    nothing, cut = SimpleNamespace(synsets=lambda word: []), tokens.__wrapped__
    forget()
    return {
        "sentence_bleu": compared(
            lambda: [sacrebleu.sentence_bleu(m, [r]) for m, r in both],
            lambda: METRICS["sentence_bleu"].score(made, real),
        ),
        "bleu (one call of the package)": compared(
            lambda: sacrebleu.corpus_bleu(made, [real]),
            lambda: METRICS["bleu"].corpus(made, real),
        ),
        "meteor_exact_stem": compared(
            lambda: [single_meteor_score(cut(r), cut(m), wordnet=nothing) for m, r in both],
            lambda: METRICS["meteor_exact_stem"].score(made, real),
        ),
    }


def main() -> None:
    data = Path(os.environ.get("IDIOLECT_DATA", ROOT.parent / "shared" / "data"))
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else data / "rotten"
    with gzip.open(folder / "reviews.csv.gz", "rt", encoding="utf-8", newline="") as file:
        texts = [row["review"] for row in csv.DictReader(file)]
    rng = np.random.default_rng(SEED)
    times = [
        rouge_speed(*drawn(texts, rng, pairs, joined), stemmed)
        for pairs, joined in ((PAIRS, 1), (LONG_PAIRS, LONG))
        for stemmed in (False, True)
    ]
    result = {
        "pairs": PAIRS,
        "parity": parity(*drawn(texts, rng, PAIRS, 1)),
        "rouge-1, 2 and L": times,
        "others": other_speed(*drawn(texts, rng, PAIRS, 1)),
    }
    what = "metrics against rouge-score, sacrebleu and NLTK on pairs of real texts"
    record("metrics", what, result, "rouge-score", "sacrebleu", "nltk")


if __name__ == "__main__":
    main()
