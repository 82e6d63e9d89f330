"""LaMP-QA: long answers to questions, marked by what the asker wanted to know.

Salemi & Zamani 2025 (arXiv 2506.00137). A folder holds, for each category, files that begin with
the split's name (``Art_and_Entertainment/test-….parquet``), or, as the authors' script saves them,
``Art_and_Entertainment_test.json``. A row has ``id, question, narrative, profile, rubric_aspects``:
the asker's earlier posts (``text``, and ``id`` where it is known), the details of the question that
a method must not see, and the aspects taken from them (``aspect, reason, evidence``).

- A user is known by the id of the question.
- There is no answer to compare with, so `score` refuses: a judge marks how far an answer covers
  each aspect, `benchmark.judge(Rubric(lm), predictions)`. The official figure is the unweighted
  mean over questions, `benchmark.mean(judged.values)`.
- Where the judge fails an answer has no mark and is counted in `judged.failures`. The authors' code
  asks up to 100 times, each time warmer, and then counts 0.
- The narrative is kept with the reference (`extra["narrative"]`), never with the request.
- Predictions in the authors' form, ``{id: [{"output": …}]}``, are read by `read_outputs`.

No file of the release was at hand: the format is as the authors' code reads it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from idiolect.bench.benchmark import Benchmark
from idiolect.bench.dataset import absent, dataset
from idiolect.bench.rows import Found, parts, rows
from idiolect.bench.word_for_word import leaks, told
from idiolect.data import Event, Population, Request
from idiolect.errors import DataError
from idiolect.measure.judge.rubric import ASPECTS, Rubric

Category = Literal[
    "Art_and_Entertainment", "Lifestyle_and_Personal_Development", "Society_and_Culture"
]  # fmt: skip

HOME = "hub:alireza7/LaMP-QA"
NARRATIVE = "narrative"


@dataset(
    title="LaMP-QA",
    paper="https://arxiv.org/abs/2506.00137",
    home=HOME,
    licence="none stated",
    files="CATEGORY/SPLIT*.parquet (or .jsonl, .json), or CATEGORY_SPLIT.json",
    shapes=("rubric",),
)
def lamp_qa(
    folder: Path,
    *,
    category: Category = "Art_and_Entertainment",
    split: Literal["train", "validation", "test"] = "test",
) -> Benchmark:
    folder = Path(folder).expanduser()
    found = parts(folder / category, split) or parts(folder, f"{category}_{split}")
    if not found:
        raise absent("lamp_qa", folder, f"{category}/{split}*", f"{category}_{split}*", home=HOME)
    events: list[Event] = []
    examples: dict[str, Request] = {}
    references: dict[str, Event] = {}
    kept: dict[str, Found] = {}
    bare = empty = repeated = 0
    for row in rows(found):
        name = row.text("id")
        if kept.setdefault(name, row) is not row:
            _check_same(kept[name], row, name)
            repeated += 1
            continue
        history = _history(name, row)
        aspects = tuple(_aspect(one) for one in row.all("rubric_aspects"))
        bare, empty = bare + (not aspects), empty + (not history)
        events += history
        examples[name] = Request(name, row.get("question", str).strip())
        extra = {ASPECTS: aspects, NARRATIVE: row.get(NARRATIVE, str)}
        references[name] = Event(name, extra=extra)
    notes = told(
        (repeated, "questions occur twice; one of each was read"),
        (empty, f"of {len(kept):,} users have no history"),
        (bare, "questions have no aspect; their answers get no mark"),
    )
    return Benchmark(
        f"LaMP-QA {category} {split}",
        Population.of(events),
        examples,
        (),
        False,
        (*notes, *leaks(examples.values(), references.values(), events)),
        references,
        judged_by=Rubric,
    )


def _history(user: str, row: Found) -> list[Event]:
    """The profile, each entry once; what has no text is left out."""
    texts: dict[str, None] = dict.fromkeys(
        text for one in row.all("profile") if (text := one.get("text", str).strip())
    )
    return [Event(user, text, id=f"{user}/{at}") for at, text in enumerate(texts)]


def _aspect(one: Found) -> dict[str, str]:
    """Name of an aspect, and why it matters and where it was found, as far as that is told."""
    if not one.get("aspect", str).strip():
        raise DataError(f"Found no words as 'aspect' in {one.where}; the judge needs them.")
    names = ("aspect", "reason", "evidence")
    return {name: one.get(name, str).strip() for name in names if one.row.get(name)}


def _check_same(there: Found, again: Found, name: str) -> None:
    if there.row != again.row:
        raise DataError(
            f"Found the id {name!r} in {there.where} and again, with something else, in "
            f"{again.where}; each question needs its own."
        )
