"""How lm-evaluation-harness reads and scores an export of idiolect: written there as `utils.py`.

It stands alone: it needs what the harness brings (datasets, rouge-score, sacrebleu) and nothing
else. Each document says which figures are made of it (`metrics`).
"""

import json
import math
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

Doc = dict[str, Any]
#: Figures of a row, with the group that it is averaged in.
Row = tuple[str, float]


def examples(**_: Any) -> Any:
    """The documents that lie beside this file."""
    from datasets import Dataset

    # Not by `load_dataset`, which takes texts that look like dates for dates.
    with Path(__file__).with_name("examples.jsonl").open(encoding="utf-8") as lines:
        return {"test": Dataset.from_list([json.loads(line) for line in lines])}


def replied(doc: Doc, results: list[str]) -> dict[str, Any]:
    """Figures of a reply in words; one that is not defined for the answer is left out."""
    made, real = results[0].strip(), doc["target"]
    found: dict[str, Any] = {}
    for name in doc["metrics"]:
        if name.startswith("rouge"):
            value = _rouge(name, results[0], real)
        elif name in ("bleu", "sentence_bleu"):
            value = _bleu(name, results[0], real)
        elif doc["choices"]:
            value = _label(name, made, real, doc["choices"])
        else:
            value = _rating(name, made, float(real), doc["low"], doc["high"])
        if value is not None:
            found[name] = (doc["group"], value) if doc["group"] and _of_rows(value) else value
    return found


def likeliest(doc: Doc, results: list[tuple[float, bool]]) -> dict[str, Any]:
    """Figures of the option that the model finds likeliest; the first among equals."""
    likelihoods = [likelihood for likelihood, _ in results]
    made = doc["choices"][likelihoods.index(max(likelihoods))]
    return replied(doc, [made])


def mean_of_groups(rows: list[Row]) -> float:
    """The mean of the groups' means."""
    groups = defaultdict(list)
    for group, value in rows:
        groups[group].append(value)
    return sum(sum(values) / len(values) for values in groups.values()) / len(groups)


def root_of_mean(squares: list[tuple[float]]) -> float:
    """The root of the mean of squares."""
    return math.sqrt(sum(square for (square,) in squares) / len(squares))


def corpus_bleu(pairs: list[tuple[str, str, None]]) -> float:
    """BLEU of all replies, as in sacrebleu; 0..100."""
    from sacrebleu.metrics.bleu import BLEU

    made, real, _ = zip(*pairs, strict=True)
    return float(BLEU(force=True).corpus_score(list(made), [list(real)]).score)


def macro_f1(pairs: list[tuple[str, str, tuple[str, ...]]]) -> float:
    """Mean F1 over all options; an option that is never given nor right has F1 0."""
    labels = dict.fromkeys(label for _, _, options in pairs for label in options)
    scores = []
    for label in labels:
        both = sum(made == real == label for made, real, _ in pairs)
        either = sum((made == label) + (real == label) for made, real, _ in pairs)
        scores.append(2 * both / either if either else 0.0)
    return sum(scores) / len(scores)


def _of_rows(value: Any) -> bool:
    """Figures of a whole corpus are tuples; the others are averaged."""
    return not isinstance(value, tuple)


@cache
def _scorer(kind: str, stemmed: bool) -> Any:
    from rouge_score.rouge_scorer import RougeScorer

    return RougeScorer([kind], use_stemmer=stemmed)


def _rouge(name: str, made: str, real: str) -> float | None:
    kind, _, stemmed = name.partition("_")
    from rouge_score.tokenize import tokenize

    # A reference without such an n-gram leaves nothing to compare with.
    if len(tokenize(real, None)) < (2 if kind == "rouge2" else 1):
        return None
    return float(_scorer(kind, bool(stemmed)).score(real, made)[kind].fmeasure)


def _bleu(name: str, made: str, real: str) -> Any:
    from sacrebleu.metrics.bleu import BLEU

    if not real.strip():
        return None
    if name == "bleu":
        return (made, real, None)
    return float(BLEU(effective_order=True, force=True).sentence_score(made, [real]).score)


def _label(name: str, made: str, real: str, choices: list[str]) -> Any:
    labels = tuple(choice.strip() for choice in choices)
    if name == "macro_f1":
        return (made, real.strip(), labels)
    return float(made == real.strip()) if name == "accuracy" else float(made not in labels)


def _rating(name: str, made: str, real: float, low: float, high: float) -> Any:
    try:
        number = float(made)
    except ValueError:
        number = math.nan
    unread = not math.isfinite(number)
    if name == "unparsed":
        return float(unread)
    far = low if real - low > high - real else high
    error = (far if unread else number) - real
    return (error**2,) if name == "rmse" else abs(error)
