"""LongLaMP: long texts, each with the earlier texts of its author.

Kumar et al. 2024 (arXiv 2407.11016). A folder holds, as the hub does, one folder for each task and
setting (``topic_writing_user``, ``abstract_generation_temporal``, …) with Parquet or JSON files
that begin with the split's name; or it is such a folder. A row has ``input, output, profile`` and
the author under a name of its own: ``reviewerId`` (product_review), ``name``
(abstract_generation), ``author`` (topic_writing). The e-mails are Avocado's, by LDC.

A row's entries become events: `text` is what the author wrote. The authors' own files
(``input, profile, output`` alone) name the parts of a topic ``input`` and ``output`` where the
hub's say ``summary`` and ``content``; both are read.

- An example's id is the number of its row, from 0, over all files of the split.
- Rows of one author with the same profile are one user. Where the profiles differ, as in the
  temporal setting, each row is a user of its own with the history that it publishes; `groups` keeps
  the author.
- A request's words are what the authors' code retrieves with: all of the input, but for abstracts
  what follows ``items:`` and for e-mails what follows the first colon; what stands before comes as
  a system message.
- Abstracts in profiles are cut to 750 words, as in the authors' prompts.
- Rows without an output are left out, as by the authors' scorer, and counted.
- METEOR needs WordNet. Where that is not installed, METEOR without synonyms stands in under its own
  name, `meteor_exact_stem`, and a note says so.

No file of the release was at hand: the format is as the authors' code reads it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from idiolect.bench.benchmark import Benchmark
from idiolect.bench.dataset import absent, dataset
from idiolect.bench.rows import Found, parts, rows
from idiolect.bench.word_for_word import leaks, thing, told
from idiolect.card import Count
from idiolect.data import Event, Item, Message, Population, Request
from idiolect.errors import CapabilityError, DataError
from idiolect.measure import text_metric
from idiolect.measure.metrics import TextMetric

Task = Literal["abstract_generation", "topic_writing", "product_review", "email_generation"]

HOME = "hub:LongLaMP/LongLaMP"


@dataclass(frozen=True)
class Form:
    """How the rows of a task are written; of several names of a field the first that is there.

    Attributes:
        author: Field of the row with the author; local files have none.
        written: Field of a profile's entry with the author's text.
        heading: Field with its title.
        about: Field with the words that it is about.
        rating: Field with the number that the author gave.
        marker: What is asked stands before, what is searched by after it.
    """

    author: str
    written: tuple[str, ...]
    heading: str = ""
    about: tuple[str, ...] = ()
    rating: str = ""
    marker: str = ""


FORMS: Mapping[Task, Form] = {
    "abstract_generation": Form("name", ("abstract",), "title", marker="items:"),
    "topic_writing": Form("author", ("content", "output"), about=("summary", "input")),
    "product_review": Form("reviewerId", ("reviewText",), "summary", ("description",), "overall"),
    "email_generation": Form("author", ("text",), "title", marker=":"),
}


@dataset(
    title="LongLaMP",
    paper="https://arxiv.org/abs/2407.11016",
    home=HOME,
    licence="none stated",
    files="TASK_SETTING/SPLIT*.parquet (or .jsonl, .json), or these files alone",
    shapes=("text",),
)
def longlamp(
    folder: Path,
    *,
    task: Task = "topic_writing",  # as on the hub
    setting: Literal["user", "temporal"] = "user",  # new authors, or the same ones later
    split: Literal["train", "val", "test"] = "test",
    words: Count = 750,  # of an abstract in a profile (authors' code); 0 keeps all
) -> Benchmark:
    folder, form = Path(folder).expanduser(), FORMS[task]
    found = parts(folder / f"{task}_{setting}", split) or parts(folder, split)
    if not found:
        raise absent("longlamp", folder, f"{task}_{setting}/{split}*", home=HOME)
    asked = list(enumerate(rows(found)))
    kept = {str(n): row for n, row in asked if row.row.get("output") not in (None, "")}
    users = _users(kept, form)
    read = _Histories(form, words if task == "abstract_generation" else 0)
    examples = {name: read.request(users[name], row) for name, row in kept.items()}
    references = {name: Event(users[name], row.get("output", str)) for name, row in kept.items()}
    metrics, wordnet = _metrics()
    notes = told(
        (len(asked) - len(kept), f"of {len(asked):,} rows have no output and are left out"),
        (read.empty, "users have no history"),
        (read.cut, f"abstracts of histories are cut to {words} words"),
        (read.unmarked, f"inputs are not written as the others (no {form.marker!r}); the whole "
         "input is searched by"),
    )  # fmt: skip
    return Benchmark(
        f"LongLaMP {task} {setting} {split}",
        Population.of(read.events, read.items.values()),
        examples,
        metrics,
        False,
        (*notes, *wordnet, *leaks(examples.values(), references.values(), read.events)),
        references,
        groups={"author": {name: _author(row, form, name) for name, row in kept.items()}},
    )


def _metrics() -> tuple[tuple[TextMetric, ...], tuple[str, ...]]:
    """The official ones, and a note where METEOR's synonyms are missing here."""
    rouge = (text_metric("rouge1"), text_metric("rougeL"))
    try:
        text_metric("meteor").require()
    except CapabilityError as error:
        note = f"METEOR is without synonyms here, as 'meteor_exact_stem': {error}"
        return (*rouge, text_metric("meteor_exact_stem")), (note,)
    return (*rouge, text_metric("meteor")), ()


def _author(row: Found, form: Form, name: str) -> str:
    return row.text(form.author) if form.author in row.row else f"row {name}"


def _users(kept: Mapping[str, Found], form: Form) -> dict[str, str]:
    """Example → its user: the author, or author and row where an author's profiles differ."""
    profiles: dict[str, set[str]] = {}
    for name, row in kept.items():
        shown = json.dumps(row.get("profile", list), sort_keys=True, default=str)
        profiles.setdefault(_author(row, form, name), set()).add(shown)
    return {
        name: who if len(profiles[who]) == 1 else f"{who}#{name}"
        for name, row in kept.items()
        for who in [_author(row, form, name)]
    }


class _Histories:
    """Reads requests and, once for each user, the history.

    Args:
        form: Of the task.
        words: That a text keeps; 0 keeps all.
    """

    def __init__(self, form: Form, words: int) -> None:
        self._form, self._most = form, words
        self._known: set[str] = set()
        self.events: list[Event] = []
        self.items: dict[str, Item] = {}
        self.empty = self.cut = self.unmarked = 0

    def request(self, user: str, row: Found) -> Request:
        """What a row asks for; the profile of a new user becomes events."""
        if user not in self._known:
            self._known.add(user)
            entries = row.all("profile")
            self.empty += not entries
            for at, entry in enumerate(entries):
                self.events.append(self._event(user, entry, at))
        whole, marker = row.get("input", str).strip(), self._form.marker
        if marker and marker in whole:
            asked, marker, about = whole.partition(marker)
            return Request(user, about.strip(), (Message("system", asked + marker),))
        self.unmarked += bool(marker)
        return Request(user, whole)

    def _event(self, user: str, entry: Found, at: int) -> Event:
        form, item = self._form, None
        if form.about:
            made = thing(_words(entry, form.about))
            item = self.items.setdefault(made.id, made)
        return Event(
            user,
            self._kept(_words(entry, form.written)),
            item.id if item else None,
            rating=_rating(entry, form.rating) if form.rating else None,
            title=_words(entry, (form.heading,)) or None if form.heading else None,
            extra={"year": entry.text("year")} if entry.row.get("year") else {},
            id=f"{user}/{at}",
        )

    def _kept(self, text: str) -> str:
        words = text.split()
        if not self._most or len(words) <= self._most:
            return text
        self.cut += 1
        return " ".join(words[: self._most])


def _words(entry: Found, names: Iterable[str]) -> str:
    """The first of some fields that is there; empty where it is null."""
    names = list(names)
    name = next((one for one in names if one in entry.row), names[0])
    return "" if entry.row.get(name, name) is None else entry.text(name).strip()


def _rating(entry: Found, name: str) -> float | None:
    if entry.row.get(name) is None:
        return None
    try:
        return float(entry.text(name))
    except ValueError:
        raise DataError(
            f"Found {entry.text(name)!r} as {name!r} in {entry.where}; a number is needed."
        ) from None
