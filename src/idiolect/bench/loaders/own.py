"""Your own benchmark: one JSON object a line, with what is asked, the answer and the history.

========= ===================================================================================
field     what it holds
========= ===================================================================================
id        the example's name; a line without one brings a history of somebody asked nothing
user      who is asked for
query     what is asked, in words
item      what it is about: an id, or ``{"id", "title", "description"}``
messages  the conversation so far, ``[{"role", "content"}]``
time      when it is asked; of all histories only what came before is shown
given     facts that come with it, such as ``{"rating": 4}``
options   what may be answered, for choices
scale     lowest and highest number, for ratings
gold      what the user really wrote, chose or gave
aspects   what a judge marks an answer by, where there is no gold
groups    names of groups to report by, such as ``{"topic": "kettles"}``
profile   what the user did before, ``[{"text", "item", "title", "time", "rating", "chosen",
          "audience", "id"}]``, each as far as it is known; ``history`` is read too
========= ===================================================================================

- ``id`` and ``user`` are needed, and one of ``query``, ``item`` and ``messages``; nothing else is.
- A user's profile stands in one of the user's lines, or the same in several. Profiles that differ
  need times: they are joined, and each line sees what came before its own time.
- All lines ask for one shape: texts are scored by ROUGE-1, ROUGE-L and METEOR without synonyms,
  choices by accuracy (and macro-F1 where all have the same options), ratings by MAE and RMSE,
  aspects by a judge. ``metrics`` names others.
- Other fields, a gold that is none of the options, repeated ids and items told in two ways are
  refused. Lines that all lack a gold can be run, not scored.
- `idiolect.bench.own_format.save` writes any benchmark in this form.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from idiolect.bench.benchmark import Benchmark
from idiolect.bench.dataset import dataset
from idiolect.bench.own_format import Entry, Line, Thing, lines
from idiolect.bench.word_for_word import leaks
from idiolect.data import Event, Item, Message, Population, Request, as_time
from idiolect.errors import DataError
from idiolect.measure import text_metric
from idiolect.measure.judge.rubric import ASPECTS
from idiolect.measure.labels import label_metrics, rating_metrics
from idiolect.measure.metrics import TextMetric

Asked = Mapping[str, tuple[Line, str]]
TEXT = ("rouge1", "rougeL", "meteor_exact_stem")


@dataset(
    title="Your own examples",
    paper="",
    home="",
    licence="yours",
    files="one file of JSON lines, .jsonl or .jsonl.gz",
    shapes=("text", "choice", "rating", "rubric"),
)
def own(
    file: Path,
    *,
    metrics: tuple[str, ...] = (),  # in place of those of the shape
    average: str = "",  # a group, or "user": the figure is the mean of its means
) -> Benchmark:
    file = Path(file).expanduser()
    asked: dict[str, tuple[Line, str]] = {}
    profiles: dict[str, list[tuple[Line, str]]] = {}
    items: dict[str, Item] = {}
    for line, where in lines(file):
        for about in (line.item, *(entry.item for entry in line.profile or ())):
            if isinstance(about, Thing):
                _add(items, about.item, where)
        if line.profile is not None:
            profiles.setdefault(line.user, []).append((line, where))
        if line.id is None:
            continue
        if line.id in asked:
            raise DataError(
                f"Found the id {line.id!r} in {asked[line.id][1]} and in {where}; each example "
                "needs its own."
            )
        asked[line.id] = (line, where)
    shape = _shape(asked, file)
    events = [event for user in profiles for event in _history(user, profiles[user])]
    examples = {name: _request(line, items, where) for name, (line, where) in asked.items()}
    golds = {name: line for name, (line, _) in asked.items() if line.gold is not None}
    hidden = not golds and shape != "rubric"
    answered = golds if shape != "rubric" else {name: line for name, (line, _) in asked.items()}
    references = {
        name: _reference(line, asked[name][1]) for name, line in answered.items() if not hidden
    }
    notes = leaks(examples.values(), references.values(), events)
    groups = dict.fromkeys(group for line, _ in asked.values() for group in line.groups)
    return Benchmark(
        file.name,
        Population.of(events, items.values()),
        examples,
        tuple(map(text_metric, metrics)) or _metrics(shape, asked),
        False,
        ("It has no gold answers and cannot be scored.", *notes) if hidden else notes,
        references,
        {g: {n: line.groups[g] for n, (line, _) in asked.items() if g in line.groups}
         for g in groups},
        average,
        hidden,
    )  # fmt: skip


def _add(items: dict[str, Item], item: Item, where: str) -> None:
    there = items.setdefault(item.id, item)
    if there != item:
        raise DataError(
            f"Found the item {item.id!r} told as {item.words[:60]!r} in {where}, and before as "
            f"{there.words[:60]!r}; an item is told in one way."
        )


def _shape(asked: Asked, file: Path) -> str:
    """The one shape of all lines."""
    shapes = Counter(line.shape for line, _ in asked.values())
    if len(shapes) > 1:
        told = ", ".join(f"{count} of {shape}" for shape, count in shapes.most_common())
        raise DataError(
            f"Found lines of several shapes in '{file.name}': {told}. Scores of different shapes "
            "do not add up: put each in a file of its own."
        )
    return next(iter(shapes), "text")


def _history(user: str, told: list[tuple[Line, str]]) -> list[Event]:
    """The events of a user: of one profile, or of several that times tell apart."""
    several = {line.profile or () for line, _ in told}
    entries: dict[Entry, None] = {e: None for line, _ in told for e in line.profile or ()}
    if len(several) > 1:
        bare = next((where for line, where in told if line.id and line.time is None), None)
        if bare or any(entry.time is None for entry in entries):
            raise DataError(
                f"Found different profiles of {user!r} in {told[0][1]} and "
                f"{bare or told[-1][1]}, and not a time for each entry and line; without times "
                "nobody can say what was known when. Give one profile, or times."
            )
        return [entry.event(user, f"{user}/{at}") for at, entry in enumerate(entries)]
    profile = told[0][0].profile or ()
    timed = sum(entry.time is not None for entry in profile)
    if 0 < timed < len(profile):
        raise DataError(
            f"Found a time for {timed} of {len(profile)} entries of the profile in {told[0][1]}; "
            "give one for each or for none."
        )
    return [entry.event(user, f"{user}/{at}") for at, entry in enumerate(profile)]


def _request(line: Line, items: Mapping[str, Item], where: str) -> Request:
    name = line.item.id if isinstance(line.item, Thing) else line.item
    if not (line.query.strip() or line.messages or name):
        raise DataError(
            f"Found nothing that is asked in {where}: no 'query', no 'item' and no 'messages'; "
            "one is needed."
        )
    return Request(
        line.user,
        line.query,
        tuple(Message(turn.role, turn.content) for turn in line.messages),
        None if name is None else items.get(name, Item(name)),
        None if line.time is None else as_time(line.time),
        line.options,
        line.scale,
        dict(line.given),
    )


def _reference(line: Line, where: str) -> Event:
    if line.options and line.answer not in line.options:
        raise DataError(
            f"Found the gold {line.answer!r} in {where}, which is none of its options "
            f"({', '.join(map(repr, line.options))})."
        )
    name = line.item.id if isinstance(line.item, Thing) else line.item
    extra = {ASPECTS: line.aspects} if line.aspects else {}
    found = Event(line.user, line.answer, name, extra=extra)
    if line.options:
        return replace(found, chosen=line.answer)
    return replace(found, rating=_within(line, where)) if line.scale else found


def _within(line: Line, where: str) -> float:
    """The gold rating."""
    low, high = line.scale or (0.0, 0.0)
    try:
        rating = float(line.answer)
    except ValueError:
        rating = float("nan")
    if not low <= rating <= high:
        raise DataError(
            f"Found the gold {line.gold!r} in {where}; a number from {low:g} to {high:g} is needed."
        )
    return rating


def _metrics(shape: str, asked: Asked) -> tuple[TextMetric, ...]:
    """Those of a shape."""
    if shape == "rubric":
        return ()
    if shape == "rating":
        scales = {line.scale for line, _ in asked.values() if line.scale}
        if len(scales) > 1:
            raise DataError(
                f"Found several scales ({', '.join(map(str, sorted(scales)))}); errors on them do "
                "not add up: put each in a file of its own."
            )
        return rating_metrics(*scales.pop())
    if shape == "text":
        return tuple(map(text_metric, TEXT))
    several = {frozenset(line.options) for line, _ in asked.values()}
    every = dict.fromkeys(option for line, _ in asked.values() for option in line.options)
    found = label_metrics(tuple(every))
    return found if len(several) == 1 else tuple(m for m in found if m.name != "macro_f1")
