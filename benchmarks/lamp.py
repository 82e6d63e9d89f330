"""A whole run in LaMP's format, on the LLM-free floor: files made, loaded, compared, controlled.

Film critics' blurbs become two tasks of the time setting: LaMP-3 (blurb → stars) and LaMP-4
(synopsis → blurb, where LaMP has article → headline). Each critic is asked for the last one. It
shows that the pipes are right, and is the quality of no method. LaMP-3's entries are about nothing
that others wrote about too: there the shuffled control has no history to show, and nothing can be
compared. Needs the real data (IDIOLECT_DATA).

    python benchmarks/lamp.py [--limit N] [--folder FOLDER] [--html FOLDER]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
import time
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Literal

import numpy
import polars as pl

import idiolect
from idiolect.bench.loaders.lamp import lamp
from idiolect.catalog import recipe
from idiolect.embed import Lsa
from idiolect.floor import Extractive
from idiolect.report.comparison import to_html
from idiolect.report.tidy import plain
from idiolect.run import Assembly
from idiolect.run.compare import compare
from idiolect.run.controls import controls

ROOT = Path(__file__).resolve().parent.parent
AT_LEAST = 12
METHODS = ("plain", "rag", "intsum", "dpl")
Task = Literal["LaMP-3", "LaMP-4"]
TASKS: tuple[Task, ...] = ("LaMP-3", "LaMP-4")
#: Task → field of what is asked about, of the answer, and what stands before it.
ASKED = {
    "LaMP-3": ("text", "score", "How many stars, 1 to 5, come with this review: "),
    "LaMP-4": ("text", "title", "Write this critic's line about the film of this article: "),
}


def main() -> None:
    """Runs it and writes results/lamp.json."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--limit", type=int, default=80, help="critics who are asked for")
    parser.add_argument("--folder", type=Path, help="keep the files here")
    parser.add_argument("--html", type=Path, help="write a report of each task here")
    options = parser.parse_args()
    data = Path(os.environ.get("IDIOLECT_DATA", ROOT.parent / "shared" / "data")) / "rotten"
    keep = nullcontext(options.folder) if options.folder else tempfile.TemporaryDirectory()
    with keep as folder:
        make(Path(folder), data)
        tasks = {task: _run(Path(folder), task, options.limit, options.html) for task in TASKS}
    result = {
        "what": "plain, rag, intsum and dpl on critics' blurbs in LaMP's format, time setting, "
        "extractive floor, all controls; see benchmarks/lamp.py",
        "versions": {
            "idiolect": idiolect.__version__,
            "python": platform.python_version(),
            "numpy": numpy.__version__,
        },
        "tasks": tasks,
    }
    out = ROOT / "results" / "lamp.json"
    out.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def make(folder: Path, data: Path) -> None:
    """Writes questions and answers of both tasks into `folder`, as LaMP's server lays them out.

    Args:
        folder: Gets ``time/LaMP_3/dev`` and ``time/LaMP_4/dev``.
        data: Holds ``reviews.csv.gz`` and ``movies.csv.gz``.
    """
    films = pl.read_csv(data / "movies.csv.gz").select("movie", "synopsis")
    reviews = pl.read_csv(data / "reviews.csv.gz").join(films, "movie", how="left")
    for task in TASKS:
        needed = ["review", "score" if task == "LaMP-3" else "synopsis"]
        rows = reviews.drop_nulls(needed).sort("date", maintain_order=True)
        people = [
            [_entry(task, row) for row in of.iter_rows(named=True)]
            for _, of in rows.group_by("critic", maintain_order=True)
            if of.height >= AT_LEAST
        ]
        place = folder / "time" / task.replace("-", "_") / "dev"
        place.mkdir(parents=True, exist_ok=True)
        for name, value in _files(task, people).items():
            (place / name).write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")


def _entry(task: Task, row: dict[str, Any]) -> dict[str, str]:
    """A profile's entry; stars are the score of 0 to 1 in steps of a quarter."""
    if task == "LaMP-3":
        return {
            "text": row["review"],
            "score": str(1 + round(4 * row["score"])),
            "date": row["date"],
        }
    return {"title": row["review"], "text": row["synopsis"], "date": row["date"]}


def _files(task: Task, people: Sequence[list[dict[str, str]]]) -> dict[str, Any]:
    about, answer, asked = ASKED[task]
    questions = [
        {
            "id": str(number),
            "input": asked + last[about],
            "profile": [{**entry, "id": f"{number}{at:04}"} for at, entry in enumerate(before)],
        }
        for number, (*before, last) in enumerate(people)
    ]
    golds = [
        {"id": str(number), "output": last[answer]} for number, (*_, last) in enumerate(people)
    ]
    return {
        "dev_questions.json": questions,
        "dev_outputs.json": {"task": task.replace("-", "_"), "golds": golds},
    }


def _run(folder: Path, task: Task, limit: int, html: Path | None) -> dict[str, Any]:
    start = time.perf_counter()
    whole = lamp(folder, task=task, setting="time")
    loaded = time.perf_counter() - start
    asked = whole.only(list(whole.examples)[:limit])
    encoder = Lsa()
    methods = {
        name: Assembly(r, {"encoder": encoder} if "encoder" in r.needs else {})
        for name in METHODS
        for r in [recipe(name)]
    }
    found = compare(
        methods,
        asked,
        Extractive(),
        controls=controls(),
        canary=True,
        threads=2,
        progress=lambda arm, now: print(f"{arm}: {now.done}/{now.total}", end="\r"),
    )
    if html:
        html.mkdir(parents=True, exist_ok=True)
        (html / f"{task}.html").write_text(to_html(found), encoding="utf-8")
    print(f"\n{whole.name}: {len(asked.examples)} of {len(whole.examples)}")
    for arm in found.arms:
        scores = (found.score(arm, metric.name) for metric in found.metrics)
        print(f"{arm.name:32}", *(f"{s.value:.4f} [{s.low:.4f}, {s.high:.4f}]" for s in scores))
    return {
        "events": len(whole.population),
        "notes": list(whole.notes),
        "seconds to load": round(loaded, 2),
        "seconds to compare": round(time.perf_counter() - start - loaded),
        **plain(found),
    }


if __name__ == "__main__":
    main()
