"""What does the difference filter keep, of planted claims and of sentences of real authors?

    python benchmarks/difference_filter.py [FOLDER]

FOLDER holds `commits/commits.csv.gz` (default: IDIOLECT_DATA).

**Planted** (`idiolect.testing.mixed`): a quarter each of facts about one person, things that nearly
everybody says, restated instructions, and the assistant's remarks on the user's own subjects. Made
on the first wording, seeds 0 to 3; reported on the second, which shares no sentence and no value.

**Real, earlier** (`junk_cases.Commits.earlier`): commit messages. At a moment (60 % of an author's
messages) the filter sees what everybody wrote before it, and has to say which of these sentences
belong in a profile: up to 60 of the author's own, as many of other authors, and boilerplate of the
author's: sentences that two or more authors wrote, and lines that programs or custom make (merges,
sign-offs, cherry-picks, …), of which one was put at the end of every message of everybody, filled
in with the author's own areas, files and code. To keep is right for the author's own only.
`reworded` has only a candidate's content words, in another order.

**Real, later**: harder. Candidates were written *after* that moment, so that none can be looked up;
no line was added to any message. A third is by the author (the next messages), a third by other
authors of about that time, a third boilerplate: half as others wrote it, half made lines. `pooled`
takes k consecutive candidates of one source together by the mean of their scores; author
verification also reads them as one text.

Authors are split in halves as in `verification.py`; the filter was made on one. Each half is its
own population. Thresholds of the baselines were chosen on the development half (greatest
min(precision, recall)), the filter's is its default. *Most frequent* keeps as many as are right, by
how many own earlier texts have a candidate's words: more than it could know. Intervals draw users
with replacement.
"""

from __future__ import annotations

import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from junk_cases import SEED, Case, Commits, planted
from numpy.typing import NDArray
from record import ROOT, record
from sklearn.feature_extraction.text import TfidfVectorizer
from verification import halves

from idiolect.measure import Text, Verified, reweighted
from idiolect.measure.resample import over
from idiolect.profile.crowd import words_of
from idiolect.profile.extract import learnable

DRAWS, KEEP = 2000, 0.5
POOLED = (2, 3, 5)
LENGTHS = ((4, 9), (10, 19), (20, 39), (40, 10_000))
JUDGE = Verified()

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


# Ways to score candidates; higher is kept.


def rarity(case: Case) -> Floats:
    """The filter's value; 0 where it has none."""
    return np.array([found.value or 0.0 for found in case.measure(case.texts, case.view)])


def verification(case: Case) -> Floats:
    """Does it read as the user's own? 0 without a verdict."""
    return np.array([JUDGE(case.view, text, None).value or 0.0 for text in case.texts])


def own_texts(case: Case) -> list[str]:
    return words_of(learnable(case.view.own))


def looked_up(case: Case) -> Floats:
    """1 where it stands in the user's texts as it is, but for white space and capitals."""
    mine = " \n ".join(" ".join(text.lower().split()) for text in own_texts(case))
    return np.array([float(" ".join(text.lower().split()) in mine) for text in case.texts])


def unsaid_by_others(case: Case) -> Floats:
    """1 where it stands in nobody else's texts."""
    rest = " \n ".join(" ".join(text.lower().split()) for text in case.view.others.texts)
    return np.array([float(" ".join(text.lower().split()) not in rest) for text in case.texts])


def own_similarity(case: Case) -> Floats:
    """Cosine with the nearest own text (TF-IDF of words); others play no part."""
    tfidf = TfidfVectorizer(sublinear_tf=True)
    mine = tfidf.fit_transform(own_texts(case))
    near: Floats = (tfidf.transform(case.texts) @ mine.T).max(axis=1).toarray().ravel()
    return near


def frequency(case: Case) -> Floats:
    """Mean number of own texts that have a word of it."""
    counts = defaultdict[str, int](int)
    for text in own_texts(case):
        for word in set(Text(text).lower):
            counts[word] += 1
    words = [Text(text).lower for text in case.texts]
    return np.array([np.mean([counts[w] for w in some]) if some else 0.0 for some in words])


def most_frequent(case: Case) -> Floats:
    """1 for as many of the highest as are right."""
    scores, many = frequency(case), sum(kind == case.right for kind in case.kinds)
    kept = np.zeros(len(scores))
    kept[np.argsort(-scores, kind="stable")[:many]] = 1
    return kept


WAYS: dict[str, Callable[[Case], Floats]] = {
    "filter": rarity,
    "author verification": verification,
    "own similarity": own_similarity,
    "stands in own texts": looked_up,
    "stands in nobody else's": unsaid_by_others,
    "keep most frequent": most_frequent,
    "keep everything": lambda case: np.ones(len(case.texts)),
}
TUNED = ("author verification", "own similarity")


@cache
def _scores(case: Case, way: str) -> Floats:
    return WAYS[way](case)


def scored(cases: list[Case], way: str) -> tuple[Floats, Bools, NDArray[np.str_], list[str]]:
    """Scores, which are right, whose, and kinds, of all candidates."""
    scores = np.concatenate([_scores(case, way) for case in cases])
    kinds = [kind for case in cases for kind in case.kinds]
    right = np.array([kind == case.right for case in cases for kind in case.kinds])
    users = np.array([case.user for case in cases for _ in case.kinds])
    return scores, right, users, kinds


def chosen(scores: Floats, right: Bools) -> float:
    """The threshold with the greatest min(precision, recall)."""
    tried = np.quantile(scores, np.linspace(0.02, 0.98, 200))
    kept = scores[None] >= tried[:, None]
    hits = (kept & right).sum(axis=1)
    least = np.minimum(hits / np.maximum(kept.sum(axis=1), 1), hits / right.sum())
    return float(tried[least.argmax()])


Weighted = Callable[[Floats], Floats]


def precision(kept: Bools, right: Bools) -> Callable[[Floats], Floats]:
    return lambda w: over(w @ (kept & right).astype(float), w @ kept.astype(float))


def recall(kept: Bools, right: Bools) -> Callable[[Floats], Floats]:
    return lambda w: over(w @ (kept & right).astype(float), w @ right.astype(float))


def f1(kept: Bools, right: Bools) -> Callable[[Floats], Floats]:
    return lambda w: over(
        2 * w @ (kept & right).astype(float), w @ kept.astype(float) + w @ right.astype(float)
    )


def figure(of: Callable[[Floats], Floats], users: NDArray[np.str_]) -> list[float | None]:
    """Value and the ends of its interval; None where nothing was kept."""
    found = reweighted(of, users, np.random.default_rng(SEED), draws=DRAWS)
    figures = (found.value, found.low, found.high)
    return [None if np.isnan(one) else round(one, 3) for one in figures]


def auc(scores: Floats, right: Bools) -> float:
    high, low = scores[right], np.sort(scores[~right])
    below = low.searchsorted(high) + low.searchsorted(high, side="right")
    return round(float(below.mean() / (2 * len(low))), 3)


def kept_by_kind(kept: Bools, kinds: list[str]) -> dict[str, list[float]]:
    """Kind → share kept, and how many there are."""
    groups = defaultdict[str, list[bool]](list)
    for one, kind in zip(kept.tolist(), kinds, strict=True):
        groups[kind.split()[0]].append(one)
    return {kind: [round(float(np.mean(g)), 3), len(g)] for kind, g in sorted(groups.items())}


def rates(
    scores: Floats, right: Bools, users: NDArray[np.str_], kinds: list[str], at: float
) -> dict[str, Any]:
    """Precision, recall and more of what scores keep."""
    kept = scores >= at
    return {
        "precision": figure(precision(kept, right), users),
        "recall": figure(recall(kept, right), users),
        "f1": figure(f1(kept, right), users),
        "auc": auc(scores, right),
        "share kept by kind": kept_by_kind(kept, kinds),
        "candidates": len(kinds),
        "users": len(np.unique(users)),
    }


def summary(cases: list[Case], at: float = KEEP, way: str = "filter") -> dict[str, Any]:
    """The same for one way on some cases."""
    return rates(*scored(cases, way), at)


def together(
    cases: list[Case], way: str, size: int
) -> tuple[Floats, Bools, NDArray[np.str_], list[str]]:
    """As `scored`, every so many candidates of one kind and source by the mean of their scores."""
    scores, right, users, kinds = scored(cases, way)
    groups: list[list[int]] = []
    waiting = defaultdict[tuple[str, str], list[int]](list)
    for row, key in enumerate(zip(users.tolist(), kinds, strict=True)):
        waiting[key].append(row)
        if len(waiting[key]) == size:
            groups.append(waiting.pop(key))
    first = [group[0] for group in groups]
    means = np.array([scores[group].mean() for group in groups])
    return means, right[first], users[first], [kinds[row] for row in first]


def _is_long(least: int, most: int, text: str, _: str) -> bool:
    """Whether a text has so many words."""
    return least <= len(Text(text).words) <= most


def _of_people(_: str, kind: str) -> bool:
    """Whether a candidate is no boilerplate."""
    return kind not in ("shared", "made")


def minus(one: Weighted, other: Weighted) -> Weighted:
    """The difference of two figures, under the same weights."""
    return lambda weights: one(weights) - other(weights)


def compared(dev: list[Case], held: list[Case]) -> dict[str, Any]:
    """All ways on cases not looked at, with thresholds of the others."""
    at = dict.fromkeys(WAYS, KEEP) | {way: chosen(*scored(dev, way)[:2]) for way in TUNED}
    found: dict[str, Any] = {}
    ours, right, users, _ = scored(held, "filter")
    for way in WAYS:
        found[way] = summary(held, at[way], way) | {"threshold": round(at[way], 3)}
        if way != "filter":
            theirs = scored(held, way)[0] >= at[way]
            for name, of in (("precision", precision), ("f1", f1)):
                found[way][f"filter's {name} minus this"] = figure(
                    minus(of(ours >= KEEP, right), of(theirs, right)), users
                )
    return found


def by_threshold(scores: Floats, right: Bools, *_: Any) -> dict[str, list[float | None]]:
    """Threshold → precision and recall."""
    return {
        f"{at:.2f}": [
            round(float(right[scores >= at].mean()), 3) if (scores >= at).any() else None,
            round(float((scores >= at)[right].mean()), 3),
        ]
        for at in np.arange(0.3, 0.81, 0.05)
    }


def earlier(parts: tuple[Commits, Commits], sides: tuple[list[str], list[str]]) -> dict[str, Any]:
    """Sentences that the filter may have read."""
    dev, held = (part.earlier(half) for part, half in zip(parts, sides, strict=True))
    others = [[case.reworded() for case in cases] for cases in (dev, held)]
    return {
        "authors not looked at": compared(dev, held),
        "authors it was made on": summary(dev),
        "by threshold, authors not looked at": by_threshold(*scored(held, "filter")),
        "reworded": compared(*others),
        "others only from areas that the author knows": summary(
            parts[1].earlier(sides[1], same_areas=True)
        ),
    }


def later(
    whole: Commits, parts: tuple[Commits, Commits], sides: tuple[list[str], list[str]]
) -> dict[str, Any]:
    """Sentences that it cannot have read."""
    second = sides[1]
    dev, held = (part.later(half) for part, half in zip(parts, sides, strict=True))
    found: dict[str, Any] = {
        "authors not looked at": compared(dev, held),
        "authors it was made on": summary(dev),
        "by threshold, authors not looked at": by_threshold(*scored(held, "filter")),
        "own and others' only": {},
        "pooled": {},
        "by words in a sentence": {},
    }
    bare = [[case.only(_of_people) for case in cases] for cases in (dev, held)]
    for way in ("filter", *TUNED):
        at = KEEP if way == "filter" else chosen(*scored(bare[0], way)[:2])
        found["own and others' only"][way] = summary(bare[1], at, way)
    for size in POOLED:
        joined = [[case.pooled(size) for case in cases] for cases in (dev, held)]
        found["pooled"][str(size)] = {
            "filter": rates(*together(held, "filter", size), KEEP),
            "by threshold": by_threshold(*together(held, "filter", size)),
            "filter, authors it was made on": rates(*together(dev, "filter", size), KEEP),
            "author verification": rates(
                *together(held, "author verification", size),
                chosen(*together(dev, "author verification", size)[:2]),
            ),
            "author verification, as one text": rates(
                *scored(joined[1], "author verification"),
                chosen(*scored(joined[0], "author verification")[:2]),
            ),
        }
    for low, high in LENGTHS:
        some = [case.only(partial(_is_long, low, high)) for case in held]
        name = f"{low} to {high}" if high < 1000 else f"{low} and more"
        found["by words in a sentence"][name] = summary([case for case in some if case.texts])
    found["variants"] = {
        "all 46 authors are the population": summary(whole.later(second, sources=second)),
        "candidates 90 days later": summary(_with_own(parts[1].later(second, gap=90))),
        "others only from areas that the author knows": summary(
            _with_own(parts[1].later(second, same_areas=True))
        ),
    }
    return found


def real(folder: Path) -> dict[str, Any]:
    """Everything on commit messages."""
    frame = pl.read_csv(folder / "commits" / "commits.csv.gz").sort("time")
    frame = frame.with_columns(pl.col("subject", "body").fill_null(""))
    sides = halves(frame["author"].unique().sort().to_list())
    frames = [frame.filter(pl.col("author").is_in(half)) for half in sides]
    bare, lined = (
        (Commits(frames[0], lines), Commits(frames[1], lines)) for lines in (False, True)
    )
    return {
        "earlier": earlier(lined, sides),
        "later": later(Commits(frame), bare, sides),
    }


def _with_own(cases: list[Case]) -> list[Case]:
    return [case for case in cases if "own" in case.kinds]


def main() -> None:
    """Measure and write."""
    start = time.perf_counter()
    data = Path(os.environ.get("IDIOLECT_DATA", ROOT.parent / "shared" / "data"))
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else data
    dev, held = planted("first", range(4)), planted("second", range(100, 108))
    result: dict[str, Any] = {
        "task": " ".join((__doc__ or "").split()),
        "interval": f"95 %, percentile bootstrap over users, {DRAWS:,} draws",
        "planted, other wording and seeds": compared(dev, held),
        "planted, wording it was made on": summary(dev),
        "planted, by threshold": by_threshold(*scored(held, "filter")),
        "commits": real(folder),
    }
    result["seconds"] = round(time.perf_counter() - start, 1)
    record(
        "difference_filter",
        "precision and recall of what the difference filter keeps",
        result,
        "numpy", "scikit-learn", "polars",
    )  # fmt: skip


if __name__ == "__main__":
    main()
