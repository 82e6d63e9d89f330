"""What prompts show of the future: nothing with cut views, some with views as papers have them.

Every review of the critics is dyed with a word of its own; the prompts of some last reviews are
made without asking anybody. Needs the real data (IDIOLECT_DATA).

    python benchmarks/canary.py
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from record import ROOT, record

from idiolect.bench import Benchmark
from idiolect.catalog import recipe
from idiolect.data import last_per_user, read
from idiolect.embed import Lsa
from idiolect.measure import text_metric
from idiolect.run import Assembly
from idiolect.run.canary import watch

RECIPES = ("rag", "dpl", "dpl_measured", "cicl", "persona_db")
MOST = 40
COLUMNS = {
    "user": "critic",
    "item": "movie",
    "text": "review",
    "time": "date",
    "rating": "score",
    "title": "verdict",
}


def main() -> None:
    """Runs it and writes results/canary.json."""
    folder = Path(os.environ.get("IDIOLECT_DATA", ROOT.parent / "shared" / "data")) / "rotten"
    people = read(folder / "reviews.csv.gz", COLUMNS, items=folder / "movies.csv.gz").population
    requests = last_per_user(people, at_least=12)
    cut = Benchmark.held_out(people, requests, [text_metric("rouge1")])
    found: dict[str, Any] = {}
    for name in RECIPES:
        one = recipe(name)
        method = Assembly(one, {"encoder": Lsa()} if "encoder" in one.needs else {})
        found[name] = {}
        for views, benchmark in (("cut", cut), ("published", replace(cut, published=True))):
            seen = watch(method, benchmark, most=MOST)
            found[name][views] = {
                "requests": seen.examples,
                "failed": seen.failed,
                "events shown": seen.shown,
                "of the future": seen.late,
            }
            print(name, views, found[name][views])
    what = "events that prompts showed, and how many lie from the request onward"
    record("canary", what, found)


if __name__ == "__main__":
    main()
