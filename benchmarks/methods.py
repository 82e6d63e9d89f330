"""Every method on the last review of each critic, with controls, on the LLM-free floor.

It shows that the pipes are right: views cut, controls in place, intervals, cost. It is not the
quality of any method. Needs the real data (IDIOLECT_DATA).

    python benchmarks/methods.py [--limit N]
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

from record import ROOT, record

from idiolect.bench import Benchmark
from idiolect.catalog import recipes
from idiolect.cli.options import assemble
from idiolect.data import Population, last_per_user, read
from idiolect.embed import Lsa
from idiolect.errors import CapabilityError
from idiolect.floor import Extractive
from idiolect.measure import similarity, text_metric
from idiolect.report.comparison import to_html
from idiolect.report.tidy import plain
from idiolect.roles import Personalizer
from idiolect.run import Assembly, answer
from idiolect.run.compare import compare
from idiolect.run.controls import controls

METRICS = (
    "rouge1",
    "rouge2",
    "rougeL",
    "rouge1_stem",
    "sentence_bleu",
    "bleu",
    "length_ratio",
    "distinct2",
)
#: Counted instead of told, where the floor cannot tell.
COUNTED = ("rpm:voice=counted", "teach:words=counted")
COLUMNS = {
    "user": "critic",
    "item": "movie",
    "text": "review",
    "time": "date",
    "rating": "score",
    "title": "verdict",
}


def main() -> None:
    """Runs it and writes results/methods.json."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--limit", type=int)
    parser.add_argument("--html", type=Path)
    options = parser.parse_args()
    folder = Path(os.environ.get("IDIOLECT_DATA", ROOT.parent / "shared" / "data")) / "rotten"
    people = read(folder / "reviews.csv.gz", COLUMNS, items=folder / "movies.csv.gz").population
    requests = last_per_user(people, at_least=12)[: options.limit]
    encoder = Lsa()
    built = {
        r.name: Assembly(r, {"encoder": encoder} if "encoder" in r.needs else {})
        for r in sorted(recipes(), key=lambda r: (r.name != "plain", r.name != "rag", r.name))
        if r.gives is Personalizer
    }
    built |= {word: assemble(word, encoder) for word in COUNTED}
    able = {name: each for name, each in built.items() if _able(each, people)}
    start = time.perf_counter()
    found = compare(
        able,
        Benchmark.held_out(
            people,
            requests,
            [*map(text_metric, METRICS), similarity(Lsa().fit(people.frame["text"].to_list()))],
        ),
        Extractive(),
        controls=controls(),
        threads=2,
        progress=lambda arm, now: print(f"{arm}: {now.done}/{now.total}", end="\r"),
    )
    result = {
        "cannot run on the floor": sorted(set(built) - set(able)),
        "seconds": round(time.perf_counter() - start),
        # Every score of every reply would be forty megabytes.
        **{name: told for name, told in plain(found).items() if name != "scores"},
    }
    what = "methods on the last review of each critic with 12 or more; see benchmarks/methods.py"
    record("methods", what, result, "numpy")
    if options.html:
        options.html.write_text(to_html(found), encoding="utf-8")
    for arm in found.arms:
        score = found.score(arm, "rouge1")
        print(f"{arm.name:40} {score.value:.4f} [{score.low:.4f}, {score.high:.4f}]")


def _able(assembly: Assembly, people: Population) -> bool:
    """Whether a method runs on the floor at all: some need free reasoning."""
    longest = max(people.users, key=lambda user: len(people.by_user.rows(user)))
    request = people.request(people.events_of(longest).ids[-1])
    outcome = answer(assembly, people, request, Extractive())
    return outcome.failure is None or outcome.failure.kind != CapabilityError.__name__


if __name__ == "__main__":
    main()
