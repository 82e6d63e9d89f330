"""LaMP: seven short tasks, each with the earlier items of the user who is asked for.

Salemi et al. 2023 (arXiv 2304.11406) publish two JSON files a task and split: a list of questions
``id, input, profile``, and an object ``task, golds`` of answers ``id, output``. Questions may hold
their ``output`` themselves. A folder holds the files as the server does (``LaMP_3/dev/…``,
``LaMP_2/new/dev/…``, ``time/LaMP_3/dev/…``), or is where the two files are.

========== ============================================ ==================================
task       what is asked                                scored by
========== ============================================ ==================================
LaMP-1     which of two papers the author cites         accuracy, macro-F1
LaMP-2     one of 15 tags of a film                     accuracy, macro-F1
LaMP-2-old one of 15 categories of a news article       accuracy, macro-F1
LaMP-3     how many of 5 stars a review gives           MAE, RMSE
LaMP-4     the headline of an article                   ROUGE-1, ROUGE-L
LaMP-5     the title of a paper                         ROUGE-1, ROUGE-L
LaMP-6     the subject of an e-mail (Avocado, by LDC)   ROUGE-1, ROUGE-L
LaMP-7     a tweet in the user's words                  ROUGE-1, ROUGE-L
========== ============================================ ==================================

- A user is known by the id of the question; nobody knows which questions are of one person.
- A history's event says what the user did (`text`, `rating`, `chosen`), its item what that was
  about. Items are known by their words, so that users who met the same one can be compared.
- A request's words are what the authors' code retrieves with: the part of the input after its
  marker. The part before comes as a system message.
- In the `time` setting entries have dates, and a request is asked just after the user's last one:
  of others only what is not later is shown.
- The answers of the test split are not published: it can be run, and `leaderboard` writes what its
  server takes.
- Questions and answers that do not match by id, two answers to one question, and answers that are
  none of the task's labels are refused; repeated rows, empty histories and texts that a history
  gives away are counted in the notes.

No file of the release was at hand: the format is as the authors' code reads it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

from idiolect.bench.benchmark import Benchmark
from idiolect.bench.dataset import absent, dataset
from idiolect.bench.lamp_form import FORMS, STARS, Form, Task
from idiolect.bench.lamp_histories import Histories, number
from idiolect.bench.rows import Found, rows
from idiolect.bench.word_for_word import leaks, told
from idiolect.data import Event, Population, Request
from idiolect.data.json_files import document
from idiolect.errors import DataError

Split = Literal["train", "dev", "test"]
Setting = Literal["user", "time"]

HOME = "https://lamp-benchmark.github.io/download"


@dataset(
    title="LaMP",
    paper="https://arxiv.org/abs/2304.11406",
    home=HOME,
    licence="CC BY-NC-SA 4.0; the sources' own terms besides, LaMP-6 by LDC",
    files="LaMP_N/SPLIT/SPLIT_questions.json and SPLIT_outputs.json, or the two files alone",
    shapes=("choice", "rating", "text"),
)
def lamp(
    folder: Path,
    *,
    task: Task = "LaMP-1",  # as the authors' code names it; files say LaMP_1
    split: Split = "dev",  # the answers of test are not published
    setting: Setting = "user",  # new users, or the same users later
) -> Benchmark:
    form, name = FORMS[task], f"{task} {setting} {split}"
    asked, answers = _files(Path(folder).expanduser(), form, split, setting)
    questions, repeated = _questions(asked, task)
    golds = _golds(answers, task) if answers else _merged(questions)
    if golds is None and split != "test":
        raise absent("lamp", asked.parent, f"{split}_outputs.json", home=HOME)
    if golds is not None:
        _check_ids(questions, golds, asked.name)
    read = Histories(form, setting == "time")
    examples = {user: read.request(user, row) for user, row in questions.items()}
    references = {
        user: _reference(user, gold, examples[user], form) for user, gold in (golds or {}).items()
    }
    read.items |= {r.item.id: r.item for r in examples.values() if r.item}
    notes = told(
        (repeated, "questions occur twice; one of each was read"),
        (read.empty, f"of {len(questions):,} users have no history"),
        (read.wordless, "entries of histories lack words that others have"),
        (read.renamed, "entries of histories share an id with another of the same user"),
        (read.unmarked, f"inputs are not written as the others (no {form.marker or 'references'!r})"
         "; the whole input is searched by"),
        (0 if golds else len(questions), "answers are not published; nothing can be scored here"),
    )  # fmt: skip
    return Benchmark(
        name,
        Population.of(read.events, read.items.values()),
        examples,
        form.metrics,
        False,
        (*notes, *leaks(examples.values(), references.values(), read.events)),
        references,
        hidden=golds is None,
    )


def leaderboard(path: str | Path, predictions: Mapping[str, str], *, task: Task) -> None:
    """Writes predictions as LaMP's server and scorer take them, in the form of its answers.

    Args:
        path: A JSON file.
        predictions: One output for each id.
        task: Whose.
    """
    golds = [{"id": name, "output": text} for name, text in predictions.items()]
    made = {"task": _code(task), "golds": golds}
    Path(path).write_text(json.dumps(made, ensure_ascii=False), encoding="utf-8")


def _code(task: Task) -> str:
    """A task's name in files, where both kinds of LaMP-2 are one."""
    return task.removesuffix("-old").replace("-", "_")


def _files(folder: Path, form: Form, split: Split, setting: Setting) -> tuple[Path, Path | None]:
    """Questions, and answers where there are some."""
    roots = [folder / "time", folder] if setting == "time" else [folder]
    names = [*form.folders, *(name.replace("LaMP_", "LaMP-") for name in form.folders), "."]
    for place in (root / name for root in roots for name in names):
        for found in (place / split, place):
            asked = _file(found, f"{split}_questions.json")
            if asked:
                return asked, _file(found, f"{split}_outputs.json")
    raise absent("lamp", folder, f"{split}_questions.json", home=HOME)


def _file(folder: Path, name: str) -> Path | None:
    paths = (folder / name, folder / f"{name}.gz")
    return next((path for path in paths if path.is_file()), None)


def _questions(path: Path, task: Task) -> tuple[dict[str, Found], int]:
    """Question id → its row, and how many rows are repeated."""
    found: dict[str, Found] = {}
    repeated = 0
    for row in rows([path]):
        name = row.text("id")
        there = found.setdefault(name, row)
        if there is not row:
            if there.row != row.row:
                raise DataError(
                    f"Found the id {name!r} in {there.where} and again, with something else, in "
                    f"{row.where}; each question of {task} needs its own."
                )
            repeated += 1
    return found, repeated


def _golds(path: Path, task: Task) -> dict[str, Found]:
    """Question id → the row of its answer."""
    read = document(path)
    if not isinstance(read, dict):
        raise DataError(
            f"Found a list in '{path.name}'; an object with 'task' and 'golds' is published."
        )
    whole = Found(read, f"'{path.name}'")
    if whole.text("task").replace("-", "_").removesuffix("_old") != _code(task):
        raise DataError(
            f"Found the answers of {whole.text('task')!r} in '{path.name}', but {task} is asked "
            "for; name that task or the folder of this one."
        )
    found: dict[str, Found] = {}
    for row in whole.all("golds"):
        there = found.setdefault(row.text("id"), row)
        if there.text("output") != row.text("output"):
            raise DataError(
                f"Found two answers to {row.text('id')!r} in {there.where} and {row.where}: "
                f"{there.text('output')[:60]!r} and {row.text('output')[:60]!r}; one is needed."
            )
    return found


def _merged(questions: Mapping[str, Found]) -> dict[str, Found] | None:
    """The questions themselves where they hold their answers; None where none does."""
    return dict(questions) if any("output" in one.row for one in questions.values()) else None


def _check_ids(questions: Mapping[str, Found], golds: Mapping[str, Found], name: str) -> None:
    missing = [one for one in questions if one not in golds]
    unknown = [one for one in golds if one not in questions]
    if missing or unknown:
        raise DataError(
            f"Found questions in '{name}' and answers that do not match by id: {len(missing)} "
            f"questions without an answer ({_some(missing)}), {len(unknown)} answers without a "
            f"question ({_some(unknown)}). Fetch both files of one split again; a part of them "
            "would be another benchmark."
        )


def _some(names: Iterable[str]) -> str:
    shown = sorted(names)
    return ", ".join(map(repr, shown[:5])) + (", …" if len(shown) > 5 else "") or "none"


def _reference(user: str, gold: Found, request: Request, form: Form) -> Event:
    """What the user really wrote or chose."""
    text = gold.text("output").strip()
    if form.labels and text not in form.labels:
        raise DataError(
            f"Found the answer {text!r} in {gold.where}, which is none of the {len(form.labels)} "
            f"labels ({', '.join(form.labels)}); check the task and its release."
        )
    stars = number(text) if form.rating else None
    if form.rating and (stars is None or not STARS[0] <= stars <= STARS[1]):
        raise DataError(
            f"Found the answer {text!r} in {gold.where}; a number from {STARS[0]:g} to "
            f"{STARS[1]:g} is needed."
        )
    return Event(
        user,
        text,
        request.item.id if request.item else None,
        rating=stars,
        chosen=text if form.labels else None,
    )
