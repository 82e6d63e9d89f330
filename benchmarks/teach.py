"""Which ranking of a user's past texts serves best for the next one? (Teach LLMs to Personalize)

    python benchmarks/teach.py [FOLDER]

FOLDER holds `commits/commits.csv.gz` (default: IDIOLECT_DATA). Texts are commit messages, subject
and body, of 300 characters or more. The targets are the last ones of each user; what is known is
the first 150 characters of the target, and every earlier text of the user. (Of PGraphRAG's 7,500
targets only 25 are so long and by somebody with two other reviews.)

Utility, without a model: ROUGE-1 and ROUGE-L of the best-ranked text with what follows the
start of the target, and the share of the target's different content words that occur in what is
read: texts joined, best first, and cut at 2,500 characters. The start itself does not count.
"""

from __future__ import annotations

import csv
import gzip
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from record import ROOT, difference, figure, record

from idiolect.data import Event, Population, Request, View
from idiolect.data.times import as_time
from idiolect.embed import Lsa
from idiolect.lm import entries
from idiolect.measure import text_metric
from idiolect.measure.text import content
from idiolect.select import BySnippet, Dense, Okapi, Random, Recency, Selector, beginning, within

START, EVIDENCE, LONG = 150, 2_500, 300
USERS, TARGETS, EARLIER = 60, 8, 10
SEED, DRAWS = 0, 4_999
BASE = "RankDocBM25"

Floats = NDArray[np.float64]


def commits(folder: Path) -> Population:
    """Long commit messages."""
    with gzip.open(folder / "commits" / "commits.csv.gz", "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return Population.of(
        Event(r["author"], text, time=as_time(int(r["time"])), id=str(n))
        for n, r in enumerate(rows)
        if len(text := f"{r['subject']}\n{r['body']}".strip()) >= LONG
    )


def targets(population: Population) -> Iterator[tuple[View, str]]:
    """Views at the last texts of each user who has enough, and what follows the start."""
    users = [u for u in population.users if len(population.events_of(u)) >= EARLIER + TARGETS]
    chosen = np.random.default_rng(SEED).permutation(sorted(users))[:USERS]
    for user in chosen.tolist():
        for event in population.events_of(user)[-TARGETS:]:
            start, rest = event.text[:START], event.text[START:]
            request = Request(user, time=event.time, given={"text": start}, event=event.id)
            yield population.as_of(request), rest


@dataclass(frozen=True)
class Read:
    """What one ranking gives for one target."""

    first: str
    evidence: str


def rankings() -> Mapping[str, Callable[[View], Read]]:
    """Name → what is read of a view."""
    asked, lsa = partial(beginning, characters=START), Lsa()
    selectors: Mapping[str, Selector] = {
        "random": Random(EVIDENCE, SEED),
        "RecentDoc": Recency(EVIDENCE),
        BASE: Okapi(EVIDENCE, query=asked),
        "RankDocDense (LSA)": Dense(lsa, EVIDENCE, query=asked),
        "RankDocBySnpt (BM25)": BySnippet(None, EVIDENCE, query=asked),
        "RankDocBySnpt (LSA)": BySnippet(lsa, EVIDENCE, query=asked),
    }

    def documents(choose: Selector, view: View) -> Read:
        found = choose(view).events
        joined = "\n".join(entry.text for entry in within(entries(found), EVIDENCE))
        return Read(found[0].text, joined)

    def snippets(choose: BySnippet, view: View) -> Read:
        texts = [snippet.text for snippet in choose.passages(view)]
        return Read(texts[0], "\n".join(texts)[:EVIDENCE])

    made: dict[str, Callable[[View], Read]] = {
        name: partial(documents, choose) for name, choose in selectors.items()
    }
    made["RankSnippet (LSA)"] = partial(snippets, BySnippet(lsa, EVIDENCE, query=asked))
    return made


def share(words: set[str], text: str) -> float:
    """How many of some words a text has, 0..1."""
    return len(words & set(content(text))) / max(len(words), 1)


def measured(population: Population) -> dict[str, Any]:
    """Every ranking's utility, and beside BM25's."""
    found = list(targets(population))
    users = np.array([view.request.user for view, _ in found])
    rest = [text for _, text in found]
    metrics = {"rouge1": text_metric("rouge1"), "rougeL": text_metric("rougeL")}
    values: dict[str, dict[str, Floats]] = {}
    for name, read in rankings().items():
        got = [read(view) for view, _ in found]
        values[name] = {m: t.score([one.first for one in got], rest) for m, t in metrics.items()}
        values[name]["words in what is read"] = np.array(
            [share(set(content(text)), one.evidence) for one, text in zip(got, rest, strict=True)]
        )
    return {
        "texts": len(population),
        "users": len(set(users.tolist())),
        "targets": len(found),
        "utility": {n: {m: figure(v, users) for m, v in by.items()} for n, by in values.items()},
        f"minus {BASE}": {
            n: {m: difference(v, values[BASE][m], users, SEED, DRAWS) for m, v in by.items()}
            for n, by in values.items()
            if n != BASE
        },
    }


def main() -> None:
    data = Path(os.environ.get("IDIOLECT_DATA", ROOT.parent / "shared" / "data"))
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else data
    what = "utility of rankings of a user's past texts for the next one; no model"
    result = {
        "interval": "95 %, t clustered by user; p by flipping signs of users",
        "start, characters": START,
        "read, characters": EVIDENCE,
        "commits": measured(commits(folder)),
    }
    record("teach", what, result, "numpy")


if __name__ == "__main__":
    main()
