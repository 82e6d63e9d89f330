"""Is this text by this author? AUC on authors that nobody looked at, beside named baselines.

    python benchmarks/verification.py [FOLDER]

FOLDER holds `commits/commits.csv.gz` and `rotten/reviews.csv.gz` (default: IDIOLECT_DATA). Authors
are split in halves by seed; what the method is (n-grams of 2 to 4, distance from peers, share of
peers' texts) was chosen on one half, the figures are of the other. Of each author's texts in order
of time the last QUESTIONED are in question and the KNOWN before them are known. Every text is held
against every author; the writer is no peer when another author is asked about.

Intervals draw authors with replacement, on both sides of a pair.
"""

from __future__ import annotations

import json
import os
import platform
import re
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.preprocessing import normalize

from idiolect.data import Event, Population
from idiolect.measure.frame import without_frame
from idiolect.measure.separation import separation
from idiolect.measure.text import FUNCTION_WORDS
from idiolect.measure.verification import Verified, verify

ROOT = Path(__file__).resolve().parent.parent
KNOWN, QUESTIONED, SEED, PERMUTED = 40, 20, 20, 20
LENGTHS, HISTORIES = (25, 50, 100, 200, 400), (1, 3, 5, 10, 20, 40)
ROUNDS, SHARE, IMPOSTERS = 100, 0.5, 10
WORDS_AND_MARKS = r"[A-Za-z']+|[^\w\s]"

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Task:
    """Known texts by author, and texts in question with their authors."""

    known: dict[str, list[str]]
    texts: list[str]
    by: list[str]

    @property
    def people(self) -> list[str]:
        """In the order of the columns of scores."""
        return list(self.known)

    def each(self, change: Callable[[str], str]) -> Task:
        """With every text changed, known or not."""
        known = {author: [change(t) for t in texts] for author, texts in self.known.items()}
        return replace(self, known=known, texts=[change(t) for t in self.texts])


def halves(authors: Sequence[str]) -> tuple[list[str], list[str]]:
    """The authors that the method was chosen on, and the others."""
    order = np.random.default_rng(SEED).permutation(len(authors))
    middle = len(authors) // 2
    first, second = (sorted(authors[n] for n in half) for half in (order[:middle], order[middle:]))
    return first, second


def task(frame: pl.DataFrame, authors: list[str], column: str, known: int, asked: int) -> Task:
    """The last texts of each author in question, those before them known."""
    found = Task({}, [], [])
    for author in authors:
        texts = [t for t in frame.filter(pl.col("author") == author)[column] if t.strip()]
        found.known[author] = texts[-known - asked : -asked]
        found.texts.extend(texts[-asked:])
        found.by.extend([author] * asked)
    return found


def auc(scores: Floats, by: list[str], people: list[str], keep: Any = None) -> dict[str, Any]:
    """AUC with interval over all pairs, or those that `keep` marks."""
    keep = np.ones(scores.shape, dtype=bool) if keep is None else keep
    rows, columns = np.nonzero(keep)
    found = separation(
        scores[rows, columns],
        [by[row] for row in rows],
        [people[column] for column in columns],
        np.random.default_rng(SEED),
    )
    figures = {"auc": found.auc, "low": found.low, "high": found.high}
    return {name: round(value, 4) for name, value in figures.items()} | {
        "authors": found.people,
        "pairs": found.pairs,
        "without a score": found.left_out,
    }


def measured(one: Task) -> dict[str, Any]:
    """The method's AUC on a task."""
    return auc(verify(one.known, one.texts, by=one.by), one.by, one.people)


def centroids(vectors: Any, owner: NDArray[np.intp]) -> Floats:
    """Mean of each author's vectors, of length 1."""
    means = [np.asarray(vectors[owner == n].mean(axis=0)).ravel() for n in range(owner.max() + 1)]
    unit: Floats = normalize(np.array(means))
    return unit


def flat(one: Task) -> tuple[list[str], NDArray[np.intp]]:
    """All known texts, and whose each is."""
    owner = np.repeat(np.arange(len(one.known)), [len(texts) for texts in one.known.values()])
    return [text for texts in one.known.values() for text in texts], owner


def function_words(one: Task) -> Floats:
    """Cosine of z-scored relative frequencies of function words (Burrows's Delta by cosine)."""
    texts, owner = flat(one)
    words = CountVectorizer(vocabulary=sorted(FUNCTION_WORDS), token_pattern=r"[a-z']+")
    rates, asked = (normalize(words.transform(t), "l1").toarray() for t in (texts, one.texts))
    middle, spread = rates.mean(axis=0), rates.std(axis=0)
    there = spread > 0
    z, asked_z = (((r - middle) / np.where(there, spread, 1))[:, there] for r in (rates, asked))
    scores: Floats = normalize(asked_z) @ centroids(z, owner).T
    return scores


def nearest_centroid(one: Task, **settings: Any) -> Floats:
    """Cosine of TF-IDF vectors with each author's mean."""
    texts, owner = flat(one)
    tfidf = TfidfVectorizer(sublinear_tf=True, min_df=2, **settings)
    known = tfidf.fit_transform(texts)
    return np.asarray(tfidf.transform(one.texts) @ centroids(known, owner).T)


def length(one: Task) -> Floats:
    """Nearness in length alone: minus the distance of logarithms."""
    means = [np.mean([np.log(len(t)) for t in texts]) for texts in one.known.values()]
    near: Floats = -np.abs(np.log([len(t) for t in one.texts])[:, None] - np.array(means)[None])
    return near


def imposters(one: Task) -> Floats:
    """General Imposters: share of random halves of the n-grams with the author before all drawn."""
    texts, owner = flat(one)
    tfidf = TfidfVectorizer(
        analyzer="char", ngram_range=(2, 4), sublinear_tf=True, min_df=2, lowercase=False,
        max_features=20_000,
    )  # fmt: skip
    known = centroids(tfidf.fit_transform(texts), owner)
    asked, rng, people = tfidf.transform(one.texts), np.random.default_rng(SEED), one.people
    writer = np.array([people.index(author) for author in one.by])
    wins = np.zeros((len(one.texts), len(people)))
    for _ in range(ROUNDS):
        some = np.flatnonzero(rng.random(known.shape[1]) < SHARE)
        near = np.asarray(normalize(asked[:, some]) @ normalize(known[:, some]).T)
        for n in range(len(people)):
            drawn = rng.permutation([p for p in range(len(people)) if p != n])[:IMPOSTERS]
            best = np.full(len(near), -1.0)
            for p in drawn:
                best = np.where(writer == p, best, np.maximum(best, near[:, p]))
            wins[:, n] += near[:, n] > best
    return wins / ROUNDS


def words_and_marks(one: Task) -> Floats:
    """The method's own score, from words and punctuation marks and pairs of them."""
    # One character an n-gram of the alphabet of tokens: the same code counts them.
    letters: dict[str, str] = {}

    def coded(text: str) -> str:
        tokens = re.findall(WORDS_AND_MARKS, text)
        return "".join(letters.setdefault(token, chr(0xF0000 + len(letters))) for token in tokens)

    told = one.each(coded)
    return verify(told.known, told.texts, by=told.by, ngrams=(1, 2))


def permuted(one: Task) -> dict[str, float]:
    """AUC where the texts in question are given to random authors."""
    rng, found = np.random.default_rng(SEED), []
    for _ in range(PERMUTED):
        by = [one.by[n] for n in rng.permutation(len(one.by))]
        scores = verify(one.known, one.texts, by=by)
        same = np.array(by)[:, None] == np.array(one.people)
        found.append(_plain_auc(scores, same))
    return {"mean": round(float(np.mean(found)), 4), "sd": round(float(np.std(found)), 4)}


def _plain_auc(scores: Floats, same: NDArray[np.bool_]) -> float:
    right, wrong = scores[same], np.sort(scores[~same])
    below = wrong.searchsorted(right) + wrong.searchsorted(right, side="right")
    return float(below.mean() / (2 * len(wrong)))


def by_length(one: Task) -> dict[str, Any]:
    """AUC where the texts in question are cut; the same texts at every length."""
    long = [n for n, text in enumerate(one.texts) if len(text) >= LENGTHS[-1]]
    rows = [one.by[n] for n in long]
    found: dict[str, Any] = {"texts": len(long)}
    for size in (*LENGTHS, None):
        cut = [one.texts[n][:size] for n in long]
        name = "whole" if size is None else f"first {size} characters"
        scores = verify(one.known, cut, by=rows)
        found[name] = auc(scores, rows, one.people)
    return found


def by_history(one: Task) -> dict[str, Any]:
    """AUC with fewer known texts, the latest, of everybody."""
    few = {n: {a: t[-n:] for a, t in one.known.items()} for n in HISTORIES}
    return {f"{n} known": measured(replace(one, known=known)) for n, known in few.items()}


def frames(both: Task) -> dict[str, Any]:
    """What greeting, sign-off and trailers do, as they are in the data and where they are added."""
    texts = [*flat(both)[0], *both.texts]
    changed = [t for t in texts if without_frame(t) != t.strip()]
    signed = Task(
        {a: [f"{t}\n\nRegards,\n{a}" for t in told] for a, told in both.known.items()},
        [f"{t}\n\nRegards,\n{a}" for t, a in zip(both.texts, both.by, strict=True)],
        both.by,
    )
    stripped = signed.each(without_frame)
    return {
        "texts": len(texts),
        "texts that change": len(changed),
        "characters left out": sum(len(t.strip()) - len(without_frame(t)) for t in changed),
        "examples": [_left_out(t) for t in changed[:5]],
        "with": measured(both),
        "without": measured(both.each(without_frame)),
        "sign-off added (Regards, and the author's code)": measured(signed),
        "the added taken out again": measured(stripped),
        "equal to the texts without frame": stripped == both.each(without_frame),
    }


def _left_out(text: str) -> str:
    kept = set(without_frame(text).split("\n"))
    return " / ".join(line for line in text.split("\n") if line.strip() and line not in kept)


def topics(frame: pl.DataFrame, both: Task, bodies: Task) -> dict[str, Any]:
    """What the subject's prefix (`area:`) carries, and pairs where the candidate knows the area."""
    areas: dict[str, set[str]] = {author: set() for author in both.known}
    for author, text in frame.select("author", "body").iter_rows():
        if author in areas and text in bodies.known[author]:
            row = frame.filter((pl.col("author") == author) & (pl.col("body") == text))
            areas[author].update(a for a in row["area"].to_list() if a)
    area_of = dict(frame.select("body", "area").iter_rows())
    keep = np.array(
        [
            [author == one or area_of[text] in areas[one] for one in bodies.people]
            for text, author in zip(bodies.texts, bodies.by, strict=True)
        ]
    )
    scores = verify(bodies.known, bodies.texts, by=bodies.by)
    return {
        "subject and body": measured(both),
        "subject without its prefix, and body": measured(
            both.each(lambda text: re.sub(r"^[^\s:][^:\n]{0,40}:\s+", "", text))
        ),
        "body, others only if they know the area": auc(scores, bodies.by, bodies.people, keep),
    }


def same_film(frame: pl.DataFrame, critics: list[str]) -> dict[str, Any]:
    """Reviews of the same film, by the critic in question or by another one."""
    one = task(frame.rename({"review": "text"}), critics, "text", 50, 10)
    film = dict(frame.select("review", "movie").iter_rows())
    films = [film[text] for text in one.texts]
    asked = {(author, name) for author, name in zip(one.by, films, strict=True)}
    keep = np.array([[(person, name) in asked for person in one.people] for name in films])
    ways = {
        "verify": verify(one.known, one.texts, by=one.by),
        "words and marks, same score": words_and_marks(one),
        "function words": function_words(one),
        "TF-IDF words, nearest centroid": nearest_centroid(one),
        "length": length(one),
    }
    return {way: auc(scores, one.by, one.people, keep) for way, scores in ways.items()}


def as_judge(frame: pl.DataFrame, authors: list[str], asked: int = 10) -> dict[str, Any]:
    """The judge through views: the user's own next text, or one of another author of about then."""
    rows = frame.filter(pl.col("author").is_in(authors) & (pl.col("body") != ""))
    people = Population.of(
        Event(author, text, time=when, id=str(n))
        for n, (author, when, text) in enumerate(
            rows.with_columns(pl.from_epoch("time", "s")).select("author", "time", "body").rows()
        )
    )
    judge, scores, writers, users, failed = Verified(), [], [], [], 0
    start = time.perf_counter()
    for user in authors:
        for event in people.events_of(user)[-asked:]:
            view = people.as_of(people.request(event.id))
            row = people.row(event.id)
            near = [people.event(str(people.frame["id"][n])) for n in range(max(row - 40, 0), row)]
            others = {e.user: e for e in near if e.user != user}
            for candidate in (event, *list(others.values())[-3:]):
                verdict = judge(view, candidate.text, None)
                failed += verdict.value is None
                scores.append(np.nan if verdict.value is None else verdict.value)
                writers.append(candidate.user)
                users.append(user)
    seconds = time.perf_counter() - start
    found = separation(np.array(scores), writers, users, np.random.default_rng(SEED))
    return {
        "auc": round(found.auc, 4), "low": round(found.low, 4), "high": round(found.high, 4),
        "verdicts": found.pairs, "without a value": failed,
        "milliseconds a verdict": round(1000 * seconds / len(scores), 1),
    }  # fmt: skip


def main() -> None:
    start = time.perf_counter()
    data = Path(os.environ.get("IDIOLECT_DATA", ROOT.parent / "shared" / "data"))
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else data
    frame = pl.read_csv(folder / "commits" / "commits.csv.gz").sort("time")
    frame = frame.with_columns(pl.col("subject", "body").fill_null(""))
    frame = frame.with_columns(pl.format("{}\n\n{}", "subject", "body").alias("both"))
    films = pl.read_csv(folder / "rotten" / "reviews.csv.gz").rename({"critic": "author"})
    busy = films.group_by("author").len().filter(pl.col("len") >= 50)["author"].sort().to_list()

    looked_at, authors = halves(frame["author"].unique().sort().to_list())
    columns = ("body", "subject", "both")
    bodies, subjects, both = (task(frame, authors, c, KNOWN, QUESTIONED) for c in columns)
    ways: dict[str, Callable[[Task], Floats]] = {
        "function words": function_words,
        "TF-IDF words, nearest centroid": nearest_centroid,
        "character n-grams, nearest centroid": lambda one: nearest_centroid(
            one, analyzer="char", ngram_range=(2, 4), lowercase=False
        ),
        "General Imposters, characters": imposters,
        "words and marks, same score": words_and_marks,
        "length": length,
    }
    chosen_on = task(frame, looked_at, "body", KNOWN, QUESTIONED)
    result: dict[str, Any] = {
        "what": "AUC over pairs of text and author: is it by this author?",
        "versions": {
            "idiolect": version("idiolect"),
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scikit-learn": version("scikit-learn"),
        },
        "interval": "95 %, percentile bootstrap drawing authors on both sides, 2,000 draws",
        "commits, body": measured(bodies),
        "commits, subject alone": measured(subjects),
        "commits, body, authors the method was chosen on": measured(chosen_on),
        "baselines, body": {w: auc(of(bodies), bodies.by, bodies.people) for w, of in ways.items()},
        "baselines, body, authors the method was chosen on": {
            w: auc(of(chosen_on), chosen_on.by, chosen_on.people) for w, of in ways.items()
        },
        "permuted labels, body": permuted(bodies) | {"permutations": PERMUTED},
        "by length of the text in question": by_length(bodies),
        "by known texts": by_history(bodies),
        "greeting, sign-off, trailers": frames(both),
        "topic": topics(frame, both, bodies),
        "reviews of the same film": same_film(films, halves(busy)[1]),
        "reviews of the same film, critics the method was chosen on": same_film(
            films, halves(busy)[0]
        ),
        "the judge, through views": as_judge(frame, authors),
    }
    result["seconds"] = round(time.perf_counter() - start, 1)
    out = ROOT / "results" / "verification.json"
    text = json.dumps(result, indent=1, ensure_ascii=False)
    out.write_text(text + "\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
